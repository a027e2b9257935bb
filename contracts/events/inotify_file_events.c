/* Contract: a watch on a file reports each open, access, change and close of it, once and in
 * order; a read at the end of the file and an O_PATH descriptor report nothing.
 * inotify(7); include/linux/fsnotify.h.
 * Requires: Linux 6.12 */
#include "inotify.h"

int main(void)
{
    char byte;
    put_file("file", "text");
    int fd = inotify_here();
    int wd = watch(fd, "file", IN_ALL_EVENTS);
    step("first watch", "%d", wd);
    int file = open("file", O_RDONLY);
    step_events("open", fd);
    expect(read(file, &byte, 1) == 1, "read");
    step_events("read", fd);
    expect(pread(file, &byte, 1, 100) == 0, "read at the end");
    step_events("read at the end", fd);
    expect(read(file, &byte, 0) == 0, "read of nothing");
    step_events("read of nothing", fd);
    int copy = dup(file);
    close(file);
    step_events("close one of two", fd);
    close(copy);
    step_events("close the other", fd);
    file = open("file", O_RDWR | O_APPEND);
    step_events("open for writing", fd);
    expect(write(file, "more", 4) == 4, "write");
    step_events("write", fd);
    expect(write(file, "", 0) == 0, "write of nothing");
    step_events("write of nothing", fd);
    expect(ftruncate(file, 2) == 0 && ftruncate(file, 2) == 0, "ftruncate");
    step_events("ftruncate twice", fd);
    expect(pwrite(file, "x", 1, 0) == 1 && pread(file, &byte, 1, 0) == 1, "pwrite");
    step_events("pwrite and pread", fd);
    close(file);
    step_events("close", fd);
    file = open("file", O_PATH);
    close(file);
    step_events("O_PATH", fd);
    file = open("file", O_RDONLY | O_TRUNC);
    step_events("O_TRUNC", fd);
    close(file);
    expect(truncate("file", 100) == 0, "truncate");
    step_events("close and truncate", fd);
    expect(access("file", R_OK) == 0, "access");
    struct stat about;
    expect(stat("file", &about) == 0, "stat");
    step_events("stat and access", fd);
    contract_pass();
}
