/* Contract: reading a timerfd gives the number of expirations since the last read, waits for the
 * first unless it is non-blocking (EAGAIN), and wants eight bytes.
 * Source: timerfd_create(2), fs/timerfd.c:timerfd_read_iter. */
#include "../contract.h"
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>

int main(void)
{
    uint64_t count = 0;
    struct timespec nap = {0, 25000000};
    struct itimerspec once = {{0, 0}, {0, 5000000}}, often = {{0, 5000000}, {0, 5000000}}, now;
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    expect(timer >= 0, "timerfd_create");
    struct pollfd entry = {.fd = timer, .events = POLLIN | POLLOUT};
    step_result("poll, not set", poll(&entry, 1, 0));
    expect_errno(read(timer, &count, 8), EAGAIN, "read, not set");
    expect_errno(read(timer, &count, 7), EINVAL, "read of 7 bytes");
    expect_errno(write(timer, &count, 8), EINVAL, "write");
    expect(timerfd_settime(timer, 0, &once, NULL) == 0, "timerfd_settime");
    step_result("poll", poll(&entry, 1, -1));
    step("events", "0x%x", (unsigned)entry.revents);
    step_result("read", read(timer, &count, 8));
    step("count", "%llu", (unsigned long long)count);
    expect_errno(read(timer, &count, 8), EAGAIN, "read again");
    expect(timerfd_gettime(timer, &now) == 0, "timerfd_gettime");
    step("then", "%ld %ld", (long)now.it_value.tv_sec, now.it_value.tv_nsec);

    expect(fcntl(timer, F_SETFL, 0) == 0, "F_SETFL");
    expect(timerfd_settime(timer, 0, &once, NULL) == 0, "timerfd_settime");
    step_result("blocking read", read(timer, &count, 8));
    step("count", "%llu", (unsigned long long)count);
    expect(timerfd_settime(timer, 0, &often, NULL) == 0, "timerfd_settime");
    expect(nanosleep(&nap, NULL) == 0, "nanosleep");
    step_result("read after 25 ms of 5 ms", read(timer, &count, 8));
    step("count at least 5", "%s", count >= 5 ? "yes" : "no");
    often.it_value = (struct timespec){0, 1};
    expect(timerfd_settime(timer, TFD_TIMER_ABSTIME, &often, &now) == 0, "timerfd_settime");
    step("old interval", "%ld %ld", (long)now.it_interval.tv_sec, now.it_interval.tv_nsec);
    step_result("read, absolute and past", read(timer, &count, 8));
    step("count is large", "%s", count > 1 ? "yes" : "no");
    expect_errno(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL, "unknown flag");
    expect_errno(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL, "CPU clock");
    expect_errno(timerfd_settime(0, 0, &once, NULL), EINVAL, "not a timerfd");
    expect_errno(timerfd_settime(-1, 0, &once, NULL), EBADF, "descriptor -1");
    contract_pass();
}
