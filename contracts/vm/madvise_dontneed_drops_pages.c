/* Contract: MADV_DONTNEED throws private pages away at once: anonymous memory reads as zero
 * again, a private file mapping reads as the file again. Shared memory keeps its contents,
 * and pages outside the range keep theirs.
 * Source: madvise(2); mm/madvise.c:madvise_dontneed_single_vma. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

/* Print the first and last byte of each of `count` pages; '.' is zero. */
static void show(const char *name, volatile char *pages, int count)
{
    char text[64];
    for (int i = 0; i < 2 * count; i++) {
        char byte = pages[i / 2 * PAGE + (i % 2 ? PAGE - 1 : 0)];
        text[i] = byte ? byte : '.';
    }
    step(name, "%.*s", 2 * count, text);
}

int main(void)
{
    int both = PROT_READ | PROT_WRITE;
    char *anonymous = mmap(NULL, 4 * PAGE, both, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *shared = mmap(NULL, 4 * PAGE, both, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    char text[4 * PAGE];
    memset(text, 'f', sizeof text);
    expect(write(fd, text, sizeof text) == sizeof text, "write");
    char *file = mmap(NULL, 4 * PAGE, both, MAP_PRIVATE, fd, 0);
    char *shared_file = mmap(NULL, 4 * PAGE, both, MAP_SHARED, fd, 0);
    expect(anonymous != MAP_FAILED && shared != MAP_FAILED, "mmap");
    expect(file != MAP_FAILED && shared_file != MAP_FAILED, "mmap");

    memset(anonymous, 'a', 4 * PAGE);
    step_result("two middle pages", madvise(anonymous + PAGE, 2 * PAGE, MADV_DONTNEED));
    show("anonymous", anonymous, 4);
    memset(anonymous + PAGE, 'b', PAGE);
    show("written again", anonymous, 4);
    step_result("length is rounded up", madvise(anonymous + PAGE, 1, MADV_DONTNEED));
    show("anonymous", anonymous, 4);
    expect(mprotect(anonymous, 4 * PAGE, PROT_NONE) == 0, "mprotect");
    step_result("works on PROT_NONE", madvise(anonymous, PAGE, MADV_DONTNEED));
    expect(mprotect(anonymous, 4 * PAGE, PROT_READ) == 0, "mprotect");
    show("anonymous", anonymous, 4);

    memset(shared, 's', 4 * PAGE);
    step_result("shared", madvise(shared, 4 * PAGE, MADV_DONTNEED));
    show("shared anonymous", shared, 4);

    memset(file + PAGE, 'p', 2 * PAGE);
    show("private file, written", file, 4);
    step_result("its middle pages", madvise(file + PAGE, 2 * PAGE, MADV_DONTNEED));
    show("private file", file, 4);

    memset(shared_file, 'S', PAGE);
    step_result("shared file", madvise(shared_file, 4 * PAGE, MADV_DONTNEED));
    show("shared file", shared_file, 4);
    contract_pass();
}
