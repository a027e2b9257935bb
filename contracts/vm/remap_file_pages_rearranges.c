/* Contract: remap_file_pages(2) lets a part of a shared mapping show another part of its file, as a
 * mapping of its own.
 * Requires: tmpfs
 * Source: remap_file_pages(2), mm/mmap.c:SYSCALL_DEFINE5(remap_file_pages). */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static long remap(char *at, long size, long protection, long page, long flags)
{
    return syscall(SYS_remap_file_pages, at, size, protection, page, flags);
}

/* Print the first byte of each of four pages. */
static void show(const char *what, const char *at)
{
    step(what, "%c%c%c%c", at[0], at[PAGE], at[2 * PAGE], at[3 * PAGE]);
}

int main(void)
{
    char page[PAGE];
    int fd = open("file", O_CREAT | O_RDWR, 0600);
    for (char letter = 'a'; letter < 'h'; letter++) {
        memset(page, letter, PAGE);
        expect(write(fd, page, PAGE) == PAGE, "write");
    }
    char *at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    expect(at != MAP_FAILED && own != MAP_FAILED && close(fd) == 0, "mmap");
    show("at first", at);
    step_result("swap the first", remap(at, PAGE, 0, 1, 0));
    step_result("and the second", remap(at + PAGE, PAGE, 0, 0, 0));
    show("it shows", at);
    at[0] = 'B';
    step("another page of the file is written", "%c", *(char *)mmap(NULL, PAGE, PROT_READ,
         MAP_SHARED, open("file", O_RDONLY), PAGE));
    step_result("two pages", remap(at + 2 * PAGE, 2 * PAGE, 0, 5, MAP_NONBLOCK));
    show("it shows", at);
    step_result("addresses are rounded down", remap(at + 3 * PAGE + 5, PAGE + 9, 0, 2, 0));
    show("it shows", at);
    expect_errno(remap(at, PAGE, PROT_READ, 0, 0), EINVAL, "a protection");
    expect_errno(remap(at, 0, 0, 0, 0), EINVAL, "nothing");
    expect_errno(remap(own, PAGE, 0, 1, 0), EINVAL, "a private mapping");
    expect_errno(remap(at, PAGE, 0, -1L, 0), EINVAL, "pages beyond all");
    expect(munmap(at + 3 * PAGE, PAGE) == 0, "munmap");
    expect_errno(remap(at + 2 * PAGE, 2 * PAGE, 0, 0, 0), EINVAL, "beyond the mapping");
    expect_errno(remap(at + 3 * PAGE, PAGE, 0, 0, 0), EINVAL, "no mapping");
    expect(mprotect(at, PAGE, PROT_READ) == 0, "mprotect");
    step_result("what can be read", remap(at, PAGE, 0, 3, 0));
    step("it shows", "%c", at[0]);
    expect(mprotect(at, PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");

    char *shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 4; i++)
        shared[i * PAGE] = (char)('0' + i);
    step_result("of memory without a file", remap(shared, PAGE, 0, 3, 0));
    shared[0] = '4';
    show("it shows", shared);
    contract_pass();
}
