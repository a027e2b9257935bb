/* lseek and fallocate: holes are not looked for, room is not kept beyond the end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <linux/fs.h>

static void told(const char *what, long got)
{
    printf("%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

int main(void)
{
    int ends[2], fd = open("file", O_RDWR | O_CREAT, 0600), count = 0;
    char *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pipe(ends))
        return 1;
    told("SEEK_HOLE", lseek(fd, 0, SEEK_HOLE));
    told("SEEK_DATA", lseek(fd, 0, SEEK_DATA));
    told("wrong whence on a pipe", lseek(ends[0], 0, 9));
    told("an eventfd", lseek(eventfd(0, 0), 5, SEEK_SET));
    told("/dev/urandom", lseek(open("/dev/urandom", O_RDONLY), 5, SEEK_SET));
    told("FALLOC_FL_KEEP_SIZE", fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4096));
    told("FALLOC_FL_PUNCH_HOLE", fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 4096));
    told("FIONREAD of a file", ioctl(fd, FIONREAD, &count));
    told("FICLONE", ioctl(open("other", O_RDWR | O_CREAT, 0600), FICLONE, fd));
    told("readahead of a pipe", readahead(ends[0], 0, 10));
    told("sync_file_range of a pipe", sync_file_range(ends[0], 0, 10, 7));
    told("ftruncate with O_PATH", ftruncate(open("file", O_PATH), 0));
    told("read at the end to a bad address", pread(fd, nowhere, 8, 100));
    int memory = memfd_create("sealed", MFD_ALLOW_SEALING);
    told("ftruncate", ftruncate(memory, 4096));
    told("F_SEAL_WRITE", fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE));
    char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, memory, 0);
    told("shared mapping for reading of it", page == MAP_FAILED ? -1 : 0);
}
