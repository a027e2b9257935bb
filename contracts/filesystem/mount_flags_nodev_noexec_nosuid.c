/* Contract: nodev refuses devices, noexec programs and executable mappings, nosuid gains no ids,
 * nosymfollow follows no links; access(2) and statfs(2) know.
 * Requires: CAP_SYS_ADMIN, root
 * Source: mount(2), fs/namei.c:may_open_dev, fs/exec.c, mm/mmap.c:do_mmap. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

static void options(const char *what, unsigned long flags)
{
    char text[16];
    struct statfs system;
    struct stat status;
    step_result(what, mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | flags, NULL));
    expect(statfs("m", &system) == 0, "statfs");
    step("flags", "%lx", (long)system.f_flags);
    int fd = open("m/null", O_RDWR);
    step_result("a device", fd < 0 ? -1 : close(fd));
    fd = open("m/null", O_PATH);
    step_result("a device with O_PATH", fd < 0 ? -1 : close(fd));
    step_result("access of a device", access("m/null", R_OK | W_OK));
    step_result("access of a program", access("m/true", X_OK));
    step_result("access of a directory", access("m/d", X_OK));
    fd = open("m/true", O_RDONLY);
    void *map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    step_result("an executable mapping", map == MAP_FAILED ? -1 : 0);
    map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    step_result("mprotect", mprotect(map, 4096, PROT_READ | PROT_EXEC));
    munmap(map, 4096);
    close(fd);
    pid_t pid = fork();
    if (pid == 0) {
        execl("m/true", "child", NULL);
        _exit(errno == EACCES ? 77 : 78);
    }
    int state;
    expect(waitpid(pid, &state, 0) == pid, "waitpid");
    step("a program", "%d", WEXITSTATUS(state));
    step_result("through a link", access("m/link", F_OK));
    step_result("through a link on the way", access("m/dlink/..", F_OK));
    step_result("lstat of a link", lstat("m/link", &status));
    step_result("readlink", readlink("m/link", text, sizeof text));
    step_result("open of a link with O_CREAT", close(open("m/link", O_CREAT | O_RDONLY, 0644)));
}

/* The effective user id that a set-user-id program gets. */
static int told(char **arguments)
{
    if (strcmp(arguments[0], "child") != 0)
        return 0;
    _exit(geteuid() == 1000 ? 50 : 51);
}

int main(int count, char **arguments)
{
    static char program[1 << 22];
    (void)count;
    told(arguments);
    private_mounts();
    expect(mkdir("m", 0755) == 0 && mount("m", "m", "tmpfs", 0, "mode=755") == 0, "mount");
    int from = open("/proc/self/exe", O_RDONLY), to = open("m/true", O_CREAT | O_WRONLY, 0755);
    long size = read(from, program, sizeof program);
    expect(size > 0 && write(to, program, size) == size && close(from) == 0 && close(to) == 0, "copy");
    expect(chown("m/true", 1000, 1000) == 0 && chmod("m/true", 04755) == 0, "set-user-id");
    expect(mknod("m/null", S_IFCHR | 0666, 0x103) == 0 && symlink("true", "m/link") == 0, "make");
    expect(mkdir("m/d", 0755) == 0 && symlink("d", "m/dlink") == 0, "make");
    options("no flags", 0);
    options("nodev", MS_NODEV);
    options("noexec", MS_NOEXEC);
    options("nosuid", MS_NOSUID);
    options("nosymfollow", 256);
    contract_pass();
}
