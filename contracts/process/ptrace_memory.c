/* Contract: PEEK and POKE reach whatever is mapped, even what the tracee itself may not write,
 * in a copy of its own; what is not mapped is EIO.
 * Source: ptrace(2), mm/memory.c:access_process_vm. */
#include "tracing.h"
#include <sys/mman.h>

static long word = 0x1122334455667788;
static const long constant = 4242;
static char *hidden, *shared;

static void body(void)
{
    step("the child sees", "word %#lx constant %ld shared %d", word, *(volatile const long *)&constant,
         shared[1]);
}

int main(void)
{
    hidden = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(hidden != MAP_FAILED && shared != MAP_FAILED, "mmap");
    hidden[0] = 'x';
    expect(munmap(hidden + 4096, 4096) == 0, "munmap");
    expect(mprotect(hidden, 4096, PROT_NONE) == 0, "mprotect");
    expect(mprotect(shared, 4096, PROT_READ) == 0, "mprotect");
    pid_t child = traced_child(body);
    long seen = 0;
    step_result("peek", trace(PTRACE_PEEKDATA, child, (uintptr_t)&word, (uintptr_t)&seen));
    step("word", "%#lx", seen);
    seen = 0;
    step_result("unaligned", trace(PTRACE_PEEKTEXT, child, (uintptr_t)&word + 2, (uintptr_t)&seen));
    step("its low half", "%#lx", seen & 0xffffffff);
    step_result("PROT_NONE", trace(PTRACE_PEEKDATA, child, (uintptr_t)hidden, (uintptr_t)&seen));
    step("its first byte", "%c", (char)seen);
    expect_errno(trace(PTRACE_PEEKDATA, child, (uintptr_t)hidden + 4096, (uintptr_t)&seen), EIO,
                 "unmapped");
    expect_errno(trace(PTRACE_PEEKDATA, child, (uintptr_t)hidden + 4092, (uintptr_t)&seen), EIO,
                 "half of it unmapped");
    expect_errno(trace(PTRACE_PEEKDATA, child, (uintptr_t)&word, 8), EFAULT, "nowhere to put it");
    step_result("poke", trace(PTRACE_POKEDATA, child, (uintptr_t)&word, 0x77));
    step_result("a constant", trace(PTRACE_POKETEXT, child, (uintptr_t)&constant, 43));
    expect_errno(trace(PTRACE_POKEDATA, child, (uintptr_t)shared, 1), EIO, "shared, read-only");
    expect_errno(trace(PTRACE_POKEDATA, child, 0, 1), EIO, "at NULL");
    step("here", "word %#lx constant %ld", word, *(volatile const long *)&constant);
    must_trace("CONT", PTRACE_CONT, child, 0, 0);
    wait_and_show("end", child);
    contract_pass();
}
