/* Contract: after unshare(CLONE_NEWUTS) a host name set by one side is not seen by the other; 64
 * bytes are the most.
 * Requires: CAP_SYS_ADMIN
 * Source: uts_namespaces(7), sethostname(2), kernel/utsname.c:copy_utsname. */
#include "../contract.h"
#include <sched.h>
#include <sys/utsname.h>
#include <sys/wait.h>

static struct utsname names;

int main(void)
{
    static char long_name[66];
    struct utsname first;
    expect(uname(&first) == 0, "uname");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        expect(unshare(CLONE_NEWUTS) == 0, "unshare");
        expect(uname(&names) == 0, "uname");
        step("a copy at first", "%s", strcmp(names.nodename, first.nodename) ? "no" : "yes");
        step_result("sethostname", sethostname("inside and more", 6));
        step_result("setdomainname", setdomainname("domain", 6));
        expect(uname(&names) == 0, "uname");
        step("names", "%s %s", names.nodename, names.domainname);
        memset(long_name, 'n', 65);
        expect_errno(sethostname(long_name, 65), EINVAL, "65 bytes");
        expect_errno(syscall(SYS_sethostname, "x", -1), EINVAL, "-1 bytes");
        expect_errno(syscall(SYS_sethostname, (void *)8, 4), EFAULT, "bad pointer");
        step_result("64 bytes", sethostname(long_name, 64));
        expect(uname(&names) == 0, "uname");
        step("length", "%zu", strlen(names.nodename));
        pid_t grandchild = fork();
        expect(grandchild >= 0, "fork");
        if (grandchild == 0) {
            step_result("grandchild sets it", sethostname("shared", 6));
            _exit(0);
        }
        wait_for_success(grandchild);
        expect(uname(&names) == 0, "uname");
        step("name", "%s", names.nodename);
        _exit(0);
    }
    wait_for_success(child);
    expect(uname(&names) == 0, "uname");
    step("outside", "%s", strcmp(names.nodename, first.nodename) ? "changed" : "unchanged");
    contract_pass();
}
