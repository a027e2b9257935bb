/* Contract: SECCOMP_IOCTL_NOTIF_ADDFD puts a descriptor of the listener into the task that waits,
 * at a number of choice, and may answer with that number at once.
 * seccomp_unotify(2); kernel/seccomp.c:seccomp_notify_addfd(). */
#include "../seccomp_notify.h"

static void body(void)
{
    char buffer[4] = "";
    long fd = syscall(SYS_getsid, 0);
    step("close on exec", "%d", fcntl(20, F_GETFD));
    step("the other", "%d", fcntl(21, F_GETFD));
    step("read", "%ld %s", (long)read(20, buffer, 3), buffer);
    step("the answer", "%s", fd >= 0 && fcntl((int)fd, F_GETFD) == 0 ? "a descriptor" : "none");
    step("which", "%ld", (long)lseek((int)fd, 0, SEEK_CUR));
}

static int add(int listener, struct seccomp_notif_addfd *request)
{
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, request);
}

int main(void)
{
    int listener, file = open("file", O_CREAT | O_RDWR, 0600);
    expect(write(file, "abcdef", 6) == 6 && lseek(file, 1, SEEK_SET) == 1, "file");
    pid_t child = child_under(SYS_getsid, 0, &listener, body);
    struct seccomp_notif_addfd request = {.id = 12345, .srcfd = (unsigned)file};
    struct seccomp_notif first;
    memset(&first, 0, sizeof first);
    expect_errno(add(listener, &request), ENOENT, "a wrong id");
    first = receive(listener);
    request.id = first.id;
    request.flags = 4;
    expect_errno(add(listener, &request), EINVAL, "an unknown flag");
    request.flags = 0;
    request.newfd_flags = O_APPEND;
    expect_errno(add(listener, &request), EINVAL, "an unknown flag of the descriptor");
    request.newfd_flags = 0;
    request.newfd = 20;
    expect_errno(add(listener, &request), EINVAL, "a number without SETFD");
    request.srcfd = 999;
    request.flags = SECCOMP_ADDFD_FLAG_SETFD;
    expect_errno(add(listener, &request), EBADF, "no such descriptor");
    request.srcfd = (unsigned)file;
    request.newfd_flags = O_CLOEXEC;
    step("added", "%d", add(listener, &request));
    request.newfd = 21;
    request.newfd_flags = 0;
    step("added", "%d", add(listener, &request));
    request.newfd = 1 << 30;
    expect_errno(add(listener, &request), EBADF, "a number too large");
    request.newfd = 0;
    request.flags = SECCOMP_ADDFD_FLAG_SEND;
    int number = add(listener, &request);
    end_of(child);
    step("added and sent", "%d", number >= 0);
    char longer[32] = "";
    memcpy(longer, &request, sizeof request);
    expect_errno(ioctl(listener, SECCOMP_IOW(3, char[8]), longer), EINVAL, "too short");
    expect_errno(ioctl(listener, SECCOMP_IOW(3, char[32]), longer), ENOENT, "zeros behind");
    longer[31] = 1;
    expect_errno(ioctl(listener, SECCOMP_IOW(3, char[32]), longer), E2BIG, "something behind");
    contract_pass();
}
