/* Contract: RESOLVE_BENEATH refuses what leaves the directory, IN_ROOT stays inside of it,
 * NO_SYMLINKS, NO_MAGICLINKS and NO_XDEV refuse links, magic links and mount points.
 * Requires: CAP_SYS_ADMIN, root
 * Source: openat2(2), fs/namei.c. */
#include "../contract.h"
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int root;

static void try(const char *path, unsigned long long resolve, unsigned long long flags)
{
    struct open_how how = {.flags = flags, .resolve = resolve};
    if (flags & O_CREAT)
        how.mode = 0600;
    int fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd < 0) {
        step(path, "%s", errno_name(errno));
        return;
    }
    char text[256] = "", where[64];
    snprintf(where, sizeof where, "/proc/self/fd/%d", fd);
    expect(readlink(where, text, sizeof text - 1) > 0, "readlink");
    step(path, "%s", strstr(text, "/root") ? strstr(text, "/root") : "outside");
    close(fd);
}

static const char *const paths[] = {
    ".", "file", "sub/file", "sub/..", "..", "sub/../..", "sub/../../root", "/", "/file", "/sub/file",
    "to-file", "to-sub/file", "absolute", "up", "up-and-back", "deep/up2", "dangling", "loop",
    "mounted", "mounted/inside", "mounted/..", "magic/file", "magic", "self/status", "missing", ""};

static void all(const char *name, unsigned long long resolve)
{
    step("resolve", "%s", name);
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++)
        try(paths[i], resolve, O_PATH);
}

int main(void)
{
    private_mounts();
    expect(mkdir("root", 0755) == 0 && mount("r", "root", "tmpfs", 0, "mode=755") == 0, "mount");
    expect(chdir("root") == 0, "chdir");
    expect(mkdir("sub", 0755) == 0 && mkdir("deep", 0755) == 0 && mkdir("mounted", 0755) == 0, "mkdir");
    expect(close(open("file", O_CREAT | O_RDWR, 0644)) == 0, "file");
    expect(close(open("sub/file", O_CREAT | O_RDWR, 0644)) == 0, "file");
    expect(symlink("file", "to-file") == 0 && symlink("sub", "to-sub") == 0, "symlink");
    expect(symlink("/file", "absolute") == 0 && symlink("..", "up") == 0, "symlink");
    expect(symlink("../root/file", "up-and-back") == 0 && symlink("../file", "deep/up2") == 0, "symlink");
    expect(symlink("nothing", "dangling") == 0 && symlink("loop", "loop") == 0, "symlink");
    expect(symlink("/proc/self/fd/30", "magic") == 0 && symlink("/proc/self", "self") == 0, "symlink");
    expect(mount("m", "mounted", "tmpfs", 0, NULL) == 0, "mount");
    expect(close(open("mounted/inside", O_CREAT | O_RDWR, 0644)) == 0, "file");
    root = open(".", O_PATH);
    expect(dup2(root, 30) == 30 && chdir("..") == 0, "chdir");
    all("beneath", RESOLVE_BENEATH);
    all("in root", RESOLVE_IN_ROOT);
    all("no symlinks", RESOLVE_NO_SYMLINKS);
    all("no magic links", RESOLVE_NO_MAGICLINKS);
    all("no other mount", RESOLVE_NO_XDEV);
    step("last links", "%s", "");
    try("to-file", RESOLVE_NO_SYMLINKS, O_PATH | O_NOFOLLOW);
    try("to-sub/file", RESOLVE_NO_SYMLINKS, O_PATH | O_NOFOLLOW);
    try("absolute", RESOLVE_BENEATH, O_PATH | O_NOFOLLOW);
    try("magic", RESOLVE_NO_MAGICLINKS, O_PATH | O_NOFOLLOW);
    try("absolute", RESOLVE_IN_ROOT, O_RDWR);
    try("/new", RESOLVE_IN_ROOT, O_CREAT | O_RDWR);
    try("../new2", RESOLVE_IN_ROOT, O_CREAT | O_RDWR);
    try("../new3", RESOLVE_BENEATH, O_CREAT | O_RDWR);
    try("dangling", RESOLVE_BENEATH, O_CREAT | O_RDWR);
    step_result("nothing", access("root/nothing", F_OK));
    step_result("new2", access("root/new2", F_OK));
    contract_pass();
}
