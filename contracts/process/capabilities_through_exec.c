/* Contract: what exec makes of each capability set: inheritable and ambient capabilities, root's
 * and set-user-id root's, under each of the secure bits, and with file capabilities.
 * Requires: root, tmpfs
 * capabilities(7), "Transformation of capabilities during execve()". */
#include "../contract.h"
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define BIT(capability) (1u << (capability))
#define PAIR (BIT(CAP_NET_RAW) | BIT(CAP_KILL))

static void report(void)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    unsigned bounding = 0, ambient = 0;
    syscall(SYS_capget, &head, data);
    for (int i = 0; i < 32; i++) {
        bounding |= (unsigned)(prctl(PR_CAPBSET_READ, i) == 1) << i;
        ambient |= (unsigned)(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1) << i;
    }
    unsigned rest = ~BIT(CAP_SYS_RESOURCE);
    printf("  uid %d %d, eff %x, prm %x, inh %x, bnd %x, amb %x, bits %x\n", getuid(), geteuid(),
           data[0].effective & rest, data[0].permitted & rest, data[0].inheritable, bounding & rest,
           ambient, prctl(PR_GET_SECUREBITS));
    fflush(stdout);
    _exit(0);
}

static void set_caps(unsigned effective, unsigned permitted, unsigned inheritable)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{effective, permitted, inheritable}, {0, 0, 0}};
    expect(syscall(SYS_capset, &head, data) == 0, "capset");
}

static void copy_program(const char *name, mode_t mode, unsigned permitted, unsigned inheritable,
                         int effective)
{
    char buffer[65536];
    long got;
    int in = open("/proc/self/exe", O_RDONLY), out = open(name, O_CREAT | O_WRONLY, 0700);
    while ((got = read(in, buffer, sizeof buffer)) > 0)
        expect(write(out, buffer, got) == got, "copy");
    close(in);
    expect(fchmod(out, mode) == 0, "fchmod");
    close(out);
    unsigned value[5] = {0x02000000u | (unsigned)effective, permitted, inheritable, 0, 0};
    if (permitted | inheritable)
        expect(setxattr(name, "security.capability", value, sizeof value, 0) == 0, "setxattr");
}

static void run(const char *name)
{
    int status;
    printf("  %s\n", name);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char *argv[] = {"report", "report", NULL}, path[64];
        snprintf(path, sizeof path, "./%s", name);
        execv(path, argv);
        step_result("  execv", -1);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "report");
}

static void run_all(void)
{
    run("plain");
    run("setuid_root");
    run("permitted");
    run("inherited");
    run("both_effective");
}

static void user_with(unsigned permitted, unsigned inheritable)
{
    expect(prctl(PR_SET_KEEPCAPS, 1) == 0, "keep");
    expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
    set_caps(permitted, permitted, inheritable);
}

static void as_root(void) { run_all(); }

static void as_root_less(void)
{
    set_caps(PAIR, PAIR | BIT(CAP_CHOWN), BIT(CAP_CHOWN));
    run_all();
}

static void as_user(void)
{
    user_with(0, 0);
    run_all();
}

static void as_user_inheriting(void)
{
    user_with(PAIR, PAIR);
    run_all();
}

static void as_user_ambient(void)
{
    user_with(PAIR, PAIR);
    expect(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0) == 0, "raise");
    run_all();
    expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    puts("  no new privileges");
    run_all();
}

static void bounded(void)
{
    expect(prctl(PR_CAPBSET_DROP, CAP_NET_RAW) == 0, "drop");
    run_all();
}

static void without_root(void)
{
    expect(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED) == 0, "bits");
    run_all();
}

static void without_fixup(void)
{
    expect(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS) == 0, "bits");
    expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
    run("plain");
}

static void in_child(const char *name, void (*body)(void))
{
    int status;
    step("case", "%s", name);
    pid_t child = fork();
    if (child == 0) {
        body();
        fflush(stdout);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "child");
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        report();
    expect(chmod(".", 0755) == 0, "chmod");
    copy_program("plain", 0755, 0, 0, 0);
    copy_program("setuid_root", 04755, 0, 0, 0);
    copy_program("permitted", 0755, BIT(CAP_NET_RAW), 0, 0);
    copy_program("inherited", 0755, 0, PAIR, 0);
    copy_program("both_effective", 0755, PAIR, BIT(CAP_CHOWN), 1);
    in_child("root", as_root);
    in_child("root with less", as_root_less);
    in_child("a user", as_user);
    in_child("a user that inherits", as_user_inheriting);
    in_child("a user with ambient capabilities", as_user_ambient);
    in_child("without CAP_NET_RAW in the bounding set", bounded);
    in_child("SECBIT_NOROOT", without_root);
    in_child("SECBIT_NO_SETUID_FIXUP", without_fixup);
    contract_pass();
}
