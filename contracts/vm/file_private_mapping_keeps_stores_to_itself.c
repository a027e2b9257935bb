/* Contract: stores to a MAP_PRIVATE mapping of a file reach neither the file nor another
 * mapping. A page that was not stored to shows later writes to the file; one that was,
 * does not, even in bytes that were not stored. A read-only descriptor is enough.
 * Source: mmap(2); mm/memory.c:do_cow_fault. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

int main(void)
{
    char text[16] = "", page[PAGE];
    int fd = open("file", O_RDWR | O_CREAT, 0600), readonly = open("file", O_RDONLY);
    memset(page, 'f', PAGE);
    for (int i = 0; i < 3; i++)
        expect(write(fd, page, PAGE) == PAGE, "write");
    char *private = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, readonly, 0);
    char *shared = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, readonly, 0);
    expect(private != MAP_FAILED && shared != MAP_FAILED, "mmap");
    volatile char *mine = private, *theirs = shared;

    step("at first", "%c %c %c", mine[0], mine[PAGE], mine[2 * PAGE]);
    strcpy(private, "store");
    expect(pread(fd, text, 5, 0) == 5, "pread");
    step("after a store, the file", "%s", text);
    step("shared mapping", "%.5s", shared);
    step("private mapping", "%s", private);

    step_result("pwrite to the stored page", pwrite(fd, "W", 1, 100));
    step("byte 100", "private %c, shared %c", mine[100], theirs[100]);
    step_result("pwrite to a page only read", pwrite(fd, "W", 1, PAGE + 100));
    step("its byte 100", "private %c, shared %c", mine[PAGE + 100], theirs[PAGE + 100]);

    pid_t child = fork();
    if (child == 0) {
        mine[1] = 'T';
        mine[2 * PAGE] = 'C';
        step("child", "%s %c", private, mine[2 * PAGE]);
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step("parent", "%s %c", private, mine[2 * PAGE]);
    expect(pread(fd, text, 5, 0) == 5, "pread");
    step("file at the end", "%s", text);
    step_result("msync is accepted", msync(private, PAGE, MS_SYNC));
    expect(pread(fd, text, 5, 0) == 5, "pread");
    step("and writes nothing", "%s", text);
    contract_pass();
}
