/* Contract: to watch a file one must be allowed to read it; searching its directory alone is
 * EACCES. inotify_add_watch(2).
 * Requires: root */
#include "inotify.h"

int main(void)
{
    expect(chmod(".", 0755) == 0, "chmod");
    put_file("readable", "");
    put_file("secret", "");
    expect(chmod("secret", 0620) == 0, "chmod");
    int fd = inotify_here();
    expect(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0, "setuid");
    step_result("readable", inotify_add_watch(fd, "readable", IN_OPEN));
    expect_errno(inotify_add_watch(fd, "secret", IN_OPEN), EACCES, "secret");
    contract_pass();
}
