/* Contract: F_SEAL_WRITE is EBUSY while a shared writable mapping exists, and forbids new ones and
 * mprotect to one; F_SEAL_FUTURE_WRITE lets old mappings live on. Private ones do not count.
 * fcntl(2) "File sealing"; mm/memfd.c:memfd_wait_for_pins(), mm/shmem.c:shmem_mmap(). */
#include "../contract.h"
#include <sys/mman.h>

static char *map(int fd, int prot, int flags)
{
    return mmap(NULL, 4096, prot, flags, fd, 0);
}

static int make(void)
{
    int fd = syscall(SYS_memfd_create, "mapped", MFD_ALLOW_SEALING);
    expect(fd >= 0 && ftruncate(fd, 4096) == 0, "memfd_create");
    return fd;
}

int main(void)
{
    int fd = make();
    char *shared = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
    expect(shared != MAP_FAILED, "mmap");
    expect_errno(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY, "a writable mapping exists");
    step_result("no seal was set", fcntl(fd, F_GET_SEALS));
    expect_errno(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), EBUSY, "with another");
    step_result("not even the other", fcntl(fd, F_GET_SEALS));
    pid_t pid = fork();
    if (pid == 0) {
        expect(munmap(shared, 4096) == 0, "munmap");
        expect_errno(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY, "the parent's counts, too");
        _exit(0);
    }
    wait_for_success(pid);
    expect(mprotect(shared, 4096, PROT_READ) == 0, "mprotect");
    expect_errno(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY, "read only, but it may write");
    expect(munmap(shared, 4096) == 0, "munmap");
    char *private = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    step_result("a private mapping is none", fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
    private[0] = 'p';
    step("stores to it stay there", "%c %d", private[0], (int)pread(fd, &(char){0}, 1, 0));
    expect_errno(map(fd, PROT_READ | PROT_WRITE, MAP_SHARED) == MAP_FAILED ? -1 : 0, EPERM,
                 "a new shared writable mapping");
    char *reading = map(fd, PROT_READ, MAP_SHARED);
    step("shared read only", "%d", reading != MAP_FAILED);
    expect_errno(mprotect(reading, 4096, PROT_READ | PROT_WRITE), EACCES, "made writable");
    step("private", "%d", map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE) != MAP_FAILED);

    fd = make();
    shared = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
    step_result("F_SEAL_FUTURE_WRITE with a mapping", fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE));
    shared[0] = 'f';
    char byte = 0;
    step_result("the mapping still writes", pread(fd, &byte, 1, 0));
    step("byte", "%c", byte);
    expect_errno(pwrite(fd, "x", 1, 0), EPERM, "write");
    expect_errno(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 1), EPERM, "punch");
    expect_errno(map(fd, PROT_READ | PROT_WRITE, MAP_SHARED) == MAP_FAILED ? -1 : 0, EPERM,
                 "a new shared writable mapping");
    step_result("growing is not writing", ftruncate(fd, 8192));
    expect_errno(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY, "F_SEAL_WRITE meanwhile");
    contract_pass();
}
