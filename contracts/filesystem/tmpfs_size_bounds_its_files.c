/* Contract: tmpfs obeys size=, nr_inodes=, mode=, uid= and gid=; a write that meets the end of
 * its room is short, the next one is ENOSPC, and truncating gives the room back.
 * Requires: CAP_SYS_ADMIN
 * Source: tmpfs(5), mm/shmem.c:shmem_inode_acct_blocks. */
#include "../contract.h"
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

static char data[1 << 20];

static void room(const char *name)
{
    struct statfs system;
    expect(statfs("mounted", &system) == 0, "statfs");
    step(name, "%ld of %ld pages, %ld of %ld inodes", (long)system.f_bfree,
         (long)system.f_blocks, (long)system.f_ffree, (long)system.f_files);
}

static long used(void)
{
    struct statfs system;
    expect(statfs("mounted", &system) == 0, "statfs");
    return (long)(system.f_blocks - system.f_bfree);
}

/* The default is half of the memory, and what is used of it is counted, too. */
static void without_a_bound(void)
{
    expect(mount("none", "mounted", "tmpfs", 0, "") == 0, "mount");
    step("pages used", "%ld", used());
    int file = open("mounted/a", O_CREAT | O_RDWR, 0644);
    expect(write(file, data, 40000) == 40000, "write");
    step("of 40000 bytes", "%ld", used());
    expect(ftruncate(file, 5000) == 0, "ftruncate");
    step("of 5000 bytes", "%ld", used());
    expect(ftruncate(file, 1 << 20) == 0 && pwrite(file, "x", 1, 500000) == 1, "pwrite");
    step("and one far behind", "%ld", used());
    expect(close(file) == 0 && umount2("mounted", 0) == 0, "umount");
}

int main(void)
{
    struct stat status;
    expect(mkdir("mounted", 0755) == 0, "mkdir");
    expect_errno(mount("none", "mounted", "tmpfs", 0, "size=banana"), EINVAL, "no number");
    expect_errno(mount("none", "mounted", "tmpfs", 0, "nothing=1"), EINVAL, "no such option");
    step_result("mount", mount("none", "mounted", "tmpfs", 0,
                               "size=64k,uid=5,gid=6,mode=750,nr_inodes=4"));
    expect(stat("mounted", &status) == 0, "stat");
    step("root", "%o %d %d", (unsigned)status.st_mode, (int)status.st_uid, (int)status.st_gid);
    room("at first");
    int file = open("mounted/a", O_CREAT | O_RDWR, 0644);
    step_result("write 40000", write(file, data, 40000));
    step_result("write 40000", write(file, data, 40000));
    expect_errno(write(file, data, 1), ENOSPC, "write 1");
    room("full");
    step_result("ftruncate", ftruncate(file, 4096));
    room("after ftruncate");
    step_result("pwrite of a megabyte", pwrite(file, data, sizeof data, 0));
    int second = open("mounted/b", O_CREAT | O_RDWR, 0644);
    int third = open("mounted/c", O_CREAT | O_RDWR, 0644);
    expect(second >= 0 && third >= 0, "open");
    expect_errno(open("mounted/d", O_CREAT | O_RDWR, 0644), ENOSPC, "one file too many");
    expect(close(file) == 0 && close(second) == 0 && close(third) == 0, "close");
    expect(unlink("mounted/a") == 0, "unlink");
    room("after unlink");
    step_result("umount", umount2("mounted", 0));
    without_a_bound();
    step_result("rmdir", rmdir("mounted"));
    contract_pass();
}
