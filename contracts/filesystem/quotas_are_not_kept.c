/* Contract: quotactl(2) tells what has no quota, by name and by descriptor, and checks its command;
 * what needs privilege is EPERM only where there are quotas.
 * Requires: root, tmpfs
 * Source: quotactl(2), fs/quota/quota.c. */
#include "../contract.h"
#include <linux/quota.h>
#include <sys/stat.h>

#undef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#define COMMAND(what, type) ((unsigned)(what) << 8 | (type))

static char block[256];

static long quota(int what, int type, const char *special, int id)
{
    return syscall(SYS_quotactl, COMMAND(what, type), special, id, block);
}

int main(void)
{
    int here = open(".", O_RDONLY);
    expect(mkdir("d", 0755) == 0 && close(open("file", O_CREAT | O_RDWR, 0644)) == 0, "make");
    step_result("sync of all", quota(Q_SYNC, USRQUOTA, NULL, 0));
    step_result("a type that is none", quota(Q_GETQUOTA, 3, "file", 0));
    step_result("no name", quota(Q_GETQUOTA, USRQUOTA, NULL, 0));
    step_result("a bad name", quota(Q_GETQUOTA, USRQUOTA, (void *)8, 0));
    step_result("nothing", quota(Q_GETQUOTA, USRQUOTA, "missing", 0));
    step_result("a file", quota(Q_GETQUOTA, USRQUOTA, "file", 0));
    step_result("a directory", quota(Q_GETINFO, GRPQUOTA, "d", 0));
    step_result("by a descriptor", syscall(SYS_quotactl_fd, here, COMMAND(Q_GETQUOTA, USRQUOTA), 0, block));
    step_result("by no descriptor", syscall(SYS_quotactl_fd, 99, COMMAND(Q_GETQUOTA, USRQUOTA), 0, block));
    step_result("a type that is none", syscall(SYS_quotactl_fd, here, COMMAND(Q_GETQUOTA, 3), 0, block));
    step_result("no such command", syscall(SYS_quotactl_fd, here, COMMAND(0x700000, 0), 0, block));
    step_result("switching on", syscall(SYS_quotactl_fd, here, COMMAND(Q_QUOTAON, 0), 0, "file"));
    expect(chmod(".", 0755) == 0 && seteuid(1000) == 0, "become 1000");
    step_result("another's", quota(Q_GETQUOTA, USRQUOTA, "file", 5));
    step_result("one's own", syscall(SYS_quotactl_fd, here, COMMAND(Q_GETQUOTA, USRQUOTA), 1000, block));
    step_result("another's", syscall(SYS_quotactl_fd, here, COMMAND(Q_GETQUOTA, USRQUOTA), 5, block));
    step_result("setting", syscall(SYS_quotactl_fd, here, COMMAND(Q_SETQUOTA, USRQUOTA), 1000, block));
    contract_pass();
}
