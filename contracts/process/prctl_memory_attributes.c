/* Contract: attributes of the memory that prctl(2) sets: no transparent huge pages, merging, no
 * memory that is both written and executed. They are inherited over fork; what an exec keeps.
 * prctl(2), PR_SET_MDWE(2const); kernel/sys.c:prctl(), mm/vma.h:map_deny_write_exec().
 * Requires: Linux 6.4 */
#include "../contract.h"
#include <sys/mman.h>

enum { SET_THP = 41, GET_THP = 42, SET_MDWE = 65, GET_MDWE = 66, SET_MERGE = 67, GET_MERGE = 68 };

static long call(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
    return syscall(SYS_prctl, (long)option, a, b, c, d);
}

static void attributes(const char *name)
{
    step(name, "thp %ld, mdwe %ld, merge %ld", call(GET_THP, 0, 0, 0, 0), call(GET_MDWE, 0, 0, 0, 0),
         call(GET_MERGE, 0, 0, 0, 0));
}

static void map(const char *name, int prot)
{
    void *got = mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    step(name, "%s", got == MAP_FAILED ? errno_name(errno) : "mapped");
}

static void in_child(const char *name)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        attributes(name);
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        attributes("after exec");
        contract_pass();
    }
    attributes("at first");
    expect_errno(call(SET_THP, 1, 1, 0, 0), EINVAL, "thp, an unknown flag");
    expect_errno(call(SET_THP, 1, 0, 0, 1), EINVAL, "thp, arg5");
    expect_errno(call(GET_THP, 0, 1, 0, 0), EINVAL, "get thp, arg3");
    expect_errno(call(SET_MERGE, 1, 1, 0, 0), EINVAL, "merge, arg3");
    expect_errno(call(GET_MERGE, 1, 0, 0, 0), EINVAL, "get merge, arg2");
    expect_errno(call(SET_MDWE, 4, 0, 0, 0), EINVAL, "mdwe, an unknown bit");
    expect_errno(call(SET_MDWE, 2, 0, 0, 0), EINVAL, "mdwe, not inherited, not refused");
    expect_errno(call(SET_MDWE, 1, 1, 0, 0), EINVAL, "mdwe, arg3");
    expect_errno(call(GET_MDWE, 1, 0, 0, 0), EINVAL, "get mdwe, arg2");
    step_result("thp off", call(SET_THP, 77, 0, 0, 0));
    step_result("merge", call(SET_MERGE, 5, 0, 0, 0));
    attributes("set");
    in_child("in a child");
    step_result("thp on", call(SET_THP, 0, 0, 0, 0));
    step_result("merge off", call(SET_MERGE, 0, 0, 0, 0));
    attributes("taken back");
    step_result("both again", call(SET_THP, 1, 0, 0, 0) + call(SET_MERGE, 1, 0, 0, 0));

    char *plain = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *both = mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(plain != MAP_FAILED && code != MAP_FAILED && both != MAP_FAILED, "mmap");
    step_result("mdwe", call(SET_MDWE, 1, 0, 0, 0));
    expect_errno(call(SET_MDWE, 0, 0, 0, 0), EPERM, "mdwe back");
    expect_errno(call(SET_MDWE, 3, 0, 0, 0), EPERM, "mdwe changed");
    step_result("mdwe the same", call(SET_MDWE, 1, 0, 0, 0));
    map("write and exec", PROT_WRITE | PROT_EXEC);
    map("read and exec", PROT_READ | PROT_EXEC);
    map("read and write", PROT_READ | PROT_WRITE);
    expect_errno(mprotect(plain, 4096, PROT_READ | PROT_EXEC), EACCES, "exec for data");
    expect_errno(mprotect(code, 4096, PROT_WRITE | PROT_EXEC), EACCES, "write for code");
    step_result("code stays code", mprotect(code, 4096, PROT_EXEC));
    expect_errno(mprotect(both, 4096, PROT_WRITE | PROT_EXEC), EACCES, "what is both already");
    step_result("no longer code", mprotect(code, 4096, PROT_READ));
    expect_errno(mprotect(code, 4096, PROT_EXEC), EACCES, "code again");
    in_child("in a child");
    char *arguments[] = {"again", "again", NULL};
    execv("/proc/self/exe", arguments);
    contract_fail("execv", "%s", errno_name(errno));
}
