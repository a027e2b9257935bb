/* Contract: what capset, the bounding and the ambient set, and the secure bits with their locks
 * refuse, and what each change does to the others.
 * Requires: root, Linux 6.14
 * capabilities(7), capset(2), prctl(2); security/commoncap.c. */
#include "../contract.h"
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

#define BIT(capability) (1u << (capability))
#define AMBIENT(operation, capability) prctl(PR_CAP_AMBIENT, operation, capability, 0, 0)

static struct __user_cap_data_struct now[2];

static int set(unsigned version, int pid, unsigned effective, unsigned permitted,
               unsigned inheritable)
{
    struct __user_cap_header_struct head = {version, pid};
    struct __user_cap_data_struct data[2] = {{effective, permitted, inheritable}, {0, 0, 0}};
    int result = (int)syscall(SYS_capset, &head, data);
    if (head.version != version)
        step("version told", "%x", head.version);
    return result;
}

static int set3(unsigned effective, unsigned permitted, unsigned inheritable)
{
    return set(_LINUX_CAPABILITY_VERSION_3, 0, effective, permitted, inheritable);
}

static void show(const char *name)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    expect(syscall(SYS_capget, &head, now) == 0, "capget");
    step(name, "%x %x %x", now[0].effective, now[0].permitted, now[0].inheritable);
}

static void bits(const char *name, unsigned long value)
{
    step_result(name, prctl(PR_SET_SECUREBITS, value));
}

static void sets(void)
{
    unsigned all = BIT(CAP_KILL) | BIT(CAP_CHOWN) | BIT(CAP_SETPCAP) | BIT(CAP_NET_RAW);
    expect_errno(set(0x12345678, 0, 0, 0, 0), EINVAL, "an unknown version");
    expect_errno(set(_LINUX_CAPABILITY_VERSION_3, getppid(), 0, 0, 0), EPERM, "another's");
    expect_errno(set(_LINUX_CAPABILITY_VERSION_3, -1, 0, 0, 0), EPERM, "everybody's");
    step_result("of one's own number", set(_LINUX_CAPABILITY_VERSION_2, getpid(), all, all, 0));
    show("version 2");
    expect_errno(set3(all | BIT(CAP_SYS_CHROOT), all, 0), EPERM, "effective, not permitted");
    expect_errno(set3(all, all | BIT(CAP_SYS_CHROOT), 0), EPERM, "permitted anew");
    step_result("inheritable, not permitted", set3(all, all, BIT(CAP_SYS_CHROOT)));
    show("with CAP_SETPCAP");
    step_result("drop from the bounding set", prctl(PR_CAPBSET_DROP, CAP_FOWNER));
    expect_errno(set3(all, all, BIT(CAP_FOWNER)), EPERM, "inheritable beyond it");
    expect_errno(prctl(PR_CAPBSET_DROP, 63), EINVAL, "drop one that is none");
    expect_errno(prctl(PR_CAPBSET_READ, 63), EINVAL, "read one that is none");
    step_result("read", prctl(PR_CAPBSET_READ, CAP_FOWNER));
    step_result("version 1", set(_LINUX_CAPABILITY_VERSION_1, 0, all, all, 0));
    all &= ~BIT(CAP_SETPCAP);
    step_result("without CAP_SETPCAP", set3(all, all, BIT(CAP_KILL)));
    expect_errno(prctl(PR_CAPBSET_DROP, CAP_KILL), EPERM, "drop");
    expect_errno(prctl(PR_SET_SECUREBITS, 0), EPERM, "secure bits");
    expect_errno(set3(all, all, BIT(CAP_SYS_CHROOT)), EPERM, "inheritable, not permitted");
    step_result("inheritable, permitted", set3(0, all, BIT(CAP_KILL) | BIT(CAP_CHOWN)));
    show("in the end");
}

