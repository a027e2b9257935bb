/* Contract: MAP_FIXED maps exactly there and replaces what was there, page by page, whatever
 * it was; the rest of the old mapping stays. If it fails, the old mapping has not been
 * touched.
 * Source: mmap(2); mm/vma.c:__mmap_region. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *arena;

static void place(const char *name, long page, long count, int protection, int kind, int fd)
{
    char *result = mmap(arena + page * PAGE, count * PAGE, protection, kind | MAP_FIXED, fd, 0);
    if (result == MAP_FAILED)
        step(name, "%s", errno_name(errno));
    else
        step(name, "page %ld", (long)(result - arena) / PAGE);
    step_vmas("  maps", arena, 8 * PAGE);
    char text[8];
    for (int i = 0; i < 8; i++) {
        text[i] = '-';
        if (sigsetjmp(contract_fault.back, 1) == 0)
            text[i] = ((volatile char *)arena)[i * PAGE];
        text[i] = text[i] ? text[i] : '.';
    }
    step("  pages", "%.8s", text);
}

int main(void)
{
    contract_catch_faults();
    int both = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    int fd = open("file", O_RDWR | O_CREAT, 0600), writer = open("file", O_WRONLY);
    expect(write(fd, "file", 4) == 4, "write");
    arena = mmap(NULL, 8 * PAGE, both, anonymous, -1, 0);
    expect(arena != MAP_FAILED, "mmap");
    for (int i = 0; i < 8; i++)
        arena[i * PAGE] = 'a' + i;
    place("page 2, anonymous", 2, 1, both, anonymous, -1);
    place("page 4, file", 4, 1, PROT_READ, MAP_SHARED, fd);
    place("5-6, file of one page", 5, 2, both, MAP_PRIVATE, fd);
    place("0, none", 0, 1, PROT_NONE, anonymous, -1);
    place("4-5, anonymous", 4, 2, both, anonymous, -1);
    place("3-6, bad descriptor", 3, 4, both, MAP_PRIVATE, 999);
    place("3-6, not readable", 3, 4, both, MAP_PRIVATE, writer);
    expect(munmap(arena + PAGE, 3 * PAGE) == 0, "munmap");
    place("over holes", 0, 8, PROT_READ, anonymous, -1);
    contract_pass();
}
