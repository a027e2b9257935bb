/* Contract: a flock lock belongs to the open file: dup and fork share it, opening again does not;
 * conversions are not atomic; it goes with LOCK_UN or the last descriptor.
 * flock(2); fs/locks.c:flock_lock_inode(). */
#include "../contract.h"
#include <sys/file.h>

static void on_alarm(int number)
{
    (void)number;
}

int main(void)
{
    int first = open("file", O_RDWR | O_CREAT, 0600), copy = dup(first), status;
    int second = open("file", O_RDONLY), third = open("file", O_RDONLY);
    step_result("shared", flock(first, LOCK_SH));
    step_result("shared by another", flock(second, LOCK_SH | LOCK_NB));
    expect_errno(flock(second, LOCK_EX | LOCK_NB), EAGAIN, "upgrade beside another");
    step_result("the failed upgrade gave the lock up", flock(first, LOCK_EX | LOCK_NB));
    step_result("a copy is no other", flock(copy, LOCK_EX | LOCK_NB));
    expect_errno(flock(third, LOCK_SH | LOCK_NB), EAGAIN, "shared beside exclusive");
    close(first);
    expect_errno(flock(third, LOCK_SH | LOCK_NB), EAGAIN, "the copy still has it");
    pid_t pid = fork();
    if (pid == 0) {
        expect(flock(copy, LOCK_UN) == 0, "unlock in the child");
        _exit(0);
    }
    wait_for_success(pid);
    step_result("unlocked by a child", flock(third, LOCK_EX | LOCK_NB));
    step_result("unlock twice", flock(third, LOCK_UN));
    step_result("unlock twice", flock(third, LOCK_UN));
    expect_errno(flock(third, 0), EINVAL, "no operation");
    expect_errno(flock(third, LOCK_SH | LOCK_EX), EINVAL, "two operations");
    expect_errno(flock(third, 16), EINVAL, "an unknown operation");
    expect_errno(flock(99, LOCK_SH), EBADF, "not open");
    expect_errno(flock(99, 16), EINVAL, "the operation is checked first");
    expect_errno(flock(open("file", O_PATH), LOCK_SH), EBADF, "O_PATH");
    int ends[2];
    expect(pipe(ends) == 0, "pipe");
    step_result("a pipe", flock(ends[0], LOCK_EX));
    step_result("a directory", flock(open(".", O_RDONLY), LOCK_EX));

    expect(flock(copy, LOCK_EX) == 0, "lock");
    struct sigaction action = {.sa_handler = on_alarm};
    expect(sigaction(SIGALRM, &action, NULL) == 0, "sigaction");
    pid = fork();
    if (pid == 0) {
        close(copy);
        expect_errno(flock(second, LOCK_SH), EINTR, "a signal ends the wait");
        expect(flock(second, LOCK_EX) == 0, "then it waits again");
        _exit(5);
    }
    wait_for_state(pid, 'S');
    kill(pid, SIGALRM);
    usleep(1000);
    wait_for_state(pid, 'S');
    close(copy);
    expect(waitpid(pid, &status, 0) == pid, "waitpid");
    step("closing freed it", "exit status %d", WEXITSTATUS(status));
    expect_errno(flock(third, LOCK_EX | LOCK_NB), EAGAIN, "shared with the child, it is held still");
    close(second);
    step_result("the last descriptor is gone", flock(third, LOCK_EX | LOCK_NB));
    contract_pass();
}
