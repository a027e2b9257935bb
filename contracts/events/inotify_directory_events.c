/* Contract: a watch on a directory names what is created and deleted in it and what happens to
 * its entries; IN_ISDIR marks those that are directories. A name is padded to 16 bytes.
 * inotify(7). */
#include "inotify.h"

int main(void)
{
    char buffer[64] __attribute__((aligned(8)));
    expect(mkdir("dir", 0700) == 0, "mkdir");
    int fd = inotify_here();
    watch(fd, "dir", IN_ALL_EVENTS);
    put_file("dir/file", "text");
    step_events("new file", fd);
    expect(mkdir("dir/inner", 0700) == 0, "mkdir");
    step_events("mkdir", fd);
    expect(mknod("dir/fifo", S_IFIFO | 0600, 0) == 0, "mknod");
    step_events("mknod", fd);
    expect(symlink("nowhere", "dir/link") == 0, "symlink");
    step_events("symlink", fd);
    expect(chmod("dir/inner", 0755) == 0, "chmod");
    step_events("chmod", fd);
    put_file("dir/inner/deep", "text");
    step_events("two levels down", fd);
    expect(link("dir/inner/deep", "dir/hard") == 0, "link");
    step_events("link", fd);
    expect(chmod("dir/inner/deep", 0600) == 0, "chmod");
    step_events("through another name", fd);
    int inner = open("dir/inner", O_RDONLY | O_DIRECTORY);
    step_events("open a directory", fd);
    expect(syscall(SYS_getdents64, inner, buffer, sizeof buffer) > 0, "getdents64");
    step_events("getdents64", fd);
    close(inner);
    step_events("close a directory", fd);
    int itself = open("dir", O_RDONLY | O_DIRECTORY);
    close(itself);
    step_events("the directory itself", fd);
    expect(unlink("dir/link") == 0 && unlink("dir/fifo") == 0, "unlink");
    step_events("unlink", fd);
    expect(unlink("dir/inner/deep") == 0 && rmdir("dir/inner") == 0, "rmdir");
    step_events("rmdir", fd);
    expect_errno(mkdir("dir/file", 0700), EEXIST, "mkdir of what is there");
    step_events("failure", fd);

    unlink("dir/file");
    read(fd, buffer, sizeof buffer);
    put_file("dir/sixteen bytes ab", "");
    long got = read(fd, buffer, sizeof buffer);
    struct inotify_event *event = (void *)buffer;
    step("bytes in all", "%ld", got);
    step("length", "%u name %zu", event->len, strlen(event->name));
    contract_pass();
}
