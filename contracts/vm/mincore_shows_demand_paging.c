/* Contract: a new anonymous page is not in core until it is read or written, one at a time;
 * MADV_DONTNEED takes it out, MAP_POPULATE and mlock bring all in. Pages of a file that was
 * just written are in core. mincore reports a hole as ENOMEM and a bad start as EINVAL.
 * Source: mincore(2); mm/mincore.c:mincore_pte_range. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096, COUNT = 8 };

static void show(const char *name, void *pages)
{
    unsigned char resident[COUNT];
    char text[COUNT + 1] = "";
    expect(mincore(pages, COUNT * PAGE, resident) == 0, "mincore");
    for (int i = 0; i < COUNT; i++)
        text[i] = resident[i] & 1 ? '1' : '0';
    step(name, "%s", text);
}

int main(void)
{
    int both = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    volatile char *pages = mmap(NULL, COUNT * PAGE, both, kind, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    void *all = (void *)pages;
    show("new", all);
    pages[2 * PAGE + 100] = 'x';
    show("page 2 written", all);
    (void)pages[5 * PAGE];
    show("page 5 read", all);
    int zero = open("/dev/zero", O_RDONLY);
    step_result("read into pages 6-7", read(zero, (char *)all + 6 * PAGE, 2 * PAGE));
    show("they are in", all);
    expect(mprotect(all, COUNT * PAGE, PROT_NONE) == 0, "mprotect");
    show("PROT_NONE takes none out", all);
    expect(mprotect(all, COUNT * PAGE, both) == 0, "mprotect");
    step_result("MADV_DONTNEED on 2-5", madvise((char *)all + 2 * PAGE, 4 * PAGE, MADV_DONTNEED));
    show("out", all);
    step_result("mlock of 1-3", mlock((char *)all + PAGE, 3 * PAGE));
    show("in", all);
    step_result("munlock", munlock((char *)all + PAGE, 3 * PAGE));
    show("still in", all);
    void *populated = mmap(NULL, COUNT * PAGE, both, kind | MAP_POPULATE, -1, 0);
    show("MAP_POPULATE", populated);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    char text[PAGE] = "x";
    for (int i = 0; i < COUNT; i++)
        expect(write(fd, text, PAGE) == PAGE, "write");
    show("file just written", mmap(NULL, COUNT * PAGE, both, MAP_SHARED, fd, 0));

    unsigned char resident[COUNT];
    expect_errno(mincore((char *)all + 1, PAGE, resident), EINVAL, "unaligned");
    expect_errno(mincore(all, PAGE, (unsigned char *)1), EFAULT, "bad vector");
    step_result("empty range", mincore(all, 0, resident));
    expect(munmap((char *)all + 3 * PAGE, PAGE) == 0, "munmap");
    expect_errno(mincore(all, COUNT * PAGE, resident), ENOMEM, "hole");
    contract_pass();
}
