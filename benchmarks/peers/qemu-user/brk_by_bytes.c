/* brk(2) gives and takes whole pages. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static int usable(char *address)
{
    int ends[2];

    pipe(ends);
    return write(ends[1], address, 1) == 1;
}

int main(void)
{
    long end = (syscall(SYS_brk, 0) + 4095) & ~4095L;

    syscall(SYS_brk, end + 4 * 4096);
    *(volatile char *)(end + 3 * 4096) = 1;
    dprintf(1, "the fourth page: %s\n", usable((char *)end + 3 * 4096) ? "there" : "not there");
    syscall(SYS_brk, end + 4096);
    dprintf(1, "given back: %s\n", usable((char *)end + 3 * 4096) ? "there" : "not there");
    dprintf(1, "a page that was never had: %s\n",
            usable((char *)end + 6 * 4096) ? "there" : "not there");
    return 0;
}
