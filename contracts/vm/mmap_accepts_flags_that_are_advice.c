/* Contract: MAP_STACK, MAP_NORESERVE, MAP_POPULATE, MAP_NONBLOCK, MAP_DENYWRITE,
 * MAP_EXECUTABLE and unknown high bits are accepted with MAP_PRIVATE and MAP_SHARED, and the
 * memory is ordinary: zero, writable, as long as asked. MAP_SHARED_VALIDATE knows no unknown
 * bits: EOPNOTSUPP for a file.
 * Source: mmap(2); mm/mmap.c:do_mmap. */
#include "../contract.h"
#include <sys/mman.h>

#ifndef MAP_SHARED_VALIDATE
#define MAP_SHARED_VALIDATE 3
#endif

enum { PAGE = 4096 };

static void try(const char *name, int flags, int fd)
{
    errno = 0;
    volatile char *pages = (char *)syscall(SYS_mmap, NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
                                           flags, fd, 0);
    if (pages == MAP_FAILED) {
        step(name, "%s", errno_name(errno));
        return;
    }
    int first = pages[0], last = pages[3 * PAGE - 1];
    pages[PAGE] = 'x';
    step_vmas(name, (void *)pages, 3 * PAGE);
    step("  bytes", "%d %d %c", first, last, pages[PAGE]);
    step_result("  munmap", munmap((void *)pages, 3 * PAGE));
}

int main(void)
{
    int private = MAP_PRIVATE | MAP_ANONYMOUS, shared = MAP_SHARED | MAP_ANONYMOUS;
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(ftruncate(fd, 3 * PAGE) == 0, "ftruncate");
    try("MAP_STACK", private | MAP_STACK, -1);
    try("MAP_NORESERVE", private | MAP_NORESERVE, -1);
    try("MAP_POPULATE", private | MAP_POPULATE, -1);
    try("MAP_POPULATE|MAP_NONBLOCK", private | MAP_POPULATE | MAP_NONBLOCK, -1);
    try("MAP_DENYWRITE", private | MAP_DENYWRITE, -1);
    try("MAP_EXECUTABLE", private | MAP_EXECUTABLE, -1);
    try("MAP_LOCKED", private | MAP_LOCKED, -1);
    try("as pthreads ask", private | MAP_STACK | MAP_NORESERVE, -1);
    try("shared MAP_NORESERVE", shared | MAP_NORESERVE, -1);
    try("shared MAP_POPULATE", shared | MAP_POPULATE, -1);
    try("private, unknown bit", private | 1 << 22, -1);
    try("shared, unknown bit", shared | 1 << 22, -1);
    try("file, private, unknown bit", MAP_PRIVATE | 1 << 22, fd);
    try("file, shared, unknown bit", MAP_SHARED | 1 << 22, fd);
    try("file, MAP_SHARED_VALIDATE", MAP_SHARED_VALIDATE, fd);
    try("file, MAP_SHARED_VALIDATE, unknown bit", MAP_SHARED_VALIDATE | 1 << 22, fd);
    try("MAP_GROWSDOWN shared", shared | MAP_GROWSDOWN, -1);
    contract_pass();
}
