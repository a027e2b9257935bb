/* Contract: the brk system call never returns an errno. Asked for a break that it cannot
 * give, it returns the break as it was, and the break stays there. The libc wrappers hide
 * this, and musl's sbrk() refuses by itself, so the call is made raw.
 * Source: brk(2), "C library/kernel differences"; mm/mmap.c:brk. */
#include "../contract.h"

enum { PAGE = 4096 };

static unsigned long start;

/* Ask for the break `wanted`; print how far from the first break the answer lies. */
static void ask(const char *name, unsigned long wanted)
{
    errno = 0;
    unsigned long answer = syscall(SYS_brk, wanted);
    step(name, "start%+ld, errno %s", (long)(answer - start), errno_name(errno));
}

int main(void)
{
    step("page", "%ld", sysconf(_SC_PAGESIZE));
    start = syscall(SYS_brk, 0);
    expect(start > PAGE, "brk(0) is an address");
    ask("brk(0)", 0);
    ask("brk(start)", start);
    ask("up by a page", start + PAGE);
    ask("brk(0) after it", 0);
    ask("2^62", 1UL << 62);
    ask("last page of all", -4096UL);
    ask("last byte of all", -1UL);
    ask("one", 1);
    ask("first page", PAGE);
    ask("brk(0) after failures", 0);
    volatile char *last = (volatile char *)start + PAGE - 1;
    *last = 'x';
    step("last heap byte", "%c", *last);
    ask("back to the start", start);
    ask("brk(0) at the end", 0);
    contract_pass();
}
