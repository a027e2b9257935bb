/* Contract: pages that brk adds read as zero, also those that were heap before, were given
 * back and are asked for again. The page that holds the break is never given back, so bytes
 * above an unaligned break keep their value.
 * Source: brk(2); mm/mmap.c:brk (both ends are rounded up to pages). */
#include "../contract.h"

enum { PAGE = 4096 };

static volatile char *heap;

static void move(const char *name, long offset)
{
    long answer = syscall(SYS_brk, heap + offset);
    step(name, "start%+ld", answer - (long)heap);
}

/* Print how many of the `count` bytes from `from` are not zero. */
static void nonzero(const char *name, long from, long count)
{
    long found = 0;
    for (long i = from; i < from + count; i++)
        found += heap[i] != 0;
    step(name, "%ld of %ld not zero", found, count);
}

int main(void)
{
    contract_catch_faults();
    step("first", "a line, so that the buffer of stdout exists");
    heap = (char *)((syscall(SYS_brk, 0) + PAGE - 1) & ~(PAGE - 1L));
    move("align", 0);
    move("grow to four pages", 4 * PAGE);
    nonzero("new pages", 0, 4 * PAGE);
    for (long i = 0; i < 4 * PAGE; i++)
        heap[i] = 'x';
    nonzero("filled", 0, 4 * PAGE);
    move("shrink to one page", PAGE);
    step_access("last byte kept", 'r', heap, PAGE - 1);
    step_access("first byte given back", 'r', heap, PAGE);
    step_access("last byte given back", 'w', heap, 4 * PAGE - 1);
    move("grow to four pages again", 4 * PAGE);
    nonzero("page that stayed", 0, PAGE);
    nonzero("pages that came back", PAGE, 3 * PAGE);
    move("shrink to 100 bytes", 100);
    step_access("byte 99", 'r', heap, 99);
    step_access("byte 100, above the break", 'r', heap, 100);
    move("grow to two pages", 2 * PAGE);
    nonzero("the partial page", 100, PAGE - 100);
    nonzero("the page after it", PAGE, PAGE);
    contract_pass();
}
