/* Contract: si_pid is the sender's number as the receiver sees it, 0 from a namespace above; kill(-1)
 * and groups reach whom the sender sees, which namespaces below are part of.
 * Requires: CAP_SYS_ADMIN
 * Source: pid_namespaces(7), kill(2); kernel/signal.c:send_signal_locked, do_notify_parent. */
#include "pidns.h"
#include <sys/prctl.h>

static sigset_t all;

static void show_next(const char *name, pid_t known)
{
    siginfo_t info;
    int number = syscall(SYS_rt_sigtimedwait, &all, &info, NULL, 8); /* glibc hides SI_TKILL */
    step(name, "%s, code %d, from %s", number == SIGCHLD ? "CHLD" : number == SIGUSR1 ? "USR1"
         : number == SIGRTMIN ? "RTMIN" : number == SIGUSR2 ? "USR2" : "?", info.si_code,
         info.si_pid == 0 ? "0" : info.si_pid == known ? "the known" : "another");
}

/* Wait for a byte and give the next one on: turns without a clock. */
static void turn(int in, int out)
{
    char byte;
    if (in >= 0)
        expect(read(in, &byte, 1) == 1, "read");
    if (out >= 0)
        expect(write(out, "", 1) == 1, "write");
}

int main(void)
{
    int up[2], low[2], down[2], status;
    expect(pipe(up) == 0 && pipe(low) == 0 && pipe(down) == 0, "pipe");
    sigemptyset(&all);
    sigaddset(&all, SIGCHLD);
    sigaddset(&all, SIGUSR1);
    sigaddset(&all, SIGUSR2);
    sigaddset(&all, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &all, NULL);
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        expect(setpgid(0, 0) == 0, "setpgid");
        turn(-1, up[1]);
        show_next("kill", 1);
        turn(-1, up[1]);
        show_next("tgkill", 1);
        turn(-1, up[1]);
        show_next("sigqueue", 1);
        turn(-1, up[1]);
        show_next("a group's", 1);
        pid_t worker = must_fork();
        if (worker == 0) {
            prctl(PR_SET_PDEATHSIG, SIGUSR2, 0, 0, 0);
            pid_t last = fork_into_namespace(0);
            if (last == 0) {
                prctl(PR_SET_PDEATHSIG, SIGUSR2, 0, 0, 0);
                turn(-1, low[1]);
                show_next("all, two levels down", 1);
                turn(-1, low[1]);
                show_next("its parent ended", 1);
                turn(-1, low[1]);
                turn(down[0], -1);
                _exit(0);
            }
            turn(low[0], -1);
            long sent = kill(-1, SIGUSR1);
            turn(low[0], -1);
            step("everybody but init", "%ld", sent);
            _exit(0);
        }
        expect(waitid(P_PID, worker, &(siginfo_t){0}, WEXITED | WNOWAIT) == 0, "waitid");
        turn(low[0], -1);
        show_next("its child", worker);
        step_end("worker", worker);
        turn(-1, down[1]);
        show_next("what init adopted", worker);
        expect(wait(&status) > 0, "wait");
        kill(getpid(), SIGUSR1);
        show_next("its own", 1);
        pid_t group = must_fork();
        if (group == 0) {
            kill(0, SIGUSR1);
            show_next("own group, oneself", getpid());
            _exit(0);
        }
        expect(waitid(P_PID, group, &(siginfo_t){0}, WEXITED | WNOWAIT) == 0, "waitid");
        show_next("own group", group);
        show_next("and its end", group);
        step_end("group", group);
        expect_errno(kill(-getppid() - 4000000, 0), ESRCH, "a group that is not there");
        _exit(0);
    }
    turn(up[0], -1);
    kill(child, SIGUSR1);
    turn(up[0], -1);
    syscall(SYS_tgkill, child, child, SIGUSR1);
    turn(up[0], -1);
    sigqueue(child, SIGRTMIN, (union sigval){.sival_int = 5});
    turn(up[0], -1);
    kill(-child, SIGUSR1);
    show_next("outside", child);
    step_end("namespace", child);
    contract_pass();
}
