/* Contract: sysfs(2) numbers the kinds of file systems that /proc/filesystems names; ustat(2) tells
 * the free inodes of a mounted device.
 * Requires: x86_64, tmpfs
 * Source: sysfs(2), ustat(2), fs/filesystems.c:SYSCALL_DEFINE3(sysfs), fs/statfs.c. */
#include "../contract.h"
#include <sys/stat.h>
#include <sys/statfs.h>

struct space {
    int blocks;
    long inodes;
    char name[6], pack[6];
};

static char *volatile nowhere = (char *)8;

int main(void)
{
    char text[64], name[64] = "";
    long count = 0, number = -1;
    FILE *list = fopen("/proc/filesystems", "r");
    expect(list != NULL, "fopen");
    for (; fgets(text, sizeof text, list) != NULL; count++) {
        char *kind = strrchr(text, '\t') + 1;
        kind[strcspn(kind, "\n")] = '\0';
        if (strcmp(kind, "tmpfs") == 0)
            number = count;
    }
    step("as many as in /proc", "%d", syscall(SYS_sysfs, 3) == count && count > 0);
    step("numbered in that order", "%d", syscall(SYS_sysfs, 1, "tmpfs") == number);
    step_result("by number", syscall(SYS_sysfs, 2, number, name));
    step("it is", "%s", name);
    expect_errno(syscall(SYS_sysfs, 1, "no such thing"), EINVAL, "a kind that is not there");
    expect_errno(syscall(SYS_sysfs, 1, nowhere), EFAULT, "a bad name");
    expect_errno(syscall(SYS_sysfs, 2, count, name), EINVAL, "a number that is not there");
    expect_errno(syscall(SYS_sysfs, 2, 0, nowhere), EFAULT, "a bad buffer");
    expect_errno(syscall(SYS_sysfs, 4), EINVAL, "an unknown option");

    struct stat here;
    struct statfs whole;
    struct space space;
    int like = 0;
    for (int i = 0; i < 100 && !like; i++) { /* others may use the file system */
        memset(&space, 0x77, sizeof space);
        expect(stat(".", &here) == 0 && statfs(".", &whole) == 0, "stat");
        expect(syscall(SYS_ustat, here.st_dev, &space) == 0, "ustat");
        like = space.blocks == (int)whole.f_bfree && space.inodes == (long)whole.f_ffree;
    }
    step("as statfs says", "%d", like);
    step("names", "%d %d", space.name[0], space.pack[5]);
    expect_errno(syscall(SYS_ustat, 0xfffff, &space), EINVAL, "a device that is not there");
    expect_errno(syscall(SYS_ustat, here.st_dev, nowhere), EFAULT, "a bad result");
    contract_pass();
}
