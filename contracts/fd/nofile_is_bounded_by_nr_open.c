/* Contract: RLIMIT_NOFILE cannot be raised beyond /proc/sys/fs/nr_open, by whomever (EPERM); a
 * lowered limit keeps what is open and bounds what is new.
 * getrlimit(2), proc_sys_fs(5); kernel/sys.c:do_prlimit(). */
#include "../contract.h"
#include <sys/resource.h>

int main(void)
{
    char text[32] = "";
    int fd = open("/proc/sys/fs/nr_open", O_RDONLY);
    expect(fd == 3 && read(fd, text, 31) > 0, "nr_open");
    unsigned long most = strtoul(text, NULL, 10);
    struct rlimit limit, before;
    expect(getrlimit(RLIMIT_NOFILE, &before) == 0, "getrlimit");
    limit = before;
    limit.rlim_max = most + 1;
    expect_errno(setrlimit(RLIMIT_NOFILE, &limit), EPERM, "beyond");
    limit.rlim_max = RLIM_INFINITY;
    expect_errno(setrlimit(RLIMIT_NOFILE, &limit), EPERM, "infinity");
    limit = before;
    limit.rlim_cur = limit.rlim_max;
    step_result("to the hard limit", setrlimit(RLIMIT_NOFILE, &limit));
    step_result("a high number", dup2(fd, 500));
    limit.rlim_cur = 100;
    step_result("lowered", setrlimit(RLIMIT_NOFILE, &limit));
    step_result("what is open stays", fcntl(500, F_GETFD));
    step_result("and can be copied down", dup(500));
    expect_errno(dup2(500, 100), EBADF, "but not up");
    step_result("to the last number", dup2(500, 99));
    expect_errno(fcntl(500, F_DUPFD, 99), EMFILE, "no room from there");
    limit.rlim_cur = 0;
    step_result("no descriptors at all", setrlimit(RLIMIT_NOFILE, &limit));
    expect_errno(dup(0), EMFILE, "dup");
    expect_errno(open("/dev/null", O_RDONLY), EMFILE, "open");
    expect_errno(dup2(0, 0) == 0 ? dup2(0, 1) : 0, EBADF, "dup2 to an open number");
    step_result("close", close(500));
    step_result("raised again", setrlimit(RLIMIT_NOFILE, &before));
    step_result("dup", dup(0));
    contract_pass();
}
