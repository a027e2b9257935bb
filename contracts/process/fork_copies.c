/* Contract: fork returns 0 in the child and the child's pid in the parent; memory is copied,
 * descriptors share their offset, pid and parent are the child's own.
 * Source: fork(2), kernel/fork.c:kernel_clone. */
#include "../contract.h"
#include <fcntl.h>
#include <sys/wait.h>

static int number = 1;

int main(void)
{
    int *heap = malloc(sizeof *heap), status, local = 3;
    expect(heap != NULL, "malloc");
    *heap = 2;
    int file = open("file", O_RDWR | O_CREAT, 0600);
    expect(file >= 0 && write(file, "abcdef", 6) == 6 && lseek(file, 0, SEEK_SET) == 0, "file");
    pid_t parent = getpid(), child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        char bytes[3] = "";
        step("child's memory", "%d %d %d", number, *heap, local);
        number = *heap = local = 9;
        step("new pid", "%s", getpid() != parent ? "yes" : "no");
        step("raw getpid agrees", "%s", syscall(SYS_getpid) == getpid() ? "yes" : "no");
        step("thread id is the pid", "%s", syscall(SYS_gettid) == getpid() ? "yes" : "no");
        step("parent is the parent", "%s", getppid() == parent ? "yes" : "no");
        step("group of the parent", "%s", getpgid(0) == getpgid(parent) ? "yes" : "no");
        expect(read(file, bytes, 2) == 2, "read");
        step("child reads", "%s", bytes);
        expect(close(file) == 0, "close");
        _exit(5);
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("status", "0x%x", status);
    step("parent's memory", "%d %d %d", number, *heap, local);
    char bytes[3] = "";
    expect(read(file, bytes, 2) == 2, "read");
    step("parent reads", "%s", bytes);
    contract_pass();
}
