/* Times before 1970, who may set them, and set-id bits at a write. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    struct stat status;
    int fd = open("file", O_CREAT | O_RDWR, 0600);
    fchmod(fd, 06777);
    long wrote = write(fd, "x", 1);
    fstat(fd, &status);
    printf("mode 6777 after a write of %ld by root: %o\n", wrote, (unsigned)status.st_mode & 07777);
    fchmod(fd, 06777);
    wrote = ftruncate(fd, 10);
    fstat(fd, &status);
    printf("mode 6777 after ftruncate, which gives %ld: %o\n", wrote, (unsigned)status.st_mode & 07777);
    struct timespec early[2] = {{-2, 1}, {-86400, 5}};
    utimensat(AT_FDCWD, "file", early, 0);
    stat("file", &status);
    printf("time {-2, 1} is read as: {%lld, %ld}\n", (long long)status.st_atim.tv_sec, status.st_atim.tv_nsec);
    fchmod(fd, 0666);
    chmod(".", 0755);
    if (setegid(1000) || seteuid(1000))
        return 1;
    struct timespec one[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    int result = utimensat(AT_FDCWD, "file", one, 0);
    printf("one time now, by a user that may write: %s\n", result ? strerrorname_np(errno) : "done");
}
