/* name_to_handle_at and attributes of the security kind. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

int main(void)
{
    int mount;
    struct file_handle handle = {0, 0, {}};
    close(open("file", O_CREAT, 0755));
    int got = name_to_handle_at(AT_FDCWD, "file", &handle, &mount, 0);
    printf("name_to_handle_at: %s\n", got ? strerrorname_np(errno) : "no error");
    static const unsigned char raised[20] = {1, 0, 0, 2, 1};
    got = setxattr("file", "security.capability", raised, sizeof raised, 0);
    printf("setxattr(security.capability): %s\n", got ? strerrorname_np(errno) : "no error");
}
