/* fcntl without leases, locks of the open file and hints; flock that keeps what it cannot raise. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/socket.h>

#ifndef F_GET_RW_HINT
#define F_GET_RW_HINT 1035
#endif

static void told(const char *what, long got)
{
    printf("%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

int main(void)
{
    struct flock all = {.l_type = F_WRLCK};
    long hint = 99;
    int one = open("file", O_RDWR | O_CREAT, 0600), two = open("file", O_RDWR), third;
    told("F_GETLEASE", fcntl(one, F_GETLEASE));
    told("F_SETLEASE", fcntl(one, F_SETLEASE, F_RDLCK));
    told("F_OFD_SETLK", fcntl(one, F_OFD_SETLK, &all));
    told("F_OFD_GETLK", fcntl(one, F_OFD_GETLK, &all));
    told("F_GET_RW_HINT", fcntl(one, F_GET_RW_HINT, &hint));
    flock(one, LOCK_SH);
    flock(two, LOCK_SH);
    told("flock that raises with another reader", flock(one, LOCK_EX | LOCK_NB));
    third = open("file", O_RDWR);
    close(two);
    told("flock by another writer afterwards", flock(third, LOCK_EX | LOCK_NB));
    int pair[2];
    struct f_owner_ex owner = {9, 9};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        return 1;
    fcntl(pair[0], F_GETOWN_EX, &owner);
    printf("F_GETOWN_EX without an owner: type %d, number %d\n", owner.type, owner.pid);
}
