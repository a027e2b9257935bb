/* Contract: cgroup.max.depth and cgroup.max.descendants refuse mkdir(2) with EAGAIN, for groups
 * further below, too; a bound under what there is stops new ones only.
 * kernel/cgroup/cgroup.c:cgroup_check_hierarchy_limits().
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

/* The first line alone: those behind it tell of controllers. */
static void step_descendants(void)
{
    char text[17] = "";
    int fd = open("cgroup.stat", O_RDONLY);
    expect(read(fd, text, 16) == 16 && close(fd) == 0, "read");
    step("cgroup.stat", "%s", text);
}

int main(void)
{
    cgroup_begin("e");
    step_write("cgroup.max.depth", "0");
    expect_errno(mkdir("a", 0755), EAGAIN, "depth 0");
    step_write("cgroup.max.depth", "1");
    step_result("depth 1", mkdir("a", 0755));
    expect_errno(mkdir("a/b", 0755), EAGAIN, "depth 1, below");
    step_write("cgroup.max.depth", "max");
    step_write("a/cgroup.max.depth", "1");
    step_result("own bound", mkdir("a/b", 0755));
    expect_errno(mkdir("a/b/c", 0755), EAGAIN, "own bound, below");
    step_write("cgroup.max.descendants", "2");
    expect_errno(mkdir("d", 0755), EAGAIN, "two descendants");
    step_write("cgroup.max.descendants", "3");
    step_result("three descendants", mkdir("d", 0755));
    step_write("cgroup.max.descendants", "1");
    expect_errno(mkdir("e", 0755), EAGAIN, "fewer than there are");
    expect_errno(mkdir("a/e", 0755), EAGAIN, "further below");
    step_descendants();
    step_result("rmdir", rmdir("d"));
    step_result("rmdir", rmdir("a/b"));
    step_result("rmdir", rmdir("a"));
    step_result("now there is room", mkdir("e", 0755));
    step_descendants();
    contract_pass();
}
