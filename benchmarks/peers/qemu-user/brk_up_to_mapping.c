/* brk(2) keeps a free page before the next mapping. */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
    long end = (syscall(SYS_brk, 0) + 4095) & ~4095L;

    syscall(SYS_brk, end);
    mmap((void *)(end + 4 * 4096), 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    long moved = syscall(SYS_brk, end + 4 * 4096);
    dprintf(1, "up to the mapping: %s\n", moved == end ? "refused" : "moved");
    return 0;
}
