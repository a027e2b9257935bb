/* Contract: what each call of the setuid family does to real, effective, saved and file-system
 * user id, for root and for one that has only a saved id to go back to.
 * Requires: root
 * Source: setresuid(2), setreuid(2), setuid(2), kernel/sys.c:__sys_setreuid. */
#include "../contract.h"
#include <sys/wait.h>

static void show(const char *name, long result)
{
    int error = errno;
    unsigned real, effective, saved;
    expect(syscall(SYS_getresuid, &real, &effective, &saved) == 0, "getresuid");
    unsigned files = (unsigned)syscall(SYS_setfsuid, -1);
    errno = error;
    step(name, "%s: %u %u %u %u", result == -1 ? errno_name(error) : "0", real, effective, saved,
         files);
}

#define RUN(name, ...) show(name, syscall(__VA_ARGS__))

static void begin(const char *title, void (*action)(void))
{
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        step("case", "%s", title);
        expect(syscall(SYS_setresuid, 0, 0, 0) == 0, "start");
        action();
        _exit(0);
    }
    wait_for_success(child);
}

static void from_root(void)
{
    RUN("setresuid 10 20 30", SYS_setresuid, 10, 20, 30);
    RUN("setresuid - - -", SYS_setresuid, -1, -1, -1);
    RUN("setresuid 20 30 10", SYS_setresuid, 20, 30, 10);
    RUN("setresuid - 40 -", SYS_setresuid, -1, 40, -1);
    RUN("setuid 20", SYS_setuid, 20);
    RUN("setuid 10", SYS_setuid, 10);
    RUN("setuid 0", SYS_setuid, 0);
    RUN("setreuid 20 10", SYS_setreuid, 20, 10);
}

static void root_setuid(void)
{
    RUN("setuid 50", SYS_setuid, 50);
    RUN("setuid 0", SYS_setuid, 0);
}

static void root_seteuid(void)
{
    RUN("setresuid - 50 -", SYS_setresuid, -1, 50, -1);
    RUN("setuid 60", SYS_setuid, 60);
    RUN("setuid 0", SYS_setuid, 0);
    RUN("setreuid 50 -", SYS_setreuid, 50, -1);
}

static void root_setreuid(void)
{
    RUN("setreuid - 70", SYS_setreuid, -1, 70);
    RUN("setreuid 70 0", SYS_setreuid, 70, 0);
    RUN("setreuid 70 70", SYS_setreuid, 70, 70);
    RUN("setreuid - 0", SYS_setreuid, -1, 0);
}

static void negative(void)
{
    RUN("setuid -1", SYS_setuid, -1);
}

int main(void)
{
    begin("setresuid", from_root);
    begin("setuid as root sets all", root_setuid);
    begin("setuid with root as real id", root_seteuid);
    begin("setreuid and the saved id", root_setreuid);
    begin("the id that is none", negative);
    contract_pass();
}
