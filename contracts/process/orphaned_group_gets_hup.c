/* Contract: a process group that becomes orphaned while one of its members is stopped gets
 * SIGHUP and then SIGCONT; a group without stopped members gets nothing.
 * Source: setpgid(2), exit(3), kernel/exit.c:kill_orphaned_pgrp. */
#include "../contract.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static volatile int order[8], count;

static void on_signal(int signal)
{
    order[count++] = signal;
}

static void orphan(int stop, int report)
{
    struct sigaction action = {.sa_handler = on_signal};
    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        sigfillset(&action.sa_mask);
        expect(setpgid(0, 0) == 0, "setpgid");
        expect(sigaction(SIGHUP, &action, NULL) == 0, "SIGHUP");
        expect(sigaction(SIGCONT, &action, NULL) == 0, "SIGCONT");
        if (stop)
            kill(getpid(), SIGSTOP);
        else
            expect(write(report, "r", 1) == 1, "write");
        while (getppid() == parent)
            usleep(1000);
        step("signals", "%d", count);
        for (int i = 0; i < count; i++)
            step("signal", "%d", order[i]);
        _exit(5);
    }
}

int main(void)
{
    int status, report[2];
    char byte;
    expect(pipe(report) == 0, "pipe");
    expect(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "PR_SET_CHILD_SUBREAPER");
    for (int stop = 1; stop >= 0; stop--) {
        step("group", "%s", stop ? "with a stopped member" : "running");
        pid_t leader = fork();
        expect(leader >= 0, "fork");
        if (leader == 0) {
            expect(setsid() == getpid(), "setsid");
            orphan(stop, report[1]);
            if (stop)
                expect(waitpid(-1, &status, WUNTRACED) > 0 && WIFSTOPPED(status), "stopped");
            else
                expect(read(report[0], &byte, 1) == 1, "read");
            _exit(0);
        }
        expect(waitpid(leader, &status, 0) == leader, "waitpid");
        expect(waitpid(-1, &status, 0) > 0, "waitpid");
        step("status", "0x%x", status);
    }
    contract_pass();
}
