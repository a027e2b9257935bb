/* Contract: every write to /dev/full of any length fails with ENOSPC; reads give zeros; lseek
 * stays at 0; the error reaches stdio when it flushes.
 * Source: full(4); drivers/char/mem.c:write_full. */
#include "../contract.h"
#include <sys/stat.h>
#include <sys/sysmacros.h>

int main(void)
{
    char buffer[100];
    struct stat file;
    int fd = open("/dev/full", O_RDWR);
    expect(fd >= 0 && fstat(fd, &file) == 0, "open");
    step("device", "%u:%u", major(file.st_rdev), minor(file.st_rdev));
    expect_errno(write(fd, "x", 1), ENOSPC, "write");
    expect_errno(write(fd, buffer, 0), ENOSPC, "write of nothing");
    expect_errno(pwrite(fd, "x", 1, 100), ENOSPC, "pwrite");
    memset(buffer, 'x', sizeof buffer);
    step_result("read", read(fd, buffer, 99));
    step("buffer", "%d %d %c", buffer[0], buffer[98], buffer[99]);
    step_result("lseek", lseek(fd, 100, SEEK_SET));
    FILE *stream = fopen("/dev/full", "w");
    expect(stream, "fopen");
    step("fputs", "%s", fputs("text", stream) == EOF ? "EOF" : "buffered");
    errno = 0;
    int flushed = fflush(stream);
    step("fflush", "%d %s", flushed, errno_name(errno));
    step("ferror", "%s", ferror(stream) ? "yes" : "no");
    contract_pass();
}
