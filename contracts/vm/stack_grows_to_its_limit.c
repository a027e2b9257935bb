/* Contract: the stack of the main thread grows by itself, page by page, until it is exactly
 * as large as RLIMIT_STACK says at that moment; the access after that is SIGSEGV with
 * SEGV_MAPERR just below, and a handler on an alternate stack can still run. Pages that
 * were used stay mapped.
 * Source: getrlimit(2), sigaltstack(2); mm/vma.c:acct_stack_growth. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

static char alternate[65536];
static volatile sig_atomic_t depth;

/* Find the bounds of the VMA called [stack]. */
static void stack_bounds(unsigned long *from, unsigned long *to)
{
    static char text[65536];
    long got, used = 0;
    int fd = open("/proc/self/maps", O_RDONLY);
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += got;
    close(fd);
    text[used] = 0;
    char *line = strstr(text, "[stack]");
    expect(line, "[stack] in maps");
    while (line > text && line[-1] != '\n')
        line--;
    expect(sscanf(line, "%lx-%lx", from, to) == 2, "maps");
}

static void overflow(int number, siginfo_t *info, void *context)
{
    unsigned long from, to, fault = (unsigned long)info->si_addr;
    (void)context;
    stack_bounds(&from, &to);
    step("signal", "%s %s", number == SIGSEGV ? "SIGSEGV" : "another",
         info->si_code == SEGV_MAPERR ? "SEGV_MAPERR" : "another code");
    step("stack in pages", "%lu", (to - from) / PAGE);
    step("fault in the page below", "%s", fault < from && fault >= from - PAGE ? "yes" : "no");
    step("handler on the alternate stack", "%s",
         (char *)&from > alternate && (char *)&from < alternate + sizeof alternate ? "yes" : "no");
    _exit(5);
}

__attribute__((noinline)) static int descend(int left)
{
    volatile char frame[1000];
    depth = depth + 1;
    frame[0] = left;
    int below = left ? descend(left - 1) : 0;
    return below + frame[0] % 2;
}

static void run(long kilobytes, int frames)
{
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit;
        stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
        struct sigaction action = {.sa_sigaction = overflow,
                                   .sa_flags = SA_SIGINFO | SA_ONSTACK};
        getrlimit(RLIMIT_STACK, &limit);
        limit.rlim_cur = kilobytes * 1024;
        expect(setrlimit(RLIMIT_STACK, &limit) == 0, "setrlimit");
        expect(sigaltstack(&stack, NULL) == 0, "sigaltstack");
        expect(sigaction(SIGSEGV, &action, NULL) == 0, "sigaction");
        step("frames of 1000 bytes", "%d", descend(frames) >= 0 ? frames : 0);
        _exit(0);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("child exits", "%d", WEXITSTATUS(status));
}

int main(void)
{
    step("limit", "256 kB");
    run(256, 100);
    run(256, 1000);
    step("limit", "512 kB");
    run(512, 300);
    run(512, 100000);
    contract_pass();
}
