/* Contract: when a piece of readv or writev cannot be touched, what came before counts: the call
 * returns the shorter length, and EFAULT only if nothing was moved.
 * Requires: tmpfs
 * readv(2); mm/filemap.c. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/uio.h>

int main(void)
{
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED && mprotect(pages + 4096, 4096, PROT_NONE) == 0, "mmap");
    char *bad = pages + 4096, *edge = bad - 4;
    int ends[2], fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(pipe2(ends, O_NONBLOCK) == 0, "pipe2");
    memcpy(edge, "edge", 4);
    struct iovec pieces[3] = {{"good", 4}, {bad, 4}, {"more", 4}};
    step_result("writev good, bad, good", writev(fd, pieces, 3));
    step_result("offset", lseek(fd, 0, SEEK_CUR));
    expect_errno(writev(fd, pieces + 1, 2), EFAULT, "writev bad, good");
    step_result("offset", lseek(fd, 0, SEEK_CUR));
    pieces[1] = (struct iovec){edge, 8};
    step_result("writev of a piece that is half there", writev(fd, pieces, 3));
    step_result("write of a buffer that is half there", write(fd, edge, 8));
    expect_errno(write(fd, bad, 1), EFAULT, "write of what is not there");
    step_result("write of nothing that is not there", write(fd, bad, 0));
    step_result("size", lseek(fd, 0, SEEK_END));
    step_result("pwrite", pwrite(fd, "0123456789abcdef", 16, 0));
    char first[4], last[4];
    struct iovec places[3] = {{first, 4}, {bad, 4}, {last, 4}};
    expect(lseek(fd, 0, SEEK_SET) == 0, "lseek");
    step_result("readv good, bad, good", readv(fd, places, 3));
    step("bytes", "%.4s", first);
    step_result("offset", lseek(fd, 0, SEEK_CUR));
    expect_errno(readv(fd, places + 1, 2), EFAULT, "readv bad, good");
    step_result("offset", lseek(fd, 0, SEEK_CUR));
    places[1] = (struct iovec){edge, 8};
    step_result("readv into a piece that is half there", readv(fd, places, 3));
    step("bytes", "%.4s %.4s", first, edge);
    step_result("read into a buffer that is half there", read(fd, edge, 8));
    step_result("offset", lseek(fd, 0, SEEK_CUR));
    step_result("at the end a bad buffer is not touched", pread(fd, bad, 8, 100));
    pieces[1] = (struct iovec){bad, 4};
    expect_errno(writev(ends[1], pieces, 3), EFAULT, "a pipe fills a page or nothing");
    expect_errno(read(ends[0], first, 4), EAGAIN, "nothing arrived");
    step_result("pipe", write(ends[1], "data", 4));
    expect_errno(read(ends[0], bad, 4), EFAULT, "read into what is not there");
    step_result("is still there", read(ends[0], first, 4));
    contract_pass();
}
