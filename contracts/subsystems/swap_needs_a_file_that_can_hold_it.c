/* Contract: swapon checks flags, then privilege, then the file: what cannot hold swap is EINVAL, a
 * directory EISDIR; swapoff of what is not swapped to is EINVAL. swapon(2); mm/swapfile.c.
 * Requires: root, tmpfs */
#include "contract.h"
#include <sys/stat.h>
#include <sys/swap.h>

int main(void)
{
    close(open("file", O_CREAT | O_RDWR, 0600));
    expect(mkdir("dir", 0700) == 0, "mkdir");
    expect_errno(swapon("file", 0), EINVAL, "swapon of a file of tmpfs");
    expect_errno(swapon("/dev/null", 0), EINVAL, "swapon of a character device");
    expect_errno(swapon("dir", 0), EISDIR, "swapon of a directory");
    expect_errno(swapon("none", 0), ENOENT, "swapon of nothing");
    expect_errno(swapon("file", 1 << 20), EINVAL, "swapon with an unknown flag");
    expect_errno(syscall(SYS_swapon, 8, 0), EFAULT, "swapon with a bad path");
    expect_errno(swapoff("file"), EINVAL, "swapoff of a file");
    expect_errno(swapoff("dir"), EISDIR, "swapoff of a directory");
    expect_errno(swapoff("none"), ENOENT, "swapoff of nothing");
    expect(setresuid(65534, 65534, 65534) == 0, "setresuid");
    expect_errno(syscall(SYS_swapon, 8, 1 << 20), EINVAL, "a user's unknown flag");
    expect_errno(syscall(SYS_swapon, 8, 0), EPERM, "a user's bad path");
    expect_errno(syscall(SYS_swapoff, 8), EPERM, "a user's swapoff");
    contract_pass();
}
