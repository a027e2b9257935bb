/* Contract: mappings that touch and are of one kind become one VMA: anonymous private ones of
 * equal permissions, file ones that continue the same file. Others stay apart: other
 * permissions, a jump in the file, private beside shared, two shared anonymous ones.
 * Source: mm/vma.c:vma_merge_new_range, can_vma_merge_after. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static char *arena;
static int fd;

static void clear(const char *name)
{
    step("case", "%s", name);
    expect(munmap(arena, 4 * PAGE) == 0, "munmap");
}

static void place(long page, int protection, int kind, long file_page)
{
    char *wanted = arena + page * PAGE;
    char *got = mmap(wanted, PAGE, protection, kind | MAP_FIXED_NOREPLACE,
                     kind & MAP_ANONYMOUS ? -1 : fd, file_page * PAGE);
    expect(got == wanted, "mmap");
    step_vmas("  maps", arena, 4 * PAGE);
}

int main(void)
{
    int both = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(fd >= 0 && ftruncate(fd, 4 * PAGE) == 0, "file");
    arena = mmap(NULL, 6 * PAGE, PROT_NONE, anonymous, -1, 0);
    expect(arena != MAP_FAILED, "mmap");
    arena += PAGE; /* the outer two pages keep strangers away */
    clear("anonymous, equal, then the gap");
    place(0, both, anonymous, 0);
    place(1, both, anonymous, 0);
    place(3, both, anonymous, 0);
    place(2, both, anonymous, 0);
    clear("anonymous, other permissions");
    place(0, both, anonymous, 0);
    place(1, PROT_READ, anonymous, 0);
    place(2, PROT_READ, anonymous, 0);
    place(3, both, anonymous, 0);
    clear("anonymous shared");
    place(0, both, MAP_SHARED | MAP_ANONYMOUS, 0);
    place(1, both, MAP_SHARED | MAP_ANONYMOUS, 0);
    clear("shared file, upwards, then a jump");
    place(0, both, MAP_SHARED, 0);
    place(1, both, MAP_SHARED, 1);
    place(2, both, MAP_SHARED, 3);
    clear("private file, downwards");
    place(3, both, MAP_PRIVATE, 3);
    place(2, both, MAP_PRIVATE, 2);
    place(1, both, MAP_PRIVATE, 2);
    clear("private beside shared");
    place(0, both, MAP_PRIVATE, 0);
    place(1, both, MAP_SHARED, 1);
    place(2, both, anonymous, 0);
    contract_pass();
}
