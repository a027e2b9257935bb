/* Contract: an ordinary user may map one id: its own effective one, and its group only once
 * setgroups is denied; anything else is EPERM. Without CAP_SETFCAP nobody maps root.
 * Requires: root, userns
 * user_namespaces(7); kernel/user_namespace.c:new_idmap_permitted(). */
#include "../userns.h"
#include <linux/capability.h>
#include <sys/prctl.h>

static void try(const char *what, const char *name, const char *text)
{
    step_result(what, write_proc(getpid(), name, text));
}

static void ordinary(void)
{
    become(1000);
    expect(unshare(CLONE_NEWUSER) == 0, "unshare");
    try("another's id", "uid_map", "0 1001 1");
    try("two ids", "uid_map", "0 1000 2");
    try("two extents", "uid_map", "0 1000 1\n1 1001 1");
    try("one's own id", "uid_map", "0 1000 1");
    step("uid", "%d", getuid());
    try("its group, setgroups allowed", "gid_map", "0 1000 1");
    try("deny setgroups", "setgroups", "deny");
    try("another group", "gid_map", "0 1001 1");
    try("its group", "gid_map", "5 1000 1");
    step("gid", "%d", getgid());
    expect_errno(syscall(SYS_setgroups, 0, NULL), EPERM, "setgroups");
    expect_errno(setgid(0), EINVAL, "setgid(0)");
    try("projid_map needs no privilege", "projid_map", "0 77 3");
    step_proc("projid_map", getpid(), "projid_map");
    expect(unshare(CLONE_NEWUSER) == 0, "a nested one");
    try("an id that the parent has not", "uid_map", "7 1000 1");
    try("as the parent sees it", "uid_map", "7 0 1");
    step_proc("uid_map", getpid(), "uid_map");
    step("uid", "%d", getuid());
    step_proc("of the first", getppid(), "uid_map");
}

static void without(int capability)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    expect(syscall(SYS_capget, &head, data) == 0, "capget");
    data[0].effective &= ~(1u << capability);
    data[0].permitted &= ~(1u << capability);
    expect(syscall(SYS_capset, &head, data) == 0, "capset");
}

static void no_setfcap(void)
{
    without(CAP_SETFCAP);
    expect(unshare(CLONE_NEWUSER) == 0, "unshare");
    try("root without CAP_SETFCAP", "uid_map", "0 0 1");
    try("another without CAP_SETFCAP", "uid_map", "0 1 1");
}

static void group_by_privilege(void)
{
    expect(unshare(CLONE_NEWUSER) == 0, "unshare");
    try("root maps itself", "uid_map", "0 0 1");
    try("its group, setgroups allowed", "gid_map", "0 0 1");
    try("two groups", "gid_map", "0 0 2");
}

static void in_child(const char *what, void (*body)(void))
{
    int status;
    step("case", "%s", what);
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "%d", status);
}

int main(void)
{
    in_child("an ordinary user", ordinary);
    in_child("without CAP_SETFCAP", no_setfcap);
    in_child("root in the namespace", group_by_privilege);
    contract_pass();
}
