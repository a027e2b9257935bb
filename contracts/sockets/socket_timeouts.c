/* Contract: SO_RCVTIMEO and SO_SNDTIMEO end a wait with EAGAIN after at least that time, for
 * recv(), read(), accept() and send(); they are read back as set, (0, 0) waits for ever, a
 * negative time not at all, microseconds out of range are EDOM. With a limit, SA_RESTART does
 * not restart the call: EINTR.
 * Source: socket(7), signal(7); sock_set_timeout(), sock_intr_errno(). */
#include "../contract.h"
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static long set(int fd, int option, long seconds, long microseconds)
{
    struct timeval time = {seconds, microseconds};
    return setsockopt(fd, SOL_SOCKET, option, &time, sizeof time);
}

static void show(const char *name, int fd, int option)
{
    struct timeval time = {-1, -1};
    socklen_t size = sizeof time;
    expect(getsockopt(fd, SOL_SOCKET, option, &time, &size) == 0, "getsockopt");
    step(name, "%ld.%06ld, length %u", (long)time.tv_sec, (long)time.tv_usec, size);
}

static void on_alarm(int number) { (void)number; }

#define TIMED(name, call)                                              \
    do {                                                               \
        long long before = now();                                      \
        expect_errno(call, EAGAIN, name);                              \
        step("long enough", "%d", now() - before >= 40);               \
    } while (0)

int main(void)
{
    int pair[2], value = 1;
    char byte, block[4096] = "";
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    show("SO_RCVTIMEO", pair[0], SO_RCVTIMEO);
    step_result("set", set(pair[0], SO_RCVTIMEO, 3, 500000));
    show("SO_RCVTIMEO", pair[0], SO_RCVTIMEO);
    expect_errno(set(pair[0], SO_RCVTIMEO, 0, 1000000), EDOM, "a million microseconds");
    expect_errno(set(pair[0], SO_RCVTIMEO, 0, -1), EDOM, "microsecond -1");
    expect_errno(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &value, 4), EINVAL, "4 bytes");
    step_result("negative", set(pair[0], SO_RCVTIMEO, -1, 0));
    show("SO_RCVTIMEO", pair[0], SO_RCVTIMEO);
    expect_errno(recv(pair[0], &byte, 1, 0), EAGAIN, "recv with a negative time");
    expect(set(pair[0], SO_RCVTIMEO, 0, 40000) == 0 && set(pair[0], SO_SNDTIMEO, 0, 40000) == 0,
           "set");
    TIMED("recv", recv(pair[0], &byte, 1, 0));
    TIMED("read", read(pair[0], &byte, 1));
    while (send(pair[0], block, sizeof block, MSG_DONTWAIT) > 0)
        ;
    TIMED("send", send(pair[0], block, sizeof block, 0));
    TIMED("write", write(pair[0], block, sizeof block));
    expect(send(pair[1], "abc", 3, 0) == 3, "send");
    step_result("MSG_WAITALL gets what came", recv(pair[0], block, 10, MSG_WAITALL));

    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "x"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    expect(bind(server, (void *)&name, sizeof name) == 0 && listen(server, 1) == 0, "listen");
    expect(set(server, SO_RCVTIMEO, 0, 40000) == 0, "set");
    TIMED("accept", accept(server, NULL, NULL));
    int datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
    expect(set(datagrams, SO_RCVTIMEO, 0, 40000) == 0, "set");
    TIMED("recv of a datagram", recv(datagrams, &byte, 1, 0));
    int tcp = socket(AF_INET, SOCK_DGRAM, 0);
    expect(set(tcp, SO_RCVTIMEO, 0, 40000) == 0, "set");
    TIMED("recv of udp", recv(tcp, &byte, 1, 0));

    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    expect(set(pair[0], SO_RCVTIMEO, 100, 0) == 0, "set");
    ualarm(20000, 0);
    expect_errno(recv(pair[0], &byte, 1, 0), EINTR, "SA_RESTART with a limit");
    expect(set(pair[0], SO_RCVTIMEO, 0, 0) == 0, "set");
    pid_t child = fork();
    if (child == 0) {
        wait_for_state(getppid(), 'S');
        kill(getppid(), SIGALRM);
        usleep(50000);
        _exit(write(pair[1], "x", 1) != 1);
    }
    step_result("SA_RESTART without one", recv(pair[0], &byte, 1, 0));
    wait_for_success(child);
    contract_pass();
}
