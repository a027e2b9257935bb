/* Contract: the break is a byte address and is returned to the byte; memory under it comes
 * in whole pages, and /proc/self/maps shows them as one VMA called [heap].
 * Source: brk(2), proc_pid_maps(5); mm/mmap.c:brk. */
#include "../contract.h"

enum { PAGE = 4096 };

static char *heap;

static void move(const char *name, long offset)
{
    long answer = syscall(SYS_brk, heap + offset);
    step(name, "start%+ld", answer - (long)heap);
    step_vmas("  maps", heap, 8 * PAGE);
}

int main(void)
{
    contract_catch_faults();
    step("first", "a line, so that the buffer of stdout exists");
    heap = (char *)((syscall(SYS_brk, 0) + PAGE - 1) & ~(PAGE - 1L));
    move("align", 0);
    move("one byte", 1);
    step_access("last byte of its page", 'w', heap, PAGE - 1);
    step_access("byte of the next page", 'w', heap, PAGE);
    move("a page less one", PAGE - 1);
    move("a page", PAGE);
    move("a page and one", PAGE + 1);
    move("five pages and 123", 5 * PAGE + 123);
    move("three pages and 7", 3 * PAGE + 7);
    move("query leaves it", 0 - (long)heap);
    char text[16384], *line;
    long got, used = 0;
    int maps = open("/proc/self/maps", O_RDONLY); /* not fopen: malloc moves the break */
    while ((got = read(maps, text + used, sizeof text - 1 - used)) > 0)
        used += got;
    text[used] = 0;
    line = strstr(text, "[heap]");
    step("a VMA is called [heap]", "%s", line ? "yes" : "no");
    step("another one", "%s", line && strstr(line + 1, "[heap]") ? "yes" : "no");
    while (line && line > text && line[-1] != '\n')
        line--;
    unsigned long from = 0, to = 0;
    expect(line && sscanf(line, "%lx-%lx", &from, &to) == 2, "a line of maps");
    step("[heap] ends at", "start%+ld", (long)(to - (unsigned long)heap));
    contract_pass();
}
