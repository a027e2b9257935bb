/* Contract: pkey_free and pkey_mprotect refuse keys that pkey_alloc never gave, pkey_alloc refuses
 * flags and unknown rights, and pkey_mprotect without a key (-1) is mprotect.
 * pkey_alloc(2), pkey_mprotect(2); mm/mprotect.c:do_mprotect_pkey(). */
#include "contract.h"
#include <sys/mman.h>
#include <sys/syscall.h>

static long protect(void *where, long size, int prot, int key)
{
    return syscall(SYS_pkey_mprotect, where, size, prot, key);
}

int main(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(page != MAP_FAILED, "mmap");
    expect_errno(syscall(SYS_pkey_alloc, 1, 0), EINVAL, "with flags");
    expect_errno(syscall(SYS_pkey_alloc, 0, 16), EINVAL, "with rights that are none");
    for (int key = 1; key <= 17; key++)
        expect_errno(syscall(SYS_pkey_free, key), EINVAL, "pkey_free of none");
    *page = 'x';
    step_result("no key, read-only", protect(page, 4096, PROT_READ, -1));
    step("what it holds", "%c", *page);
    int ends[2];
    expect(pipe(ends) == 0, "pipe");
    expect(write(ends[1], "y", 1) == 1, "write");
    expect_errno(read(ends[0], page, 1), EFAULT, "read to where nothing may be written");
    step_result("no key, writable", protect(page, 4096, PROT_READ | PROT_WRITE, -1));
    step_result("read", read(ends[0], page, 1));
    expect_errno(protect(page, 4096, PROT_READ, 1), EINVAL, "key 1");
    expect_errno(protect(page, 4096, PROT_READ, -2), EINVAL, "key -2");
    expect_errno(protect(page + 1, 4096, PROT_READ, -1), EINVAL, "not at a page");
    step_result("nothing, whatever the key", protect(page, 0, PROT_READ, 5));
    expect(munmap(page + 4096, 4096) == 0, "munmap");
    expect_errno(protect(page + 4096, 4096, PROT_READ, -1), ENOMEM, "nothing there");
    expect_errno(protect(page + 4096, 4096, PROT_READ, 3), EINVAL, "nor a key");
    contract_pass();
}
