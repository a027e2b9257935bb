/* Contract: a task made with CLONE_CHILD_CLEARTID, or that called set_tid_address, zeroes the word
 * at its end and wakes one shared waiter there; not if nobody shares its memory. The parent's
 * word has the id before clone returns.
 * Source: clone(2), set_tid_address(2); kernel/fork.c:mm_release(). */
#include "threads.h"
#include <sched.h>
#include <sys/mman.h>

static volatile pid_t word = 77, parent_word;
static char stack[65536] __attribute__((aligned(16)));
static int go[2];

static int child_body(void *unused)
{
    char byte;
    (void)unused;
    return read(go[0], &byte, 1) == 1 ? 0 : 1;
}

static int sets_address(void *other)
{
    return syscall(SYS_set_tid_address, other) == own_tid() ? child_body(NULL) : 1;
}

static void play(const char *name, int (*body)(void *), int flags)
{
    word = 77, parent_word = 0;
    int pid = clone(body, stack + sizeof stack, flags | CLONE_PARENT_SETTID | SIGCHLD,
                    (void *)&word, &parent_word, NULL, &word);
    expect(pid > 0, "clone");
    step("the parent's word", "%d", parent_word == pid);
    while (flags & CLONE_VM && flags & CLONE_CHILD_SETTID && word == 77)
        usleep(1000);
    if (flags & CLONE_VM && flags & CLONE_CHILD_SETTID)
        step("the child's word", "%d", word == pid);
    pid_t expected = word;
    expect(write(go[1], "x", 1) == 1, "write");
    if (flags & CLONE_VM) {
        while (word == expected)
            futex((unsigned int *)&word, FUTEX_WAIT, expected, NULL, NULL, 0);
    }
    expect(waitpid(pid, NULL, 0) == pid, "waitpid");
    step(name, "%d", word == 77 ? 77 : word);
}

int main(void)
{
    expect(pipe(go) == 0, "pipe");
    play("cleared", child_body, CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID);
    play("by set_tid_address", sets_address, CLONE_VM);
    play("memory of its own", child_body, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID);
    unsigned int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *shared = 5;
    pid_t child = fork();
    if (child == 0) {
        syscall(SYS_set_tid_address, shared);
        _exit(0);
    }
    wait_for_success(child);
    step("nobody shares its memory", "%u", *shared);
    contract_pass();
}
