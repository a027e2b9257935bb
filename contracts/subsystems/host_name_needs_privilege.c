/* Contract: sethostname, setdomainname and unshare(CLONE_NEWUTS) are EPERM for a process
 * without CAP_SYS_ADMIN, also with a bad length, and change nothing; reading stays allowed.
 * Source: sethostname(2), unshare(2); kernel/sys.c:sethostname. */
#include "../contract.h"
#include <sched.h>
#include <sys/utsname.h>

int main(void)
{
    static char long_name[65];
    struct utsname before, after;
    expect(uname(&before) == 0, "uname");
    if (geteuid() == 0)
        expect(setuid(65534) == 0, "setuid");
    expect_errno(sethostname("other", 5), EPERM, "sethostname");
    expect_errno(sethostname(long_name, 65), EPERM, "sethostname with a bad length");
    expect_errno(setdomainname("other", 5), EPERM, "setdomainname");
    expect_errno(unshare(CLONE_NEWUTS), EPERM, "unshare");
    step_result("uname", uname(&after));
    step("names", "%s", memcmp(&before, &after, sizeof before) ? "have changed" : "are as before");
    contract_pass();
}
