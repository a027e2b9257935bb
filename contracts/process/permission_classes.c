/* Contract: of a file's permissions exactly one class counts: the owner's for the owner, even if
 * others may more; else the group's for any of the caller's groups; else the others'.
 * Requires: root
 * Source: path_resolution(7), fs/namei.c:acl_permission_check. */
#include "../contract.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void try(const char *name, unsigned mode)
{
    char line[64] = "";
    expect(syscall(SYS_fchmodat, AT_FDCWD, "file", mode) == 0, "chmod");
    static const struct { unsigned uid, gid, supplementary; } who[] = {
        {1000, 1, 2}, {1001, 2000, 2}, {1001, 1, 2000}, {1001, 1, 2}, {0, 0, 0},
    };
    for (int i = 0; i < 5; i++) {
        int status;
        pid_t child = fork();
        expect(child >= 0, "fork");
        if (child == 0) {
            if (syscall(SYS_setgroups, 1, &who[i].supplementary) != 0 ||
                syscall(SYS_setresgid, who[i].gid, who[i].gid, who[i].gid) != 0 ||
                syscall(SYS_setresuid, who[i].uid, who[i].uid, who[i].uid) != 0)
                _exit(100);
            int may = 0;
            for (int bit = 0; bit < 3; bit++)
                if (access("file", 1 << bit) == 0)
                    may |= 1 << bit;
            int file = open("file", O_RDONLY);
            if ((file >= 0) != ((may & 4) != 0) || (file < 0 && errno != EACCES))
                _exit(101);
            _exit(may);
        }
        expect(waitpid(child, &status, 0) == child, "waitpid");
        snprintf(line + strlen(line), sizeof line - strlen(line), " %d", WEXITSTATUS(status));
    }
    step(name, "%s", line + 1);
}

int main(void)
{
    int file = open("file", O_RDWR | O_CREAT, 0600);
    expect(file >= 0, "open");
    expect(fchown(file, 1000, 2000) == 0 && chmod(".", 0755) == 0, "chown");
    step("who", "owner, group, supplementary group, other, root");
    try("mode 0400", 0400);
    try("mode 0077", 0077);
    try("mode 0604", 0604);
    try("mode 0640", 0640);
    try("mode 0751", 0751);
    try("mode 0707", 0707);
    try("mode 0000", 0000);
    try("mode 0001", 0001);
    contract_pass();
}
