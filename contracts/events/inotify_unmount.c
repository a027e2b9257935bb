/* Contract: unmounting a file system ends the watches on it: IN_UNMOUNT, then IN_IGNORED.
 * inotify(7).
 * Requires: CAP_SYS_ADMIN */
#include "inotify.h"
#include <sys/mount.h>

int main(void)
{
    expect(mkdir("at", 0700) == 0, "mkdir");
    expect(mount("none", "at", "tmpfs", 0, NULL) == 0, "mount");
    put_file("at/file", "");
    int fd = inotify_here();
    watch(fd, "at/file", IN_OPEN);
    expect(umount("at") == 0, "umount");
    step_events("umount", fd);
    expect_errno(inotify_rm_watch(fd, 1), EINVAL, "rm_watch");
    contract_pass();
}
