/* Contract: set_mempolicy(2), mbind(2), get_mempolicy(2) and set_mempolicy_home_node(2) check modes,
 * masks of nodes and ranges; policies are inherited, and belong to a thread or to a mapping.
 * Requires: Linux 6.9
 * Source: mm/mempolicy.c:do_set_mempolicy, do_mbind, do_get_mempolicy, get_nodes, mpol_new. */
#include "../contract.h"
#include <sys/mman.h>

enum { DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL, MANY, WEIGHTED, HOME_NODE = 450, PAGE = 4096 };
enum { NODE = 1, ADDR = 2, ALLOWED = 4, BALANCING = 1 << 13, RELATIVE = 1 << 14, STATIC = 1 << 15 };

/* Node 15 is not there, but every kernel that has nodes has a number for it. */
static unsigned long none[16], first[16] = {1}, distant[16] = {1UL << 15};
static void *volatile nowhere = (void *)8;

static long set(int mode, unsigned long *nodes)
{
    return syscall(SYS_set_mempolicy, mode, nodes, 1024L);
}

static long bind(char *at, long size, int mode, unsigned long *nodes, int flags)
{
    return syscall(SYS_mbind, at, size, mode, nodes, nodes == NULL ? 0L : 1024L, flags);
}

/* Print the policy of the thread, or of an address. */
static void show(const char *what, char *at)
{
    unsigned long nodes[16];
    int mode = -1;
    memset(nodes, 0xee, sizeof nodes);
    long result = syscall(SYS_get_mempolicy, &mode, nodes, 1024L, at, at == NULL ? 0 : ADDR);
    step(what, "%ld, mode %#x, nodes %#lx %#lx", result, mode, nodes[0], nodes[15]);
}

static long get(int *mode, unsigned long *nodes, long bits, char *at, int flags)
{
    return syscall(SYS_get_mempolicy, mode, nodes, bits, at, flags);
}

static void of_the_thread(void)
{
    unsigned long nodes[16] = {0};
    int mode = -1;
    show("at first", NULL);
    expect_errno(set(DEFAULT, first), EINVAL, "default with a node");
    step_result("default", set(DEFAULT, none));
    step_result("preferred", set(PREFERRED, first));
    show("it is", NULL);
    step_result("preferred without a node", set(PREFERRED, none));
    show("that is local", NULL);
    step_result("preferred without a mask", set(PREFERRED, NULL));
    expect_errno(set(PREFERRED | STATIC, none), EINVAL, "static without a node");
    expect_errno(set(PREFERRED, distant), EINVAL, "preferred of a node that is not there");
    expect_errno(set(BIND, none), EINVAL, "bind to no node");
    expect_errno(set(BIND, NULL), EINVAL, "bind without a mask");
    expect_errno(set(BIND, nowhere), EFAULT, "bind with a bad mask");
    step_result("bind", set(BIND, first));
    show("it is", NULL);
    step_result("static", set(BIND | STATIC, first));
    show("it is", NULL);
    step_result("relative", set(BIND | RELATIVE, first));
    show("it is", NULL);
    expect_errno(set(BIND | STATIC | RELATIVE, first), EINVAL, "both");
    step_result("balancing", set(BIND | BALANCING, first));
    show("it is", NULL);
    expect_errno(set(INTERLEAVE | BALANCING, first), EINVAL, "interleave and balance");
    expect_errno(get(NULL, NULL, 0, NULL, NODE), EINVAL, "the next node of bind");
    step_result("interleave", set(INTERLEAVE, first));
    show("it is", NULL);
    step_result("the next node", get(&mode, NULL, 0, NULL, NODE));
    step("it is", "%d", mode);
    step_result("weighted", set(WEIGHTED, first));
    show("it is", NULL);
    step_result("local", set(LOCAL, NULL));
    show("it is", NULL);
    expect_errno(set(LOCAL, first), EINVAL, "local with a node");
    step_result("many", set(MANY, first));
    show("it is", NULL);
    expect_errno(set(7, first), EINVAL, "an unknown mode");
    expect_errno(set(-1, first), EINVAL, "no mode");
    expect_errno(syscall(SYS_set_mempolicy, BIND, first, 1L), EINVAL, "a mask of no bits");
    step_result("a mask of one bit", syscall(SYS_set_mempolicy, BIND, first, 2L));
    expect_errno(syscall(SYS_set_mempolicy, BIND, first, 40000L), EINVAL, "a mask of 40000 bits");
    step_result("what is allowed", get(&mode, nodes, 1024, NULL, ALLOWED));
    step("the first", "%d, %lu", mode, nodes[0] & 1);
    expect_errno(get(&mode, nodes, 1024, NULL, ALLOWED | NODE), EINVAL, "allowed, and the next");
    expect_errno(get(&mode, nodes, 1024, NULL, 8), EINVAL, "an unknown flag");
    expect_errno(get(&mode, nodes, 0, NULL, 0), EINVAL, "room for no node");
    expect_errno(get(nowhere, NULL, 0, NULL, 0), EFAULT, "a bad mode");
    expect_errno(get(&mode, nowhere, 1024, NULL, 0), EFAULT, "a bad mask");
}

