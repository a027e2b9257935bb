/* Contract: a MAP_SHARED|MAP_ANONYMOUS page is one page for parent, child and grandchild:
 * each sees what the others store, whichever of them touched it first.
 * Source: mmap(2), fork(2). */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

static int down[2], up[2];

static void pass(int pipe_end)
{
    expect(write(pipe_end, "x", 1) == 1, "write");
}

static void await(int pipe_end)
{
    char byte;
    expect(read(pipe_end, &byte, 1) == 1, "read");
}

int main(void)
{
    volatile char *shared = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(shared != MAP_FAILED, "mmap");
    expect(pipe(down) == 0 && pipe(up) == 0, "pipe");
    step("new", "%d %d %d", shared[0], shared[PAGE], shared[PAGE - 1]);
    shared[0] = 'p';
    pid_t child = fork();
    if (child == 0) {
        step("child sees", "%c %d", shared[0], shared[2 * PAGE]);
        shared[0] = 'c';
        shared[2 * PAGE] = 'C';
        pid_t grandchild = fork();
        if (grandchild == 0) {
            step("grandchild sees", "%c %c", shared[0], shared[2 * PAGE]);
            shared[PAGE] = 'g';
            _exit(0);
        }
        expect(waitpid(grandchild, NULL, 0) == grandchild, "waitpid");
        step("child sees", "%c", shared[PAGE]);
        pass(up[1]);
        await(down[0]);
        step("child sees", "%c %c %c", shared[0], shared[PAGE], shared[2 * PAGE]);
        expect(munmap((void *)shared, 3 * PAGE) == 0, "munmap");
        _exit(0);
    }
    await(up[0]);
    step("parent sees", "%c %c %c", shared[0], shared[PAGE], shared[2 * PAGE]);
    shared[0] = 'P';
    pass(down[1]);
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step("parent sees after the end of the others", "%c %c %c", shared[0], shared[PAGE],
         shared[2 * PAGE]);
    contract_pass();
}
