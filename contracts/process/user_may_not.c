/* Contract: an ordinary user cannot take other ids, change owners, make devices, mount, set the
 * host name or read what belongs to root: EPERM, and EACCES for files.
 * Source: credentials(7), capabilities(7). */
#include "../contract.h"
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

int main(void)
{
    int file = open("file", O_RDWR | O_CREAT, 0666);
    expect(file >= 0 && fchmod(file, 0666) == 0 && chmod(".", 0777) == 0, "file");
    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        unsigned other = getuid() + 1;
        if (geteuid() == 0) {
            other = 0;
            expect(syscall(SYS_setgroups, 0, NULL) == 0, "setgroups");
            expect(syscall(SYS_setresgid, 65534, 65534, 65534) == 0, "setresgid");
            expect(syscall(SYS_setresuid, 65534, 65534, 65534) == 0, "setresuid");
        }
        expect_errno(syscall(SYS_setuid, other), EPERM, "setuid");
        expect_errno(syscall(SYS_setresuid, -1, -1, other), EPERM, "setresuid");
        expect_errno(syscall(SYS_setreuid, -1, other), EPERM, "setreuid");
        expect_errno(syscall(SYS_setgid, other), EPERM, "setgid");
        expect_errno(syscall(SYS_setgroups, 0, NULL), EPERM, "setgroups");
        step_result("setfsuid changes nothing",
                    syscall(SYS_setfsuid, other) == syscall(SYS_setfsuid, -1) ? 0 : 1);
        expect_errno(mknod("device", S_IFCHR | 0600, 0x103), EPERM, "mknod of a device");
        expect_errno(chown("file", other, (gid_t)-1), EPERM, "chown");
        expect_errno(mount("none", ".", "tmpfs", 0, NULL), EPERM, "mount");
        expect_errno(sethostname("x", 1), EPERM, "sethostname");
        expect_errno(chroot("."), EPERM, "chroot");
        expect_errno(open("/etc/passwd", O_WRONLY), EACCES, "open root's file for writing");
        expect_errno(mkdir("/forbidden", 0700), EACCES, "mkdir in root's directory");
        _exit(0);
    }
    wait_for_success(child);
    contract_pass();
}
