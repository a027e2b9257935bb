/* Contract: splice waits for data in the source and for room in the target unless told not to by
 * SPLICE_F_NONBLOCK or O_NONBLOCK; a signal ends the wait with EINTR, closing ends it too.
 * splice(2); fs/splice.c:splice_from_pipe_next(), wait_for_space(). */
#include "../contract.h"

static void on_alarm(int number)
{
    (void)number;
}

int main(void)
{
    int ends[2], out[2], status;
    char data[32] = "";
    struct sigaction action = {.sa_handler = on_alarm};
    expect(sigaction(SIGALRM, &action, NULL) == 0 && pipe(ends) == 0 && pipe(out) == 0, "setup");
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        expect(splice(ends[0], NULL, out[1], NULL, 32, 0) == 5, "the first message");
        expect(splice(ends[0], NULL, out[1], NULL, 32, 0) == 0, "the end");
        _exit(7);
    }
    close(ends[0]);
    wait_for_state(pid, 'S');
    step_result("write", write(ends[1], "hello", 5));
    step_result("read what was spliced", read(out[0], data, 32));
    step("data", "%s", data);
    wait_for_state(pid, 'S');
    close(ends[1]);
    expect(waitpid(pid, &status, 0) == pid, "waitpid");
    step("closing ends the wait", "exit status %d", WEXITSTATUS(status));

    expect(pipe(ends) == 0, "pipe");
    pid = fork();
    if (pid == 0) {
        expect_errno(splice(ends[0], NULL, out[1], NULL, 32, 0), EINTR, "interrupted");
        _exit(0);
    }
    wait_for_state(pid, 'S');
    kill(pid, SIGALRM);
    wait_for_success(pid);
    expect(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0, "F_SETFL");
    expect_errno(splice(ends[0], NULL, out[1], NULL, 32, 0), EAGAIN, "O_NONBLOCK source");
    expect(fcntl(ends[0], F_SETFL, 0) == 0, "F_SETFL");
    static char page[65536];
    expect(write(out[1], page, sizeof page) == sizeof page, "fill the target");
    step_result("write", write(ends[1], "world", 5));
    expect(fcntl(out[1], F_SETFL, O_NONBLOCK) == 0, "F_SETFL");
    expect_errno(splice(ends[0], NULL, out[1], NULL, 32, 0), EAGAIN, "O_NONBLOCK target");
    expect(fcntl(out[1], F_SETFL, 0) == 0, "F_SETFL");
    pid = fork();
    if (pid == 0)
        _exit(splice(ends[0], NULL, out[1], NULL, 32, 0) != 5);
    wait_for_state(pid, 'S');
    step_result("make room", read(out[0], page, 4096));
    wait_for_success(pid);
    contract_pass();
}
