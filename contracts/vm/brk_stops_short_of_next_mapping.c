/* Contract: the heap never grows into another mapping, nor up to its edge: brk keeps one
 * free page in between. It then returns the old break, and the mapping is left alone.
 * Source: mm/mmap.c:brk ("Check against existing mmap mappings"). */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *heap;

static void move(const char *name, long offset)
{
    long answer = syscall(SYS_brk, heap + offset);
    step(name, "start%+ld", answer - (long)heap);
}

int main(void)
{
    step("first", "a line, so that the buffer of stdout exists");
    heap = (char *)((syscall(SYS_brk, 0) + PAGE - 1) & ~(PAGE - 1L));
    move("align", 0);
    char *wall = mmap(heap + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    expect(wall == heap + 4 * PAGE, "a page above the heap");
    *wall = 'w';
    move("two pages", 2 * PAGE);
    move("up to the free page", 3 * PAGE);
    move("one byte into the free page", 3 * PAGE + 1);
    move("up to the wall", 4 * PAGE);
    move("over the wall", 6 * PAGE);
    step_vmas("maps", heap, 6 * PAGE);
    step("wall", "%c", *wall);
    expect(munmap(wall, PAGE) == 0, "munmap");
    move("wall gone, up to it", 4 * PAGE);
    step("last heap byte", "%d", ((volatile char *)heap)[4 * PAGE - 1]);
    contract_pass();
}
