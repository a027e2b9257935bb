/* Contract: rename is IN_MOVED_FROM and IN_MOVED_TO with the same cookie, then IN_MOVE_SELF of
 * what moved; what it replaces loses its link. RENAME_EXCHANGE is two moves.
 * inotify(7); include/linux/fsnotify.h:fsnotify_move(). */
#include "inotify.h"
#include <sys/syscall.h>

static int move(const char *from, const char *to, unsigned flags)
{
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

int main(void)
{
    expect(mkdir("a", 0700) == 0 && mkdir("b", 0700) == 0, "mkdir");
    put_file("a/one", "1");
    put_file("b/victim", "2");
    int fd = inotify_here();
    const unsigned mask = IN_ALL_EVENTS & ~(IN_OPEN | IN_ACCESS | IN_MODIFY | IN_CLOSE);
    step("wd of a", "%d", watch(fd, "a", mask));
    step("wd of b", "%d", watch(fd, "b", mask));
    step("wd of a/one", "%d", watch(fd, "a/one", mask));
    step("wd of b/victim", "%d", watch(fd, "b/victim", mask));
    expect(move("a/one", "a/two", 0) == 0, "rename");
    step_events("in one directory", fd);
    expect(move("a/two", "b/three", 0) == 0, "rename");
    step_events("to another", fd);
    expect(move("b/three", "b/victim", 0) == 0, "rename");
    step_events("onto another file", fd);
    expect(move("b/victim", "b/victim", 0) == 0, "rename");
    step_events("onto itself", fd);
    expect(mkdir("a/dir", 0700) == 0 && mkdir("b/empty", 0700) == 0, "mkdir");
    step_events("mkdir", fd);
    step("wd of a/dir", "%d", watch(fd, "a/dir", mask));
    step("wd of b/empty", "%d", watch(fd, "b/empty", mask));
    expect(move("a/dir", "b/empty", 0) == 0, "rename");
    step_events("directory onto a directory", fd);
    put_file("a/four", "4");
    step_events("create", fd);
    expect(move("a/four", "b/empty", 2) == 0, "RENAME_EXCHANGE");
    step_events("exchange", fd);
    expect_errno(move("a/none", "a/other", 0), ENOENT, "rename of nothing");
    step_events("failure", fd);
    contract_pass();
}
