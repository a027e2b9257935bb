/* Contract: an access below a MAP_GROWSDOWN mapping extends it down to that page; the pages
 * between exist and are zero. Within 256 pages above an accessible mapping it does not:
 * SIGSEGV with SEGV_MAPERR. A system call's access extends it just so.
 * Source: mmap(2); mm/vma.c:expand_downwards (stack_guard_gap). */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096, COUNT = 1024 };

int main(void)
{
    contract_catch_faults();
    int both = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    char *arena = mmap(NULL, COUNT * PAGE, PROT_NONE, kind, -1, 0);
    expect(arena != MAP_FAILED, "mmap");
    expect(munmap(arena + PAGE, (COUNT - 1) * PAGE) == 0, "munmap");
    char *top = mmap(arena + (COUNT - 1) * PAGE, PAGE, both,
                     kind | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
    expect(top == arena + (COUNT - 1) * PAGE, "MAP_GROWSDOWN");
    step_vmas("at first", arena, COUNT * PAGE);
    step_access("one byte below", 'w', arena, 1023 * PAGE - 1);
    step_vmas("maps", arena, COUNT * PAGE);
    step_access("100 pages below", 'r', arena, 922 * PAGE + 5);
    step_vmas("maps", arena, COUNT * PAGE);
    step_access("a page between", 'r', arena, 950 * PAGE);
    int zero = open("/dev/zero", O_RDONLY);
    step_result("read(2) 10 pages below", read(zero, arena + 912 * PAGE, 10));
    step_vmas("maps", arena, COUNT * PAGE);

    expect(mmap(arena + 500 * PAGE, PAGE, both, kind | MAP_FIXED_NOREPLACE, -1, 0) ==
           arena + 500 * PAGE, "a neighbour");
    step_access("255 pages above the neighbour", 'w', arena, 756 * PAGE);
    step_access("as the last byte there", 'r', arena, 757 * PAGE - 1);
    expect_errno(read(zero, arena + 756 * PAGE, 10), EFAULT, "read(2) there");
    step_vmas("maps", arena, COUNT * PAGE);
    step_access("256 pages above it", 'w', arena, 757 * PAGE);
    step_vmas("maps", arena, COUNT * PAGE);
    expect(mprotect(arena + 500 * PAGE, PAGE, PROT_NONE) == 0, "mprotect");
    step_access("neighbour is PROT_NONE: next to it", 'w', arena, 501 * PAGE);
    step_vmas("maps", arena, COUNT * PAGE);
    contract_pass();
}
