/* Contract: fs.protected_symlinks, hardlinks, fifos and regular decide who follows links, links to
 * files and opens what is there with O_CREAT in sticky directories that everybody may write.
 * Requires: root, tmpfs
 * Source: proc_sys_fs(5), fs/namei.c:may_follow_link, may_linkat, may_create_in_sticky. */
#include "../contract.h"
#include <sys/stat.h>

static void setting(const char *name)
{
    char path[64], text[16] = "";
    snprintf(path, sizeof path, "/proc/sys/fs/%s", name);
    int fd = open(path, O_RDONLY);
    expect(fd >= 0 && read(fd, text, sizeof text - 1) > 0 && close(fd) == 0, path);
    step(name, "%c", text[0]);
}

static long opened(const char *path, int flags)
{
    int fd = open(path, flags, 0644);
    return fd < 0 ? -1 : close(fd);
}

static void file(const char *path, uid_t uid, mode_t mode)
{
    expect(close(open(path, O_CREAT | O_WRONLY, 0644)) == 0, path);
    expect(chown(path, uid, uid) == 0 && chmod(path, mode) == 0, path);
}

static void fifo(const char *path, uid_t uid)
{
    expect(mkfifo(path, 0666) == 0 && chmod(path, 0666) == 0 && chown(path, uid, uid) == 0, path);
}

int main(void)
{
    umask(0);
    setting("protected_symlinks");
    setting("protected_hardlinks");
    setting("protected_fifos");
    setting("protected_regular");
    expect(chmod(".", 0755) == 0 && mkdir("sticky", 01777) == 0 && chown("sticky", 3, 3) == 0, "sticky");
    expect(chmod("sticky", 01777) == 0 && mkdir("open", 0777) == 0 && mkdir("mine", 0700) == 0, "mkdir");
    expect(chown("mine", 1000, 1000) == 0, "chown");
    file("target", 0, 0666);
    file("sticky/other", 2, 0666);
    file("sticky/directory-owner", 3, 0666);
    file("sticky/mine", 1000, 0666);
    file("readable", 0, 0644);
    file("writable", 0, 0666);
    file("set-user-id", 0, 04666);
    file("set-group-id", 0, 02676);
    file("set-group-id-only", 0, 02666);
    fifo("sticky/fifo", 2);
    fifo("sticky/my-fifo", 1000);
    fifo("open/fifo", 2);
    expect(symlink("../target", "sticky/link") == 0 && lchown("sticky/link", 2, 2) == 0, "symlink");
    expect(symlink("../target", "sticky/owner-link") == 0 && lchown("sticky/owner-link", 3, 3) == 0, "symlink");
    expect(symlink("../target", "sticky/my-link") == 0 && lchown("sticky/my-link", 1000, 5) == 0, "symlink");
    expect(symlink("../target", "open/link") == 0 && lchown("open/link", 2, 2) == 0, "symlink");
    expect(symlink("..", "sticky/up") == 0 && lchown("sticky/up", 2, 2) == 0, "symlink");
    for (int round = 0; round < 2; round++) {
        if (round == 1)
            expect(setegid(1000) == 0 && seteuid(1000) == 0, "become 1000");
        step("as", "%d", (int)geteuid());
        step_result("another's link in a sticky directory", access("sticky/link", F_OK));
        step_result("followed by open", opened("sticky/link", O_RDONLY));
        step_result("followed by open with O_CREAT", opened("sticky/link", O_CREAT | O_RDONLY));
        step_result("the directory owner's link", opened("sticky/owner-link", O_RDONLY));
        step_result("my link", opened("sticky/my-link", O_RDONLY));
        step_result("in a directory that is not sticky", opened("open/link", O_RDONLY));
        step_result("on the way", opened("sticky/up/target", O_RDONLY));
        step_result("not followed", faccessat(AT_FDCWD, "sticky/link", F_OK, AT_SYMLINK_NOFOLLOW));
        step_result("another's file", opened("sticky/other", O_CREAT | O_RDWR));
        step_result("without O_CREAT", opened("sticky/other", O_RDWR));
        step_result("the directory owner's file", opened("sticky/directory-owner", O_CREAT | O_RDWR));
        step_result("my file", opened("sticky/mine", O_CREAT | O_RDWR));
        step_result("another's FIFO", opened("sticky/fifo", O_CREAT | O_RDWR));
        step_result("my FIFO", opened("sticky/my-fifo", O_CREAT | O_RDWR));
        step_result("another's FIFO elsewhere", opened("open/fifo", O_CREAT | O_RDWR));
    }
    step_result("link to what one may not write", link("readable", "mine/a"));
    step_result("link to what one may write", link("writable", "mine/b"));
    step_result("link to a set-user-ID file", link("set-user-id", "mine/c"));
    step_result("link to a set-group-ID program", link("set-group-id", "mine/d"));
    step_result("link to a set-group-ID file", link("set-group-id-only", "mine/e"));
    step_result("link to a FIFO", link("open/fifo", "mine/f"));
    step_result("link to a link", link("open/link", "mine/g"));
    step_result("link to one's own", link("sticky/mine", "mine/h"));
    contract_pass();
}
