/* Contract: dup2 and dup3 refuse numbers beyond RLIMIT_NOFILE with EBADF, F_DUPFD with EINVAL,
 * a full table is EMFILE; dup3 onto itself is EINVAL even for a closed descriptor.
 * dup(2), fcntl(2); fs/file.c:ksys_dup3(), f_dupfd(). */
#include "../contract.h"
#include <sys/resource.h>

int main(void)
{
    struct rlimit limit = {16, 16};
    expect(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    expect_errno(dup(9), EBADF, "dup of a closed one");
    expect_errno(dup(-1), EBADF, "dup of -1");
    expect_errno(dup2(9, 9), EBADF, "dup2 of a closed one onto itself");
    expect_errno(dup3(9, 9, 0), EINVAL, "dup3 of a closed one onto itself");
    expect_errno(dup3(0, 0, O_CLOEXEC), EINVAL, "dup3 onto itself");
    expect_errno(syscall(SYS_dup3, 0, 5, O_NONBLOCK), EINVAL, "dup3 with another flag");
    expect_errno(syscall(SYS_dup3, 9, 5, O_NONBLOCK), EINVAL, "flags before descriptors");
    expect_errno(dup2(0, 16), EBADF, "dup2 to the limit");
    expect_errno(dup2(0, -1), EBADF, "dup2 to -1");
    step_result("dup2 just below", dup2(0, 15));
    expect_errno(fcntl(0, F_DUPFD, 16), EINVAL, "F_DUPFD from the limit");
    expect_errno(fcntl(0, F_DUPFD, -1), EINVAL, "F_DUPFD from -1");
    expect_errno(fcntl(0, F_DUPFD, 15), EMFILE, "F_DUPFD where nothing is free");
    int made = 0;
    while (dup(0) >= 0)
        made++;
    step("copies until the table is full", "%d, then %s", made, errno_name(errno));
    expect_errno(open("/dev/null", O_RDONLY), EMFILE, "open");
    expect_errno(open("/nonexistent", O_RDONLY), EMFILE, "before the path is walked");
    int ends[2];
    close(7);
    expect_errno(pipe(ends), EMFILE, "pipe with one number left");
    step_result("the number is still free", dup(0));
    step_result("dup2 into a full table", dup2(0, 9));
    limit.rlim_cur = 4;
    expect(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit lower");
    step_result("what is open stays open", fcntl(15, F_GETFD));
    expect_errno(dup2(0, 9), EBADF, "but is no target any more");
    close(2);
    step_result("below the new limit", dup(0));
    expect_errno(dup(0), EMFILE, "and no more");
    contract_pass();
}
