/* Contract: reboot(2) in a PID namespace ends its init as if by SIGHUP (restart) or SIGINT (halt, power
 * off); toggling Ctrl-Alt-Del is EINVAL there, and CAP_SYS_BOOT is needed.
 * Requires: root, CAP_SYS_ADMIN, CAP_SYS_BOOT
 * Source: reboot(2), pid_namespaces(7); kernel/pid_namespace.c:reboot_pid_ns. */
#include "pidns.h"
#include <linux/reboot.h>

static long reboot_with(unsigned magic, unsigned command)
{
    if (getpid() > 2)
        contract_fail("reboot", "not in a namespace of its own");
    return syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, magic, command, NULL);
}

static void try(const char *name, unsigned command, int from_child)
{
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        if (getpid() != 1 || getppid() != 0)
            contract_fail(name, "not in a namespace of its own");
        if (!from_child) {
            step_result("returned", reboot_with(LINUX_REBOOT_MAGIC2, command));
            _exit(5);
        }
        pid_t second = must_fork();
        if (second == 0) {
            step_result("returned", reboot_with(LINUX_REBOOT_MAGIC2, command));
            _exit(6);
        }
        for (;;)
            pause();
    }
    step_end(name, child);
}

int main(void)
{
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        expect(getpid() == 1 && getppid() == 0, "a namespace of its own");
        expect_errno(reboot_with(1, LINUX_REBOOT_CMD_RESTART), EINVAL, "bad magic");
        expect_errno(reboot_with(LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_ON), EINVAL, "CAD_ON");
        expect_errno(reboot_with(LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF), EINVAL, "CAD_OFF");
        expect_errno(reboot_with(LINUX_REBOOT_MAGIC2, 12345), EINVAL, "no command");
        expect(setresuid(65534, 65534, 65534) == 0, "setresuid");
        expect_errno(reboot_with(LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART), EPERM, "as a user");
        _exit(0);
    }
    step_end("refusals", child);
    try("RESTART", LINUX_REBOOT_CMD_RESTART, 0);
    try("RESTART2", LINUX_REBOOT_CMD_RESTART2, 1);
    try("HALT", LINUX_REBOOT_CMD_HALT, 1);
    try("POWER_OFF", LINUX_REBOOT_CMD_POWER_OFF, 0);
    contract_pass();
}
