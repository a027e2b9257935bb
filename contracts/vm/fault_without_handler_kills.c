/* Contract: a fault that no handler catches kills the process with signal 11 (7 for a page
 * beyond the end of its file), and the parent's wait says so.
 * Source: signal(7), wait(2); kernel/signal.c:force_sig_fault. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

/* Run one access in a child; print how it ended. */
static void dies(const char *name, volatile char *byte, int how)
{
    pid_t child = fork();
    if (child == 0) {
        if (how == 'r')
            (void)*byte;
        else
            *byte = 'w';
        _exit(3);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    if (WIFSIGNALED(status))
        step(name, "signal %d", WTERMSIG(status));
    else
        step(name, "exit %d", WEXITSTATUS(status));
}

int main(void)
{
    struct rlimit no_core = {0, 0};
    expect(setrlimit(RLIMIT_CORE, &no_core) == 0, "setrlimit");
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
    char *pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    memset(pages, 'a', 4 * PAGE);
    expect(mprotect(pages + PAGE, PAGE, PROT_READ) == 0, "mprotect");
    expect(mprotect(pages + 2 * PAGE, PAGE, PROT_NONE) == 0, "mprotect");
    int fd = open("empty", O_RDWR | O_CREAT, 0600);
    char *file = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    expect(file != MAP_FAILED, "mmap of an empty file");
    expect(munmap(pages + 3 * PAGE, PAGE) == 0, "munmap");
    dies("write to a writable page", pages, 'w');
    dies("read of a read-only page", pages + PAGE, 'r');
    dies("write to a read-only page", pages + PAGE, 'w');
    dies("read of a PROT_NONE page", pages + 2 * PAGE, 'r');
    dies("write to a PROT_NONE page", pages + 2 * PAGE, 'w');
    dies("read of an unmapped page", pages + 3 * PAGE, 'r');
    dies("write to an unmapped page", pages + 3 * PAGE, 'w');
    step("SIGBUS is", "%d", SIGBUS);
    dies("read beyond the end of a file", file, 'r');
    dies("write beyond the end of a file", file, 'w');
    step("parent lives on", "%c", pages[0]);
    contract_pass();
}
