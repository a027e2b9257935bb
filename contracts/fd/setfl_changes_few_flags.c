/* Contract: F_SETFL changes O_APPEND, O_NONBLOCK, O_NOATIME, O_DIRECT and O_ASYNC; access mode,
 * creation flags and O_SYNC in its argument are ignored.
 * fcntl(2); fs/fcntl.c:setfl(). */
#include "../contract.h"

static void flags(const char *name, int fd)
{
    int value = fcntl(fd, F_GETFL);
    step(name, "mode %d%s%s%s%s%s%s%s", value & O_ACCMODE, value & O_APPEND ? " append" : "",
         value & O_NONBLOCK ? " nonblock" : "", value & O_NOATIME ? " noatime" : "",
         value & O_SYNC ? " sync" : "", value & O_DSYNC ? " dsync" : "",
         value & O_CREAT ? " creat" : "", value & O_CLOEXEC ? " cloexec" : "");
}

int main(void)
{
    int fd = open("file", O_WRONLY | O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0600);
    expect(fd >= 0, "open");
    flags("creation flags are not kept", fd);
    step_result("all at once", fcntl(fd, F_SETFL, O_RDWR | O_APPEND | O_NONBLOCK | O_NOATIME |
                                     O_SYNC | O_CREAT | O_TRUNC | O_CLOEXEC | O_EXCL));
    flags("what was taken", fd);
    step_result("nothing", fcntl(fd, F_SETFL, 0));
    flags("all gone", fd);
    int synchronous = open("file", O_RDWR | O_SYNC | O_NONBLOCK);
    flags("O_SYNC from open", synchronous);
    step_result("clear", fcntl(synchronous, F_SETFL, 0));
    flags("O_SYNC stays", synchronous);
    flags("O_DSYNC from open", open("file", O_RDONLY | O_DSYNC));
    int directory = open(".", O_RDONLY | O_DIRECTORY);
    step_result("on a directory", fcntl(directory, F_SETFL, O_NONBLOCK | O_APPEND));
    flags("its flags", directory);
    int place = open("file", O_PATH);
    step("O_PATH", "%d", fcntl(place, F_GETFL) == O_PATH);
    expect_errno(fcntl(place, F_SETFL, O_NONBLOCK), EBADF, "F_SETFL on O_PATH");
    expect_errno(fcntl(fd, 99, 0), EINVAL, "an unknown command");
    expect_errno(fcntl(99, 99, 0), EBADF, "a closed descriptor comes first");
    contract_pass();
}
