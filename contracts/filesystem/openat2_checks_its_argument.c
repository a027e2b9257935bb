/* Contract: openat2(2) refuses what open(2) ignores: unknown flags and bits, a mode without
 * creation, sizes that are too small, and bytes beyond the structure that are not zero.
 * Source: openat2(2), fs/open.c:build_open_flags, copy_struct_from_user. */
#include "../contract.h"
#include <linux/openat2.h>

static unsigned char big[8192];

static void try(const char *what, unsigned long long flags, unsigned long long mode,
                unsigned long long resolve, size_t size)
{
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    memcpy(big, &how, sizeof how);
    long fd = syscall(SYS_openat2, AT_FDCWD, "file", big, size);
    step(what, "%s", fd < 0 ? errno_name(errno) : "open");
    if (fd >= 0)
        close(fd);
}

int main(void)
{
    expect(close(open("file", O_CREAT | O_RDWR, 0644)) == 0, "file");
    size_t size = sizeof(struct open_how);
    step("size", "%zu", size);
    try("plain", O_RDONLY, 0, 0, size);
    try("too small", O_RDONLY, 0, 0, size - 1);
    try("no size", O_RDONLY, 0, 0, 0);
    try("greater, zeros", O_RDONLY, 0, 0, size + 8);
    try("a page", O_RDONLY, 0, 0, 4096);
    try("more than a page", O_RDONLY, 0, 0, 4097);
    big[size + 3] = 1;
    try("greater, not zero", O_RDONLY, 0, 0, size + 8);
    try("not zero, but beyond", O_RDONLY, 0, 0, size + 3);
    big[size + 3] = 0;
    try("mode without creation", O_RDONLY, 0644, 0, size);
    try("mode with creation", O_CREAT | O_RDWR, 0644, 0, size);
    try("all mode bits", O_CREAT | O_RDWR, 07777, 0, size);
    try("too many mode bits", O_CREAT | O_RDWR, 010000, 0, size);
    try("an unknown flag", 1ull << 30, 0, 0, size);
    try("a high flag", 1ull << 40, 0, 0, size);
    try("an unknown resolve bit", O_RDONLY, 0, 0x40, size);
    try("a high resolve bit", O_RDONLY, 0, 1ull << 33, size);
    try("beneath and in root", O_RDONLY, 0, RESOLVE_BENEATH | RESOLVE_IN_ROOT, size);
    try("O_PATH and O_RDWR", O_PATH | O_RDWR, 0, 0, size);
    try("O_PATH and O_CLOEXEC", O_PATH | O_CLOEXEC | O_NOFOLLOW, 0, 0, size);
    try("O_DIRECTORY and O_CREAT", O_DIRECTORY | O_CREAT, 0600, 0, size);
    try("tmpfile without mode's bits", O_TMPFILE | O_RDWR, 010000, 0, size);
    try("access mode 3", 3, 0, 0, size);
    try("cached and creating", O_CREAT | O_RDWR, 0600, 0x20, size);
    try("cached and truncating", O_TRUNC | O_RDWR, 0, 0x20, size);
    try("cached", O_RDONLY, 0, 0x20, size);
    expect_errno(syscall(SYS_openat2, AT_FDCWD, "file", (void *)8, size), EFAULT, "a bad structure");
    expect_errno(syscall(SYS_openat2, AT_FDCWD, (void *)8, big, size), EFAULT, "a bad path");
    expect_errno(syscall(SYS_openat2, 99, "x", &(struct open_how){0}, size), EBADF, "a bad descriptor");
    contract_pass();
}
