/* Contract: RLIMIT_NOFILE is one more than the highest descriptor that can be made: EMFILE
 * beyond, EBADF for dup2, EINVAL for F_DUPFD; descriptors above it go on working.
 * Source: getrlimit(2), fs/file.c:alloc_fd, ksys_dup3. */
#include "../contract.h"
#include <fcntl.h>
#include <sys/resource.h>

int main(void)
{
    int ends[2] = {-7, -7}, last = -1, made;
    expect(dup2(0, 30) == 30, "dup2");
    struct rlimit limit;
    expect(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    limit.rlim_cur = 20;
    expect(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
    while ((made = dup(0)) >= 0)
        last = made;
    step("dup", "%s", errno_name(errno));
    step("highest made", "%d", last);
    expect_errno(open("file", O_RDWR | O_CREAT, 0600), EMFILE, "open");
    expect_errno(access("file", F_OK), ENOENT, "the file was not made");
    expect_errno(pipe(ends), EMFILE, "pipe");
    step("its array", "%d %d", ends[0], ends[1]);
    expect_errno(dup2(0, 20), EBADF, "dup2 to the limit");
    step_result("dup2 below the limit", dup2(0, 19));
    expect_errno(fcntl(0, F_DUPFD, 20), EINVAL, "F_DUPFD from the limit");
    expect_errno(fcntl(0, F_DUPFD, 19), EMFILE, "F_DUPFD from below it");
    expect(close(12) == 0, "close");
    expect_errno(pipe(ends), EMFILE, "pipe with one left");
    step_result("dup fills the hole", dup(0));
    step_result("one above the limit works", fcntl(30, F_GETFD));
    step_result("and is closed", close(30));
    contract_pass();
}
