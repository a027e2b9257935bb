/* Contract: execve closes exactly the descriptors marked close-on-exec; the others stay open at
 * their offset, and a failed execve closes none.
 * Source: execve(2), fs/file.c:do_close_on_exec. */
#include "../contract.h"
#include <fcntl.h>

int main(int argc, char **argv)
{
    char byte = '-';
    if (argc == 1) {
        char *arguments[] = {argv[0], "again", NULL};
        int file = open("file", O_RDWR | O_CREAT, 0600);
        expect(file >= 0 && write(file, "abc", 3) == 3 && lseek(file, 1, SEEK_SET) == 1, "file");
        expect(dup2(file, 40) == 40, "dup2");
        expect(dup3(file, 41, O_CLOEXEC) == 41, "dup3");
        expect(dup2(41, 42) == 42, "dup2");
        expect(dup2(40, 43) == 43 && fcntl(43, F_SETFD, FD_CLOEXEC) == 0, "F_SETFD");
        expect(dup2(43, 44) == 44, "dup2");
        expect(fcntl(44, F_SETFD, FD_CLOEXEC) == 0 && fcntl(44, F_SETFD, 0) == 0, "F_SETFD");
        expect_errno(execv("missing", arguments), ENOENT, "failed execv");
        step_result("close-on-exec after it", fcntl(41, F_GETFD));
        execv("/proc/self/exe", arguments);
        contract_fail("execv", "returned, errno %s", errno_name(errno));
    }
    for (int descriptor = 40; descriptor <= 44; descriptor++) {
        char name[32];
        snprintf(name, sizeof name, "descriptor %d", descriptor);
        step_result(name, fcntl(descriptor, F_GETFD));
    }
    expect(read(40, &byte, 1) == 1, "read");
    step("read at the old offset", "%c", byte);
    contract_pass();
}
