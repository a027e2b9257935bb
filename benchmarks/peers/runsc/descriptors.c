/* Descriptors at their limits: close_range to the last number, dup2 to a number beyond. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static void told(const char *what, long got)
{
    printf("%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

int main(void)
{
    struct rlimit limit = {16, 16};
    told("close_range(12, ~0U)", syscall(SYS_close_range, 12, ~0U, 0));
    told("close_range(12, INT_MAX)", syscall(SYS_close_range, 12, 0x7fffffff, 0));
    setrlimit(RLIMIT_NOFILE, &limit);
    told("dup2 to the limit", dup2(0, 16));
    for (int i = 0; i < 13; i++)
        if (dup(0) < 0)
            break;
    told("open with O_CREAT in a full table", open("file", O_CREAT | O_RDWR, 0600));
    told("the file", access("file", F_OK));
}
