/* Contract: MNT_EXPIRE marks a mount that nobody uses and is EAGAIN; a second call unmounts it,
 * unless it was used in between; it goes with no other flag.
 * Requires: CAP_SYS_ADMIN, root
 * Source: umount(2), fs/namespace.c:do_umount. */
#include "../contract.h"
#include <sys/mount.h>
#include <sys/stat.h>

int main(void)
{
    struct stat status;
    private_mounts();
    expect(mkdir("m", 0755) == 0, "mkdir");
    expect(mount("m", "m", "tmpfs", 0, "mode=755") == 0, "mount");
    expect_errno(umount2("m", MNT_EXPIRE | MNT_DETACH), EINVAL, "with MNT_DETACH");
    expect_errno(umount2("m", MNT_EXPIRE | MNT_FORCE), EINVAL, "with MNT_FORCE");
    int fd = open("m", O_RDONLY);
    expect_errno(umount2("m", MNT_EXPIRE), EBUSY, "in use");
    close(fd);
    expect_errno(umount2("m", MNT_EXPIRE), EAGAIN, "marked");
    expect(stat("m", &status) == 0, "stat");
    expect_errno(umount2("m", MNT_EXPIRE), EAGAIN, "used, marked again");
    fd = open("m/file", O_CREAT | O_RDWR, 0644);
    close(fd);
    expect_errno(umount2("m", MNT_EXPIRE | UMOUNT_NOFOLLOW), EAGAIN, "used again");
    step_result("the second time", umount2("m", MNT_EXPIRE));
    expect_errno(umount2("m", MNT_EXPIRE), EINVAL, "gone");
    contract_pass();
}
