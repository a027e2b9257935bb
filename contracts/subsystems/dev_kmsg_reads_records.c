/* Contract: each read of /dev/kmsg gives one record, a line that opens with priority, sequence number
 * and time; the position is a record: the first, the last cleared, or behind the last, where a
 * non-blocking read is EAGAIN and poll tells of nothing to read.
 * Requires: root
 * Source: Documentation/ABI/testing/dev-kmsg, kernel/printk/printk.c:devkmsg_read, devkmsg_llseek. */
#include "../contract.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static char record[8192];

static void seek(const char *name, int fd, long offset, int whence)
{
    step_result(name, lseek(fd, offset, whence));
}

int main(void)
{
    struct stat status;
    expect(stat("/dev/kmsg", &status) == 0, "stat");
    step("device", "%d %u:%u", S_ISCHR(status.st_mode), major(status.st_rdev),
         minor(status.st_rdev));
    int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
    expect(fd >= 0, "open");
    seek("to the end", fd, 0, SEEK_END);
    expect_errno(read(fd, record, sizeof record), EAGAIN, "read at the end");
    struct pollfd poller = {fd, POLLIN | POLLRDNORM | POLLOUT, 0};
    int ready = poll(&poller, 1, 0);
    step("poll at the end", "%d %x", ready, (unsigned)poller.revents);
    expect_errno(lseek(fd, 5, SEEK_SET), ESPIPE, "position 5");
    expect_errno(lseek(fd, 1, SEEK_END), ESPIPE, "1 behind the end");
    expect_errno(lseek(fd, 0, SEEK_CUR), EINVAL, "the current position");
    seek("to what was not cleared", fd, 0, SEEK_DATA);
    seek("to the start", fd, 0, SEEK_SET);
    ready = poll(&poller, 1, 0);
    step("poll at the start", "%d %x", ready, (unsigned)poller.revents);

    int priority = -1;
    unsigned long long first = 0, second = 0, time = 0;
    char flag = '?';
    long size = read(fd, record, sizeof record - 1);
    expect(size > 0, "read");
    record[size] = '\0';
    step("fields", "%d", sscanf(record, "%d,%llu,%llu,%c", &priority, &first, &time, &flag));
    /* A busy host's log has lost its first records, so what they say is anybody's. */
    step("first record", "priority %d, flag %d, message %d, newline %d", priority >= 0,
         flag == '-' || flag == 'c', strchr(record, ';') != NULL, record[size - 1] == '\n');
    seek("to the start", fd, 0, SEEK_SET);
    expect_errno(read(fd, record, 1), EINVAL, "no room for a record");
    size = read(fd, record, sizeof record - 1);
    expect(size > 0, "read");
    record[size] = '\0';
    sscanf(record, "%d,%llu", &priority, &second);
    step("the record without room is passed", "%d", second > first);
    expect_errno(write(fd, "x", 1), EBADF, "write");
    expect_errno(ioctl(fd, TIOCGWINSZ, record), ENOTTY, "ioctl");
    contract_pass();
}
