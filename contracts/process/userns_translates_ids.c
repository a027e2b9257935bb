/* Contract: every id that a system call tells is the reader's: that of its user namespace, or
 * 65534; every id that is given must be mapped.
 * Requires: root, userns
 * user_namespaces(7), "Interaction with system calls that change process UIDs or GIDs". */
#include "../userns.h"
#include <sys/fsuid.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

static int pair[2];

static void status_lines(void)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file) != NULL)
        if (!strncmp(line, "Uid:", 4) || !strncmp(line, "Gid:", 4) || !strncmp(line, "Groups:", 7))
            step("status", "%.*s", (int)strcspn(line, "\n"), line);
    fclose(file);
}

static void peer(const char *name, int fd)
{
    struct ucred cred;
    socklen_t size = sizeof cred;
    expect(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0, "SO_PEERCRED");
    step(name, "%d %d", cred.uid, cred.gid);
}

static void send_credentials(int fd, uid_t uid, gid_t gid)
{
    struct ucred cred = {getpid(), uid, gid};
    union { struct cmsghdr head; char space[CMSG_SPACE(sizeof cred)]; } control = {0};
    struct iovec iov = {"x", 1};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                         .msg_controllen = sizeof control};
    control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof cred), .cmsg_level = SOL_SOCKET,
                                    .cmsg_type = SCM_CREDENTIALS};
    memcpy(CMSG_DATA(&control.head), &cred, sizeof cred);
    char name[64];
    snprintf(name, sizeof name, "sendmsg as %d %d", uid, gid);
    step_result(name, sendmsg(fd, &msg, 0));
}

static void receive_credentials(int fd)
{
    struct ucred cred;
    char byte;
    union { struct cmsghdr head; char space[CMSG_SPACE(sizeof cred)]; } control;
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                         .msg_controllen = sizeof control};
    expect(recvmsg(fd, &msg, 0) == 1, "recvmsg");
    memcpy(&cred, CMSG_DATA(&control.head), sizeof cred);
    step("credentials received", "%d %d", cred.uid, cred.gid);
}

static void owner(const char *name)
{
    struct stat st;
    expect(lstat(name, &st) == 0, name);
    step(name, "%d %d", st.st_uid, st.st_gid);
}

static void inside(void)
{
    gid_t groups[8], more[2] = {3, 70};
    uid_t r, e, s;
    step("uid, gid", "%d %d %d %d", getuid(), geteuid(), getgid(), getegid());
    int count = getgroups(8, groups);
    for (int i = 0; i < count; i++)
        step("group", "%d", groups[i]);
    owner("mapped");
    owner("unmapped");
    owner("half");
    status_lines();
    peer("peer, connected outside", pair[1]);
    send_credentials(pair[1], 0, 0);
    send_credentials(pair[1], 5, 6);
    send_credentials(pair[1], 100, 0);
    expect_errno(syscall(SYS_setgroups, 2, more), EINVAL, "setgroups with one unmapped");
    more[1] = 4;
    step_result("setgroups", syscall(SYS_setgroups, 2, more));
    expect_errno(setresuid(1, 10, 1), EINVAL, "setresuid with one unmapped");
    expect_errno(setreuid(-1, 10), EINVAL, "setreuid");
    expect_errno(setregid(10, -1), EINVAL, "setregid");
    expect_errno(setresgid(-1, -1, 12), EINVAL, "setresgid");
    step("setfsuid of an unmapped id", "%d", setfsuid(10));
    step("setfsuid still", "%d", setfsuid(-1));
    expect_errno(chown("mapped", 10, -1), EINVAL, "chown uid");
    expect_errno(chown("mapped", -1, 10), EINVAL, "chown gid");
    expect_errno(chown("unmapped", 1, 1), EPERM, "chown of what is not mapped");
    expect_errno(chown("half", 1, -1), EPERM, "chown of what is half mapped");
    expect_errno(chmod("unmapped", 0600), EPERM, "chmod of what is not mapped");
    step_result("chown", chown("mapped", 2, 3));
    owner("mapped");
    expect_errno(getpriority(PRIO_USER, 10), ESRCH, "getpriority of an unmapped user");
    expect_errno(setpriority(PRIO_USER, 10, 1), ESRCH, "setpriority of an unmapped user");
    step_result("setresuid", setresuid(1, 2, 3));
    getresuid(&r, &e, &s);
    step("ids", "%d %d %d", r, e, s);
    int fd = open("by_two", O_CREAT | O_WRONLY, 0600);
    step("created", "%d", fd >= 0);
    int queue = msgget(IPC_PRIVATE, 0600);
    struct msqid_ds ds;
    expect(msgctl(queue, IPC_STAT, &ds) == 0, "IPC_STAT");
    step("message queue", "%d %d %d %d", ds.msg_perm.uid, ds.msg_perm.gid, ds.msg_perm.cuid,
         ds.msg_perm.cgid);
    ds.msg_perm.uid = 10;
    expect_errno(msgctl(queue, IPC_SET, &ds), EINVAL, "IPC_SET to an unmapped owner");
    expect(msgctl(queue, IPC_RMID, NULL) == 0, "IPC_RMID");
}

static void inside_unmapped(void)
{
    step("unmapped", "%d %d", getuid(), getgid());
    step_result("setgid", setresgid(0, 0, 0));
    step_result("setuid", setresuid(0, 0, 0));
    inside();
}

int main(void)
{
    gid_t groups[3] = {5001, 20000, 5002};
    int on = 1;
    expect(chmod(".", 0777) == 0, "chmod");
    expect(close(open("mapped", O_CREAT | O_WRONLY, 0644)) == 0, "mapped");
    expect(close(open("unmapped", O_CREAT | O_WRONLY, 0644)) == 0, "unmapped");
    expect(close(open("half", O_CREAT | O_WRONLY, 0644)) == 0, "half");
    expect(chown("mapped", 5004, 5003) == 0 && chown("half", 5001, 0) == 0, "chown");
    expect(syscall(SYS_setgroups, 3, groups) == 0, "setgroups");
    expect(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "socketpair");
    expect(setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0, "SO_PASSCRED");
    step("status", "%d", in_user_namespace("0 5000 5\n", "0 5000 5\n", inside_unmapped));
    receive_credentials(pair[0]);
    owner("by_two");
    owner("mapped");
    contract_pass();
}
