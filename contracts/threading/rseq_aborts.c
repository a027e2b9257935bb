/* Contract: a restartable sequence that is interrupted goes on at its abort handler, and its
 * descriptor is forgotten; a wrong signature before the handler, version or flag is SIGSEGV.
 * Source: kernel/rseq.c:rseq_ip_fixup(); include/uapi/linux/rseq.h. */
#include "threads.h"
#include <sched.h>
#include <stdint.h>
#include <sys/time.h>

struct area { uint32_t cpu_id_start, cpu_id; uint64_t section; uint32_t flags, node, mm_cid, rest; };
struct section { uint32_t version, flags; uint64_t start, size, abort; };

static volatile struct area area __attribute__((aligned(64)));
static struct section section __attribute__((aligned(64)));
static char stack[65536] __attribute__((aligned(16)));
static unsigned int signature = 0x53053053;
static volatile int ticks;

/* Loops in the section until it is aborted. */
void spin(volatile uint64_t *pointer, struct section *what);
extern char spin_start[], spin_end[], spin_abort[];
#if defined(__x86_64__)
__asm__(".text\n.globl spin, spin_start, spin_end, spin_abort\n"
        "spin: mov %rsi, (%rdi)\n"
        "spin_start: jmp spin_start\n"
        "spin_end: ret\n"
        ".long 0x53053053\n"
        "spin_abort: ret\n");
#elif defined(__aarch64__)
__asm__(".text\n.globl spin, spin_start, spin_end, spin_abort\n"
        "spin: str x1, [x0]\n"
        "spin_start: b spin_start\n"
        "spin_end: ret\n"
        ".long 0x53053053\n"
        "spin_abort: ret\n");
#endif

static void on_tick(int signal)
{
    (void)signal;
    ticks++;
}

static int body(void *unused)
{
    struct itimerval soon = {{0, 20000}, {0, 20000}};
    (void)unused;
    if (syscall(SYS_rseq, (void *)&area, 32, 0, signature) != 0)
        contract_fail("rseq", "%s", errno_name(errno));
    signal(SIGALRM, on_tick);
    setitimer(ITIMER_REAL, &soon, NULL);
    spin(&area.section, &section);
    step("aborted", "descriptor %s", area.section ? "kept" : "forgotten");
    spin(&area.section, &section);
    step("aborted again", "descriptor %s", area.section ? "kept" : "forgotten");
    area.section = (uintptr_t)&section;
    int before = ticks;
    while (ticks < before + 2)
        ;
    step("outside of it", "descriptor %s", area.section ? "kept" : "forgotten");
    return 0;
}

static void play(const char *name)
{
    int status, pid = clone(body, stack + sizeof stack, CLONE_VM | SIGCHLD, NULL);
    expect(pid > 0 && waitpid(pid, &status, 0) == pid, "clone");
    step(name, "%s", WIFSIGNALED(status) ? (WTERMSIG(status) == SIGSEGV ? "SIGSEGV" : "killed")
                                         : "ended");
    area.section = 0, area.flags = 0;
}

int main(void)
{
    section = (struct section){0, 0, (uintptr_t)spin_start,
                               (uint64_t)(spin_end - spin_start), (uintptr_t)spin_abort};
    struct section good = section;
    play("a good one");
    section.version = 1;
    play("another version");
    section = good, section.flags = 1;
    play("a flag");
    section = good, section.abort = section.start;
    play("an abort handler inside");
    section = good, signature = 0x12345678;
    play("another signature");
    contract_pass();
}