int main(void)
{
    char *at = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned long nodes[16];
    int mode = -1;
    expect(at != MAP_FAILED, "mmap");
    of_the_thread();
    pid_t child = fork();
    if (child == 0) {
        show("inherited", NULL);
        _exit(0);
    }
    wait_for_success(child);
    step_result("default again", set(DEFAULT, NULL));

    show("of an address", at);
    expect_errno(get(&mode, nodes, 1024, NULL, ADDR), EFAULT, "of no address");
    expect_errno(get(&mode, nodes, 1024, at, 0), EINVAL, "an address, and no flag");
    at[0] = 1;
    step_result("the node of a page", get(&mode, NULL, 0, at, ADDR | NODE));
    step("it is there", "%d", mode >= 0);
    step_result("bind", bind(at + PAGE, PAGE + 1, BIND, first, 0));
    show("before it", at);
    show("in it", at + PAGE);
    show("its second page", at + 2 * PAGE);
    show("behind it", at + 3 * PAGE);
    expect_errno(bind(at + 1, PAGE, BIND, first, 0), EINVAL, "not a page");
    step_result("nothing", bind(at, 0, BIND, first, 0));
    expect_errno(bind(at, PAGE, BIND, none, 0), EINVAL, "to no node");
    expect_errno(bind(at, PAGE, BIND, distant, 0), EINVAL, "to a node that is not there");
    expect_errno(bind(at, PAGE, DEFAULT, first, 0), EINVAL, "default with a node");
    expect_errno(bind(at, PAGE, BIND, first, 8), EINVAL, "an unknown flag");
    step_result("strictly, and move", bind(at, PAGE, INTERLEAVE, first, 3));
    show("it is", at);
    expect_errno(bind((char *)-PAGE, 2 * PAGE, BIND, first, 0), EINVAL, "beyond all addresses");
    expect(munmap(at + 5 * PAGE, PAGE) == 0, "munmap");
    expect_errno(bind(at + 4 * PAGE, 4 * PAGE, BIND, first, 0), EFAULT, "with a gap");
    show("nothing was done", at + 4 * PAGE);
    expect_errno(bind(at + 5 * PAGE, PAGE, BIND, first, 0), EFAULT, "nothing but a gap");
    expect_errno(get(&mode, nodes, 1024, at + 5 * PAGE, ADDR), EFAULT, "of a gap");
    step_result("default over a gap", bind(at + 4 * PAGE, 4 * PAGE, DEFAULT, NULL, 0));
    step_result("local", bind(at + 4 * PAGE, PAGE, LOCAL, NULL, 0));
    show("it is", at + 4 * PAGE);

    expect_errno(syscall(HOME_NODE, at + 4 * PAGE, PAGE, 0, 0), EOPNOTSUPP, "a home for local");
    expect_errno(syscall(HOME_NODE, at + 7 * PAGE, PAGE, 0, 0), ENOENT, "a home without a policy");
    step_result("a home for bind", syscall(HOME_NODE, at + PAGE, PAGE, 0, 0));
    expect_errno(syscall(HOME_NODE, at + PAGE, PAGE, 0, 1), EINVAL, "with a flag");
    expect_errno(syscall(HOME_NODE, at + PAGE, PAGE, 63, 0), EINVAL, "at a node that is not there");
    expect_errno(syscall(HOME_NODE, at + PAGE, PAGE, -1L, 0), EINVAL, "at no node");
    expect_errno(syscall(HOME_NODE, at + 1, PAGE, 0, 0), EINVAL, "not a page");
    step_result("of nothing", syscall(HOME_NODE, at + PAGE, 0, 0, 0));

    child = fork();
    if (child == 0) {
        show("inherited", at + PAGE);
        step_result("changed", bind(at + PAGE, PAGE, DEFAULT, NULL, 0));
        _exit(0);
    }
    wait_for_success(child);
    show("of the parent", at + PAGE);
    char *moved = mremap(at + PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
    expect(moved != MAP_FAILED, "mremap");
    show("moved", moved + PAGE);
    contract_pass();
}
