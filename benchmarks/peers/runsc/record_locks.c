/* POSIX locks: neighbours of one kind are one lock; a circle of waits is EDEADLK. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
#include <sys/wait.h>

static int lock(int fd, int command, int type, long from, long length)
{
    struct flock wanted = {.l_type = type, .l_start = from, .l_len = length};
    return fcntl(fd, command, &wanted);
}

static void nothing(int number)
{
    (void)number;
}

int main(void)
{
    char byte;
    int ends[2], fd = open("file", O_RDWR | O_CREAT, 0600);
    lock(fd, F_SETLK, F_RDLCK, 15, 10);
    lock(fd, F_SETLK, F_RDLCK, 10, 20);
    if (pipe(ends))
        return 1;
    pid_t child = fork();
    if (child == 0) {
        struct flock seen = {.l_type = F_WRLCK};
        fcntl(fd, F_GETLK, &seen);
        printf("10 to 30, asked for over 15 to 25: from %ld, %ld bytes\n", (long)seen.l_start,
               (long)seen.l_len);
        fflush(stdout);
        lock(fd, F_SETLK, F_WRLCK, 100, 1);
        if (write(ends[1], "", 1) == 1)
            lock(fd, F_SETLKW, F_WRLCK, 10, 1);
        _exit(0);
    }
    if (read(ends[0], &byte, 1) != 1)
        return 1;
    usleep(300000); /* the child waits now */
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = nothing}, NULL);
    alarm(2);
    int got = lock(fd, F_SETLKW, F_WRLCK, 100, 1);
    printf("a circle of two: %s\n", got ? strerrorname_np(errno) : "no error");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}
