/* Contract: an event equal to the last one that waits to be read is dropped; anything between
 * them keeps both. inotify(7); fs/notify/inotify/inotify_fsnotify.c:inotify_merge(). */
#include "inotify.h"
#include <sys/ioctl.h>

int main(void)
{
    int bytes = -1;
    expect(mkdir("dir", 0700) == 0, "mkdir");
    put_file("dir/one", "1");
    put_file("dir/two", "2");
    int fd = inotify_here();
    watch(fd, "dir", IN_MODIFY);
    watch(fd, "dir/one", IN_MODIFY);
    int one = open("dir/one", O_WRONLY), two = open("dir/two", O_WRONLY);
    expect(write(two, "a", 1) == 1 && write(two, "b", 1) == 1, "write");
    expect(ioctl(fd, FIONREAD, &bytes) == 0, "FIONREAD");
    step("bytes of one event", "%d", bytes);
    step_events("the same twice", fd);
    expect(write(one, "a", 1) == 1 && write(two, "b", 1) == 1 && write(two, "c", 1) == 1 &&
           write(one, "d", 1) == 1, "write");
    expect(ioctl(fd, FIONREAD, &bytes) == 0, "FIONREAD");
    step("bytes", "%d", bytes);
    step_events("in turns", fd);
    expect(write(two, "e", 1) == 1, "write");
    step_events("after reading", fd);
    expect(write(two, "e", 1) == 1, "write");
    step_events("again", fd);
    expect(ioctl(fd, FIONREAD, &bytes) == 0, "FIONREAD");
    step("bytes of nothing", "%d", bytes);
    contract_pass();
}
