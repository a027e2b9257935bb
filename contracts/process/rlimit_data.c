/* Contract: RLIMIT_DATA bounds the heap and private writable mappings; shared or read-only ones
 * do not count.
 * Source: getrlimit(2), mm/mmap.c:may_expand_vm, is_data_mapping. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/resource.h>

#define MEGA (1UL << 20)

static void try(const char *name, int protection, int flags)
{
    void *area = mmap(NULL, 32 * MEGA, protection, flags | MAP_ANONYMOUS, -1, 0);
    step(name, "%s", area != MAP_FAILED ? "mapped" : errno_name(errno));
}

int main(void)
{
    struct rlimit limit;
    expect(getrlimit(RLIMIT_DATA, &limit) == 0, "getrlimit");
    limit.rlim_cur = 16 * MEGA;
    expect(setrlimit(RLIMIT_DATA, &limit) == 0, "setrlimit");
    try("private, writable", PROT_READ | PROT_WRITE, MAP_PRIVATE);
    try("private, read-only", PROT_READ, MAP_PRIVATE);
    try("shared, writable", PROT_READ | PROT_WRITE, MAP_SHARED);
    char *area = mmap(NULL, 32 * MEGA, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(area != MAP_FAILED, "mmap");
    expect_errno(mprotect(area, 32 * MEGA, PROT_READ | PROT_WRITE), ENOMEM, "made writable");
    long heap = syscall(SYS_brk, 0);
    step("brk by 32 MiB", "%s",
         syscall(SYS_brk, heap + (long)(32 * MEGA)) == heap ? "unchanged" : "changed");
    step("brk by 1 MiB", "%s",
         syscall(SYS_brk, heap + (long)MEGA) == heap ? "unchanged" : "changed");
    contract_pass();
}
