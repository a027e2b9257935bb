/* Contract: who may make or enter a user namespace: no thread of several, nobody who shares its
 * root directory, nobody in a changed root, nobody who is not mapped, and 33 levels at most.
 * Requires: root, userns
 * user_namespaces(7); kernel/user_namespace.c:create_user_ns(), userns_install(). */
#include "../userns.h"
#include <pthread.h>
#include <sys/stat.h>

static int nothing(void *argument)
{
    (void)argument;
    return 0;
}

static void *wait_for(void *argument)
{
    char byte;
    return (void *)(long)read(*(int *)argument, &byte, 1);
}

static void with_threads(void)
{
    int ends[2];
    pthread_t thread;
    expect(pipe(ends) == 0, "pipe");
    expect(pthread_create(&thread, NULL, wait_for, ends) == 0, "thread");
    int own = open("/proc/self/ns/user", O_RDONLY);
    expect_errno(unshare(CLONE_NEWUSER), EINVAL, "unshare by one of two threads");
    expect_errno(setns(own, CLONE_NEWUSER), EINVAL, "setns to one's own");
    close(ends[1]);
    pthread_join(thread, NULL);
}

static void in_a_changed_root(void)
{
    expect(mkdir("root", 0755) == 0 || errno == EEXIST, "mkdir");
    expect(chroot("root") == 0, "chroot");
    expect_errno(unshare(CLONE_NEWUSER), EPERM, "unshare in a changed root");
}

static void in_child(void (*body)(void))
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    expect(waitpid(child, &status, 0) == child && status == 0, "child");
}

static void nest(void)
{
    int level = 0;
    while (unshare(CLONE_NEWUSER) == 0) {
        level++;
        if (write_proc(getpid(), "setgroups", "deny") != 0)
            contract_fail("setgroups", "%s at level %d", errno_name(errno), level);
        expect(write_proc(getpid(), "uid_map", "0 0 1") == 0, "uid_map");
        expect(write_proc(getpid(), "gid_map", "0 0 1") == 0, "gid_map");
    }
    step("levels", "%d, then %s", level, errno_name(errno));
}

static void enter_parent(void)
{
    int fd = open("/proc/self/ns/user", O_RDONLY);
    char outer[64];
    snprintf(outer, sizeof outer, "/proc/%d/ns/user", getppid());
    expect_errno(open(outer, O_RDONLY), EACCES, "looking into an outer process");
    expect_errno(setns(fd, 0), EINVAL, "one's own");
    expect_errno(setns(fd, CLONE_NEWUTS), EINVAL, "a wrong kind");
}

static int initial;

static void parent_by_descriptor(void)
{
    expect_errno(setns(initial, CLONE_NEWUSER), EPERM, "setns back to the parent");
}

int main(void)
{
    static char stack[16384] __attribute__((aligned(16)));
    initial = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    expect_errno(clone(nothing, stack + sizeof stack, CLONE_NEWUSER | CLONE_FS | SIGCHLD, NULL),
                 EINVAL, "clone with CLONE_FS");
    expect_errno(clone(nothing, stack + sizeof stack,
                       CLONE_NEWUSER | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, NULL),
                 EINVAL, "clone of a thread");
    in_child(with_threads);
    in_child(in_a_changed_root);
    in_child(nest);
    step("status", "%d", in_user_namespace("0 0 1", "0 0 1", enter_parent));
    step("status", "%d", in_user_namespace("0 0 1", "0 0 1", parent_by_descriptor));
    contract_pass();
}
