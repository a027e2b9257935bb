/* Contract: unlink is IN_ATTRIB of the file; when the last name and the last descriptor are
 * gone it is IN_DELETE_SELF and the watch ends with IN_IGNORED. Its number is not used again.
 * inotify(7); fs/namei.c:vfs_unlink(), fs/dcache.c:dentry_unlink_inode(). */
#include "inotify.h"

int main(void)
{
    put_file("plain", "");
    put_file("held", "");
    put_file("linked", "");
    expect(link("linked", "other") == 0 && mkdir("dir", 0700) == 0, "link, mkdir");
    int fd = inotify_here();
    const unsigned mask = IN_ALL_EVENTS;
    step("wd of .", "%d", watch(fd, ".", IN_DELETE));
    step("wd of plain", "%d", watch(fd, "plain", mask));
    step("wd of held", "%d", watch(fd, "held", mask));
    step("wd of linked", "%d", watch(fd, "linked", mask));
    step("wd of dir", "%d", watch(fd, "dir", mask));
    expect(unlink("plain") == 0, "unlink");
    step_events("a file that nobody has open", fd);
    int held = open("held", O_RDWR);
    step_events("open", fd);
    expect(unlink("held") == 0, "unlink");
    step_events("an open file", fd);
    expect(write(held, "x", 1) == 1, "write");
    step_events("write without a name", fd);
    expect(fchmod(held, 0600) == 0, "fchmod");
    step_events("fchmod without a name", fd);
    close(held);
    step_events("close", fd);
    expect(unlink("linked") == 0, "unlink");
    step_events("the first of two names", fd);
    expect(unlink("other") == 0, "unlink");
    step_events("the second", fd);
    expect(rmdir("dir") == 0, "rmdir");
    step_events("a directory", fd);
    put_file("again", "");
    step("next watch", "%d", watch(fd, "again", mask));
    expect_errno(inotify_rm_watch(fd, 2), EINVAL, "rm_watch of what is gone");
    contract_pass();
}
