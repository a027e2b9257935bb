/* Contract: clone3(2) with CLONE_INTO_CGROUP makes a child in the cgroup whose directory is open,
 * O_PATH or not, under the rules of moving there.
 * clone3(2); kernel/cgroup/cgroup.c:cgroup_css_set_fork().
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"
#include <stdint.h>

#define INTO_CGROUP 0x200000000ULL

struct arguments {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    uint64_t set_tid, set_tid_size, cgroup;
};

static long into(uint64_t fd, unsigned long size)
{
    struct arguments arguments = {.flags = INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = fd};
    long child = syscall(SYS_clone3, &arguments, size);
    if (child == 0)
        for (;;)
            pause();
    return child;
}

int main(void)
{
    cgroup_begin("a/t a");
    expect(mkdir("a", 0755) == 0 && mkdir("a/t", 0755) == 0, "mkdir");
    int plain = open("a", O_RDONLY | O_DIRECTORY), path = open("a", O_PATH);
    int file = open("a/cgroup.procs", O_RDONLY), other = open("/", O_RDONLY | O_DIRECTORY);
    pid_t child = into(plain, sizeof(struct arguments));
    expect(child > 0, "clone3");
    step("child", "%s", cgroup_of(child));
    step_read("a/cgroup.events");
    step("parent", "%s", cgroup_of(getpid()));
    cgroup_reap(child);
    child = into(path, sizeof(struct arguments));
    expect(child > 0, "clone3");
    step("by O_PATH", "%s", cgroup_of(child));
    cgroup_reap(child);
    expect_errno(into(plain, 80), EINVAL, "a structure without the member");
    expect_errno(into(99, sizeof(struct arguments)), EBADF, "no descriptor");
    expect_errno(into(1ULL << 40, sizeof(struct arguments)), EINVAL, "beyond an int");
    expect_errno(into(file, sizeof(struct arguments)), EBADF, "a file");
    expect_errno(into(other, sizeof(struct arguments)), EBADF, "another file system");
    step_write("a/t/cgroup.type", "threaded");
    expect(mkdir("a/i", 0755) == 0, "mkdir");
    int invalid = open("a/i", O_PATH);
    expect_errno(into(invalid, sizeof(struct arguments)), EOPNOTSUPP, "an invalid domain");
    step_write("a/cgroup.freeze", "1");
    int watched = cgroup_watch("a/cgroup.events");
    child = into(plain, sizeof(struct arguments));
    expect(child > 0, "clone3");
    cgroup_await(watched, "populated 1\nfrozen 1");
    step("into a frozen group", "%s", cgroup_of(child));
    cgroup_reap(child);
    expect(rmdir("a/i") == 0, "rmdir");
    expect_errno(into(invalid, sizeof(struct arguments)), ENOENT, "a group that is gone");
    contract_pass();
}
