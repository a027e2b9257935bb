/* Contract: without CAP_DAC_* every directory on the way must be searchable; what the last
 * component needs depends on the call; a descriptor of the directory is no way around.
 * Requires: root, tmpfs
 * Source: path_resolution(7), fs/namei.c:inode_permission. */
#include "../contract.h"
#include <grp.h>
#include <sys/stat.h>
#include <sys/statfs.h>

static void make(const char *directory, mode_t mode, uid_t uid, gid_t gid)
{
    char path[64];
    expect(mkdir(directory, 0755) == 0, directory);
    snprintf(path, sizeof path, "%s/file", directory);
    expect(close(open(path, O_CREAT | O_WRONLY, 0644)) == 0, path);
    expect(chmod(path, 0666) == 0 && chown(directory, uid, gid) == 0 && chmod(directory, mode) == 0, directory);
}

static void all(const char *directory)
{
    char path[64];
    struct stat status;
    struct statfs system;
    snprintf(path, sizeof path, "%s/file", directory);
    step("directory", "%s", directory);
    step_result("stat of it", stat(directory, &status));
    step_result("stat inside", stat(path, &status));
    step_result("stat of nothing inside", access(strcat(strcpy(path + 32, directory), "/no"), F_OK));
    step_result("open inside", open(path, O_RDWR) >= 0 ? 0 : -1);
    step_result("open of it", open(directory, O_RDONLY) >= 0 ? 0 : -1);
    int fd = open(directory, O_PATH);
    step_result("O_PATH of it", fd >= 0 ? 0 : -1);
    step_result("from there", faccessat(fd, "file", F_OK, 0));
    step_result("fchdir", fchdir(fd));
    step_result("back", chdir("..") == 0 && access(directory, F_OK) == 0 ? 0 : chdir("/proc/self/fd/20"));
    step_result("creation", mkdirat(fd, "new", 0755));
    step_result("statfs inside", statfs(path, &system));
    step_result("readlink inside", readlink(path, path + 32, 1));
    step_result("truncate inside", truncate(path, 0));
    step_result("chmod inside", chmod(path, 0666));
    step_result("unlink inside", unlink(path));
}

int main(void)
{
    umask(0);
    expect(chmod(".", 0755) == 0, "chmod");
    expect(dup2(open(".", O_RDONLY | O_DIRECTORY), 20) == 20, "dup2");
    make("owner-only", 0700, 0, 0);
    make("readable", 0744, 0, 0);
    make("searchable", 0711, 0, 0);
    make("writable", 0722, 0, 0);
    make("group", 0070, 0, 1000);
    make("mine-closed", 0077, 1000, 1000);
    make("other-group", 0770, 0, 7);
    expect(setgroups(1, (gid_t[]){7}) == 0 && setegid(1000) == 0 && seteuid(1000) == 0, "become 1000");
    all("owner-only");
    all("readable");
    all("searchable");
    all("writable");
    all("group");
    all("mine-closed");
    all("other-group");
    contract_pass();
}
