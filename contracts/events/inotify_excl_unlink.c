/* Contract: a directory's watch goes on telling of a file that was unlinked while open, unless it
 * was made with IN_EXCL_UNLINK, which leaves only what is not done through the descriptor.
 * inotify(7); fs/notify/fsnotify.c:fsnotify_handle_inode_event(). */
#include "inotify.h"

static void run(const char *what, unsigned extra)
{
    put_file("dir/file", "text");
    int fd = inotify_here();
    watch(fd, "dir", IN_ALL_EVENTS | extra);
    int file = open("dir/file", O_RDWR);
    expect(unlink("dir/file") == 0, "unlink");
    step_events(what, fd);
    expect(write(file, "x", 1) == 1, "write");
    expect(ftruncate(file, 0) == 0, "ftruncate");
    expect(fchmod(file, 0600) == 0, "fchmod");
    close(file);
    step_events(what, fd);
    close(fd);
}

int main(void)
{
    expect(mkdir("dir", 0700) == 0, "mkdir");
    run("plain", 0);
    run("IN_EXCL_UNLINK", IN_EXCL_UNLINK);
    contract_pass();
}
