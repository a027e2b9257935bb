/* Contract: NS_GET_USERNS, NS_GET_PARENT, NS_GET_OWNER_UID and NS_GET_NSTYPE tell to whom a
 * namespace belongs, and EPERM about what is out of the caller's reach.
 * Requires: root, userns
 * ioctl_ns(2); fs/nsfs.c:ns_ioctl(). */
#include "../userns.h"
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static int initial;

static int of(const char *kind)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static int same(int one, int other)
{
    struct stat first, second;
    expect(fstat(one, &first) == 0 && fstat(other, &second) == 0, "fstat");
    return first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

static void types(void)
{
    static const char *const kinds[] = {"user", "uts", "ipc", "net", "mnt", "time"};
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        int fd = of(kinds[i]);
        step(kinds[i], "%x", ioctl(fd, NS_GET_NSTYPE));
        close(fd);
    }
}

static void inner(void)
{
    uid_t uid;
    int own = of("user"), uts = of("uts");
    expect_errno(ioctl(own, NS_GET_PARENT), EPERM, "the parent, from inside");
    expect_errno(ioctl(own, NS_GET_USERNS), EPERM, "the same by its other name");
    expect_errno(ioctl(uts, NS_GET_USERNS), EPERM, "of the outer UTS namespace");
    expect_errno(ioctl(uts, NS_GET_PARENT), EINVAL, "a kind without parents");
    expect_errno(ioctl(uts, NS_GET_OWNER_UID, &uid), EINVAL, "the owner of a UTS namespace");
    step_result("owner", ioctl(own, NS_GET_OWNER_UID, &uid));
    step("it", "%d", uid);
    expect(unshare(CLONE_NEWUTS) == 0, "unshare");
    uts = of("uts");
    int found = ioctl(uts, NS_GET_USERNS);
    step("of an inner UTS namespace", "%s", same(found, own) ? "one's own" : "another");
    step("close on exec", "%d", fcntl(found, F_GETFD));
    step("flags", "%x", fcntl(found, F_GETFL) & O_ACCMODE);
    expect_errno(ioctl(own, NS_GET_OWNER_UID, NULL), EFAULT, "nowhere");
    expect_errno(ioctl(own, 0xb70f), ENOTTY, "an unknown request");
    expect(unshare(CLONE_NEWUSER) == 0, "a nested one");
    int nested = of("user");
    expect_errno(ioctl(own, NS_GET_PARENT), EPERM, "the grandparent");
    expect_errno(ioctl(nested, NS_GET_PARENT), EPERM, "the parent");
    expect_errno(setns(own, CLONE_NEWUSER), EPERM, "back");
    step_result("owner", ioctl(nested, NS_GET_OWNER_UID, &uid));
    step("it", "%d", uid);
}

static int at_parent;

static void wait_for_parent(void)
{
    char byte;
    expect(read(at_parent, &byte, 1) == 1, "read");
}

int main(void)
{
    int ends[2];
    initial = of("user");
    types();
    expect_errno(ioctl(initial, NS_GET_PARENT), EPERM, "the parent of the first");
    expect_errno(ioctl(0, NS_GET_NSTYPE), ENOTTY, "no namespace");
    step("status", "%d", in_user_namespace("3 0 1", "3 0 1", inner));
    expect(pipe(ends) == 0, "pipe");
    at_parent = ends[0];
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char path[64];
        int other[2], uid = -1;
        expect(pipe(other) == 0, "pipe");
        pid_t grandchild = fork();
        if (grandchild == 0) {
            expect(syscall(SYS_setresuid, 1000, 1000, 1000) == 0, "setresuid");
            expect(unshare(CLONE_NEWUSER) == 0, "unshare");
            expect(write(other[1], "x", 1) == 1, "write");
            wait_for_parent();
            _exit(0);
        }
        char byte;
        expect(read(other[0], &byte, 1) == 1, "read");
        snprintf(path, sizeof path, "/proc/%d/ns/user", grandchild);
        int theirs = open(path, O_RDONLY), parent = ioctl(theirs, NS_GET_PARENT);
        step("the parent, from outside", "%s", same(parent, initial) ? "the first" : "another");
        step_result("owner", ioctl(theirs, NS_GET_OWNER_UID, &uid));
        step("it", "%d", uid);
        expect(write(ends[1], "x", 1) == 1, "write");
        expect(waitpid(grandchild, NULL, 0) == grandchild, "waitpid");
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    contract_pass();
}
