/* Contract: mremap to a smaller size unmaps the tail and returns the old address; to the
 * same size it changes nothing; a size that is no multiple of the page is rounded up.
 * Neither needs MREMAP_MAYMOVE.
 * Source: mremap(2); mm/mremap.c:shrink_vma. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *pages;

static void resize(const char *name, long offset, long old, long new, int flags)
{
    char *result = mremap(pages + offset, old, new, flags);
    if (result == MAP_FAILED)
        step(name, "%s", errno_name(errno));
    else
        step(name, "+%ld", (long)(result - pages));
    step_vmas("  maps", pages, 8 * PAGE);
}

int main(void)
{
    contract_catch_faults();
    pages = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    for (int i = 0; i < 8; i++)
        pages[i * PAGE] = 'a' + i;
    resize("same size", 0, 8 * PAGE, 8 * PAGE, 0);
    resize("same size after rounding", 0, 8 * PAGE, 7 * PAGE + 1, 0);
    resize("8 to 6 pages", 0, 8 * PAGE, 6 * PAGE, 0);
    step_access("page 5", 'r', pages, 5 * PAGE);
    step_access("page 6", 'r', pages, 6 * PAGE);
    resize("6 to 5 pages, may move", 0, 6 * PAGE, 5 * PAGE, MREMAP_MAYMOVE);
    resize("from the middle: pages 1-2 to 1", PAGE, 2 * PAGE, PAGE, 0);
    for (int i = 0; i < 6; i++)
        step_access("byte of each page", 'r', pages, i * PAGE);
    resize("3 bytes to 2", 0, 3, 2, 0);
    resize("1 page to a byte", 0, PAGE, 1, 0);
    contract_pass();
}
