/* Contract: a MAP_SHARED mapping of a file and the file are the same bytes at once: read sees
 * stores, loads see writes, two mappings and another process see each other, msync or not.
 * Bytes beyond the end of the file in the last page do not get into the file.
 * Source: mmap(2), msync(2); mm/filemap.c (one page cache for both). */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

int main(void)
{
    char text[16] = "";
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(fd >= 0 && ftruncate(fd, PAGE + 10) == 0, "file");
    char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *second = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
    expect(map != MAP_FAILED && second != MAP_FAILED, "mmap");
    step("a hole reads", "%d", ((volatile char *)map)[100]);

    strcpy(map + 10, "stored");
    step_result("pread", pread(fd, text, 7, 10));
    step("what was stored", "%s", text);
    step_result("pwrite", pwrite(fd, "written", 8, 20));
    step("what was written", "%s", map + 20);
    int other = open("file", O_WRONLY);
    step_result("pwrite by another open", pwrite(other, "other", 6, PAGE));
    step("seen in both mappings", "%s %s", map + PAGE, second);

    pid_t child = fork();
    if (child == 0) {
        strcpy(map + 40, "child");
        step_result("child writes", pwrite(fd, "byfile", 7, 50));
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step("parent sees", "%s %s", map + 40, map + 50);

    strcpy(map + PAGE + 10, "beyond");
    step("beyond the end, in memory", "%s", map + PAGE + 10);
    step_result("pread beyond the end", pread(fd, text, 7, PAGE + 10));
    step_result("size", lseek(fd, 0, SEEK_END));
    step_result("msync", msync(map, 2 * PAGE, MS_SYNC));
    step_result("munmap", munmap(map, 2 * PAGE));
    step_result("pread after munmap", pread(fd, text, 7, 10));
    step("still stored", "%s", text);
    contract_pass();
}
