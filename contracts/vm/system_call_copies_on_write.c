/* Contract: a system call that stores into a page which is shared after fork, and which the
 * process has read before, copies the page as a store of its own would: the process sees what
 * the call stored, and the child does not.
 * Source: fork(2); mm/memory.c:do_wp_page. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/wait.h>

static int pipes[3][2];

static char first(volatile char *page)
{
    return page[0] ? page[0] : '-';
}

/* What the child has in the page once it is asked. */
static void child(volatile char *page, int parent_reads)
{
    char answer, go;
    if (!parent_reads)
        (void)first(page);
    expect(read(pipes[1][0], &go, 1) == 1, "the child's read");
    answer = first(page);
    expect(write(pipes[2][1], &answer, 1) == 1, "the child's write");
    _exit(0);
}

static void check(const char *name, int written, int read_first)
{
    char ours, theirs;
    volatile char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (written)
        page[0] = 'a';
    if (fork() == 0)
        child(page, read_first);
    if (read_first)
        (void)first(page);
    expect(write(pipes[0][1], "b", 1) == 1, "write");
    expect(read(pipes[0][0], (char *)page, 1) == 1, "read into the page");
    ours = first(page);
    expect(write(pipes[1][1], "g", 1) == 1, "go");
    expect(read(pipes[2][0], &theirs, 1) == 1, "answer");
    wait(NULL);
    step(name, "parent %c, child %c", ours, theirs);
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        expect(pipe(pipes[i]) == 0, "pipe");
    check("never touched", 0, 0);
    check("written", 1, 0);
    check("read", 0, 1);
    check("written and read", 1, 1);
    contract_pass();
}
