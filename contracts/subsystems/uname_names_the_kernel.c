/* Contract: uname names the kernel that the reference host runs: the same release and version,
 * which /proc and sysctl files repeat; the machine is the one the program was built for.
 * All fields end with a null byte within 65 bytes.
 * Requires: host
 * Source: uname(2), proc_sys_kernel(5). */
#include "../contract.h"
#include <sys/utsname.h>

#if defined __x86_64__
#define MACHINE "x86_64"
#elif defined __aarch64__
#define MACHINE "aarch64"
#endif

static void same(const char *path, const char *field)
{
    char text[128];
    int fd = open(path, O_RDONLY);
    long got = read(fd, text, sizeof text);
    expect(fd >= 0 && got > 0, path);
    text[got - 1] = 0;
    step(path, "%s", strcmp(text, field) ? "differs" : "the same");
}

int main(void)
{
    struct utsname names;
    memset(&names, 'x', sizeof names);
    step("field size", "%zu", sizeof names.release);
    step("structure", "%zu", sizeof names);
    step_result("uname", uname(&names));
    expect(memchr(names.sysname, 0, 65) && memchr(names.nodename, 0, 65) &&
           memchr(names.release, 0, 65) && memchr(names.version, 0, 65) &&
           memchr(names.machine, 0, 65), "null bytes");
    step("sysname", "%s", names.sysname);
    step("release", "%s", names.release);
    step("version begins", "%.1s", names.version);
    step("machine", "%s", strcmp(names.machine, MACHINE) ? names.machine : "as built for");
    same("/proc/sys/kernel/ostype", names.sysname);
    same("/proc/sys/kernel/osrelease", names.release);
    same("/proc/sys/kernel/version", names.version);
    same("/proc/sys/kernel/hostname", names.nodename);
    char host[65];
    step_result("gethostname", gethostname(host, sizeof host));
    step("host name", "%s", strcmp(host, names.nodename) ? "differs" : "the same");
    expect_errno(uname((struct utsname *)1), EFAULT, "uname to nowhere");
    contract_pass();
}
