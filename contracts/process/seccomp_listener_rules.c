/* Contract: one listener for all filters of a task; the descriptor is closed on exec; which flags
 * go together; without a listener, or once it is closed, calls are ENOSYS.
 * seccomp(2); kernel/seccomp.c:seccomp_set_mode_filter(). */
#include "../seccomp_notify.h"

static void rules(void)
{
    expect_errno(listen_to(SYS_getsid, 64), EINVAL, "an unknown flag");
    struct sock_filter allow[] = {RETURN(SECCOMP_RET_ALLOW)};
    expect_errno(set_filter(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, allow, 1), EINVAL,
                 "killable without a listener");
    expect_errno(set_filter(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER, allow, 1),
                 EINVAL, "TSYNC without TSYNC_ESRCH");
    int fd = (int)set_filter(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH |
                             SECCOMP_FILTER_FLAG_NEW_LISTENER, allow, 1);
    step("with both", "%d", fd >= 0);
    step("close on exec", "%d", fcntl(fd, F_GETFD));
    expect_errno(listen_to(SYS_getsid, 0), EBUSY, "a second listener");
    step_result("without one", set_filter(0, allow, 1));
    char path[64], text[64] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    expect(readlink(path, text, sizeof text - 1) > 0, "readlink");
    step("it is", "%s", text);
    expect_errno(read(fd, text, 1), EINVAL, "read");
    expect_errno(write(fd, text, 1), EINVAL, "write");
    close(fd);
    step("once it is closed", "%d", listen_to(SYS_getsid, 0) >= 0);
}

static void unheard(void)
{
    filter_call(SYS_getsid, SECCOMP_RET_USER_NOTIF);
    expect_errno(syscall(SYS_getsid, 0), ENOSYS, "nobody listens");
}

static void limit(void)
{
    int fd = listen_to(SYS_getsid, 0);
    for (int other = fd + 1; other < 64; other++)
        close(other);
    close(fd);
    expect_errno(syscall(SYS_getsid, 0), ENOSYS, "the listener is closed");
}

int main(void)
{
    step_child("rules", rules);
    step_child("unheard", unheard);
    step_child("closed", limit);
    contract_pass();
}
