/* Contract: mremap of a shared mapping keeps it shared: grown over a file it shows more of
 * the file, moved it still is the file and is still shared with a child. An old size of 0
 * makes a second mapping of the same pages and keeps the first.
 * Source: mremap(2); mm/mremap.c:copy_vma_and_data. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

int main(void)
{
    contract_catch_faults();
    int both = PROT_READ | PROT_WRITE, fd = open("file", O_RDWR | O_CREAT, 0600);
    char text[4 * PAGE];
    for (int i = 0; i < 4; i++)
        memset(text + i * PAGE, '0' + i, PAGE);
    expect(write(fd, text, sizeof text) == sizeof text, "write");
    char *map = mmap(NULL, PAGE, both, MAP_SHARED, fd, PAGE);
    expect(map != MAP_FAILED, "mmap");
    char *grown = mremap(map, PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    expect(grown != MAP_FAILED, "mremap");
    for (int i = 0; i < 4; i++)
        step_access("grown over the file", 'r', grown, i * PAGE);
    step_access("store", 'w', grown, 2 * PAGE + 5);
    expect(pread(fd, text, 1, 3 * PAGE + 5) == 1, "pread");
    step("the file has it", "%c", text[0]);
    step_vmas("maps", grown, 4 * PAGE);

    char *shared = mmap(NULL, 2 * PAGE, both, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *place = mmap(NULL, 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(shared != MAP_FAILED && place != MAP_FAILED, "mmap");
    shared[0] = 'a';
    pid_t child = fork();
    if (child == 0) {
        char *moved = mremap(shared, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
        expect(moved == place, "mremap");
        step("child, after the move", "%c", moved[0]);
        moved[PAGE] = 'b';
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step("parent sees", "%c", shared[PAGE]);

    char *twin = mremap(shared, 0, 2 * PAGE, MREMAP_MAYMOVE);
    expect(twin != MAP_FAILED && twin != shared, "mremap of size 0");
    step("twin", "%c%c", twin[0], twin[PAGE]);
    twin[1] = 't';
    shared[2] = 's';
    step("both see", "%c %c", ((volatile char *)shared)[1], ((volatile char *)twin)[2]);
    step_result("munmap the first", munmap(shared, 2 * PAGE));
    step("twin lives", "%c%c%c", twin[0], twin[1], twin[2]);
    contract_pass();
}
