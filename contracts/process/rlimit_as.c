/* Contract: beyond RLIMIT_AS mmap, mremap and brk get no memory: ENOMEM, for brk the old break;
 * what is mapped already stays, and freed space can be had again.
 * Source: getrlimit(2), mm/mmap.c:may_expand_vm. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/resource.h>

#define MEGA (1UL << 20)

static void *map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int main(void)
{
    struct rlimit limit;
    expect(getrlimit(RLIMIT_AS, &limit) == 0, "getrlimit");
    limit.rlim_cur = 64 * MEGA;
    expect(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit");
    char *first = map(32 * MEGA);
    step("32 MiB", "%s", first != MAP_FAILED ? "mapped" : errno_name(errno));
    expect_errno((long)map(40 * MEGA), ENOMEM, "40 MiB more");
    expect_errno((long)mmap(NULL, 40 * MEGA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                 ENOMEM, "40 MiB without access");
    expect_errno((long)mremap(first, 32 * MEGA, 72 * MEGA, MREMAP_MAYMOVE), ENOMEM, "mremap");
    long heap = syscall(SYS_brk, 0), grown = syscall(SYS_brk, heap + (long)(40 * MEGA));
    step("brk", "%s", grown == heap ? "unchanged" : "changed");
    first[32 * MEGA - 1] = 'x';
    step("what is mapped works", "%c", first[32 * MEGA - 1]);
    expect(munmap(first, 32 * MEGA) == 0, "munmap");
    step("40 MiB now", "%s", map(40 * MEGA) != MAP_FAILED ? "mapped" : errno_name(errno));
    contract_pass();
}
