/* Contract: POSIX locks of one process replace, split and merge; F_GETLK tells the first one in the
 * way; ranges may be counted from the offset, the end, backwards and to infinity.
 * fcntl(2); fs/locks.c:posix_lock_inode(). */
#include "../contract.h"
#include <limits.h>

static int fd;

static int lock(int type, int whence, long start, long length)
{
    struct flock request = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = length};
    return fcntl(fd, F_SETLK, &request);
}

/* What another process sees of the locks in the first 100 bytes and beyond. */
static void locks(const char *name)
{
    char text[256] = "";
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        long at = 0;
        for (;;) {
            struct flock found = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at};
            expect(fcntl(fd, F_GETLK, &found) == 0, "F_GETLK");
            if (found.l_type == F_UNLCK)
                break;
            expect(found.l_pid == parent && found.l_whence == SEEK_SET, "owner");
            snprintf(text + strlen(text), 64, " %c[%ld,%ld)", found.l_type == F_RDLCK ? 'r' : 'w',
                     (long)found.l_start, (long)(found.l_len ? found.l_start + found.l_len : -1));
            if (!found.l_len)
                break;
            at = found.l_start + found.l_len;
        }
        step(name, "%s", text);
        _exit(0);
    }
    wait_for_success(pid);
}

int main(void)
{
    fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(ftruncate(fd, 100) == 0 && lseek(fd, 50, SEEK_SET) == 50, "setup");
    locks("none");
    step_result("write 10 to 20", lock(F_WRLCK, SEEK_SET, 10, 10));
    step_result("write 20 to 30", lock(F_WRLCK, SEEK_SET, 20, 10));
    locks("neighbours merge");
    step_result("read 15 to 25", lock(F_RDLCK, SEEK_SET, 15, 10));
    locks("a downgrade splits");
    step_result("unlock 18 to 20", lock(F_UNLCK, SEEK_SET, 18, 2));
    locks("a hole");
    step_result("read 12 to 40", lock(F_RDLCK, SEEK_SET, 12, 28));
    locks("covers all");
    step_result("5 from the offset", lock(F_WRLCK, SEEK_CUR, 0, 5));
    step_result("5 before the end", lock(F_WRLCK, SEEK_END, -5, 5));
    locks("from offset and end");
    step_result("backwards from 10", lock(F_RDLCK, SEEK_SET, 10, -4));
    locks("backwards");
    step_result("from 90 to infinity", lock(F_RDLCK, SEEK_SET, 90, 0));
    locks("to infinity");
    step_result("unlock all", lock(F_UNLCK, SEEK_SET, 0, 0));
    locks("none");
    step_result("the last byte", lock(F_WRLCK, SEEK_SET, LONG_MAX, 1));
    locks("the last byte is infinity");
    struct flock own = {.l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_start = -3, .l_len = 7};
    step_result("F_GETLK of one's own", fcntl(fd, F_GETLK, &own));
    step("is left as it was", "%d %d %ld %ld", own.l_type == F_UNLCK, own.l_whence == SEEK_CUR,
         (long)own.l_start, (long)own.l_len);
    expect_errno(lock(F_WRLCK, SEEK_SET, -1, 5), EINVAL, "before the start");
    expect_errno(lock(F_WRLCK, SEEK_SET, 3, -5), EINVAL, "backwards before the start");
    expect_errno(lock(F_WRLCK, SEEK_CUR, LONG_MAX, 1), EOVERFLOW, "start beyond the last byte");
    expect_errno(lock(F_WRLCK, SEEK_SET, LONG_MAX, 2), EOVERFLOW, "end beyond the last byte");
    expect_errno(lock(F_WRLCK, 9, 0, 1), EINVAL, "whence");
    expect_errno(lock(9, SEEK_SET, 0, 1), EINVAL, "type");
    struct flock wrong = {.l_type = F_UNLCK};
    expect_errno(fcntl(fd, F_GETLK, &wrong), EINVAL, "F_GETLK with F_UNLCK");
    expect_errno(fcntl(fd, F_SETLK, (void *)8), EFAULT, "nowhere");
    int reading = open("file", O_RDONLY), writing = open("file", O_WRONLY);
    struct flock read_lock = {.l_type = F_RDLCK, .l_len = 1}, write_lock = {.l_type = F_WRLCK,
                                                                            .l_len = 1};
    expect_errno(fcntl(reading, F_SETLK, &write_lock), EBADF, "write lock, read only");
    expect_errno(fcntl(writing, F_SETLK, &read_lock), EBADF, "read lock, write only");
    step_result("read lock, read only", fcntl(reading, F_SETLK, &read_lock));
    step_result("F_GETLK needs no mode", fcntl(reading, F_GETLK, &write_lock));
    close(writing);
    locks("closing any descriptor drops all");
    contract_pass();
}
