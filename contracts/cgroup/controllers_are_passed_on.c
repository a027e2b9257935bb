/* Contract: cgroup.subtree_control gives controllers to the children: ENOENT for one that the
 * cgroup has not got, EBUSY with processes in it or while a child passes it on; files come and go.
 * cgroups(7), "No internal processes"; kernel/cgroup/cgroup.c:cgroup_subtree_control_write().
 * Requires: root, cgroup2, cgroup2:hugetlb */
#include "contract.h"
#include "cgroup.h"

int main(void)
{
    char text[64];
    cgroup_want("hugetlb");
    cgroup_begin("a/b a");
    expect(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0, "mkdir");
    step("controllers", "%s", strstr(cgroup_read("cgroup.controllers"), "hugetlb") ? "it" : "no");
    step_read("cgroup.subtree_control");
    step_read("a/cgroup.controllers");
    step_write("a/cgroup.subtree_control", "+hugetlb");
    step_write("cgroup.subtree_control", "+hugetlb +nothing");
    step_write("cgroup.subtree_control", "+hugetlb\n");
    step_read("cgroup.subtree_control");
    step_read("a/cgroup.controllers");
    step_read("a/b/cgroup.controllers");
    step_result("file", access("a/hugetlb.2MB.max", F_OK));
    step_result("file below", access("a/b/hugetlb.2MB.max", F_OK));
    step_read("a/hugetlb.2MB.current");
    step_write("a/hugetlb.2MB.max", "5M");
    step_read("a/hugetlb.2MB.max");
    step_write("a/hugetlb.2MB.max", "five");
    step_write("a/hugetlb.2MB.max", "max");
    step_read("a/hugetlb.2MB.max");
    step_write("a/cgroup.subtree_control", "+hugetlb");
    step_write("cgroup.subtree_control", "-hugetlb");
    step_write("cgroup.subtree_control", "+hugetlb -hugetlb");
    step_write("cgroup.subtree_control", "-hugetlb +hugetlb");
    step_write("a/cgroup.procs", "0");
    pid_t child = cgroup_sleeper("a/b/cgroup.procs");
    step("a leaf takes it", "%s", cgroup_of(child));
    expect_errno(cgroup_write("a/b/cgroup.subtree_control", "+hugetlb"), EBUSY, "with a process");
    step_write("a/b/cgroup.type", "threaded");
    expect(mkdir("a/c", 0755) == 0, "mkdir");
    step_write("a/c/cgroup.type", "threaded");
    int file = open("a/b/hugetlb.2MB.max", O_RDWR);
    expect(file >= 0, "open");
    step_write("a/cgroup.subtree_control", "-hugetlb");
    expect_errno(read(file, text, sizeof text), ENODEV, "read of a file that is gone");
    step_read("a/b/hugetlb.2MB.max");
    snprintf(text, sizeof text, "%d", child);
    expect(cgroup_write("a/cgroup.procs", text) > 0, "now it may");
    step("child", "%s", cgroup_of(child));
    step_write("a/cgroup.subtree_control", "+hugetlb");
    step_write("a/c/cgroup.type", "threaded");
    cgroup_reap(child);
    step_write("a/c/cgroup.type", "threaded");
    step_write("a/cgroup.subtree_control", "+hugetlb");
    step_write("cgroup.subtree_control", "-hugetlb");
    step_read("a/cgroup.controllers");
    step_result("rmdir", rmdir("a/c"));
    contract_pass();
}
