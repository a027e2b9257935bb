/* Contract: what mseal(2) has sealed cannot be unmapped, moved, replaced or protected otherwise, nor
 * be emptied if it cannot be written; a call that meets it changes nothing before it.
 * Requires: Linux 6.12
 * Source: mm/mseal.c:do_mseal, mm/vma.c:vms_gather_munmap_vmas, mm/madvise.c:can_madvise_modify. */
#include "../contract.h"
#include <sys/mman.h>

enum { MSEAL = 462, PAGE = 4096, RW = PROT_READ | PROT_WRITE };

static char *map(int pages, int prot, int kind)
{
    char *at = mmap(NULL, pages * PAGE, prot, kind | MAP_ANONYMOUS, -1, 0);
    expect(at != MAP_FAILED, "mmap");
    return at;
}

static long seal(char *at, long size, long flags)
{
    return syscall(MSEAL, at, size, flags);
}

static long replace(char *at, long size)
{
    return mmap(at, size, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0;
}

static long move(char *at, long old_size, long new_size, int flags, char *to)
{
    return mremap(at, old_size, new_size, flags, to) == MAP_FAILED ? -1 : 0;
}

int main(void)
{
    char *all = map(6, RW, MAP_PRIVATE), *other = map(4, RW, MAP_PRIVATE);
    memset(all, 'a', 6 * PAGE);
    memset(other, 'o', 4 * PAGE);
    expect_errno(seal(all, PAGE, 1), EINVAL, "a flag");
    expect_errno(seal(all + 1, PAGE, 0), EINVAL, "not a page");
    expect_errno(seal(all, -PAGE, 0), EINVAL, "beyond all addresses");
    step_result("nothing", seal(all, 0, 0));
    expect(munmap(all + 4 * PAGE, PAGE) == 0, "munmap");
    expect_errno(seal(all + 3 * PAGE, 3 * PAGE, 0), ENOMEM, "with a gap");
    step_result("not sealed by that", mprotect(all + 3 * PAGE, PAGE, PROT_READ));
    step_result("seal part of a page", seal(all + PAGE, PAGE + 1, 0));
    step_result("seal again", seal(all + PAGE, 2 * PAGE, 0));

    expect_errno(munmap(all + PAGE, PAGE), EPERM, "unmap");
    expect_errno(munmap(all, 4 * PAGE), EPERM, "unmap with what is around");
    step("still there", "%c", all[0]);
    expect_errno(replace(all + PAGE, PAGE), EPERM, "replace");
    expect_errno(replace(all, 2 * PAGE), EPERM, "replace the end");
    step("still the same", "%c", all[0]);
    expect_errno(mprotect(all + PAGE, PAGE, PROT_READ), EPERM, "protect");
    expect_errno(mprotect(all + PAGE, PAGE, RW), EPERM, "protect as it is");
    expect_errno(mprotect(all, 2 * PAGE, PROT_READ), EPERM, "protect from before");
    step("after it", "%d", mprotect(all + 3 * PAGE, PAGE, RW));
    expect_errno(move(all + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE, NULL), EPERM, "grow");
    expect_errno(move(all + PAGE, 2 * PAGE, PAGE, 0, NULL), EPERM, "shrink");
    expect_errno(move(all + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other), EPERM, "move");
    expect_errno(move(other, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, all + PAGE), EPERM, "onto");
    step("what was to be moved", "%c", other[0]);
    step_result("lock", mlock(all + PAGE, PAGE));
    step_result("unlock", munlock(all + PAGE, PAGE));
    step_result("writable: empty", madvise(all + PAGE, PAGE, MADV_DONTNEED));
    step("emptied", "%d", all[PAGE]);

    char *fixed = map(3, PROT_READ, MAP_PRIVATE), *shared = map(1, PROT_READ, MAP_SHARED);
    step_result("seal what is read", seal(fixed, 2 * PAGE, 0));
    step_result("seal what is shared", seal(shared, PAGE, 0));
    expect_errno(madvise(fixed, PAGE, MADV_DONTNEED), EPERM, "read only: DONTNEED");
    expect_errno(madvise(fixed, PAGE, MADV_FREE), EPERM, "read only: FREE");
    expect_errno(madvise(fixed, PAGE, MADV_DONTFORK), EPERM, "read only: DONTFORK");
    expect_errno(madvise(fixed, PAGE, MADV_WIPEONFORK), EPERM, "read only: WIPEONFORK");
    step_result("read only: WILLNEED", madvise(fixed, PAGE, MADV_WILLNEED));
    step_result("read only: DOFORK", madvise(fixed, PAGE, MADV_DOFORK));
    step_result("shared: DONTNEED", madvise(shared, PAGE, MADV_DONTNEED));
    step_result("beside it", munmap(fixed + 2 * PAGE, PAGE));

    pid_t child = fork();
    if (child == 0) {
        expect_errno(munmap(fixed, PAGE), EPERM, "in a child");
        _exit(0);
    }
    wait_for_success(child);
    char *heap = (char *)syscall(SYS_brk, 0);
    heap += -(unsigned long)heap % PAGE;
    char *top = heap + 2 * PAGE;
    expect((char *)syscall(SYS_brk, top) == top, "brk");
    step_result("seal the heap", seal(heap, PAGE, 0));
    step("shrink it", "%d", (char *)syscall(SYS_brk, heap) == heap);
    step("shrink it less", "%d", (char *)syscall(SYS_brk, heap + PAGE) == heap + PAGE);
    step("grow it", "%d", (char *)syscall(SYS_brk, top) == top);
    contract_pass();
}
