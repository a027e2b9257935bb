/* Contract: F_SEAL_EXEC keeps the execute bits as they are (EPERM for chmod); on an executable memfd
 * it brings the seals against writing, growing and shrinking with it.
 * memfd_create(2) MFD_NOEXEC_SEAL; mm/memfd.c:memfd_add_seals(), mm/shmem.c:shmem_setattr().
 * Requires: Linux 6.3 */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x20
#endif

static void mode(const char *name, int fd)
{
    struct stat status;
    expect(fstat(fd, &status) == 0, "fstat");
    step(name, "mode %o, seals %d", (unsigned)status.st_mode & 07777, fcntl(fd, F_GET_SEALS));
}

int main(void)
{
    int fd = syscall(SYS_memfd_create, "plain", 8U);
    mode("MFD_NOEXEC_SEAL", fd);
    expect_errno(fchmod(fd, 0777), EPERM, "make it executable");
    expect_errno(fchmod(fd, 0100), EPERM, "for the owner only");
    step_result("other bits", fchmod(fd, 0600));
    mode("changed", fd);
    step_result("it can still be written", write(fd, "x", 1));
    step_result("and sealed", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    mode("sealed", fd);
    expect_errno(execve("/proc/self/fd/3", (char *[]){"x", NULL}, (char *[]){NULL}), EACCES, "exec");

    fd = syscall(SYS_memfd_create, "executable", 0x10U | MFD_ALLOW_SEALING);
    mode("MFD_EXEC", fd);
    step_result("write", write(fd, "x", 1));
    step_result("F_SEAL_EXEC", fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC));
    mode("brings others", fd);
    expect_errno(write(fd, "y", 1), EPERM, "write");
    expect_errno(fchmod(fd, 0666), EPERM, "take execution away");
    step_result("keep it, change others", fchmod(fd, 0711));
    mode("changed", fd);

    fd = syscall(SYS_memfd_create, "mapped", 0x10U | MFD_ALLOW_SEALING);
    expect(ftruncate(fd, 4096) == 0, "ftruncate");
    expect(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED, "mmap");
    expect_errno(fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC), EBUSY, "while it is mapped writable");
    expect(fchmod(fd, 0666) == 0, "fchmod");
    step_result("not executable, it brings none", fcntl(fd, F_ADD_SEALS, F_SEAL_EXEC));
    mode("alone", fd);
    contract_pass();
}
