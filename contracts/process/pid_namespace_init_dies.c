/* Contract: orphans of a PID namespace go to its init, past subreapers outside; when init ends, every
 * process in the namespace is killed before init's parent hears of it, those in namespaces below
 * too, and init is not done before children of outsiders in the namespace were waited for.
 * Requires: CAP_SYS_ADMIN, Linux 6.12
 * Source: pid_namespaces(7); kernel/exit.c:find_new_reaper, kernel/pid_namespace.c:zap_pid_ns_processes. */
#include "pidns.h"
#include <poll.h>
#include <sys/prctl.h>

static int held[2];

/* A process that lives, as far as it goes, until nobody writes to the pipe any more. */
static void hold_on(int ready)
{
    char byte;
    close(held[1]);
    expect(write(ready, "", 1) == 1, "write");
    while (read(held[0], &byte, 1) > 0)
        ;
    _exit(9);
}

static int with_orphans(void)
{
    int ready[2];
    char byte;
    expect(pipe(ready) == 0, "pipe");
    pid_t child = must_fork();
    if (child == 0) {
        pid_t orphan = must_fork();
        if (orphan == 0) {
            expect(read(ready[0], &byte, 1) == 1, "read");
            step("the orphan's parent", "%d", getppid());
            _exit(3);
        }
        _exit(orphan);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("the orphan's number", "%d", WEXITSTATUS(status));
    expect(write(ready[1], "", 1) == 1, "write");
    step_end("orphan", WEXITSTATUS(status));

    child = must_fork();
    if (child == 0) {
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        pid_t middle = must_fork();
        if (middle == 0) {
            pid_t orphan = must_fork();
            if (orphan == 0) {
                expect(read(ready[0], &byte, 1) == 1, "read");
                step("the parent of a subreaper's", "%d", getppid());
                _exit(0);
            }
            _exit(0);
        }
        step_end("middle", middle);
        expect(write(ready[1], "", 1) == 1, "write");
        step("adopted", "%d", wait(&status) > 0 && status == 0);
        _exit(0);
    }
    step_end("subreaper", child);
    return 0;
}

static int ends_first(void)
{
    int ready[2];
    char byte;
    expect(pipe(ready) == 0, "pipe");
    for (int i = 0; i < 3; i++) {
        pid_t child = i < 2 ? must_fork() : fork_into_namespace(0);
        if (child == 0 && i == 1)
            setsid();
        if (child == 0)
            hold_on(ready[1]);
    }
    for (int i = 0; i < 3; i++)
        expect(read(ready[0], &byte, 1) == 1, "read");
    return 2;
}

static void outsiders_child(void)
{
    int go[2], status;
    char byte;
    expect(pipe(go) == 0, "pipe");
    expect(unshare(CLONE_NEWPID) == 0, "unshare");
    pid_t init = must_fork();
    if (init == 0) {
        expect(read(go[0], &byte, 1) == 1, "read");
        _exit(8);
    }
    pid_t second = must_fork();
    if (second == 0) {
        step("the second one", "%d, parent %d", getpid(), getppid());
        expect(write(go[1], "", 1) == 1, "write");
        pause();
        _exit(0);
    }
    siginfo_t info;
    expect(waitid(P_PID, second, &info, WEXITED | WNOWAIT) == 0, "waitid");
    step("it ended", "%s by %d", info.si_code == CLD_KILLED ? "killed" : "?", info.si_status);
    wait_for_state(init, 'S');
    step("init meanwhile", "%d", waitpid(init, &status, WNOHANG));
    step_end("second", second);
    step_end("init", init);
    _exit(0);
}

int main(void)
{
    int status;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    pid_t child = fork_into_namespace(0);
    if (child == 0)
        _exit(with_orphans());
    step_end("namespace with orphans", child);

    expect(pipe(held) == 0, "pipe");
    child = fork_into_namespace(0);
    if (child == 0)
        _exit(ends_first());
    close(held[0]);
    step_end("namespace that ends", child);
    struct pollfd end = {held[1], POLLOUT, 0};
    expect(poll(&end, 1, 0) == 1, "poll");
    step("nobody is left", "%d", !!(end.revents & POLLERR));
    step("nor a child", "%d", waitpid(-1, &status, WNOHANG) == -1 && errno == ECHILD);

    child = must_fork();
    if (child == 0)
        outsiders_child();
    step_end("with an outsider's child", child);
    contract_pass();
}
