/* Contract: a break that would make the data segment larger than RLIMIT_DATA is refused by
 * returning the old break; so is one that shrinks the heap, as long as what remains is over
 * the limit. Only a heap within the limit can move again.
 * Source: brk(2), getrlimit(2); mm/mmap.c:brk, include/linux/mm.h:check_data_rlimit. */
#include "../contract.h"
#include <sys/resource.h>

enum { PAGE = 4096 };

static unsigned long start;

static void ask(const char *name, unsigned long wanted)
{
    errno = 0;
    unsigned long answer = syscall(SYS_brk, wanted);
    step(name, "start%+ld, errno %s", (long)(answer - start), errno_name(errno));
}

static void limit(rlim_t soft)
{
    struct rlimit data;
    expect(getrlimit(RLIMIT_DATA, &data) == 0, "getrlimit");
    data.rlim_cur = soft;
    expect(setrlimit(RLIMIT_DATA, &data) == 0, "setrlimit");
}

int main(void)
{
    struct rlimit before;
    expect(getrlimit(RLIMIT_DATA, &before) == 0, "getrlimit");
    step("first", "a line, so that the buffer of stdout exists");
    start = (syscall(SYS_brk, 0) + PAGE - 1) & ~(PAGE - 1UL);
    ask("align", start);
    ask("up by four pages", start + 4 * PAGE);
    limit(0);
    ask("limit 0: grow", start + 5 * PAGE);
    ask("limit 0: same", start + 4 * PAGE);
    ask("limit 0: shrink", start + 2 * PAGE);
    ask("limit 0: query", 0);
    limit(before.rlim_cur);
    ask("limit restored: shrink", start + 2 * PAGE);
    ask("limit restored: grow", start + 5 * PAGE);
    contract_pass();
}
