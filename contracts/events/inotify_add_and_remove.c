/* Contract: a second watch on the same inode changes the first: it replaces the mask, adds to it
 * with IN_MASK_ADD, fails with IN_MASK_CREATE. inotify_rm_watch leaves IN_IGNORED behind; what was
 * queued before stays. inotify_add_watch(2); inotify_update_existing_watch(). */
#include "inotify.h"

int main(void)
{
    put_file("file", "text");
    expect(link("file", "other") == 0 && symlink("file", "link") == 0, "link");
    int fd = inotify_here();
    int wd = watch(fd, "file", IN_OPEN);
    step("the same file", "%d", watch(fd, "file", IN_CLOSE) - wd);
    close(open("file", O_RDONLY));
    step_events("replaced", fd);
    step("by another name", "%d", watch(fd, "other", IN_OPEN | IN_MASK_ADD) - wd);
    close(open("file", O_RDONLY));
    step_events("added", fd);
    expect_errno(inotify_add_watch(fd, "file", IN_MODIFY | IN_MASK_CREATE), EEXIST,
                 "IN_MASK_CREATE");
    expect_errno(inotify_add_watch(fd, "file", IN_OPEN | IN_MASK_ADD | IN_MASK_CREATE), EINVAL,
                 "IN_MASK_ADD and IN_MASK_CREATE");
    step("through the link", "%d", watch(fd, "link", IN_OPEN) - wd);
    step("the link itself", "%d", watch(fd, "link", IN_ALL_EVENTS | IN_DONT_FOLLOW) - wd);
    close(open("link", O_RDONLY));
    step_events("open through the link", fd);
    expect(unlink("link") == 0, "unlink");
    step_events("unlink the link", fd);
    close(open("file", O_RDONLY));
    step_result("inotify_rm_watch", inotify_rm_watch(fd, wd));
    close(open("file", O_RDONLY));
    step_events("removed", fd);
    expect_errno(inotify_rm_watch(fd, wd), EINVAL, "rm_watch again");
    step("a new watch", "%d", watch(fd, "file", IN_OPEN) - wd);

    int second = inotify_here();
    step("another instance", "%d", watch(second, "file", IN_CLOSE_NOWRITE));
    close(open("file", O_RDONLY));
    step_events("one", fd);
    step_events("two", second);
    contract_pass();
}
