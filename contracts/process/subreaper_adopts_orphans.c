/* Contract: a process whose parent dies becomes the child of its nearest living ancestor that is
 * a child subreaper, which may wait for it; the attribute is not inherited.
 * Source: prctl(2) PR_SET_CHILD_SUBREAPER, kernel/exit.c:find_new_reaper. */
#include "../contract.h"
#include <sys/prctl.h>
#include <sys/wait.h>

int main(void)
{
    int go[2], is = -1, status;
    pid_t self = getpid();
    expect(pipe(go) == 0, "pipe");
    expect(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "PR_SET_CHILD_SUBREAPER");
    expect(prctl(PR_GET_CHILD_SUBREAPER, &is, 0, 0, 0) == 0, "PR_GET_CHILD_SUBREAPER");
    step("is a subreaper", "%d", is);

    pid_t middle = fork();
    expect(middle >= 0, "fork");
    if (middle == 0) {
        expect(prctl(PR_GET_CHILD_SUBREAPER, &is, 0, 0, 0) == 0, "PR_GET_CHILD_SUBREAPER");
        step("child is a subreaper", "%d", is);
        pid_t parent = getpid(), last = fork();
        expect(last >= 0, "fork");
        if (last == 0) {
            char byte;
            step("grandchild's parent at first", "%s", getppid() == parent ? "its own" : "?");
            expect(write(go[1], "r", 1) == 1, "write");
            while (getppid() == parent)
                usleep(1000);
            expect(read(go[0], &byte, 1) == 1, "read");
            step("grandchild's parent then", "%s", getppid() == self ? "the subreaper" : "?");
            _exit(17);
        }
        char byte;
        expect(read(go[0], &byte, 1) == 1, "read");
        _exit(3);
    }
    expect(waitpid(middle, &status, 0) == middle, "waitpid");
    step("child's status", "0x%x", status);
    step_result("another child that still runs", waitpid(-1, &status, WNOHANG));
    expect(write(go[1], "g", 1) == 1, "write");
    pid_t adopted = waitpid(-1, &status, 0);
    step("adopted child", "%s", adopted > 0 && adopted != middle ? "waited for" : "?");
    step("its status", "0x%x", status);
    expect_errno(waitpid(-1, &status, 0), ECHILD, "no more");
    contract_pass();
}
