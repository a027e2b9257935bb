/* Contract: capabilities after execve of a program with security.capability: permitted are the
 * file's within the bounding set and the inheritable ones of both, effective all of them or none;
 * ambient ones go. With no_new_privs or a nosuid mount nothing is gained; a program whose
 * capabilities the caller may not have in full is EPERM if it relies on them.
 * Requires: root, tmpfs
 * Source: capabilities(7); security/commoncap.c:cap_bprm_creds_from_file(). */
#include "../contract.h"
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

struct header {
    unsigned version;
    int pid;
};
struct data {
    unsigned effective, permitted, inheritable;
};
enum { CHOWN = 1 << 0, KILL = 1 << 5, SETPCAP = 1 << 8, SYSLOG = 34 };
#define EFFECTIVE 1

static void show(void)
{
    struct header header = {0x20080522, 0};
    struct data data[2];
    unsigned ambient = 0;
    expect(syscall(SYS_capget, &header, data) == 0, "capget");
    for (int i = 0; i < 32; i++)
        ambient |= prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1 ? 1U << i : 0;
    for (int i = 0; i < 2; i++) { /* root may have been denied others */
        unsigned known = i ? 1U << (SYSLOG - 32) : CHOWN | KILL | SETPCAP;
        data[i].permitted &= known;
        data[i].effective &= known;
    }
    step("  sets", "P %x.%x E %x.%x I %x.%x A %x", data[1].permitted, data[0].permitted,
         data[1].effective, data[0].effective, data[1].inheritable, data[0].inheritable, ambient);
    step("  secure", "%lu, dumpable %d", getauxval(AT_SECURE), prctl(PR_GET_DUMPABLE));
}

static void give_file(unsigned flags, unsigned permitted, unsigned inheritable, unsigned high)
{
    unsigned value[5] = {0x02000000U | flags, permitted, inheritable, high, 0};
    expect(setxattr("program", "security.capability", value, sizeof value, 0) == 0, "setxattr");
}

static unsigned inheritable, ambient, dropped;
static int uid, no_new_privs, keep_root_out;

static void run(const char *name)
{
    static char *const arguments[] = {"program", "x", NULL};
    struct header header = {0x20080522, 0};
    struct data data[2];
    step("case", "%s", name);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 32; i++)
            if (dropped & 1U << i)
                expect(prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0, "drop");
        expect(syscall(SYS_capget, &header, data) == 0, "capget");
        data[0].inheritable = inheritable;
        data[1].inheritable = 0;
        expect(syscall(SYS_capset, &header, data) == 0, "capset");
        if (keep_root_out)
            expect(prctl(PR_SET_SECUREBITS, 1, 0, 0, 0) == 0, "SECBIT_NOROOT");
        prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
        if (uid)
            expect(setresuid(uid, uid, uid) == 0, "setresuid");
        for (int i = 0; i < 32; i++)
            if (ambient & 1U << i)
                expect(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) == 0, "ambient");
        if (no_new_privs)
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        execv("./program", arguments);
        step("  execv", "-1 %s", errno_name(errno));
        _exit(0);
    }
    wait_for_success(child);
    inheritable = ambient = dropped = 0;
    no_new_privs = keep_root_out = 0;
    uid = 1000;
}

static void copy_self(void)
{
    char buffer[65536];
    long got;
    int from = open("/proc/self/exe", O_RDONLY), to = open("program", O_WRONLY | O_CREAT, 0755);
    while ((got = read(from, buffer, sizeof buffer)) > 0)
        expect(write(to, buffer, got) == got, "write");
    close(from);
    close(to);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        show();
        return 0;
    }
    expect(chmod(".", 0755) == 0, "chmod");
    copy_self();
    expect(chmod("program", 0755) == 0, "chmod");
    uid = 1000;
    run("no file capabilities");
    inheritable = KILL;
    run("no file capabilities, inheritable");
    inheritable = ambient = KILL;
    run("no file capabilities, ambient");
    give_file(EFFECTIVE, CHOWN | KILL, 0, 1 << (SYSLOG - 32));
    run("permitted and effective");
    no_new_privs = 1;
    run("no_new_privs");
    inheritable = ambient = SETPCAP;
    run("ambient before");
    dropped = KILL;
    run("not in the bounding set");
    give_file(0, CHOWN | KILL, 0, 0);
    run("permitted only");
    dropped = KILL;
    run("not in the bounding set, permitted only");
    give_file(EFFECTIVE, 0, KILL, 0);
    run("inheritable of the file alone");
    inheritable = KILL | CHOWN;
    run("inheritable of both");
    give_file(EFFECTIVE, 0, 0, 0);
    inheritable = ambient = KILL;
    run("empty file capabilities");
    give_file(EFFECTIVE, KILL, 0, 0);
    uid = 0;
    keep_root_out = 1;
    run("root that counts as anybody");
    expect(removexattr("program", "security.capability") == 0, "removexattr");
    uid = 0;
    keep_root_out = 1;
    run("root that counts as anybody, none");
    expect(chmod("program", 04755) == 0, "chmod");
    inheritable = ambient = KILL;
    run("set-user-id root");
    dropped = ~(CHOWN | KILL);
    run("set-user-id root, small bounding set");
    no_new_privs = 1;
    run("set-user-id root, no_new_privs");
    give_file(EFFECTIVE, KILL, 0, 0);
    run("set-user-id root with file capabilities");
    uid = 0;
    dropped = ~(CHOWN | KILL | SETPCAP);
    run("root with file capabilities");
    contract_pass();
}