static void ambient(void)
{
    unsigned all = BIT(CAP_KILL) | BIT(CAP_CHOWN) | BIT(CAP_SETPCAP) | BIT(CAP_SETUID);
    expect(set3(all, all, BIT(CAP_KILL) | BIT(CAP_CHOWN)) == 0, "capset");
    expect_errno(AMBIENT(PR_CAP_AMBIENT_RAISE, CAP_SETUID), EPERM, "raise, not inheritable");
    expect_errno(AMBIENT(PR_CAP_AMBIENT_RAISE, 63), EINVAL, "raise what is none");
    expect_errno(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 1, 0), EINVAL, "arg4");
    expect_errno(AMBIENT(9, CAP_KILL), EINVAL, "an unknown operation");
    expect_errno(AMBIENT(PR_CAP_AMBIENT_CLEAR_ALL, 1), EINVAL, "clear all of one");
    step_result("raise", AMBIENT(PR_CAP_AMBIENT_RAISE, CAP_KILL));
    step_result("raise", AMBIENT(PR_CAP_AMBIENT_RAISE, CAP_CHOWN));
    step_result("is set", AMBIENT(PR_CAP_AMBIENT_IS_SET, CAP_KILL));
    step_result("lower", AMBIENT(PR_CAP_AMBIENT_LOWER, CAP_CHOWN));
    step_result("is set", AMBIENT(PR_CAP_AMBIENT_IS_SET, CAP_CHOWN));
    expect(set3(all, all, BIT(CAP_CHOWN)) == 0, "capset");
    step_result("no longer inheritable", AMBIENT(PR_CAP_AMBIENT_IS_SET, CAP_KILL));
    step_result("raise", AMBIENT(PR_CAP_AMBIENT_RAISE, CAP_CHOWN));
    step_result("clear all", AMBIENT(PR_CAP_AMBIENT_CLEAR_ALL, 0));
    step_result("is set", AMBIENT(PR_CAP_AMBIENT_IS_SET, CAP_CHOWN));
    step_result("raise", AMBIENT(PR_CAP_AMBIENT_RAISE, CAP_CHOWN));
    expect(setresuid(1000, 1000, 1000) == 0, "setresuid");
    step_result("after setresuid", AMBIENT(PR_CAP_AMBIENT_IS_SET, CAP_CHOWN));
    show("what is left");
}

static void secure_bits(void)
{
    expect_errno(prctl(PR_SET_SECUREBITS, 1ul << 12), EPERM, "an unknown bit");
    expect_errno(prctl(PR_SET_KEEPCAPS, 2), EINVAL, "keep caps, 2");
    step_result("keep caps", prctl(PR_SET_KEEPCAPS, 1));
    step_result("bits", prctl(PR_GET_SECUREBITS));
    bits("no raising", SECBIT_NO_CAP_AMBIENT_RAISE);
    step_result("keep caps", prctl(PR_GET_KEEPCAPS));
    expect(set3(BIT(CAP_SETPCAP) | BIT(CAP_KILL), BIT(CAP_SETPCAP) | BIT(CAP_KILL),
                BIT(CAP_KILL)) == 0, "capset");
    expect_errno(AMBIENT(PR_CAP_AMBIENT_RAISE, CAP_KILL), EPERM, "raise");
    bits("raising again", 0);
    step_result("raise", AMBIENT(PR_CAP_AMBIENT_RAISE, CAP_KILL));
    bits("locked off", SECBIT_KEEP_CAPS_LOCKED);
    expect_errno(prctl(PR_SET_KEEPCAPS, 1), EPERM, "keep caps, locked");
    bits("unlock", 0);
    bits("set what is locked", SECBIT_KEEP_CAPS | SECBIT_KEEP_CAPS_LOCKED);
    bits("another one, locked", SECBIT_KEEP_CAPS_LOCKED | SECBIT_NOROOT | SECBIT_NOROOT_LOCKED);
    bits("undo it", SECBIT_KEEP_CAPS_LOCKED | SECBIT_NOROOT_LOCKED);
    bits("exec bits", SECBIT_KEEP_CAPS_LOCKED | SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | 1ul << 8);
    step("bits", "%x", prctl(PR_GET_SECUREBITS));
}

static void in_child(const char *name, void (*body)(void))
{
    int status;
    step("case", "%s", name);
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "child");
}

int main(void)
{
    in_child("sets", sets);
    in_child("ambient", ambient);
    in_child("secure bits", secure_bits);
    contract_pass();
}
