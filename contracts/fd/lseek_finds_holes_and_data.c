/* Contract: SEEK_DATA and SEEK_HOLE step through a sparse tmpfs file by pages; the end of the file
 * is a hole; from there on, and before the start, ENXIO.
 * Requires: tmpfs
 * lseek(2); mm/shmem.c:shmem_file_llseek(). */
#include "../contract.h"
#include <sys/stat.h>

static int fd;

static void next(const char *name, long offset, int whence)
{
    step_result(name, lseek(fd, offset, whence));
}

static void blocks(const char *name)
{
    struct stat status;
    expect(fstat(fd, &status) == 0, "fstat");
    step(name, "%ld bytes in %ld blocks", (long)status.st_size, (long)status.st_blocks);
}

int main(void)
{
    fd = open("file", O_RDWR | O_CREAT, 0600);
    next("hole in an empty file", 0, SEEK_HOLE);
    next("data in an empty file", 0, SEEK_DATA);
    expect(ftruncate(fd, 40000) == 0, "ftruncate");
    blocks("only a hole");
    next("data in a hole", 0, SEEK_DATA);
    next("hole in a hole", 100, SEEK_HOLE);
    step_result("a byte", pwrite(fd, "x", 1, 10000));
    step_result("two pages", pwrite(fd, (char[8192]){1}, 8192, 20480));
    blocks("sparse");
    next("first data", 0, SEEK_DATA);
    next("data from inside", 9000, SEEK_DATA);
    next("hole after it", 9000, SEEK_HOLE);
    next("next data", 12288, SEEK_DATA);
    next("hole after that", 20480, SEEK_HOLE);
    next("no data left", 28672, SEEK_DATA);
    next("the end is a hole", 30000, SEEK_HOLE);
    next("at the end", 40000, SEEK_HOLE);
    next("data at the end", 40000, SEEK_DATA);
    next("negative", -1, SEEK_DATA);
    next("negative", -1, SEEK_HOLE);
    next("where it is left", 0, SEEK_CUR);
    step_result("a byte before the end", pwrite(fd, "x", 1, 39999));
    next("hole in the last page", 39000, SEEK_HOLE);
    next("data in the last page", 39000, SEEK_DATA);
    char byte = 1;
    expect(pread(fd, &byte, 1, 15000) == 1, "pread");
    step("a hole reads as", "%d", byte);
    expect(ftruncate(fd, 9000) == 0, "ftruncate");
    blocks("cut in a page of data");
    expect(ftruncate(fd, 12000) == 0, "ftruncate");
    byte = 1;
    expect(pread(fd, &byte, 1, 10000) == 1, "pread");
    step("what was cut reads as", "%d", byte);
    contract_pass();
}
