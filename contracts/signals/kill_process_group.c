/* Contract: kill with a negative pid reaches every member of that group and nobody else; kill of
 * 0 reaches the caller's own group with the caller in it.
 * Source: kill(2), kernel/signal.c:__kill_pgrp_info. */
#include "../contract.h"
#include <signal.h>
#include <sys/wait.h>

static volatile int ran;

static void on_signal(int signal)
{
    (void)signal;
    ran++;
}

static pid_t member(pid_t group)
{
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0)
        for (;;)
            pause();
    expect(setpgid(child, group) == 0, "setpgid");
    return child;
}

int main(void)
{
    int status;
    pid_t first = member(0), second = member(first), outside = member(0);
    step_result("kill of the group", kill(-first, SIGTERM));
    expect(waitpid(first, &status, 0) == first, "waitpid");
    step("first", "0x%x", status);
    expect(waitpid(second, &status, 0) == second, "waitpid");
    step("second", "0x%x", status);
    step_result("outside", waitpid(outside, &status, WNOHANG));
    expect_errno(kill(-first, 0), ESRCH, "empty group");
    expect(kill(outside, SIGKILL) == 0, "kill");
    expect(waitpid(outside, &status, 0) == outside, "waitpid");

    pid_t leader = fork();
    expect(leader >= 0, "fork");
    if (leader == 0) {
        expect(setpgid(0, 0) == 0, "setpgid");
        pid_t child = member(getpid());
        expect(signal(SIGUSR1, on_signal) != SIG_ERR, "signal");
        step_result("kill of 0", kill(0, SIGUSR1));
        step("own handler ran before it returned", "%d", ran);
        expect(waitpid(child, &status, 0) == child, "waitpid");
        step("child", "0x%x", status);
        _exit(0);
    }
    wait_for_success(leader);
    contract_pass();
}
