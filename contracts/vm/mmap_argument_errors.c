/* Contract: mmap, munmap and msync refuse what cannot be: EINVAL for an empty length, an
 * unaligned offset or address, a missing or impossible type; EBADF without a file; ENODEV
 * for what cannot be mapped; ENOMEM or EOVERFLOW for what cannot fit.
 * Source: mmap(2), msync(2); mm/mmap.c:do_mmap. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

/* The system call itself: a libc may refuse, or round, before it. */
static void *map(void *address, unsigned long length, int flags, int fd, long offset)
{
    return (void *)syscall(SYS_mmap, address, length, PROT_READ, flags, fd, offset);
}

int main(void)
{
    int ends[2], fd = open("file", O_RDWR | O_CREAT, 0600), directory = open(".", O_RDONLY);
    expect(fd >= 0 && directory >= 0 && pipe(ends) == 0, "files");
    expect(ftruncate(fd, PAGE) == 0, "ftruncate");
    expect_errno(map(NULL, 0, ANONYMOUS, -1, 0), EINVAL, "length 0");
    expect_errno(map(NULL, PAGE, MAP_ANONYMOUS, -1, 0), EINVAL, "neither shared nor private");
    expect_errno(map(NULL, PAGE, MAP_PRIVATE, -1, 0), EBADF, "no file");
    expect_errno(map(NULL, PAGE, MAP_PRIVATE, 999, 0), EBADF, "closed descriptor");
    expect_errno(map(NULL, PAGE, MAP_PRIVATE, fd, 1), EINVAL, "unaligned offset");
    expect_errno(map((void *)0x10001, PAGE, ANONYMOUS | MAP_FIXED, -1, 0), EINVAL,
                 "unaligned fixed address");
    expect_errno(map(NULL, -1UL, ANONYMOUS, -1, 0), ENOMEM, "length of everything");
    expect_errno(map(NULL, 1UL << 62, ANONYMOUS, -1, 0), ENOMEM, "length 2^62");
    expect_errno(map(NULL, 2 * PAGE, MAP_PRIVATE, fd, -PAGE), EOVERFLOW, "offset overflows");
    expect_errno(map((void *)(1UL << 62), PAGE, ANONYMOUS | MAP_FIXED, -1, 0), ENOMEM,
                 "fixed beyond user space");
    expect_errno(map(NULL, PAGE, MAP_PRIVATE, directory, 0), ENODEV, "directory");
    expect_errno(map(NULL, PAGE, MAP_PRIVATE, ends[0], 0), ENODEV, "pipe");
    void *ignored = map(NULL, PAGE, ANONYMOUS, 999, 0);
    step("anonymous ignores the descriptor", "%s", ignored == MAP_FAILED ? "no" : "yes");
    void *page = map(NULL, 2 * PAGE, MAP_SHARED, fd, 0);
    expect(page != MAP_FAILED, "mmap");

    expect_errno(syscall(SYS_munmap, page, 0), EINVAL, "munmap of nothing");
    expect_errno(syscall(SYS_munmap, (char *)page + 1, PAGE), EINVAL, "munmap unaligned");
    expect_errno(syscall(SYS_munmap, page, 1UL << 62), EINVAL, "munmap of 2^62");
    expect_errno(msync((char *)page + 1, PAGE, MS_SYNC), EINVAL, "msync unaligned");
    expect_errno(msync(page, PAGE, MS_SYNC | MS_ASYNC), EINVAL, "msync both ways");
    expect_errno(msync(page, PAGE, 64), EINVAL, "msync unknown flag");
    step_result("msync of nothing", msync(page, 0, MS_SYNC));
    step_result("munmap second page", munmap((char *)page + PAGE, PAGE));
    expect_errno(msync(page, 2 * PAGE, MS_ASYNC), ENOMEM, "msync over a hole");
    step_result("munmap over a hole", munmap(page, 2 * PAGE));
    step_result("munmap of a hole", munmap(page, 2 * PAGE));
    contract_pass();
}
