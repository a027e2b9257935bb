/* Contract: when the last user id of root goes, all capabilities go; with PR_SET_KEEPCAPS the
 * permitted stay; when only the effective id goes, only the effective ones do, and come back.
 * Requires: root
 * Source: capabilities(7), security/commoncap.c:cap_emulate_setxuid. */
#include "../contract.h"
#include <sys/prctl.h>
#include <sys/wait.h>

struct header {
    unsigned version;
    int pid;
};
struct data {
    unsigned effective, permitted, inheritable;
};

static unsigned at_first;

/* Print whether each set is as large as root's permitted set was, or empty. */
static void show(const char *name)
{
    struct header header = {0x20080522, 0};
    struct data data[2];
    expect(syscall(SYS_capget, &header, data) == 0, "capget");
    if (at_first == 0)
        at_first = data[0].permitted;
    unsigned sets[2] = {data[0].permitted, data[0].effective};
    const char *words[2];
    for (int i = 0; i < 2; i++)
        words[i] = sets[i] == 0 ? "none" : sets[i] == at_first ? "all" : "some";
    step(name, "permitted %s, effective %s", words[0], words[1]);
}

static void run(const char *name, int keep, unsigned real, unsigned effective, unsigned saved)
{
    step("case", "%s", name);
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        show("root");
        expect(prctl(PR_SET_KEEPCAPS, keep, 0, 0, 0) == 0, "PR_SET_KEEPCAPS");
        expect(syscall(SYS_setresuid, real, effective, saved) == 0, "setresuid");
        show("after setresuid");
        step_result("PR_GET_KEEPCAPS", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
        step_result("back to root", syscall(SYS_setresuid, -1, 0, -1));
        show("then");
        _exit(0);
    }
    wait_for_success(child);
}

int main(void)
{
    run("all ids", 0, 1000, 1000, 1000);
    run("all ids, PR_SET_KEEPCAPS", 1, 1000, 1000, 1000);
    run("effective id", 0, -1U, 1000, -1U);
    run("effective and real, saved stays", 0, 1000, 1000, 0);
    contract_pass();
}
