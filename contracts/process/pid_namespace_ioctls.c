/* Contract: a PID namespace as a file tells its kind, the namespace above, and numbers of processes
 * from one namespace to another; setns enters it for children, by pidfd too.
 * Requires: CAP_SYS_ADMIN, CAP_SYS_PTRACE, Linux 6.12
 * Source: ioctl_nsfs(2), setns(2); fs/nsfs.c:ns_ioctl, kernel/pid_namespace.c:pidns_install. */
#include "pidns.h"
#include <linux/nsfs.h>
#include <sys/ioctl.h>

#ifndef NS_GET_PID_FROM_PIDNS
#define NS_GET_PID_FROM_PIDNS _IOR(NSIO, 0x6, int)
#define NS_GET_TGID_FROM_PIDNS _IOR(NSIO, 0x7, int)
#define NS_GET_PID_IN_PIDNS _IOR(NSIO, 0x8, int)
#define NS_GET_TGID_IN_PIDNS _IOR(NSIO, 0x9, int)
#endif

static int open_namespace(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    expect(fd >= 0, path);
    return fd;
}

static unsigned long inode(int fd)
{
    struct stat status;
    expect(fstat(fd, &status) == 0, "fstat");
    return status.st_ino;
}

static void use_children(const char *name, int fd, int flags, int in_file)
{
    pid_t child = must_fork();
    if (child > 0) {
        step_end(name, child);
        return;
    }
    step_result("setns", setns(fd, flags));
    child = must_fork();
    if (child == 0) {
        step("a child there", "pid %d, parent %d", getpid(), getppid());
        step_result("init is there", kill(1, 0));
        _exit(3);
    }
    step_end("a child there", child);
    int there = open_namespace(getpid(), "pid_for_children"), own = open_namespace(getpid(), "pid");
    step("for children", "%d", inode(there) == inode(in_file));
    step("own", "%d", inode(own) != inode(in_file));
    _exit(0);
}

int main(void)
{
    int go[2], ready[2];
    char byte;
    expect(pipe(go) == 0 && pipe(ready) == 0, "pipe");
    pid_t child = fork_into_namespace(0);
    if (child == 0) {
        pid_t last = fork_into_namespace(0);
        expect(write(ready[1], "", 1) == 1, "write");
        expect(read(go[0], &byte, 1) == 1, "read");
        if (last > 0)
            step_end("the lowest", last);
        _exit(0);
    }
    expect(read(ready[0], &byte, 1) == 1 && read(ready[0], &byte, 1) == 1, "read");
    int own = open_namespace(getpid(), "pid"), inner = open_namespace(child, "pid");
    int uts = open_namespace(getpid(), "uts");
    int null = open("/dev/null", O_RDONLY);
    step("kind", "%#x", ioctl(inner, NS_GET_NSTYPE));
    step("kind of uts", "%#x", ioctl(uts, NS_GET_NSTYPE));
    int above = ioctl(inner, NS_GET_PARENT);
    expect(above >= 0, "NS_GET_PARENT");
    step("parent", "%s", inode(above) == inode(own) ? "this one" : "another");
    step("close-on-exec", "%d", fcntl(above, F_GETFD));
    expect_errno(ioctl(uts, NS_GET_PARENT), EINVAL, "parent of uts");
    expect_errno(ioctl(null, NS_GET_PARENT), ENOTTY, "of another file");
    pid_t outside = ioctl(inner, NS_GET_PID_FROM_PIDNS, 1);
    step("1 there is", "%s", outside == child ? "the child here" : "another");
    step("as a process", "%d", ioctl(inner, NS_GET_TGID_FROM_PIDNS, 1) == child);
    step("the child here is there", "%d", ioctl(inner, NS_GET_PID_IN_PIDNS, child));
    step("as a process", "%d", ioctl(inner, NS_GET_TGID_IN_PIDNS, child));
    step("2 there is here", "%d", ioctl(inner, NS_GET_PID_FROM_PIDNS, 2) > 2);
    expect_errno(ioctl(inner, NS_GET_PID_FROM_PIDNS, 77), ESRCH, "77 there");
    expect_errno(ioctl(inner, NS_GET_PID_IN_PIDNS, 4000000), ESRCH, "nobody here");
    expect_errno(ioctl(inner, NS_GET_PID_IN_PIDNS, getpid()), ESRCH, "oneself there");
    expect_errno(ioctl(uts, NS_GET_PID_IN_PIDNS, 1), EINVAL, "of uts");
    use_children("by namespace", inner, CLONE_NEWPID, inner);
    use_children("by pidfd", syscall(SYS_pidfd_open, child, 0), CLONE_NEWPID, inner);
    pid_t low = ioctl(inner, NS_GET_PID_FROM_PIDNS, 2);
    int lowest = open_namespace(low, "pid");
    use_children("two levels down", lowest, 0, lowest);
    pid_t mover = must_fork();
    if (mover == 0) {
        expect(setns(inner, 0) == 0, "setns");
        pid_t grandchild = must_fork();
        if (grandchild == 0) {
            expect_errno(ioctl(own, NS_GET_PARENT), EPERM, "parent, from below");
            expect_errno(ioctl(inner, NS_GET_PARENT), EPERM, "a parent above one's own");
            step("own to itself", "%d", ioctl(inner, NS_GET_PID_IN_PIDNS, getpid()) == getpid());
            expect_errno(setns(own, 0), EINVAL, "up");
            _exit(0);
        }
        step_end("grandchild", grandchild);
        step_result("further down", setns(lowest, 0));
        step_result("and back", setns(own, 0));
        _exit(0);
    }
    step_end("mover", mover);
    expect(write(go[1], "ab", 2) == 2, "write");
    step_end("namespace", child);
    expect(setns(inner, 0) == 0, "setns");
    expect_errno(fork(), ENOMEM, "a child where init is gone");
    contract_pass();
}
