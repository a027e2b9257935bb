/* Contract: dup and fork share one offset and one set of status flags; opening again does not.
 * open(2) "Open file descriptions", dup(2). */
#include "../contract.h"

static void where(const char *name, int fd)
{
    step(name, "offset %ld, append %d, nonblock %d", (long)lseek(fd, 0, SEEK_CUR),
         !!(fcntl(fd, F_GETFL) & O_APPEND), !!(fcntl(fd, F_GETFL) & O_NONBLOCK));
}

int main(void)
{
    int first = open("file", O_RDWR | O_CREAT, 0600), copy = dup(first);
    int second = open("file", O_RDWR);
    expect(first >= 0 && copy >= 0 && second >= 0, "open");
    step_result("write", write(first, "0123456789", 10));
    where("the copy moved", copy);
    where("the other open did not", second);
    step_result("lseek by the copy", lseek(copy, 4, SEEK_SET));
    where("the first", first);
    step_result("F_SETFL by the copy", fcntl(copy, F_SETFL, O_APPEND | O_NONBLOCK));
    where("the first", first);
    where("the other", second);
    pid_t pid = fork();
    if (pid == 0) {
        char byte;
        expect(read(first, &byte, 1) == 1 && byte == '4', "child reads");
        expect(fcntl(first, F_SETFL, O_NONBLOCK) == 0, "child F_SETFL");
        close(copy);
        _exit(0);
    }
    wait_for_success(pid);
    where("after the child", first);
    step_result("pread does not move", pread(first, (char[4]){0}, 4, 0));
    where("still", copy);
    close(first);
    where("the copy outlives the first", copy);
    contract_pass();
}
