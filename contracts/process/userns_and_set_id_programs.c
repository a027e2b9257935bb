/* Contract: set-id bits count only if both ids of the program are mapped, file capabilities of
 * version 2 for the namespace that the file system belongs to and those below, of version 3 for
 * the one whose root they name; what is set inside is kept as version 3 and read as version 2.
 * Root of a namespace that gains nothing beyond its being root is not told to be careful.
 * Requires: root, userns
 * user_namespaces(7), capabilities(7); fs/exec.c:bprm_fill_uid(), security/commoncap.c. */
#include "../userns.h"
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define CAPS (1u << CAP_NET_RAW | 1u << CAP_KILL)

static void report(void)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (!strncmp(line, "Uid:", 4) || !strncmp(line, "Gid:", 4) || !strncmp(line, "CapPrm", 6) ||
            !strncmp(line, "CapEff", 6) || !strncmp(line, "CapAmb", 6))
            printf("  %s", line);
    struct stat status;
    expect(stat("/proc/self/status", &status) == 0, "stat");
    printf("  AT_SECURE %lu, shown to %u %u\n", getauxval(AT_SECURE), status.st_uid, status.st_gid);
    fflush(stdout);
    _exit(0);
}

static void copy_program(const char *name, uid_t uid, gid_t gid, mode_t mode)
{
    char buffer[65536];
    long got;
    int in = open("/proc/self/exe", O_RDONLY), out = open(name, O_CREAT | O_WRONLY, 0700);
    while ((got = read(in, buffer, sizeof buffer)) > 0)
        expect(write(out, buffer, got) == got, "copy");
    close(in);
    expect(fchown(out, uid, gid) == 0 && fchmod(out, mode) == 0, "owner");
    close(out);
}

static void give(const char *name, unsigned rootid)
{
    struct { unsigned magic, permitted, inheritable, high[2], root; } value = {
        0x02000001, CAPS, 0, {0, 0}, rootid};
    if (rootid != 0)
        value.magic = 0x03000001;
    step_result(name, setxattr(name, "security.capability", &value, rootid ? 24 : 20, 0));
}

static void run(const char *name)
{
    int status;
    step("run", "%s", name);
    pid_t child = fork();
    if (child == 0) {
        char *argv[] = {"report", "report", NULL}, path[64];
        snprintf(path, sizeof path, "./%s", name);
        execv(path, argv);
        step_result("execv", -1);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "report");
}

static void run_all(void)
{
    run("setuid_mapped");
    run("setuid_unmapped");
    run("setuid_half");
    run("caps_v2");
    run("caps_of_5000");
    run("caps_of_5001");
}

static void show(const char *name)
{
    unsigned value[8] = {0};
    long got = getxattr(name, "security.capability", value, sizeof value);
    if (got < 0)
        step_result(name, got);
    else
        step(name, "%ld bytes, %x, %x, root %d", got, value[0], value[1], got > 20 ? (int)value[5] : -1);
}

static void inside(void)
{
    expect(setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0, "root of the namespace");
    expect(syscall(SYS_setgroups, 0, NULL) == 0, "setgroups");
    show("caps_v2");
    show("caps_of_5000");
    show("caps_of_5001");
    give("setuid_mapped", 0);
    show("setuid_mapped");
    give("setuid_unmapped", 0);
    expect(removexattr("setuid_mapped", "security.capability") == 0, "removexattr");
    expect(chmod("setuid_mapped", 06755) == 0, "chmod");
    run_all();
    expect(setresgid(1, 1, 1) == 0 && setresuid(1, 1, 1) == 0, "a user of the namespace");
    run_all();
    expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no new privileges");
    run("setuid_mapped");
    run("caps_of_5000");
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        report();
    expect(chmod(".", 0755) == 0, "chmod");
    copy_program("setuid_mapped", 5002, 5003, 06755);
    copy_program("setuid_unmapped", 1, 1, 06755);
    copy_program("setuid_half", 5002, 1, 06755);
    copy_program("caps_v2", 0, 0, 0755);
    copy_program("caps_of_5000", 5000, 5000, 0755);
    copy_program("caps_of_5001", 0, 0, 0755);
    give("caps_v2", 0);
    give("caps_of_5000", 5000);
    give("caps_of_5001", 5001);
    show("caps_of_5000");
    step("status", "%d", in_user_namespace("0 5000 5", "0 5000 5", inside));
    contract_pass();
}
