/* Contract: a large mapping takes memory only where it is touched: a gigabyte can be mapped,
 * used at a few places far apart, forked, and given back; the untouched rest reads as zero.
 * Source: mmap(2), MAP_NORESERVE; demand paging. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

static const unsigned long size = 1UL << 30;

/* Print how many pages of the 256 from `page` on are in core. */
static void resident(const char *name, char *page)
{
    unsigned char vector[256];
    int count = 0;
    expect(mincore(page, 256 * PAGE, vector) == 0, "mincore");
    for (int i = 0; i < 256; i++)
        count += vector[i] & 1;
    step(name, "%d of 256", count);
}

int main(void)
{
    char *sparse = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    expect(sparse != MAP_FAILED, "a gigabyte");
    madvise(sparse, size, MADV_NOHUGEPAGE); /* or a fault might bring in 512 pages */
    for (unsigned long at = 0; at < size; at += size / 8)
        sparse[at] = 'a' + at / (size / 8);
    sparse[size - 1] = 'z';
    char text[10] = "";
    for (int i = 0; i < 8; i++)
        text[i] = sparse[i * (size / 8)];
    text[8] = sparse[size - 1];
    step("bytes", "%s", text);
    resident("first 256 pages", sparse);
    resident("last 256 pages", sparse + size - 256 * PAGE);
    resident("some in between", sparse + size / 16);
    step("a byte never touched", "%d", ((volatile char *)sparse)[size / 16]);
    pid_t child = fork();
    if (child == 0) {
        sparse[size / 2] = 'C';
        sparse[size / 2 + PAGE] = 'D';
        step("child", "%c%c%c", sparse[0], sparse[size / 2], sparse[size - 1]);
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step("parent", "%c %d", sparse[size / 2], sparse[size / 2 + PAGE]);
    step_result("drop the first half", madvise(sparse, size / 2, MADV_DONTNEED));
    step("bytes", "%d %c", sparse[size / 4], sparse[size / 2]);
    step_result("munmap", munmap(sparse, size));
    contract_pass();
}
