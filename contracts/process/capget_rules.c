/* Contract: capget and capset know three versions and write the one they prefer over a wrong
 * one (EINVAL, but 0 to capget without data); a dropped capability does not come back.
 * Source: capget(2), kernel/capability.c:cap_validate_magic. */
#include "../contract.h"
#include <sys/wait.h>

struct header {
    unsigned version;
    int pid;
};
struct data {
    unsigned effective, permitted, inheritable;
};

#define VERSION_3 0x20080522

int main(void)
{
    struct header header = {VERSION_3, 0};
    struct data data[2], none[2] = {{0, 0, 0}, {0, 0, 0}};
    step_result("version 3", syscall(SYS_capget, &header, data));
    step("effective within permitted", "%s",
         (data[0].effective & ~data[0].permitted) == 0 ? "yes" : "no");
    header.version = 1;
    step_result("unknown version, no data", syscall(SYS_capget, &header, NULL));
    step("version written", "0x%x", header.version);
    header.version = 1;
    expect_errno(syscall(SYS_capget, &header, data), EINVAL, "unknown version");
    step("version written", "0x%x", header.version);
    header.version = 1;
    expect_errno(syscall(SYS_capset, &header, data), EINVAL, "capset, unknown version");
    header = (struct header){VERSION_3, -1};
    expect_errno(syscall(SYS_capget, &header, data), EINVAL, "pid -1");
    header.pid = 0x7fffffff;
    expect_errno(syscall(SYS_capget, &header, data), ESRCH, "pid of nobody");
    expect_errno(syscall(SYS_capset, &header, data), EPERM, "capset of another");
    expect_errno(syscall(SYS_capget, (void *)8, data), EFAULT, "bad header");

    header.pid = getpid();
    step_result("capset to nothing", syscall(SYS_capset, &header, none));
    struct data want[2] = {{0, 1 << 5, 0}, {0, 0, 0}};
    expect_errno(syscall(SYS_capset, &header, want), EPERM, "permitted CAP_KILL");
    want[0] = (struct data){1 << 5, 0, 0};
    expect_errno(syscall(SYS_capset, &header, want), EPERM, "effective CAP_KILL");
    want[0] = (struct data){0, 0, 1 << 5};
    expect_errno(syscall(SYS_capset, &header, want), EPERM, "inheritable CAP_KILL");
    header.pid = 0;
    memset(data, 0xff, sizeof data);
    step_result("capget", syscall(SYS_capget, &header, data));
    step("sets", "%x %x %x", data[0].effective | data[1].effective,
         data[0].permitted | data[1].permitted, data[0].inheritable | data[1].inheritable);
    contract_pass();
}
