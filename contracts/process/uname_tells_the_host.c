/* Contract: uname and /proc/sys/kernel tell the same, the release among it; the machine is the
 * architecture the program was built for; a bad pointer is EFAULT.
 * Source: uname(2), kernel/sys.c:newuname. */
#include "../contract.h"
#include <sys/utsname.h>

static void compare(const char *name, const char *text)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/sys/kernel/%s", name);
    FILE *file = fopen(path, "r");
    expect(file != NULL, path);
    expect(fgets(line, sizeof line, file) != NULL, path);
    line[strcspn(line, "\n")] = '\0';
    step(name, "%s", strcmp(line, text) == 0 ? "same" : "another");
    fclose(file);
}

int main(void)
{
    struct utsname names;
    expect(uname(&names) == 0, "uname");
    step("system", "%s", names.sysname);
    compare("ostype", names.sysname);
    compare("osrelease", names.release);
    compare("version", names.version);
    compare("hostname", names.nodename);
    compare("domainname", names.domainname);
#if defined __x86_64__
    step("machine", "%s", strcmp(names.machine, "x86_64") == 0 ? "right" : names.machine);
#elif defined __aarch64__
    step("machine", "%s", strcmp(names.machine, "aarch64") == 0 ? "right" : names.machine);
#endif
    char host[65];
    expect(gethostname(host, sizeof host) == 0, "gethostname");
    step("gethostname", "%s", strcmp(host, names.nodename) == 0 ? "same" : "another");
    expect_errno(syscall(SYS_uname, (void *)8), EFAULT, "bad pointer");
    contract_pass();
}
