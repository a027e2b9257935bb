/* Contract: MREMAP_DONTUNMAP moves the pages and leaves the old mapping in place, empty: it
 * reads as zero and can be written without changing what moved. The size may not change
 * and MREMAP_MAYMOVE must be given, else EINVAL.
 * Source: mremap(2); mm/mremap.c:dontunmap_complete (Linux 5.7). */
#include "../contract.h"
#include <sys/mman.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

enum { PAGE = 4096 };

/* The system call itself: glibc passes a stray new address with MREMAP_DONTUNMAP alone. */
static char *remap(char *old, long old_size, long new_size, int flags, char *target)
{
    return (char *)syscall(SYS_mremap, old, old_size, new_size, flags, target);
}

int main(void)
{
    contract_catch_faults();
    int both = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    char *old = mmap(NULL, 3 * PAGE, both, kind, -1, 0);
    char *target = mmap(NULL, 3 * PAGE, PROT_NONE, kind, -1, 0);
    expect(old != MAP_FAILED && target != MAP_FAILED, "mmap");
    memset(old, 'a', 3 * PAGE);
    expect_errno(remap(old, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL),
                 EINVAL, "another size");
    expect_errno(remap(old, 3 * PAGE, 3 * PAGE, MREMAP_DONTUNMAP, NULL), EINVAL,
                 "without MAYMOVE");

    char *new = remap(old, 3 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
    expect(new != MAP_FAILED, "mremap");
    step("another address", "%s", new != old ? "yes" : "no");
    step_vmas("new place", new, 3 * PAGE);
    step_vmas("old place", old, 3 * PAGE);
    step_access("new place, first byte", 'r', new, 0);
    step_access("new place, last byte", 'r', new, 3 * PAGE - 1);
    step_access("old place, first byte", 'r', old, 0);
    step_access("old place, last byte", 'r', old, 3 * PAGE - 1);
    step_access("old place, store", 'w', old, PAGE);
    step_access("new place has not changed", 'r', new, PAGE);

    char *fixed = remap(new, 2 * PAGE, 2 * PAGE,
                        MREMAP_MAYMOVE | MREMAP_DONTUNMAP | MREMAP_FIXED, target);
    step("with FIXED, at the target", "%s", fixed == target ? "yes" : "no");
    step_vmas("target", target, 3 * PAGE);
    step_access("target", 'r', target, PAGE);
    step_access("what was moved from", 'r', new, PAGE);
    step_access("what was not moved", 'r', new, 2 * PAGE);
    contract_pass();
}
