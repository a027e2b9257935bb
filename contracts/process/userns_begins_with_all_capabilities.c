/* Contract: unshare(CLONE_NEWUSER) gives every capability over the new namespace, ids that are
 * not mapped are 65534, and what the caller could do outside it cannot do any more.
 * Requires: root, userns
 * user_namespaces(7); kernel/user_namespace.c:create_user_ns(). */
#include "../userns.h"
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>

static void show_caps(const char *name)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    expect(syscall(SYS_capget, &head, data) == 0, "capget");
    step(name, "%x%08x %x%08x %x%08x", data[1].effective, data[0].effective, data[1].permitted,
         data[0].permitted, data[1].inheritable, data[0].inheritable);
}

static void unmapped(void)
{
    gid_t groups[64];
    step("uid", "%d %d", getuid(), geteuid());
    step("gid", "%d %d", getgid(), getegid());
    show_caps("effective, permitted, inheritable");
    step_result("bounding CAP_SYS_RESOURCE", prctl(PR_CAPBSET_READ, 24));
    step_result("secure bits", prctl(PR_GET_SECUREBITS));
    step_result("dumpable", prctl(PR_GET_DUMPABLE));
    int count = getgroups(64, groups);
    for (int i = 0; i < count; i++)
        step("group", "%d", groups[i]);
    step_proc("uid_map", getpid(), "uid_map");
    step_proc("gid_map", getpid(), "gid_map");
    step_proc("projid_map", getpid(), "projid_map");
    step_proc("setgroups", getpid(), "setgroups");
    expect_errno(setuid(0), EINVAL, "setuid(0)");
    expect_errno(setgid(0), EINVAL, "setgid(0)");
    expect_errno(syscall(SYS_setgroups, 0, NULL), EPERM, "setgroups before gid_map");
    expect_errno(sethostname("x", 1), EPERM, "sethostname in the outer UTS namespace");
    struct timespec now = {-1, 0};
    expect_errno(syscall(SYS_clock_settime, 0, &now), EINVAL, "clock_settime of nonsense");
    expect_errno(syscall(SYS_mount, "none", ".", "tmpfs", 0, NULL), EPERM, "mount outside");
    expect_errno(unshare(CLONE_NEWUSER), EPERM, "another one, its creator not mapped");
    expect_errno(chown(".", 1, -1), EINVAL, "chown to an unmapped id");
    struct stat st;
    expect(stat("/proc/self/status", &st) == 0, "stat");
    step("owner of /proc/self/status", "%d %d", st.st_uid, st.st_gid);
    int fd = open("made", O_CREAT | O_RDWR, 0644);
    step("a file in the working directory", "%d", fd >= 0);
    expect(fstat(fd, &st) == 0, "fstat");
    step("its owner", "%d %d", st.st_uid, st.st_gid);
    expect(unshare(CLONE_NEWUTS) == 0, "a UTS namespace of its own");
    step_result("sethostname there", sethostname("inner", 5));
}

int main(void)
{
    struct stat st;
    gid_t groups[2] = {7, 9};
    expect(syscall(SYS_setgroups, 2, groups) == 0, "setgroups");
    step("status", "%d", in_user_namespace(NULL, NULL, unmapped));
    expect(stat("made", &st) == 0, "stat");
    step("who made the file", "%d %d", st.st_uid, st.st_gid);
    contract_pass();
}
