/* Contract: the last page of a file mapping is filled up with zeros; whole pages beyond it
 * raise SIGBUS with BUS_ADRERR at the exact byte, for both kinds of mapping, until the file
 * grows.
 * Source: mmap(2); mm/filemap.c:filemap_fault. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(void)
{
    contract_catch_faults();
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(write(fd, "0123456789", 10) == 10, "write");
    for (int kind = 0; kind < 2; kind++) {
        step("mapping", "%s", kind ? "private" : "shared");
        char *map = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, kind ? MAP_PRIVATE : MAP_SHARED,
                         fd, 0);
        expect(map != MAP_FAILED, "mmap");
        step_access("last byte of the file", 'r', map, 9);
        step_access("byte after it", 'r', map, 10);
        step_access("last byte of its page", 'r', map, PAGE - 1);
        step_access("first byte of the next page", 'r', map, PAGE);
        step_access("write in the next page", 'w', map, PAGE + 77);
        step_access("last byte of the mapping", 'r', map, 3 * PAGE - 1);
        expect(ftruncate(fd, PAGE + 1) == 0, "ftruncate");
        step_access("file grown: next page", 'w', map, PAGE + 77);
        step_access("file grown: its last byte", 'r', map, 2 * PAGE - 1);
        step_access("file grown: page after", 'r', map, 2 * PAGE);
        expect(munmap(map, 3 * PAGE) == 0, "munmap");
        expect(ftruncate(fd, 10) == 0, "ftruncate");
    }
    char *map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 7 * PAGE);
    step("mapping wholly beyond the end", "%s", map == MAP_FAILED ? errno_name(errno) : "mapped");
    step_access("its first byte", 'r', map, 0);
    contract_pass();
}
