/* Contract: beyond /proc/sys/fs/inotify/max_queued_events events one IN_Q_OVERFLOW of watch -1 is
 * queued and the rest is lost; after reading there is room again. inotify(7). */
#include "inotify.h"
#include <sys/ioctl.h>

static long limit(const char *name)
{
    char path[64], text[32] = "";
    snprintf(path, sizeof path, "/proc/sys/fs/inotify/%s", name);
    int fd = open(path, O_RDONLY);
    expect(fd >= 0 && read(fd, text, sizeof text - 1) > 0, name);
    close(fd);
    return atol(text);
}

int main(void)
{
    static char buffer[16 * 1024] __attribute__((aligned(8)));
    struct inotify_event last = {0};
    long most = limit("max_queued_events"), events = 0, got;
    int waiting = 0;
    put_file("file", "text");
    int fd = inotify_here();
    watch(fd, "file", IN_OPEN | IN_CLOSE);
    for (long i = 0; i < most / 2 + 3; i++)
        close(open("file", O_RDONLY));
    expect(ioctl(fd, FIONREAD, &waiting) == 0, "FIONREAD");
    step("one more than the limit waits", "%d", waiting == 16 * (most + 1));
    while ((got = read(fd, buffer, sizeof buffer)) > 0) {
        events += got / 16;
        memcpy(&last, buffer + got - 16, 16);
    }
    step("the same was read", "%d", events == most + 1);
    step("the last is watch", "%d mask %s cookie %u length %u", last.wd, mask_text(last.mask),
         last.cookie, last.len);
    close(open("file", O_RDONLY));
    step_events("there is room again", fd);
    contract_pass();
}
