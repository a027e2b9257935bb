/* Contract: after unshare(CLONE_NEWUTS) a process has its own host and domain name, a copy at
 * first; sethostname changes it for itself and its children, and for nobody outside. uname,
 * gethostname and /proc show the name of the reader's namespace.
 * Requires: CAP_SYS_ADMIN
 * Source: uts_namespaces(7), sethostname(2). */
#include "../contract.h"
#include <sched.h>
#include <sys/utsname.h>
#include <sys/wait.h>

static char outside[65];

static void show(const char *who)
{
    struct utsname names;
    char text[128] = "";
    expect(uname(&names) == 0, "uname");
    int fd = open("/proc/sys/kernel/hostname", O_RDONLY);
    long got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got - 1 : 0] = 0;
    step(who, "%s, /proc %s", strcmp(names.nodename, outside) ? names.nodename : "as outside",
         strcmp(text, names.nodename) ? "differs" : "agrees");
}

static void inside(void)
{
    char before[64], after[64], domain[70];
    long got = readlink("/proc/self/ns/uts", before, sizeof before - 1);
    before[got] = 0;
    step_result("unshare", unshare(CLONE_NEWUTS));
    got = readlink("/proc/self/ns/uts", after, sizeof after - 1);
    after[got] = 0;
    step("namespace", "%s", strcmp(before, after) ? "a new one" : "the same");
    show("a copy at first");
    step_result("sethostname", sethostname("inner-host", 10));
    show("inside");
    step_result("setdomainname", setdomainname("inner.domain", 12));
    struct utsname names;
    expect(uname(&names) == 0, "uname");
    step("domain name", "%s", names.domainname);
    pid_t child = fork();
    if (child == 0) {
        show("child inside");
        step_result("child's sethostname", sethostname("by-child", 8));
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    show("shared with the child");
    memset(domain, 'x', sizeof domain);
    step_result("64 bytes", sethostname(domain, 64));
    expect(uname(&names) == 0, "uname");
    step("length", "%zu", strlen(names.nodename));
    expect_errno(sethostname(domain, 65), EINVAL, "65 bytes");
    expect_errno(syscall(SYS_sethostname, domain, -1), EINVAL, "negative length");
    expect_errno(syscall(SYS_sethostname, 1L, 5L), EFAULT, "from nowhere");
    step_result("no bytes", sethostname(domain, 0));
    expect(uname(&names) == 0, "uname");
    step("name", "'%s'", names.nodename);
}

int main(void)
{
    struct utsname names;
    expect(uname(&names) == 0, "uname");
    memcpy(outside, names.nodename, sizeof outside);
    pid_t child = fork();
    if (child == 0) {
        inside();
        _exit(0);
    }
    int status;
    expect(waitpid(child, &status, 0) == child, "waitpid");
    expect(status == 0, "the child comes to its end");
    show("outside, after it all");
    contract_pass();
}
