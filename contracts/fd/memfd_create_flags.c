/* Contract: memfd_create makes an unlinked regular file, open for reading and writing, whose name is
 * at most 249 bytes; unknown flags are EINVAL; what the flags say decides close-on-exec, mode and
 * first seals.
 * memfd_create(2); mm/memfd.c.
 * Requires: Linux 6.3 */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

static long create(const char *name, unsigned flags)
{
    return syscall(SYS_memfd_create, name, flags);
}

static void show(const char *name, unsigned flags)
{
    struct stat status;
    int fd = create("shown", flags);
    expect(fd >= 0 && fstat(fd, &status) == 0, "memfd_create");
    step(name, "mode %o, links %d, size %ld, seals %d, cloexec %d, access %d",
         (unsigned)status.st_mode, (int)status.st_nlink, (long)status.st_size,
         fcntl(fd, F_GET_SEALS), fcntl(fd, F_GETFD), fcntl(fd, F_GETFL) & O_ACCMODE);
    close(fd);
}

int main(void)
{
    char name[300], link[300], path[64];
    show("no flags", 0);
    show("MFD_CLOEXEC", MFD_CLOEXEC);
    show("MFD_ALLOW_SEALING", MFD_ALLOW_SEALING);
    show("MFD_NOEXEC_SEAL", MFD_NOEXEC_SEAL);
    show("MFD_EXEC", MFD_EXEC);
    show("MFD_EXEC | MFD_ALLOW_SEALING", MFD_EXEC | MFD_ALLOW_SEALING);
    expect_errno(create("x", MFD_EXEC | MFD_NOEXEC_SEAL), EINVAL, "both kinds");
    expect_errno(create("x", 0x20), EINVAL, "an unknown flag");
    expect_errno(create("x", 0x80000000), EINVAL, "another");
    expect_errno(create("x", 1U << 26), EINVAL, "a page size without MFD_HUGETLB");
    expect_errno(create(NULL, 0), EFAULT, "no name");
    memset(name, 'n', sizeof name);
    name[249] = 0;
    int fd = create(name, 0);
    step("249 bytes", "%d", fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    long size = readlink(path, link, sizeof link);
    step("its link", "%ld bytes, %.9s...%s", size, link, link + size - 10 - (link[size] = 0));
    name[249] = 'n', name[250] = 0;
    expect_errno(create(name, 0), EINVAL, "250 bytes");
    step("no name at all", "%d", create("", 0) >= 0);
    int one = create("same", 0), two = create("same", 0);
    step("names need not differ", "%d", one >= 0 && two >= 0 && one != two);
    step_result("write", write(one, "data", 4));
    step_result("the other is empty", lseek(two, 0, SEEK_END));
    snprintf(path, sizeof path, "/proc/self/fd/%d", one);
    int again = open(path, O_RDONLY);
    step_result("opened again", read(again, name, 10));
    contract_pass();
}
