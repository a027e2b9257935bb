/* Contract: cachestat(2) counts the pages of a part of a file that are in memory, for whoever owns
 * or may write it.
 * Requires: root, tmpfs, Linux 6.13
 * Source: mm/filemap.c:SYSCALL_DEFINE4(cachestat), filemap_cachestat. */
#include "../contract.h"
#include <stdint.h>
#include <sys/mman.h>

enum { STAT = 451, PAGE = 4096 };

static uint64_t *volatile nowhere = (uint64_t *)8;

static void show(const char *what, int fd, uint64_t from, uint64_t size)
{
    uint64_t range[2] = {from, size}, found[5];
    memset(found, 0xee, sizeof found);
    long result = syscall(STAT, fd, range, found, 0);
    if (result == -1)
        step(what, "-1 %s", errno_name(errno));
    else
        step(what, "%ld: %lu, dirty %lu, %lu %lu %lu", result, (long)found[0], (long)found[1],
             (long)found[2], (long)found[3], (long)found[4]);
}

int main(void)
{
    char page[PAGE] = "x";
    uint64_t range[2] = {0, 0}, found[5];
    int ends[2], fd = open("file", O_CREAT | O_RDWR, 0644);
    show("empty", fd, 0, 0);
    for (int i = 0; i < 8; i++)
        expect(pwrite(fd, page, PAGE, i < 4 ? i * PAGE : (i + 4L) * PAGE) == PAGE, "pwrite");
    expect(ftruncate(fd, 100L * PAGE) == 0, "ftruncate");
    show("all", fd, 0, 0);
    show("all by size", fd, 0, 100L * PAGE);
    show("of a byte", fd, 5, 1);
    show("of two bytes on two pages", fd, PAGE - 1, 2);
    show("from the third page", fd, 2 * PAGE, 0);
    show("some", fd, 2 * PAGE, 7 * PAGE);
    show("a hole", fd, 4 * PAGE, 4 * PAGE);
    show("beyond the end", fd, 200L * PAGE, 0);
    show("sizes that wrap around", fd, 2 * PAGE, -1UL);
    expect(pread(fd, page, 1, 50L * PAGE) == 1, "pread");
    show("a hole that was read", fd, 50L * PAGE, PAGE);
    char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 60L * PAGE);
    at[0] = 1;
    show("a page that was mapped", fd, 60L * PAGE, PAGE);
    expect_errno(syscall(STAT, fd, range, found, 1), EINVAL, "a flag");
    expect_errno(syscall(STAT, -1, range, found, 0), EBADF, "no descriptor");
    expect_errno(syscall(STAT, fd, nowhere, found, 0), EFAULT, "a bad range");
    expect_errno(syscall(STAT, fd, range, nowhere, 0), EFAULT, "a bad result");
    expect_errno(syscall(STAT, fd, nowhere, found, 1), EFAULT, "a bad range and a flag");
    show("a place", open("file", O_PATH), 0, 0);
    show("a directory", open(".", O_RDONLY), 0, 0);
    expect(pipe(ends) == 0, "pipe");
    show("a pipe", ends[0], 0, 0);
    pid_t child = fork();
    if (child == 0) {
        int other = open("file", O_RDONLY);
        expect(setresgid(99, 99, 99) == 0 && setresuid(99, 99, 99) == 0, "setresuid");
        show("of another user", other, 0, 0);
        show("of another user, to be written", fd, 0, 0);
        _exit(0);
    }
    wait_for_success(child);
    contract_pass();
}
