/* Reading, opening and removing directories: what is checked, and in which order. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    printf("%s: %s\n", what, got < 0 ? strerrorname_np(errno) : "no error");
}

int main(void)
{
    char buffer[64];
    mkdir("d", 0755);
    mkdir("d/sub", 0755);
    close(open("d/file", O_CREAT, 0644));
    int fd = open("d", O_RDONLY);
    while (syscall(SYS_getdents64, fd, buffer, sizeof buffer) > 0)
        ;
    told("getdents64 to a bad address at the end", syscall(SYS_getdents64, fd, (void *)8, 100));
    told("open O_CREAT|O_RDONLY of a directory", open("d", O_CREAT | O_RDONLY, 0644));
    told("open O_CREAT|O_DIRECTORY of nothing", open("new", O_CREAT | O_DIRECTORY, 0644));
    told("open O_TMPFILE", open("d", O_TMPFILE | O_RDWR, 0640));
    told("open O_TMPFILE in a file", open("d/file", O_TMPFILE | O_RDWR, 0640));
    int sub = open("d/sub", O_RDONLY);
    rmdir("d/sub");
    told("create in a directory that was removed", openat(sub, "x", O_CREAT | O_WRONLY, 0644));
    told("mknod of a directory", mknod("other", S_IFDIR | 0755, 0));
    told("unlink of /", unlink("/"));
    told("readlink of an empty path", readlink("", buffer, sizeof buffer));
}
