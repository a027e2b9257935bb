/* Contract: a cgroup is a directory whose files have fixed modes and first values, and in which
 * only directories can be made.
 * cgroups(7); kernel/cgroup/cgroup.c:cgroup_base_files, fs/kernfs/dir.c.
 * Requires: root, cgroup2 */
#include "contract.h"
#include "cgroup.h"

static const char *const names[] = {
    "cgroup.type", "cgroup.procs", "cgroup.threads", "cgroup.controllers",
    "cgroup.subtree_control", "cgroup.events", "cgroup.max.descendants", "cgroup.max.depth",
    "cgroup.freeze", "cgroup.kill", "cgroup.stat", "cpu.stat"};

int main(void)
{
    struct statfs fs;
    struct stat status;
    cgroup_begin("");
    expect(statfs(".", &fs) == 0, "statfs");
    step("magic", "%lx, %ld blocks, names of %ld", (long)fs.f_type, (long)fs.f_blocks,
         (long)fs.f_namelen);
    expect(fstat(cgroup_root, &status) == 0, "fstat");
    step("root", "%o", status.st_mode);
    expect(stat(".", &status) == 0, "stat");
    step("group", "%o, %ld links, size %ld", status.st_mode, (long)status.st_nlink,
         (long)status.st_size);
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        expect(stat(names[i], &status) == 0, names[i]);
        step(names[i], "%o, %ld link, size %ld, root %s", status.st_mode, (long)status.st_nlink,
             (long)status.st_size,
             faccessat(cgroup_root, names[i], F_OK, 0) == 0 ? "has it" : "has not");
        if (strstr(names[i], "stat") == NULL && strcmp(names[i], "cgroup.controllers") != 0)
            step_read(names[i]);
    }
    expect(mkdir("below", 0700) == 0 && stat("below", &status) == 0, "mkdir");
    step("below", "%o", status.st_mode);
    expect(stat("below/cgroup.procs", &status) == 0 && status.st_uid == 0, "stat");
    expect(stat(".", &status) == 0, "stat");
    step("links now", "%ld", (long)status.st_nlink);
    expect_errno(open("file", O_CREAT | O_WRONLY, 0600), EACCES, "open with O_CREAT");
    expect_errno(open("none", O_RDONLY), ENOENT, "open of nothing");
    expect_errno(mknod("fifo", S_IFIFO | 0600, 0), EPERM, "mknod");
    expect_errno(symlink("a", "b"), EPERM, "symlink");
    expect_errno(link("cgroup.procs", "b"), EPERM, "link");
    expect_errno(unlink("cgroup.procs"), EPERM, "unlink");
    expect_errno(rmdir("cgroup.procs"), ENOTDIR, "rmdir of a file");
    expect_errno(rename("below", "other"), EPERM, "rename");
    expect_errno(mkdir("below", 0700), EEXIST, "mkdir again");
    expect_errno(mkdir("two\nlines", 0700), EINVAL, "mkdir of two lines");
    expect_errno(open("cgroup.kill", O_RDONLY | O_DIRECTORY), ENOTDIR, "O_DIRECTORY");
    step_write("cgroup.events", "1");
    step_write("cgroup.stat", "1");
    step_result("truncate", truncate("cgroup.procs", 0));
    step_result("chmod", chmod("cgroup.procs", 0600));
    expect(stat("cgroup.procs", &status) == 0, "stat");
    step("mode now", "%o", status.st_mode);
    step_result("chown", chown("below", 1000, 1000));
    expect(stat("below", &status) == 0, "stat");
    step("owner", "%d %d", status.st_uid, status.st_gid);
    step_result("rmdir", rmdir("below"));
    contract_pass();
}
