/* Contract: IN_ONESHOT ends a watch with its first event, which IN_IGNORED follows; IN_ONLYDIR
 * takes directories only; an event that was not asked for does not count. inotify(7). */
#include "inotify.h"

int main(void)
{
    put_file("file", "text");
    expect(mkdir("dir", 0700) == 0 && symlink("dir", "link") == 0, "mkdir");
    int fd = inotify_here();
    int wd = watch(fd, "file", IN_CLOSE_NOWRITE | IN_ONESHOT);
    close(open("file", O_RDWR));
    step_events("not asked for", fd);
    close(open("file", O_RDONLY));
    close(open("file", O_RDONLY));
    step_events("asked for", fd);
    expect_errno(inotify_rm_watch(fd, wd), EINVAL, "rm_watch");
    expect_errno(inotify_add_watch(fd, "file", IN_OPEN | IN_ONLYDIR), ENOTDIR,
                 "IN_ONLYDIR on a file");
    expect_errno(inotify_add_watch(fd, "link", IN_OPEN | IN_ONLYDIR | IN_DONT_FOLLOW), ENOTDIR,
                 "IN_ONLYDIR on a link");
    watch(fd, "link", IN_CREATE | IN_ONLYDIR | IN_ONESHOT);
    put_file("dir/one", "");
    put_file("dir/two", "");
    step_events("in the directory", fd);
    contract_pass();
}
