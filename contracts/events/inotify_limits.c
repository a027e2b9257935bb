/* Contract: /proc/sys/fs/inotify says how many instances, watches and queued events there may be.
 * inotify(7). */
#include "inotify.h"

int main(void)
{
    char text[32];
    static const char *const names[] = {"max_queued_events", "max_user_instances",
                                        "max_user_watches"};
    for (int i = 0; i < 3; i++) {
        char path[64];
        struct stat about;
        snprintf(path, sizeof path, "/proc/sys/fs/inotify/%s", names[i]);
        int fd = open(path, O_RDONLY);
        long got = read(fd, text, sizeof text - 1);
        expect(fd >= 0 && got > 1, names[i]);
        expect(fstat(fd, &about) == 0, "fstat");
        text[got] = 0;
        step(names[i], "positive %d, mode %o", atol(text) > 0, about.st_mode);
        close(fd);
    }
    contract_pass();
}
