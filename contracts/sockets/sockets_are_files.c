/* Contract: a socket is a file of type S_IFSOCK and mode 0777 on sockfs: no position (ESPIPE),
 * no mapping (ENODEV), no truncation (EINVAL); F_GETFL says read-write; dup() shares it, and it
 * lives until the last descriptor is closed. FIONREAD and FIONBIO work, TCGETS is ENOTTY.
 * Source: socket(7); net/socket.c. */
#include "../contract.h"
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>

int main(void)
{
    int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
    for (int i = 0; i < 4; i++) {
        int fd = socket(families[i], SOCK_DGRAM, 0), waiting = -1;
        struct stat status, other;
        struct statfs fs;
        char path[64], target[64], byte;
        expect(fd >= 0 && fstat(fd, &status) == 0 && fstatfs(fd, &fs) == 0, "fstat");
        step("family", "%d: mode %o, links %d, size %d, sockfs %d", families[i], status.st_mode,
             (int)status.st_nlink, (int)status.st_size, fs.f_type == 0x534F434B);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = 0;
        char wanted[64];
        snprintf(wanted, sizeof wanted, "socket:[%lu]", (unsigned long)status.st_ino);
        step("the link names the inode", "%d", strcmp(wanted, target) == 0);
        expect(stat(path, &other) == 0 && other.st_ino == status.st_ino, "stat through the link");
        expect_errno(open(path, O_RDWR), ENXIO, "open");
        expect_errno(lseek(fd, 0, SEEK_SET), ESPIPE, "lseek");
        expect_errno(pread(fd, &byte, 1, 0), ESPIPE, "pread");
        expect_errno(ftruncate(fd, 0), EINVAL, "ftruncate");
        expect_errno(fsync(fd), EINVAL, "fsync");
        expect_errno((long)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0), ENODEV, "mmap");
        step("F_GETFL", "%#x", fcntl(fd, F_GETFL) & ~O_LARGEFILE);
        int one = 1;
        step_result("FIONBIO", ioctl(fd, FIONBIO, &one));
        step("non-blocking", "%d", !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
        if (families[i] != AF_NETLINK) {
            step_result("FIONREAD", ioctl(fd, FIONREAD, &waiting));
            step("waiting", "%d", waiting);
        }
        expect_errno(ioctl(fd, 0x5401, target), ENOTTY, "TCGETS");
        expect_errno(ioctl(fd, 0x12345678, target), ENOTTY, "no such request");
        close(fd);
    }
    int pair[2];
    char text[8] = "", more[8] = "";
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    int copy = dup(pair[0]);
    close(pair[0]);
    struct iovec out[] = {{"scat", 4}, {"", 0}, {"tered", 5}}, in[] = {{text, 3}, {more, 7}};
    step_result("writev", writev(copy, out, 3));
    step_result("readv", readv(pair[1], in, 2));
    step("text", "%s %s", text, more);
    close(copy);
    step_result("the last descriptor is closed", read(pair[1], text, 1));
    contract_pass();
}
