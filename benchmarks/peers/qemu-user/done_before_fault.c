/* What a call has done when it meets a bad pointer. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

int main(void)
{
    struct { unsigned long handler, flags, restorer, mask; } ignore = {1, 0, 0, 0}, now = {0};
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "listener"};
    int fd = inotify_init1(IN_NONBLOCK), left = 0, next = dup(0);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    socklen_t size = -1;

    close(next);
    syscall(SYS_pipe2, 8L, 0L);
    dprintf(1, "pipe2 to a bad pointer leaves open: %d\n", dup(0) - next);
    syscall(SYS_rt_sigaction, (long)SIGUSR1, &ignore, 8L, 8L);
    syscall(SYS_rt_sigaction, (long)SIGUSR1, NULL, &now, 8L);
    dprintf(1, "rt_sigaction with a bad old action has set: %lu\n", now.handler);
    inotify_add_watch(fd, ".", IN_CREATE);
    bind(server, (void *)&name, sizeof name);
    syscall(SYS_read, fd, 8L, 64L);
    ioctl(fd, FIONREAD, &left);
    dprintf(1, "read of inotify to a bad pointer leaves: %d bytes\n", left);
    listen(server, 1);
    connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, sizeof name);
    accept(server, (void *)&now, &size);
    int again = accept(server, NULL, NULL);
    dprintf(1, "accept with a negative length loses: %s\n", again < 0 ? "it" : "nothing");
    unlink("listener");
    return 0;
}
