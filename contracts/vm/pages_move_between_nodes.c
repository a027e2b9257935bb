/* Contract: move_pages(2) tells where pages are, or moves them, one status a page; migrate_pages(2)
 * moves a process; both know processes and nodes, and whether the caller may.
 * Requires: root, Linux 6.9
 * Source: mm/migrate.c:kernel_move_pages, do_pages_move, mm/mempolicy.c:kernel_migrate_pages. */
#include "../contract.h"
#include <sys/mman.h>

enum { PAGE = 4096, MOVE = 2, MOVE_ALL = 4, UNTOUCHED = 0x777 };

static void *pages[4], *volatile nowhere = (void *)8;
static int nodes[4], status[4];

static long move(pid_t pid, long count, void *from, int *to, int *told, int flags)
{
    return syscall(SYS_move_pages, pid, count, from, to, told, flags);
}

/* Print a result, and what was told of each page: a node, an error, or nothing. */
static void show(const char *what, long result)
{
    char text[128] = "";
    if (result == -1)
        sprintf(text, " %s;", errno_name(errno));
    for (int i = 0; i < 4; i++)
        sprintf(text + strlen(text), " %s", status[i] >= 0 && status[i] < 64 ? "a node"
                : status[i] == UNTOUCHED ? "-" : errno_name(-status[i]));
    step(what, "%ld%s", result, text);
    for (int i = 0; i < 4; i++)
        status[i] = UNTOUCHED;
}

static long migrate(pid_t pid, unsigned long *old, unsigned long *new)
{
    return syscall(SYS_migrate_pages, pid, 1024L, old, new);
}

int main(void)
{
    char *at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static unsigned long none[16], first[16] = {1};
    expect(at != MAP_FAILED && munmap(at + 3 * PAGE, PAGE) == 0, "mmap");
    at[0] = 1;
    volatile char zero = at[PAGE];
    (void)zero;
    for (int i = 0; i < 4; i++) {
        pages[i] = at + i * PAGE;
        status[i] = UNTOUCHED;
    }
    show("where", move(0, 4, pages, NULL, status, 0));
    show("by number", move(getpid(), 4, pages, NULL, status, MOVE));
    at[PAGE] = 1;
    show("move", move(0, 4, pages, nodes, status, MOVE));
    show("move without a flag", move(0, 4, pages, nodes, status, 0));
    nodes[1] = 63;
    show("to a node that is not there", move(0, 4, pages, nodes, status, MOVE));
    nodes[1] = -1;
    show("to no node", move(0, 4, pages, nodes, status, MOVE));
    nodes[1] = 0;
    show("an unknown flag", move(0, 4, pages, NULL, status, 1));
    show("nothing", move(0, 0, pages, nodes, status, MOVE));
    show("a process that is not there", move(0x7fffffff, 4, pages, NULL, status, 0));
    show("bad pages", move(0, 1, nowhere, NULL, status, 0));
    show("bad nodes", move(0, 1, pages, nowhere, status, MOVE));
    show("bad status", move(0, 1, pages, NULL, nowhere, 0));

    step_result("migrate", migrate(0, first, first));
    expect_errno(migrate(0, first, none), EINVAL, "to no node");
    expect_errno(migrate(0x7fffffff, first, first), ESRCH, "of a process that is not there");
    expect_errno(migrate(-1, first, first), ESRCH, "of no process");
    expect_errno(migrate(0, nowhere, first), EFAULT, "a bad mask");
    expect_errno(migrate(0, first, nowhere), EFAULT, "another bad mask");
    expect_errno(syscall(SYS_migrate_pages, 0, 40000L, first, first), EINVAL, "40000 bits");

    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        show("of the parent", move(parent, 2, pages, NULL, status, 0));
        expect(setresgid(99, 99, 99) == 0 && setresuid(99, 99, 99) == 0, "setresuid");
        show("of root", move(parent, 2, pages, NULL, status, 0));
        show("of the user itself", move(0, 2, pages, NULL, status, 0));
        show("all", move(0, 1, pages, nodes, status, MOVE_ALL));
        expect_errno(migrate(parent, first, first), EPERM, "migrate root's");
        expect_errno(syscall(SYS_mbind, at, PAGE, 2, first, 64L, 4), EPERM, "bind, and move all");
        _exit(0);
    }
    wait_for_success(child);
    contract_pass();
}
