/* Contract: PR_SET_PDEATHSIG sends its signal when the parent dies; fork clears it.
 * Source: prctl(2) PR_SET_PDEATHSIG, kernel/exit.c:reparent_leader. */
#include "../contract.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

int main(void)
{
    int status, number = -1;
    expect(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "PR_SET_CHILD_SUBREAPER");
    expect_errno(prctl(PR_SET_PDEATHSIG, 65, 0, 0, 0), EINVAL, "signal 65");
    pid_t parent = fork();
    expect(parent >= 0, "fork");
    if (parent == 0) {
        int ready[2];
        char byte;
        expect(pipe(ready) == 0, "pipe");
        pid_t child = fork();
        expect(child >= 0, "fork");
        if (child == 0) {
            expect(prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0) == 0, "PR_SET_PDEATHSIG");
            expect(prctl(PR_GET_PDEATHSIG, &number, 0, 0, 0) == 0, "PR_GET_PDEATHSIG");
            step("set", "%d", number);
            pid_t grandchild = fork();
            expect(grandchild >= 0, "fork");
            if (grandchild == 0) {
                expect(prctl(PR_GET_PDEATHSIG, &number, 0, 0, 0) == 0, "PR_GET_PDEATHSIG");
                step("after fork", "%d", number);
                _exit(0);
            }
            expect(waitpid(grandchild, &status, 0) == grandchild, "waitpid");
            expect(write(ready[1], "r", 1) == 1, "write");
            for (;;)
                pause();
        }
        expect(read(ready[0], &byte, 1) == 1, "read");
        _exit(4);
    }
    expect(waitpid(parent, &status, 0) == parent, "waitpid");
    step("parent's status", "0x%x", status);
    expect(waitpid(-1, &status, 0) > 0, "waitpid");
    step("child's status", "0x%x", status);
    contract_pass();
}
