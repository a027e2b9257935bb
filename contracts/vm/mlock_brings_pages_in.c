/* Contract: mlock brings every page of its range into core and is counted in VmLck, by whole
 * pages and once, however often it is called; munlock takes it off; munmap unlocks. A hole is
 * ENOMEM, a bad flag to mlockall is EINVAL.
 * Source: mlock(2); mm/mlock.c. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096, COUNT = 4 };

static char *pages;

static void show(const char *name)
{
    unsigned char resident[COUNT];
    char text[8192], core[COUNT + 1] = "", *line;
    int fd = open("/proc/self/status", O_RDONLY);
    long got = read(fd, text, sizeof text - 1), kilobytes = -1;
    close(fd);
    text[got] = 0;
    line = strstr(text, "VmLck:");
    expect(line && sscanf(line, "VmLck: %ld kB", &kilobytes) == 1, "VmLck");
    expect(mincore(pages, COUNT * PAGE, resident) == 0, "mincore");
    for (int i = 0; i < COUNT; i++)
        core[i] = resident[i] & 1 ? '1' : '0';
    step(name, "VmLck %ld kB, in core %s", kilobytes, core);
}

int main(void)
{
    int both = PROT_READ | PROT_WRITE, kind = MAP_PRIVATE | MAP_ANONYMOUS;
    pages = mmap(NULL, COUNT * PAGE, both, kind, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    show("at first");
    step_result("mlock a byte", mlock(pages + 100, 1));
    show("after it");
    step_result("mlock of two pages, one again", mlock(pages, 2 * PAGE));
    show("after it");
    step_vmas("maps", pages, COUNT * PAGE);
    step_result("a range across an edge", mlock(pages + 3 * PAGE - 1, 2));
    show("after it");
    step_result("munlock of page 1", munlock(pages + PAGE, PAGE));
    show("after it");
    step_vmas("maps", pages, COUNT * PAGE);
    step_result("munlock of all", munlock(pages, COUNT * PAGE));
    show("after it");
    step_vmas("maps", pages, COUNT * PAGE);
    step_result("mlock of nothing", mlock(pages, 0));
    char *more = mmap(NULL, 2 * PAGE, both, kind, -1, 0);
    step_result("mlock", mlock(more, 2 * PAGE));
    show("two more");
    step_result("munmap", munmap(more, PAGE));
    show("after it");
    expect_errno(mlock(more, 2 * PAGE), ENOMEM, "mlock of a hole");
    expect_errno(munlock(more, 2 * PAGE), ENOMEM, "munlock of a hole");
    expect_errno(mlockall(0), EINVAL, "mlockall(0)");
    expect_errno(mlockall(1 << 10), EINVAL, "mlockall of an unknown flag");
    step_result("munlockall", munlockall());
    show("at the end");
    contract_pass();
}
