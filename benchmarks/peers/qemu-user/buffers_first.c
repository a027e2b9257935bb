/* Calls that Linux refuses, or does, before it looks at a pointer or at a count. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static void say(const char *what, long value)
{
    dprintf(1, "%s: %s\n", what, value < 0 ? strerrorname_np(errno) : "done");
}

int main(void)
{
    int reading = open("/dev/null", O_RDONLY), directory = open("/", O_RDONLY);
    struct iovec piece = {0};
    char room[512];

    say("write, not open for writing, bad pointer", syscall(SYS_write, reading, 8L, 1L));
    say("writev, not open for writing, 1025 pieces", syscall(SYS_writev, reading, &piece, 1025L));
    say("preadv, not open, 2000 pieces", syscall(SYS_preadv, 99, &piece, 2000L, 0L, 0L));
    say("getdents64 into no bytes", syscall(SYS_getdents64, directory, room, 0L));
    say("getrandom of no bytes to NULL", syscall(SYS_getrandom, NULL, 0L, 0L));
    say("swapon of a bad pointer, unknown flag", syscall(SYS_swapon, 8L, 1L << 20));
    say("newfstatat of NULL with AT_EMPTY_PATH",
        syscall(SYS_newfstatat, reading, NULL, room, (long)AT_EMPTY_PATH));
    say("statx of NULL with AT_EMPTY_PATH",
        syscall(SYS_statx, reading, NULL, (long)AT_EMPTY_PATH, 0L, room));
    say("sched_setaffinity of 1 byte", syscall(SYS_sched_setaffinity, 0L, 1L, "\377"));
    say("nanosleep of a bad pointer", syscall(SYS_nanosleep, 8L, NULL));
    return 0;
}
