/* Contract: fork gives the child the parent's break and a copy of its heap; afterwards each
 * moves its own break and writes its own pages.
 * Source: fork(2), brk(2); kernel/fork.c:dup_mm. */
#include "../contract.h"
#include <sys/wait.h>

enum { PAGE = 4096 };

static char *heap;

static void move(const char *name, long offset)
{
    long answer = syscall(SYS_brk, offset < 0 ? NULL : heap + offset);
    step(name, "start%+ld", answer - (long)heap);
}

int main(void)
{
    step("first", "a line, so that the buffer of stdout exists");
    heap = (char *)((syscall(SYS_brk, 0) + PAGE - 1) & ~(PAGE - 1L));
    move("parent grows", 2 * PAGE);
    strcpy(heap, "parent");
    pid_t child = fork();
    if (child == 0) {
        move("child asks", -1);
        step("child reads", "%s", heap);
        strcpy(heap, "child");
        move("child grows", 6 * PAGE);
        strcpy(heap + 5 * PAGE, "far");
        step("child reads its own", "%s %s", heap, heap + 5 * PAGE);
        _exit(7);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("child exits", "%d", WEXITSTATUS(status));
    move("parent asks", -1);
    step("parent reads", "%s", heap);
    move("parent grows as well", 6 * PAGE);
    step("its new page", "%d", heap[5 * PAGE]);
    contract_pass();
}
