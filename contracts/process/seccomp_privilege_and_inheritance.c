/* Contract: without CAP_SYS_ADMIN a filter may be installed only with no_new_privs; it is kept
 * over fork and execve, and /proc/PID/status shows the mode and how many filters there are.
 * Requires: root
 * Source: seccomp(2), proc_pid_status(5). */
#include "../seccomp.h"

static void status_lines(const char *who)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    expect(file != NULL, "status");
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, "Seccomp", 7) || !strncmp(line, "NoNewPrivs", 10)) {
            line[strcspn(line, "\n")] = 0;
            step(who, "%s", line);
        }
    fclose(file);
}

static void unprivileged(void)
{
    struct sock_filter allow[] = {RETURN(SECCOMP_RET_ALLOW)};
    struct sock_filter bad[] = {RETURN(SECCOMP_RET_ALLOW), BPF_STMT(BPF_LD | BPF_IMM, 0)};
    expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
    expect_errno(set_filter(0, allow, 1), EACCES, "without no_new_privs");
    expect_errno(set_filter(0, bad, 2), EACCES, "a bad one");
    expect_errno(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL), EFAULT, "none");
    struct sock_fprog program = {.len = 1, .filter = allow};
    expect_errno(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), EACCES, "by prctl");
    step_result("no_new_privs", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    step_result("with it", set_filter(0, allow, 1));
    step_result("by prctl", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
    status_lines("unprivileged");
}

static void privileged(void)
{
    struct sock_filter allow[] = {RETURN(SECCOMP_RET_ALLOW)};
    step_result("privileged", set_filter(0, allow, 1));
    status_lines("privileged");
}

static void forbid_filters(void)
{
    struct sock_filter allow[] = {RETURN(SECCOMP_RET_ALLOW)};
    filter_call(SYS_seccomp, SECCOMP_RET_ERRNO | ENOTDIR);
    expect_errno(set_filter(0, allow, 1), ENOTDIR, "another filter");
}

static void run_again(void)
{
    static char *const arguments[] = {"again", "x", NULL};
    filter_call(SYS_getppid, SECCOMP_RET_ERRNO | EXDEV);
    pid_t child = fork();
    if (child == 0) {
        expect_errno(syscall(SYS_getppid), EXDEV, "child");
        status_lines("child");
        execve("/proc/self/exe", arguments, NULL);
        contract_fail("execve", "%s", errno_name(errno));
    }
    wait_for_success(child);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        expect_errno(syscall(SYS_getppid), EXDEV, "after execve");
        step_result("mode", prctl(PR_GET_SECCOMP));
        status_lines("after execve");
        return 0;
    }
    status_lines("none");
    step_child("unprivileged", unprivileged);
    step_child("privileged", privileged);
    step_child("filters forbidden", forbid_filters);
    step_child("kept", run_again);
    contract_pass();
}
