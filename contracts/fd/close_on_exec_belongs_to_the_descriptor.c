/* Contract: close-on-exec is a flag of the number, not of the open file: every call that makes a
 * descriptor sets or clears it by itself, and no bit but FD_CLOEXEC exists.
 * fcntl(2), dup(2), pipe(2); fs/file.c. */
#include "../contract.h"

static void flag(const char *name, int fd)
{
    step(name, "%d", fcntl(fd, F_GETFD));
}

int main(void)
{
    int ends[2], plain = open("/dev/null", O_RDONLY), marked = open("/dev/null", O_CLOEXEC);
    expect(plain == 3 && marked == 4, "open");
    flag("open", plain);
    flag("open O_CLOEXEC", marked);
    flag("dup of a marked one", dup(marked));
    flag("dup2 of a marked one", dup2(marked, 20));
    flag("dup3 of a marked one", dup3(marked, 21, 0));
    flag("dup3 O_CLOEXEC", dup3(plain, 22, O_CLOEXEC));
    flag("F_DUPFD of a marked one", fcntl(marked, F_DUPFD, 30));
    flag("F_DUPFD_CLOEXEC", fcntl(plain, F_DUPFD_CLOEXEC, 30));
    step_result("number from F_DUPFD_CLOEXEC", fcntl(plain, F_DUPFD_CLOEXEC, 30));
    flag("the original", plain);
    flag("the marked original", marked);
    expect(dup2(marked, marked) == marked, "dup2 onto itself");
    flag("dup2 onto itself keeps the flag", marked);
    expect(dup2(plain, 22) == 22, "dup2 over a marked one");
    flag("dup2 over a marked one", 22);
    expect(pipe2(ends, O_CLOEXEC) == 0, "pipe2");
    flag("pipe2 O_CLOEXEC, read end", ends[0]);
    flag("pipe2 O_CLOEXEC, write end", ends[1]);
    step_result("F_SETFD 0", fcntl(ends[0], F_SETFD, 0));
    flag("cleared", ends[0]);
    flag("its partner", ends[1]);
    step_result("F_SETFD with every bit", fcntl(plain, F_SETFD, -1));
    flag("only one was kept", plain);
    step_result("F_SETFD without the bit", fcntl(plain, F_SETFD, ~FD_CLOEXEC));
    flag("cleared by the rest", plain);
    close(marked);
    marked = open("/dev/null", O_RDONLY);
    flag("a number used again", marked);
    expect_errno(fcntl(77, F_GETFD), EBADF, "F_GETFD of a closed one");
    expect_errno(fcntl(77, F_SETFD, 1), EBADF, "F_SETFD of a closed one");
    contract_pass();
}
