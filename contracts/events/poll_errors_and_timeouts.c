/* Contract: poll with nothing to watch sleeps its time; more descriptors than RLIMIT_NOFILE are
 * EINVAL, a bad array is EFAULT; ppoll without descriptors and time-out is pause, and writes the
 * rest of its time-out back. poll(2). */
#include "contract.h"
#include <poll.h>
#include <sys/resource.h>
#include <time.h>

static void nothing(int number) { (void)number; }

int main(void)
{
    struct timespec time = {0, 2000000}, bad = {0, 1000000000}, before, after;
    struct rlimit limit = {16, 16};
    struct pollfd array[17];
    for (int i = 0; i < 17; i++)
        array[i] = (struct pollfd){.fd = -1};
    clock_gettime(CLOCK_MONOTONIC, &before);
    step_result("poll of nothing", poll(NULL, 0, 3));
    clock_gettime(CLOCK_MONOTONIC, &after);
    step("slept its time", "%d", (after.tv_sec - before.tv_sec) * 1000000000L + after.tv_nsec -
         before.tv_nsec >= 3000000);
    expect_errno(syscall(SYS_ppoll, 8, 1, NULL, NULL, 0), EFAULT, "bad array");
    step_result("raw ppoll", syscall(SYS_ppoll, NULL, 0, &time, NULL, 0));
    step("nothing is left", "%ld %ld", (long)time.tv_sec, time.tv_nsec);
    time.tv_sec = 100;
    array[0] = (struct pollfd){.fd = open("/dev/null", O_RDWR), .events = POLLIN};
    step_result("ready at once", syscall(SYS_ppoll, array, 1, &time, NULL, 0));
    step("most is left", "%d", time.tv_sec >= 98);
    expect_errno(syscall(SYS_ppoll, NULL, 0, &bad, NULL, 0), EINVAL, "bad nanoseconds");
    expect_errno(syscall(SYS_ppoll, NULL, 0, (void *)8, NULL, 0), EFAULT, "bad time-out");
    expect_errno(syscall(SYS_ppoll, NULL, 0, &time, &time, 7), EINVAL, "bad mask size");
    expect_errno(syscall(SYS_ppoll, NULL, 0, &time, (void *)8, 8), EFAULT, "bad mask");
    array[0].fd = -1;
    expect(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    step_result("as many as allowed", poll(array, 16, 0));
    expect_errno(poll(array, 17, 0), EINVAL, "one too many");

    pid_t child = fork();
    if (child == 0) {
        signal(SIGUSR1, nothing);
        sigset_t none;
        sigemptyset(&none);
        struct timespec rest = {1000, 0};
        kill(getpid(), SIGUSR1);
        int result = ppoll(NULL, 0, NULL, &none);
        step_result("ppoll as pause", result);
        syscall(SYS_ppoll, NULL, 0, &rest, &none, 8);
        _exit(1);
    }
    wait_for_state(child, 'S');
    kill(child, SIGUSR1);
    wait_for_state(child, 'S');
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    contract_pass();
}
