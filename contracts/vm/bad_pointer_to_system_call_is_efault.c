/* Contract: a system call that is given memory it may not touch fails with EFAULT; no signal
 * is raised and nothing is half done. A file transfer that can move some bytes before the
 * bad page returns their count.
 * Source: read(2), write(2), pipe(2), open(2); mm/filemap.c:generic_perform_write. */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/utsname.h>

enum { PAGE = 4096 };

int main(void)
{
    char *pages = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(pages != MAP_FAILED, "mmap");
    memset(pages, 'a', 4 * PAGE);
    char *none = pages + PAGE, *readonly = pages + 2 * PAGE, *gone = pages + 3 * PAGE;
    expect(mprotect(none, PAGE, PROT_NONE) == 0, "mprotect");
    expect(mprotect(readonly, PAGE, PROT_READ) == 0, "mprotect");
    expect(munmap(gone, PAGE) == 0, "munmap");
    const char *volatile nothing = NULL;
    int ends[2], fd = open("file", O_RDWR | O_CREAT, 0600);
    expect(fd >= 0 && pipe(ends) == 0, "files");
    expect_errno(write(ends[1], none, 10), EFAULT, "write from PROT_NONE");
    expect_errno(write(ends[1], gone, 10), EFAULT, "write from nowhere");
    expect_errno(write(ends[1], nothing, 1), EFAULT, "write from NULL");
    step_result("write nothing from NULL", write(fd, nothing, 0));
    step_result("write from read-only", write(ends[1], readonly, 10));
    expect_errno(read(ends[0], readonly, 10), EFAULT, "read into read-only");
    expect(write(fd, pages, 100) == 100, "write");
    expect_errno(pread(fd, gone, 10, 0), EFAULT, "read into nowhere");
    expect_errno(open(gone, O_RDONLY), EFAULT, "open of a bad path");
    expect_errno(open(nothing, O_RDONLY), EFAULT, "open of NULL");
    expect_errno(syscall(SYS_fstat, fd, readonly), EFAULT, "fstat into read-only");
    expect_errno(uname((struct utsname *)readonly), EFAULT, "uname into read-only");

    int next = dup(fd);
    close(next);
    expect_errno(syscall(SYS_pipe2, readonly, 0), EFAULT, "pipe2 into read-only");
    step("pipe2 left no descriptor", "%s", dup(fd) == next ? "yes" : "no");

    step_result("pwrite with 50 good bytes", pwrite(fd, none - 50, 100, 0));
    step_result("pread with 50 good bytes", pread(fd, none - 50, 100, 0));
    step_result("size of the file", lseek(fd, 0, SEEK_END));
    expect_errno(write(ends[1], none - 50, 100), EFAULT, "pipe write with 50 good bytes");
    strcpy(none - 5, "file");
    step_result("path up to the edge", open(none - 5, O_RDONLY) >= 0);
    contract_pass();
}
