/* Contract: F_SET_RW_HINT keeps a write-life hint with the inode, F_GET_RW_HINT tells it to every
 * descriptor; values beyond RWH_WRITE_LIFE_EXTREME and hints of single open files are EINVAL.
 * Requires: tmpfs
 * fcntl(2) "File read/write hints"; fs/fcntl.c:fcntl_set_rw_hint(). */
#include "../contract.h"
#include <stdint.h>

#define GET_RW_HINT 1035
#define SET_RW_HINT 1036
#define GET_FILE_RW_HINT 1037
#define SET_FILE_RW_HINT 1038

static void hint(const char *name, int fd)
{
    uint64_t value = 99;
    int result = fcntl(fd, GET_RW_HINT, &value);
    step(name, "%d %s, %d", result, result ? errno_name(errno) : "ok", (int)value);
}

int main(void)
{
    int ends[2], fd = open("file", O_RDWR | O_CREAT, 0600), other = open("file", O_RDONLY);
    uint64_t value;
    hint("at first", fd);
    for (value = 0; value < 8; value++)
        step_result("F_SET_RW_HINT", fcntl(fd, SET_RW_HINT, &value));
    hint("set", fd);
    hint("for every descriptor", other);
    value = 2;
    step_result("by one that only reads", fcntl(other, SET_RW_HINT, &value));
    hint("set", fd);
    value = (uint64_t)1 << 32;
    expect_errno(fcntl(fd, SET_RW_HINT, &value), EINVAL, "64 bits are looked at");
    expect_errno(fcntl(fd, SET_RW_HINT, (void *)8), EFAULT, "nowhere");
    expect_errno(fcntl(fd, GET_RW_HINT, (void *)8), EFAULT, "to nowhere");
    expect_errno(fcntl(fd, GET_FILE_RW_HINT, &value), EINVAL, "F_GET_FILE_RW_HINT");
    expect_errno(fcntl(fd, SET_FILE_RW_HINT, &value), EINVAL, "F_SET_FILE_RW_HINT");
    expect(pipe(ends) == 0, "pipe");
    hint("a pipe", ends[0]);
    expect_errno(fcntl(open("file", O_PATH), GET_RW_HINT, &value), EBADF, "O_PATH");
    close(fd);
    close(other);
    hint("it stays with the file", open("file", O_RDONLY));
    contract_pass();
}
