/* Contract: MSG_PEEK leaves the bytes, MSG_DONTWAIT does not wait, MSG_WAITALL waits until the
 * buffer is full but returns less at the end of the stream or on a signal; SO_RCVLOWAT is
 * waited for by recv(), not by poll(). Out-of-range pointers are EFAULT and lose nothing.
 * Source: recv(2), socket(7); af_unix.c:unix_stream_read_generic(). */
#include "../contract.h"
#include <poll.h>
#include <sys/socket.h>

static void on_alarm(int number) { (void)number; }

int main(void)
{
    int pair[2], go[2];
    char text[32] = "";
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(go) == 0, "pairs");
    expect_errno(recv(pair[1], text, 8, MSG_DONTWAIT), EAGAIN, "MSG_DONTWAIT");
    expect(send(pair[0], "abc", 3, 0) == 3 && send(pair[0], "def", 3, 0) == 3, "send");
    step_result("peek 4", recv(pair[1], text, 4, MSG_PEEK));
    step("text", "%.4s", text);
    step_result("peek 32", recv(pair[1], text, 32, MSG_PEEK));
    step("text", "%.6s", text);
    expect_errno(recv(pair[1], (void *)8, 4, 0), EFAULT, "bad buffer");
    step_result("receive 4", recv(pair[1], text, 4, 0));
    step_result("MSG_WAITALL and MSG_DONTWAIT", recv(pair[1], text, 8, MSG_WAITALL | MSG_DONTWAIT));
    step("text", "%.2s", text);

    pid_t child = fork();
    if (child == 0) {
        char byte;
        for (int i = 0; i < 4; i++) {
            expect(read(go[0], &byte, 1) == 1, "go");
            expect(send(pair[0], "12345", 5, 0) == 5, "send");
        }
        _exit(0);
    }
    expect(write(go[1], "xxxx", 4) == 4, "go");
    step_result("MSG_WAITALL for 20", recv(pair[1], text, 20, MSG_WAITALL));
    step("text", "%.20s", text);
    wait_for_success(child);

    child = fork();
    if (child == 0) {
        close(pair[1]);
        expect(send(pair[0], "tail", 4, 0) == 4, "send");
        _exit(shutdown(pair[0], SHUT_WR));
    }
    step_result("MSG_WAITALL until the end", recv(pair[1], text, 20, MSG_WAITALL));
    step_result("and again", recv(pair[1], text, 20, MSG_WAITALL));
    wait_for_success(child);

    int more[2], low = 4;
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, more) == 0, "socketpair");
    expect(setsockopt(more[1], SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low) == 0, "SO_RCVLOWAT");
    expect(send(more[0], "ab", 2, 0) == 2, "send");
    struct pollfd watched = {more[1], POLLIN, 0};
    step_result("poll with less than SO_RCVLOWAT", poll(&watched, 1, 0));
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    ualarm(20000, 0);
    step_result("receive until the signal", recv(more[1], text, 20, 0));
    ualarm(20000, 0);
    expect_errno(recv(more[1], text, 20, MSG_WAITALL), EINTR, "nothing until the signal");
    contract_pass();
}
