/* Contract: who has which capability over a user namespace: its owner from the parent has all,
 * its members those of their set, members of a child or sibling none; namespaces of other kinds
 * belong to the user namespace in which they were made.
 * Requires: root, userns
 * user_namespaces(7); security/commoncap.c:cap_capable(). */
#include "../userns.h"
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

static int ready[2], done[2];

static void up(const char *what)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    step_result(what, ioctl(fd, SIOCSIFFLAGS, &request));
    close(fd);
}

/* A child of user `id` in a user namespace of its own, its id being root there. */
static pid_t member(unsigned id)
{
    char byte, map[32];
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        become(id);
        expect(unshare(CLONE_NEWUSER | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWIPC) == 0,
               "unshare");
        expect(write(ready[1], "x", 1) == 1, "write");
        expect(read(done[0], &byte, 1) == 1, "read");
        _exit(0);
    }
    expect(read(ready[0], &byte, 1) == 1, "ready");
    snprintf(map, sizeof map, "0 %u 1", id);
    expect(write_proc(child, "uid_map", map) == 0, "uid_map");
    expect(write_proc(child, "gid_map", map) == 0, "gid_map");
    return child;
}

static int of(pid_t pid, const char *kind)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, kind);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Read a byte of its memory, for which one needs the right to trace it. */
static long look_into(pid_t pid)
{
    char here;
    struct iovec local = {&here, 1}, remote = {ready, 1};
    return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static void enter(const char *what, pid_t pid)
{
    step("case", "%s", what);
    int user = of(pid, "user"), uts = of(pid, "uts"), net = of(pid, "net");
    if (user < 0) {
        step("its namespaces", "%s", errno_name(errno));
        return;
    }
    step_result("setns uts", setns(uts, 0));
    step_result("setns user", setns(user, CLONE_NEWUSER));
    step_result("setns uts", setns(uts, CLONE_NEWUTS));
    step_result("setns net", setns(net, 0));
    step("ids", "%d %d", getuid(), getgid());
    step_result("sethostname", sethostname("there", 5));
    up("lo up");
}

static void in_child(void (*body)(pid_t), pid_t target)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        body(target);
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "%d", status);
}

static void as_root(pid_t target) { enter("root outside", target); }

static void as_owner(pid_t target)
{
    become(1000);
    step_result("its memory", look_into(target));
    step_result("its limits", syscall(SYS_prlimit64, target, RLIMIT_CORE, NULL, NULL));
    enter("the owner, in the parent", target);
}

static void as_stranger(pid_t target)
{
    become(1001);
    expect_errno(look_into(target), EPERM, "its memory");
    expect_errno(kill(target, 0), EPERM, "kill");
    enter("a stranger", target);
}

static void as_sibling(pid_t target)
{
    become(1000);
    expect(unshare(CLONE_NEWUSER) == 0, "unshare");
    expect_errno(look_into(target), EPERM, "its memory");
    step_result("kill, the same user", kill(target, 0));
    expect_errno(setpriority(PRIO_PROCESS, target, -1), EACCES, "a better priority");
    enter("a sibling", target);
}

static void alone(pid_t target)
{
    (void)target;
    become(1000);
    expect(unshare(CLONE_NEWUSER) == 0, "unshare");
    expect_errno(sethostname("x", 1), EPERM, "sethostname outside");
    up("lo up outside");
    expect_errno(socket(AF_INET, SOCK_RAW, 1), EPERM, "a raw socket outside");
    expect(unshare(CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC) == 0, "unshare");
    step_result("sethostname inside", sethostname("x", 1));
    up("lo up inside");
    step("a raw socket inside", "%d", socket(AF_INET, SOCK_RAW, 1) >= 0);
    step_result("drop", prctl(PR_CAPBSET_DROP, 21));
    expect(unshare(CLONE_NEWTIME) == 0, "a time namespace");
    struct timespec now = {0, 0};
    expect_errno(syscall(SYS_clock_settime, 0, &now), EPERM, "clock_settime");
    expect_errno(setpriority(PRIO_PROCESS, 0, -5), EACCES, "a better priority");
}

int main(void)
{
    expect(pipe(ready) == 0 && pipe(done) == 0, "pipes");
    pid_t target = member(1000);
    in_child(as_root, target);
    in_child(as_owner, target);
    in_child(as_stranger, target);
    in_child(as_sibling, target);
    in_child(alone, target);
    expect(write(done[1], "x", 1) == 1, "write");
    expect(waitpid(target, NULL, 0) == target, "waitpid");
    contract_pass();
}
