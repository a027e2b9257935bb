/* mremap(2): in place, to nothing, of nothing, and with MREMAP_DONTUNMAP. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *pages;

static void say(const char *what, long old, long new, long flags)
{
    char *value = (char *)syscall(SYS_mremap, pages, old, new, flags, NULL);

    dprintf(1, "%s: %s\n", what,
            value == MAP_FAILED ? strerrorname_np(errno) : value == pages ? "stays" : "moves");
}

int main(void)
{
    int both = PROT_READ | PROT_WRITE;

    pages = mmap(NULL, 8 * 4096, both, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    say("from 0 pages, a second mapping", 0, 4096, MREMAP_MAYMOVE);
    say("to 0 bytes", 4096, 0, 0);
    pages = mmap(NULL, 8 * 4096, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(pages + 4 * 4096, 4 * 4096);
    say("from 4 pages to 6, MREMAP_MAYMOVE", 4 * 4096, 6 * 4096, MREMAP_MAYMOVE);
    pages = mmap(NULL, 4 * 4096, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    say("from 4 pages to 3, MREMAP_MAYMOVE", 4 * 4096, 3 * 4096, MREMAP_MAYMOVE);
    pages = mmap(NULL, 4096, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pages[0] = 1;
    say("MREMAP_DONTUNMAP", 4096, 4096, MREMAP_MAYMOVE | 4);
    int ends[2];
    pipe(ends);
    dprintf(1, "the old place, by a load: %d\n", *(volatile char *)pages);
    dprintf(1, "the old place, by write: %zd\n", write(ends[1], pages, 1));
    return 0;
}
