/* Contract: a MADV_DONTFORK range is not mapped in the child; a MADV_WIPEONFORK one is, but
 * zero; the parent keeps both. DOFORK and KEEPONFORK undo them. WIPEONFORK is for private
 * anonymous memory only.
 * Source: madvise(2); kernel/fork.c:dup_mmap. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAGE = 4096 };

static char *pages;

static void fork_and_look(const char *who)
{
    pid_t child = fork();
    if (child == 0) {
        step("child of", "%s", who);
        for (int i = 0; i < 4; i++)
            step_access("  page", 'r', pages, i * PAGE);
        step_vmas("  maps", pages, 4 * PAGE);
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
}

int main(void)
{
    contract_catch_faults();
    pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    for (int i = 0; i < 4; i++)
        memset(pages + i * PAGE, 'a' + i, PAGE);
    step_result("page 1: DONTFORK", madvise(pages + PAGE, PAGE, MADV_DONTFORK));
    step_result("page 2: WIPEONFORK", madvise(pages + 2 * PAGE, PAGE, MADV_WIPEONFORK));
    fork_and_look("advised");
    for (int i = 0; i < 4; i++)
        step_access("parent's page", 'r', pages, i * PAGE);
    step_result("page 1: DOFORK", madvise(pages + PAGE, PAGE, MADV_DOFORK));
    step_result("page 2: KEEPONFORK", madvise(pages + 2 * PAGE, PAGE, MADV_KEEPONFORK));
    fork_and_look("no longer advised");
    char *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    expect(shared != MAP_FAILED, "mmap");
    expect_errno(madvise(shared, PAGE, MADV_WIPEONFORK), EINVAL, "WIPEONFORK on shared");
    contract_pass();
}
