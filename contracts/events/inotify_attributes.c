/* Contract: IN_ATTRIB tells of chmod, chown, both time stamps at once, extended attributes and
 * the link count; one time stamp alone counts as access or modification, and a chown that
 * names no owner tells nothing. include/linux/fsnotify.h:fsnotify_change().
 * Requires: Linux 6.6 */
#include "inotify.h"
#include <sys/xattr.h>

int main(void)
{
    struct timespec times[2] = {{1, 0}, {2, 0}};
    put_file("file", "text");
    expect(mkdir("dir", 0700) == 0, "mkdir");
    int fd = inotify_here();
    watch(fd, "file", IN_ALL_EVENTS);
    watch(fd, "dir", IN_ALL_EVENTS);
    expect(chmod("file", 0600) == 0, "chmod");
    step_events("chmod", fd);
    expect(chmod("file", 0600) == 0, "chmod to the same");
    step_events("chmod to the same", fd);
    expect(chown("file", getuid(), -1) == 0, "chown");
    step_events("chown", fd);
    expect(chown("file", -1, -1) == 0, "chown to nobody");
    step_events("chown to nobody", fd);
    expect(utimensat(AT_FDCWD, "file", times, 0) == 0, "utimensat");
    step_events("both times", fd);
    expect(utimensat(AT_FDCWD, "file", NULL, 0) == 0, "utimensat");
    step_events("both times now", fd);
    times[1].tv_nsec = UTIME_OMIT;
    expect(utimensat(AT_FDCWD, "file", times, 0) == 0, "utimensat");
    step_events("access time", fd);
    times[1].tv_nsec = UTIME_NOW;
    times[0].tv_nsec = UTIME_OMIT;
    expect(utimensat(AT_FDCWD, "file", times, 0) == 0, "utimensat");
    step_events("modification time", fd);
    times[1].tv_nsec = UTIME_OMIT;
    expect(utimensat(AT_FDCWD, "file", times, 0) == 0, "utimensat");
    step_events("neither time", fd);
    expect(setxattr("file", "user.k", "v", 1, 0) == 0, "setxattr");
    step_events("setxattr", fd);
    expect(removexattr("file", "user.k") == 0, "removexattr");
    step_events("removexattr", fd);
    expect_errno(removexattr("file", "user.k"), ENODATA, "removexattr again");
    step_events("removexattr again", fd);
    expect(link("file", "dir/second") == 0, "link");
    step_events("link", fd);
    expect(unlink("dir/second") == 0, "unlink");
    step_events("unlink of one name", fd);
    expect(chmod("dir", 0750) == 0, "chmod");
    step_events("chmod of the directory", fd);
    contract_pass();
}
