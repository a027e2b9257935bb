/* Contract: a walk follows 40 links and no more; a name has 255 bytes, a path 4095; files are no
 * directories; every call that takes a path says the same.
 * Requires: root, tmpfs
 * Source: path_resolution(7), fs/namei.c. */
#include "../contract.h"
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

static char name[300], path[5000];

/* One path, many calls: the errno of each, told once if it is the same. */
static void all(const char *what, const char *path)
{
    struct stat status;
    struct statfs system;
    char text[16];
    const char *calls[24];
    int errors[24], count = 0;
#define CALL(call) (errno = 0, (void)((call) >= 0 && (errno = 0)), calls[count] = #call, errors[count++] = errno)
    CALL(open(path, O_RDONLY));
    CALL(stat(path, &status));
    CALL(lstat(path, &status));
    CALL(access(path, F_OK));
    CALL(chdir(path));
    CALL(chmod(path, 0755));
    CALL(chown(path, 0, 0));
    CALL(truncate(path, 0));
    CALL(readlink(path, text, sizeof text));
    CALL(statfs(path, &system));
    CALL(mkdir(path, 0755));
    CALL(mknod(path, S_IFIFO, 0));
    CALL(symlink("x", path));
    CALL(link("file", path));
    CALL(rename(path, path));
    CALL(unlink(path));
    CALL(rmdir(path));
    CALL(utimensat(AT_FDCWD, path, NULL, 0));
    CALL(getxattr(path, "user.x", text, 1));
    CALL(chroot(path));
    CALL(syscall(SYS_execve, path, NULL, NULL));
    CALL(open(path, O_CREAT | O_WRONLY, 0644));
    char line[512] = "";
    for (int i = 0; i < count; i++)
        if (errors[i] != errors[0])
            sprintf(line + strlen(line), ", %.*s %s", (int)strcspn(calls[i], "("), calls[i],
                    errno_name(errors[i]));
    step(what, "%s%s", errno_name(errors[0]), line);
}

static void chain(int length)
{
    char from[16], to[16];
    for (int i = 0; i < length; i++) {
        snprintf(from, sizeof from, "l%d", i);
        snprintf(to, sizeof to, i ? "l%d" : "file", i - 1);
        unlink(from);
        expect(symlink(to, from) == 0, "symlink");
    }
}

int main(void)
{
    struct stat status;
    char here[4096];
    expect(close(open("file", O_CREAT | O_RDWR, 0644)) == 0 && mkdir("d", 0755) == 0, "make");
    chain(42);
    step_result("40 links", stat("l39", &status));
    expect_errno(stat("l40", &status), ELOOP, "41 links");
    step_result("lstat of the 41st", lstat("l40", &status));
    expect(symlink(".", "dot") == 0, "symlink");
    for (int i = 0; i < 40; i++)
        strcat(path, "dot/");
    strcpy(here, path);
    strcat(strcat(here, "dot/"), "file");
    step_result("40 on the way", stat(strcat(path, "file"), &status));
    expect_errno(stat(here, &status), ELOOP, "41 on the way");
    strcpy(here, "l0");
    path[strlen(path) - 4] = 0;
    strcat(path, here);
    expect_errno(stat(path, &status), ELOOP, "40 on the way and a link at the end");
    step_result("which lstat does not follow", lstat(path, &status));
    expect(symlink("loop2", "loop1") == 0 && symlink("loop1", "loop2") == 0, "symlink");
    all("a loop on the way", "loop1/x");
    all("a file on the way", "file/x");
    all("nothing on the way", "missing/x");
    all("an empty path", "");
    memset(name, 'n', 255);
    step_result("a name of 255", mkdir(name, 0755));
    step_result("is removed", rmdir(name));
    memset(name, 'n', 256);
    all("a name of 256", name);
    char deep[600];
    sprintf(deep, "%s/x", name);
    all("a name of 256 on the way", deep);
    memset(path, '/', sizeof path);
    strcpy(path, ".");
    memset(path + 1, '/', 4094);
    path[4095] = 0;
    step_result("a path of 4095", stat(path, &status));
    path[4095] = '/';
    path[4096] = 0;
    all("a path of 4096", path);
    all("a bad address", (char *)8);
    memset(path, 'x', 4095);
    path[4095] = 0;
    step_result("a target of 4095", symlink(path, "long"));
    expect_errno(stat("long", &status), ENAMETOOLONG, "a walk by it");
    path[4095] = 'x';
    path[4096] = 0;
    expect_errno(symlink(path, "longer"), ENAMETOOLONG, "a target of 4096");
    expect_errno(symlink("", "none"), ENOENT, "a target of nothing");
    contract_pass();
}
