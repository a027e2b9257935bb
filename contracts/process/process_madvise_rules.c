/* Contract: process_madvise gives advice about several ranges and says how many bytes of them
 * it was given for; to another process only advice that changes no content.
 * Source: process_madvise(2), mm/madvise.c:vector_madvise.
 * Requires: CAP_SYS_NICE, Linux 6.13 */
#include "tracing.h"
#include <sys/mman.h>

static char *pages;

static long advise(int pidfd, struct iovec *parts, size_t count, int advice, unsigned flags)
{
    return syscall(SYS_process_madvise, pidfd, parts, count, advice, flags);
}

int main(void)
{
    pages = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    memset(pages, 'p', 4 * 4096);
    expect(munmap(pages + 3 * 4096, 4096) == 0, "munmap");
    pid_t child = waiting_child();
    int own = (int)syscall(SYS_pidfd_open, getpid(), 0);
    int other = (int)syscall(SYS_pidfd_open, child, 0);
    expect(own >= 0 && other >= 0, "pidfd_open");
    struct iovec parts[2] = {{pages, 4096}, {pages + 2 * 4096, 4096}};
    step_result("to another", advise(other, parts, 2, MADV_WILLNEED, 0));
    step_result("cold", advise(other, parts, 1, MADV_COLD, 0));
    expect_errno(advise(other, parts, 2, MADV_DONTNEED, 0), EINVAL, "changes what is there");
    expect_errno(advise(other, parts, 2, MADV_WILLNEED, 1), EINVAL, "flags");
    expect_errno(advise(-1, parts, 2, MADV_WILLNEED, 0), EBADF, "no descriptor");
    expect_errno(advise(0, parts, 2, MADV_WILLNEED, 0), EBADF, "not a pidfd");
    expect_errno(advise(other, parts, 1025, MADV_WILLNEED, 0), EINVAL, "too many");
    expect_errno(advise(other, (void *)8, 1, MADV_WILLNEED, 0), EFAULT, "iovec nowhere");
    struct iovec odd = {pages + 1, 4096};
    expect_errno(advise(other, &odd, 1, MADV_WILLNEED, 0), EINVAL, "not at a page");
    parts[1].iov_base = pages + 3 * 4096;
    step_result("the second unmapped", advise(other, parts, 2, MADV_WILLNEED, 0));
    expect_errno(advise(other, parts + 1, 1, MADV_WILLNEED, 0), ENOMEM, "unmapped");
    step_result("none", advise(other, parts, 0, MADV_WILLNEED, 0));
    step_result("to oneself", advise(own, parts, 1, MADV_DONTNEED, 0));
    step("dropped", "%d %c", pages[0], pages[4096]);
    expect(kill(child, SIGKILL) == 0, "SIGKILL");
    wait_and_show("end", child);
    expect_errno(advise(other, parts, 1, MADV_WILLNEED, 0), ESRCH, "gone");
    contract_pass();
}
