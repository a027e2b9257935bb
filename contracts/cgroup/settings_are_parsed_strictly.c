/* Contract: numbers in control files are C's in any base with blanks around them; what is none is
 * EINVAL, what is out of bounds ERANGE, and for process ids EINVAL.
 * lib/kstrtox.c; kernel/cgroup/cgroup.c.
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

static const char *const bounds[] = {"0", "1", "-1", "max", "max\n", "Max", "1 2", "abc", "",
    "\n", "2147483647", "2147483648", "99999999999999999999", " 5 ", "\t7\n\n", "0x10", "0X1f",
    "0x", "010", "08", "+3", "+-3", "-0", "3.5", "1e3"};
static const char *const flags[] = {"0", "1", "2", "-1", "x", "", "1x", "1\n", "0x0", "01"};
static const char *const pids[] = {"-1", "abc", "", "999999999", "99999999999", "1 1", "0x"};
static const char *const types[] = {"", "domain", "x", "threade", "threaded x", " threaded \n"};

int main(void)
{
    char long_text[4098];
    cgroup_begin("a");
    for (unsigned i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        step_write("cgroup.max.depth", bounds[i]);
        step_read("cgroup.max.depth");
    }
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++) {
        step_write("cgroup.freeze", flags[i]);
        step_read("cgroup.freeze");
        step_write("cgroup.kill", flags[i]);
    }
    step_read("cgroup.kill");
    for (unsigned i = 0; i < sizeof pids / sizeof *pids; i++) {
        step_write("cgroup.procs", pids[i]);
        step_write("cgroup.threads", pids[i]);
    }
    step_write("cgroup.max.depth", "max");
    expect(mkdir("a", 0755) == 0, "mkdir");
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        step_write("a/cgroup.type", types[i]);
        step_read("a/cgroup.type");
    }
    step_write("cgroup.subtree_control", "");
    step_write("cgroup.subtree_control", " \n");
    step_write("cgroup.subtree_control", "nothing");
    step_write("cgroup.subtree_control", "+nothing");
    step_write("cgroup.subtree_control", "-nothing");
    step_write("cgroup.subtree_control", "+");
    memset(long_text, ' ', sizeof long_text);
    long_text[0] = '4';
    int fd = open("cgroup.max.depth", O_RDWR);
    expect_errno(write(fd, long_text, 4097), E2BIG, "more than a page");
    step_result("a page", write(fd, long_text, 4096));
    step("offset", "%ld", (long)lseek(fd, 0, SEEK_CUR));
    step_result("a NUL ends it", pwrite(fd, "6\0x", 3, 100));
    step_read("cgroup.max.depth");
    step_result("SEEK_END", lseek(fd, 0, SEEK_END));
    contract_pass();
}
