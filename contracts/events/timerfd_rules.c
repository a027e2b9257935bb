/* Contract: timerfd_create and timerfd_settime refuse what has no meaning; a read wants 8 bytes; a
 * time in the past expires at once and counts every interval; setting again forgets the count;
 * TFD_TIMER_CANCEL_ON_SET is taken. timerfd_create(2). */
#include "contract.h"
#include <poll.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>

int main(void)
{
    uint64_t count;
    struct itimerspec spec = {.it_value.tv_sec = 100, .it_interval.tv_sec = 7}, old = {0};
    expect_errno(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL, "a CPU clock");
    expect_errno(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL, "unknown flag");
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    step("flags", "%o %d", fcntl(fd, F_GETFL) & ~0100000, fcntl(fd, F_GETFD));
    expect_errno(read(fd, &count, 8), EAGAIN, "not armed");
    expect_errno(read(fd, &count, 7), EINVAL, "short read");
    expect_errno(write(fd, &count, 8), EINVAL, "write");
    step_result("settime", timerfd_settime(fd, 0, &spec, &old));
    step("old", "%ld %ld", (long)old.it_value.tv_sec, (long)old.it_interval.tv_sec);
    step_result("gettime", timerfd_gettime(fd, &old));
    step("now", "%d %ld", old.it_value.tv_sec >= 98 && old.it_value.tv_sec <= 100,
         (long)old.it_interval.tv_sec);
    spec.it_value.tv_nsec = 1000000000;
    expect_errno(timerfd_settime(fd, 0, &spec, NULL), EINVAL, "nanoseconds");
    spec.it_value.tv_nsec = 0;
    expect_errno(timerfd_settime(fd, 4, &spec, NULL), EINVAL, "settime flags");
    expect_errno(timerfd_settime(1, 0, &spec, NULL), EINVAL, "another file");
    expect_errno(syscall(SYS_timerfd_settime, fd, 0, 8, NULL), EFAULT, "bad new value");
    expect_errno(syscall(SYS_timerfd_gettime, fd, 8), EFAULT, "bad value");
    expect_errno(timerfd_gettime(-1, &old), EBADF, "no file");

    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    spec = (struct itimerspec){.it_value = {now.tv_sec > 1 ? now.tv_sec - 1 : 0, 1},
                               .it_interval.tv_sec = 1000};
    step_result("in the past", timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, NULL));
    struct pollfd one = {.fd = fd, .events = POLLIN | POLLOUT};
    int ready = poll(&one, 1, 1000);
    step("poll", "%d %x", ready, one.revents);
    step_result("read", read(fd, &count, 8));
    step("count", "%llu", (unsigned long long)count);
    expect_errno(read(fd, &count, 8), EAGAIN, "read again");
    spec.it_value = (struct timespec){0, 1};
    spec.it_interval = (struct timespec){0, 0};
    step_result("one-shot", timerfd_settime(fd, 0, &spec, NULL));
    poll(&one, 1, -1);
    spec.it_value.tv_nsec = 0;
    step_result("disarm", timerfd_settime(fd, 0, &spec, NULL));
    expect_errno(read(fd, &count, 8), EAGAIN, "the expiration is forgotten");
    int wall = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    clock_gettime(CLOCK_REALTIME, &now);
    spec.it_value = (struct timespec){now.tv_sec + 1000, 0};
    step_result("cancel on set",
                timerfd_settime(wall, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL));
    char path[64], line[128];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", wall);
    FILE *info = fopen(path, "r");
    while (fgets(line, sizeof line, info))
        if (!strncmp(line, "clockid", 7) || !strncmp(line, "ticks", 5) ||
            !strncmp(line, "settime", 7) || !strncmp(line, "it_interval", 11))
            step("fdinfo", "%.*s", (int)strlen(line) - 1, line);
    contract_pass();
}
