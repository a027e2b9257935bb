/* Contract: a shared futex is the word itself, whoever maps it at whatever address; a private one
 * is an address of one address space. In private memory both are different.
 * Source: futex(2); kernel/futex/core.c:get_futex_key(). */
#include "threads.h"
#include <sys/mman.h>

enum { PAGE = 4096 };

static pid_t waiter(unsigned int *word, int operation)
{
    pid_t child = fork();
    if (child == 0)
        _exit(futex(word, operation, 0, NULL, NULL, 0) == 0 ? 0 : errno);
    wait_for_state(child, 'S');
    return child;
}

static void wake(const char *name, unsigned int *word, int operation)
{
    step_result(name, futex(word, operation, 10, NULL, NULL, 0));
}

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(fd >= 0 && ftruncate(fd, 2 * PAGE) == 0, "file");
    unsigned int *one = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE);
    unsigned int *two = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    unsigned int *readonly = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
    unsigned int *copy = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
    unsigned int *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned int *own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(own != MAP_FAILED && memory != MAP_FAILED && copy != MAP_FAILED, "mmap");

    pid_t child = waiter(one + 3, FUTEX_WAIT);
    wake("another word", one + 2, FUTEX_WAKE);
    wake("private", one + 3, FUTEX_WAKE_PRIVATE);
    wake("a private copy", copy + 3, FUTEX_WAKE);
    wake("by another mapping", two + PAGE / 4 + 3, FUTEX_WAKE);
    wait_for_success(child);
    child = waiter(two + PAGE / 4 + 3, FUTEX_WAIT);
    wake("by a mapping that cannot be written", readonly + 3, FUTEX_WAKE);
    wait_for_success(child);
    child = waiter(readonly + 1, FUTEX_WAIT);
    wake("of one who cannot write it", one + 1, FUTEX_WAKE);
    wait_for_success(child);
    child = waiter(memory, FUTEX_WAIT);
    wake("shared anonymous memory", memory, FUTEX_WAKE);
    wait_for_success(child);

    struct sleeper thread;
    sleep_on(&thread, own, FUTEX_WAIT, 0, 0);
    wake("private memory by a private wake", own, FUTEX_WAKE_PRIVATE);
    wake("private memory", own, FUTEX_WAKE);
    step_end("thread", &thread);
    sleep_on(&thread, one, FUTEX_WAIT_PRIVATE, 0, 0);
    wake("shared memory by a shared wake", one, FUTEX_WAKE);
    wake("by a private wake at another address", two + PAGE / 4, FUTEX_WAKE_PRIVATE);
    wake("by a private wake", one, FUTEX_WAKE_PRIVATE);
    step_end("thread", &thread);
    child = waiter(own, FUTEX_WAIT);
    wake("a child's copy of private memory", own, FUTEX_WAKE);
    kill(child, SIGKILL);
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    step_result("munmap", munmap(memory, PAGE));
    expect_errno(futex(memory, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT, "unmapped");
    contract_pass();
}
