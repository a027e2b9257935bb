/* Contract: after fork, private memory is a copy in both directions: neither a store of the
 * child nor one of the parent is seen by the other, whichever comes first; nor by a
 * grandchild forked before it. It holds for mappings, data, heap and stack.
 * Source: fork(2); mm/memory.c:do_wp_page. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

static int to_child[2], to_parent[2], to_grandchild[2];
static volatile char data[2] = "dd";

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
    volatile char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    volatile char *heap = malloc(2), stack[2] = {'s', 's'};
    expect(map != MAP_FAILED && heap, "memory");
    expect(!pipe(to_child) && !pipe(to_parent) && !pipe(to_grandchild), "pipe");
    map[0] = map[PAGE] = 'm';
    heap[0] = heap[1] = 'h';
#define SHOW(who) step(who, "map %c%c data %c%c heap %c%c stack %c%c", map[0], map[PAGE], \
                       data[0], data[1], heap[0], heap[1], stack[0], stack[1])
    SHOW("before fork");
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            await(to_grandchild[0]);
            SHOW("grandchild, after both stored");
            _exit(0);
        }
        map[0] = data[0] = heap[0] = stack[0] = '1';
        SHOW("child stored");
        pass(to_parent[1]);
        await(to_child[0]);
        SHOW("child, after parent stored");
        pass(to_grandchild[1]);
        expect(waitpid(grandchild, NULL, 0) == grandchild, "waitpid");
        _exit(0);
    }
    await(to_parent[0]);
    SHOW("parent, after child stored");
    map[PAGE] = data[1] = heap[1] = stack[1] = '2';
    SHOW("parent stored");
    pass(to_child[1]);
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    SHOW("parent at the end");
    contract_pass();
}
