/* Flags and arguments of the calls about memory that are not known or not checked, and what happens in
 * larger pieces than pages. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    printf("%s: %s\n", what, got == -1 ? strerrorname_np(errno) : "no error");
}

int main(void)
{
    int kind = MAP_PRIVATE | MAP_ANONYMOUS, both = PROT_READ | PROT_WRITE;
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    char *at = mmap(NULL, 16384, both, kind, -1, 0);
    told("MAP_FIXED_NOREPLACE where something is",
         (long)mmap(at, 4096, PROT_READ, kind | MAP_FIXED_NOREPLACE, -1, 0));
    told("MAP_SHARED_VALIDATE", (long)mmap(NULL, 4096, both, MAP_SHARED_VALIDATE, fd, 0));
    told("MREMAP_DONTUNMAP", syscall(SYS_mremap, at, 4096, 4096, 5, NULL));
    told("mremap of size 0, private", (long)syscall(SYS_mremap, at, 0, 4096, 0));
    told("MADV_WIPEONFORK", madvise(at, 4096, MADV_WIPEONFORK));
    told("unknown advice, no bytes", madvise(at, 0, 12345));
    told("unknown bit of a protection", syscall(SYS_mprotect, at, 4096, 0x8000));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(syscall(SYS_munmap, at, 1UL << 62) == 0);
    int status;
    waitpid(child, &status, 0);
    printf("munmap of 2^62 bytes: %s\n", status ? "done" : "refused");
    told("pkey_mprotect with -1", syscall(SYS_pkey_mprotect, at, 4096, PROT_READ, -1));
    told("pkey_alloc with a flag", syscall(SYS_pkey_alloc, 1, 0));
    char *heap = sbrk(0);
    heap += -(long)heap & 4095;
    syscall(SYS_brk, heap);
    mmap(heap + 16384, 4096, both, kind | MAP_FIXED, -1, 0);
    printf("brk into the page before a mapping: %s\n",
           syscall(SYS_brk, heap + 12289) == (long)heap ? "refused" : "done");
    char page[4096] = "old";
    if (write(fd, page, 4096) != 4096 || write(fd, page, 4096) != 4096)
        return 1;
    char *view = mmap(NULL, 8192, both, MAP_PRIVATE, fd, 0);
    *view = 'x';
    if (pwrite(fd, "new", 3, 4096) != 3)
        return 1;
    printf("second page of a private mapping, its file written to: %s\n", view + 4096);
    int ends[2];
    char *edge = mmap(NULL, 8192, both, kind, -1, 0) + 4096;
    mprotect(edge, 4096, PROT_NONE);
    told("write of 50 good bytes and 50 bad to a pipe",
         pipe(ends) ? -1 : write(ends[1], edge - 50, 100));
}
