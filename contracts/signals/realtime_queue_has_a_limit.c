/* Contract: real-time signals queue until RLIMIT_SIGPENDING of them are pending for the user, then
 * sigqueue is EAGAIN; each one dequeued makes room, and values come in the order sent.
 * Source: sigqueue(3), getrlimit(2), kernel/signal.c:sig_get_ucounts. */
#include "../contract.h"
#include <sys/resource.h>

int main(void)
{
    struct rlimit limit = {5, 5};
    union sigval value;
    sigset_t set;
    siginfo_t info;
    struct timespec zero = {0, 0};
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 1);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "block");
    if (getuid() == 0)
        expect(setresuid(54321, 54321, 54321) == 0, "a user without pending signals");
    expect(setrlimit(RLIMIT_SIGPENDING, &limit) == 0, "setrlimit");
    int sent = 0;
    for (value.sival_int = 100; sigqueue(getpid(), SIGRTMIN + 1, value) == 0; value.sival_int++)
        sent++;
    step("sent", "%d, then %s", sent, errno_name(errno));
    step_result("dequeue", sigtimedwait(&set, &info, &zero) == SIGRTMIN + 1);
    step("value", "%d", info.si_value.sival_int);
    value.sival_int = 200;
    step_result("room for one", sigqueue(getpid(), SIGRTMIN + 1, value));
    expect_errno(sigqueue(getpid(), SIGRTMIN + 1, value), EAGAIN, "not for two");
    step_result("signal 0 needs none", sigqueue(getpid(), 0, value));
    while (sigtimedwait(&set, &info, &zero) != -1)
        step("value", "%d", info.si_value.sival_int);
    contract_pass();
}
