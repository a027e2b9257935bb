/* Contract: select writes back which descriptors are ready and how much time is left, looks at no
 * descriptor from nfds on, and leaves all sets alone on an error. select(2); fs/select.c. */
#include "contract.h"
#include <sys/select.h>

static char *show(fd_set *set, int last)
{
    static char text[4][64];
    static int which;
    char *here = text[which++ % 4];
    here[0] = 0;
    for (int fd = 0; fd <= last; fd++)
        if (FD_ISSET(fd, set))
            sprintf(here + strlen(here), "%d ", fd);
    return here;
}

int main(void)
{
    int ends[2];
    fd_set in, out, except;
    expect(pipe(ends) == 0 && dup2(ends[0], 10) == 10 && dup2(ends[1], 11) == 11, "pipe");
    struct timeval time = {0, 0};
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
    FD_SET(10, &in); FD_SET(11, &out); FD_SET(10, &except); FD_SET(11, &in);
    int count = select(12, &in, &out, &except, &time);
    step("empty pipe", "%d: in %s, out %s, except %s", count, show(&in, 20), show(&out, 20),
         show(&except, 20));
    expect(write(11, "x", 1) == 1, "write");
    FD_SET(10, &in);
    time.tv_sec = 50;
    count = select(12, &in, &out, NULL, &time);
    step("a byte in it", "%d: in %s, out %s", count, show(&in, 20), show(&out, 20));
    FD_ZERO(&in);
    FD_SET(10, &in); FD_SET(40, &in); FD_SET(11, &in);
    count = select(11, &in, NULL, NULL, NULL);
    step("beyond nfds, same word", "%d: in %s", count, show(&in, 63));
    FD_SET(100, &in); FD_SET(300, &in);
    count = select(11, &in, NULL, NULL, NULL);
    step("beyond nfds, other words", "%d: 100 %d 300 %d", count, !!FD_ISSET(100, &in),
         !!FD_ISSET(300, &in));
    FD_ZERO(&in);
    FD_SET(10, &in); FD_SET(40, &in);
    expect_errno(select(41, &in, NULL, NULL, NULL), EBADF, "a closed descriptor");
    step("sets stay", "%s", show(&in, 63));
    FD_CLR(40, &in);
    expect_errno(select(-1, &in, NULL, NULL, NULL), EINVAL, "negative nfds");
    struct timeval bad = {-1, 0};
    expect_errno(syscall(SYS_pselect6, 11, &in, NULL, NULL, &bad, NULL), EINVAL, "negative time");
    expect_errno(syscall(SYS_pselect6, 11, 8, NULL, NULL, NULL, NULL), EFAULT, "bad set");
    close(11);
    close(ends[1]);
    expect(read(10, &count, 1) == 1, "read");
    FD_ZERO(&except);
    FD_SET(10, &in); FD_SET(10, &except);
    count = select(11, &in, NULL, &except, NULL);
    step("end of the pipe", "%d: in %s, except %s", count, show(&in, 20), show(&except, 20));
    expect(pipe(ends) == 0, "pipe");
    close(ends[0]);
    FD_ZERO(&in); FD_ZERO(&out);
    FD_SET(ends[1], &in); FD_SET(ends[1], &out);
    count = select(ends[1] + 1, &in, &out, NULL, NULL);
    step("no reader", "%d: in %d out %d", count, !!FD_ISSET(ends[1], &in),
         !!FD_ISSET(ends[1], &out));
    time = (struct timeval){0, 1500};
#ifdef SYS_select /* musl's select() writes no time back, whatever the call did */
    step_result("nothing at all", syscall(SYS_select, 0, NULL, NULL, NULL, &time));
#else
    time.tv_usec *= 1000;
    step_result("nothing at all", syscall(SYS_pselect6, 0, NULL, NULL, NULL, &time, NULL));
#endif
    step("no time left", "%ld %ld", (long)time.tv_sec, (long)time.tv_usec);
    time.tv_usec = 0;
    step_result("huge nfds", select(1 << 20, NULL, NULL, NULL, &time));
    contract_pass();
}
