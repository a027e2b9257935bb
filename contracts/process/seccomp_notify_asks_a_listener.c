/* Contract: with SECCOMP_FILTER_FLAG_NEW_LISTENER, a call that gets SECCOMP_RET_USER_NOTIF waits
 * for what the listener says: a value, an error, or that it shall be made after all.
 * seccomp_unotify(2); kernel/seccomp.c. */
#include "../seccomp_notify.h"

static void body(void)
{
    static const char *const names[] = {"one", "two", "three", "four"};
    long got[4];
    int errors[4];
    for (int i = 0; i < 4; i++) {
        got[i] = syscall(SYS_mkdirat, AT_FDCWD, names[i], 0750);
        errors[i] = errno;
    }
    for (int i = 0; i < 4; i++) {
        errno = errors[i];
        step_result(names[i], got[i]);
        step_result("is it there", access(names[i], F_OK));
    }
}

static void ready(const char *name, int fd)
{
    struct pollfd poller = {fd, POLLIN | POLLOUT, 0};
    expect(poll(&poller, 1, 0) >= 0, "poll");
    step(name, "%x", poller.revents);
}

int main(void)
{
    int listener;
    struct seccomp_notif_sizes sizes;
    expect(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0, "sizes");
    step("sizes", "%d %d %d", sizes.seccomp_notif, sizes.seccomp_notif_resp, sizes.seccomp_data);
    expect_errno(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 1, &sizes), EINVAL, "flags");
    expect_errno(syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, NULL), EFAULT, "nowhere");
    pid_t child = child_under(SYS_mkdirat, 0, &listener, body);
    step("flags of the descriptor", "%x", fcntl(listener, F_GETFL) & O_ACCMODE);

    struct seccomp_notif request = receive(listener);
    step("pid", "%s", request.pid == (unsigned)child ? "the child's" : "another");
    step("flags", "%x", request.flags);
    step("call", "%d", request.data.nr == SYS_mkdirat);
    step("arguments", "%d %llo", (int)request.data.args[0], request.data.args[2]);
    ready("received", listener);
    step_result("valid", ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &request.id));
    unsigned long long wrong = request.id + 77;
    expect_errno(ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &wrong), ENOENT, "a wrong id");
    expect_errno(answer(listener, wrong, 0, 0, 0), ENOENT, "an answer to nobody");
    expect_errno(answer(listener, request.id, 1, 0, 1), EINVAL, "continue with a value");
    expect_errno(answer(listener, request.id, 0, 0, 2), EINVAL, "an unknown flag");
    step_result("answer", answer(listener, request.id, 4711, 0, 0));

    struct seccomp_notif dirty = {.id = 1};
    expect_errno(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &dirty), EINVAL, "a buffer not zero");
    expect_errno(ioctl(listener, 0x2199), EINVAL, "an unknown request");
    struct seccomp_notif second = receive(listener);
    step("ids go up", "%lld", second.id - request.id);
    step_result("answer", answer(listener, second.id, 5, -EBADF, 0));
    second = receive(listener);
    step_result("answer", answer(listener, second.id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
    struct pollfd poller = {listener, POLLIN, 0};
    step("poll", "%d %x", poll(&poller, 1, -1), POLLIN);
    ready("asked", listener);
    second = receive(listener);
    close(listener);
    end_of(child);
    contract_pass();
}
