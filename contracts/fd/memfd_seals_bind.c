/* Contract: F_SEAL_SHRINK, _GROW and _WRITE forbid what they say (EPERM) from every descriptor;
 * F_SEAL_SEAL ends sealing; seals cannot be taken back, and need a writable descriptor.
 * fcntl(2) "File sealing"; mm/memfd.c, mm/shmem.c. */
#include "../contract.h"
#include <sys/mman.h>

static void tries(const char *name, int fd)
{
    char text[256] = "";
    struct { const char *what; long result; } all[] = {
        {"write", pwrite(fd, "12", 2, 0)},
        {"extend", pwrite(fd, "12", 2, 4096)},
        {"append", pwrite(fd, "12", 2, 5000)},
        {"shrink", ftruncate(fd, 4000)},
        {"same", ftruncate(fd, lseek(fd, 0, SEEK_END))},
        {"grow", ftruncate(fd, 9000)},
        {"punch", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096)},
        {"allocate", fallocate(fd, 0, 0, 12288)},
        {"keep size", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 16384)},
    };
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++)
        snprintf(text + strlen(text), 32, " %s %ld", all[i].what, all[i].result);
    step(name, "seals %d:%s, size %ld", fcntl(fd, F_GET_SEALS), text, (long)lseek(fd, 0, SEEK_END));
}

static int sealed(int seals)
{
    int fd = syscall(SYS_memfd_create, "sealed", MFD_ALLOW_SEALING);
    expect(fd >= 0 && ftruncate(fd, 4096) == 0, "memfd_create");
    expect(fcntl(fd, F_ADD_SEALS, seals) == 0, "F_ADD_SEALS");
    return fd;
}

int main(void)
{
    tries("none", sealed(0));
    tries("F_SEAL_SHRINK", sealed(F_SEAL_SHRINK));
    tries("F_SEAL_GROW", sealed(F_SEAL_GROW));
    tries("F_SEAL_WRITE", sealed(F_SEAL_WRITE));
    tries("shrink and grow", sealed(F_SEAL_SHRINK | F_SEAL_GROW));
    tries("all", sealed(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL));
    int fd = sealed(F_SEAL_SHRINK);
    step_result("the same again", fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
    step_result("one more", fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
    step_result("both", fcntl(fd, F_GET_SEALS));
    expect_errno(fcntl(fd, F_ADD_SEALS, 0x100), EINVAL, "an unknown seal");
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int reading = open(path, O_RDONLY);
    expect_errno(fcntl(reading, F_ADD_SEALS, F_SEAL_WRITE), EPERM, "not open for writing");
    step_result("but can ask", fcntl(reading, F_GET_SEALS));
    step_result("F_SEAL_SEAL", fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
    expect_errno(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM, "after F_SEAL_SEAL");
    expect_errno(fcntl(fd, F_ADD_SEALS, 0), EPERM, "even none");
    int plain = syscall(SYS_memfd_create, "plain", 0);
    step_result("without MFD_ALLOW_SEALING", fcntl(plain, F_GET_SEALS));
    expect_errno(fcntl(plain, F_ADD_SEALS, F_SEAL_WRITE), EPERM, "it cannot be sealed");
    int ends[2];
    expect(pipe(ends) == 0, "pipe");
    expect_errno(fcntl(ends[1], F_GET_SEALS), EINVAL, "a pipe has none");
    expect_errno(fcntl(ends[1], F_ADD_SEALS, 0), EINVAL, "nor takes any");
    contract_pass();
}
