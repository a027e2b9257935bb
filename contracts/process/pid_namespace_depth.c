/* Contract: PID namespaces nest 32 levels deep and no deeper: ENOSPC.
 * Requires: CAP_SYS_ADMIN
 * Source: pid_namespaces(7); kernel/pid_namespace.c:create_pid_namespace. */
#include "pidns.h"

int main(void)
{
    for (int level = 0;; level++) {
        int status;
        pid_t child = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
        if (child == 0)
            continue;
        if (child > 0) {
            expect(waitpid(child, &status, 0) == child && status == 0, "waitpid");
            if (level == 0)
                contract_pass();
            _exit(0);
        }
        step("one level too many", "%s", errno_name(errno));
        expect(level <= 32, "level"); /* fewer if this is a container */
        expect_errno(unshare(CLONE_NEWPID), ENOSPC, "unshare there");
        _exit(0);
    }
}
