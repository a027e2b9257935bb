/* Contract: name_to_handle_at(2) gives a handle and its size, open_by_handle_at(2) finds the file by
 * it whatever its name became, and ESTALE when it is gone; it needs CAP_DAC_READ_SEARCH.
 * Requires: root, tmpfs
 * Source: open_by_handle_at(2), fs/fhandle.c, mm/shmem.c:shmem_encode_fh. */
#include "../contract.h"
#include <sys/stat.h>

struct handle {
    unsigned bytes;
    int type;
    unsigned char data[128];
};

static struct handle one, two;
static int mount_id, other_id;

static long name_to(int dir, const char *path, struct handle *handle, unsigned room, int flags)
{
    handle->bytes = room;
    return syscall(SYS_name_to_handle_at, dir, path, handle, &mount_id, flags);
}

static long by_handle(int mount, struct handle *handle, int flags)
{
    return syscall(SYS_open_by_handle_at, mount, handle, flags);
}

int main(void)
{
    struct stat status;
    char text[16] = "";
    expect(write(open("file", O_CREAT | O_WRONLY, 0644), "text", 4) == 4 && mkdir("d", 0755) == 0, "make");
    expect(symlink("file", "link") == 0, "symlink");
    int here = open(".", O_RDONLY);
    expect_errno(name_to(AT_FDCWD, "file", &one, 0, 0), EOVERFLOW, "asking for the size");
    step("size", "%u", one.bytes);
    expect_errno(name_to(AT_FDCWD, "file", &one, 129, 0), EINVAL, "more than there can be");
    expect_errno(name_to(AT_FDCWD, "file", &one, 128, 1 << 20), EINVAL, "an unknown flag");
    expect_errno(name_to(AT_FDCWD, "missing", &one, 128, 0), ENOENT, "nothing");
    expect_errno(name_to(AT_FDCWD, "", &one, 128, 0), ENOENT, "an empty path");
    step_result("a file", name_to(AT_FDCWD, "file", &one, 128, 0));
    step("handle", "%u bytes of type %d", one.bytes, one.type);
    other_id = mount_id;
    step_result("a link", name_to(AT_FDCWD, "link", &two, 128, 0));
    step("is another", "%d", memcmp(&one, &two, sizeof one) != 0);
    step_result("followed", name_to(AT_FDCWD, "link", &two, 128, AT_SYMLINK_FOLLOW));
    step("is the same", "%d", memcmp(one.data, two.data, one.bytes) == 0);
    step_result("a descriptor", name_to(open("file", O_PATH), "", &two, 128, AT_EMPTY_PATH));
    step("is the same", "%d, mount %d", memcmp(one.data, two.data, one.bytes) == 0, mount_id == other_id);
    expect_errno(name_to(AT_FDCWD, "/proc/self/status", &two, 128, 0), EOPNOTSUPP, "procfs");
    int fd = by_handle(here, &one, O_RDONLY);
    step_result("opened", read(fd, text, sizeof text));
    step("text", "%s", text);
    expect(rename("file", "d/renamed") == 0, "rename");
    fd = by_handle(AT_FDCWD, &one, O_RDWR);
    step_result("after a rename, by the working directory", fd < 0 ? -1 : 0);
    step_result("for writing", pwrite(fd, "TEXT", 4, 0));
    close(fd);
    expect(name_to(AT_FDCWD, "d", &two, 128, 0) == 0, "directory");
    fd = by_handle(here, &two, O_RDONLY | O_DIRECTORY);
    step_result("a directory", faccessat(fd, "renamed", F_OK, 0));
    step_result("with O_PATH", fstat(by_handle(here, &one, O_PATH), &status));
    expect_errno(by_handle(here, &one, O_DIRECTORY | O_RDONLY), ENOTDIR, "a file as a directory");
    expect_errno(by_handle(99, &one, O_RDONLY), EBADF, "no descriptor");
    two = one;
    two.bytes = 0;
    expect_errno(by_handle(here, &two, O_RDONLY), EINVAL, "no bytes");
    two.bytes = 200;
    expect_errno(by_handle(here, &two, O_RDONLY), EINVAL, "too many bytes");
    two = one;
    two.data[4] ^= 0x55;
    expect_errno(by_handle(here, &two, O_RDONLY), ESTALE, "another number");
    expect_errno(by_handle(here, (void *)8, O_RDONLY), EFAULT, "a bad address");
    for (fd = 3; fd < 40; fd++)
        if (fd != here)
            close(fd);
    expect(unlink("d/renamed") == 0, "unlink");
    expect_errno(by_handle(here, &one, O_RDONLY), ESTALE, "a file that is gone");
    expect(chmod(".", 0755) == 0 && seteuid(1000) == 0, "become 1000");
    step_result("anybody gets a handle", name_to(AT_FDCWD, "d", &one, 128, 0));
    expect_errno(by_handle(here, &one, O_RDONLY), EPERM, "but not the file");
    contract_pass();
}
