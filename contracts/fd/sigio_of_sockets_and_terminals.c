/* Contract: with O_ASYNC and an owner, a socket sends SIGIO when data or a connection arrives or the
 * peer closes, a terminal when it can be read.
 * fcntl(2), socket(7) O_ASYNC, unix(7); net/core/sock.c:sock_def_readable(), drivers/tty/n_tty.c. */
#include "../contract.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>

static sigset_t set;

static void arrived(const char *name)
{
    siginfo_t info;
    struct timespec none = {0, 0};
    char text[256] = "";
    while (sigtimedwait(&set, &info, &none) > 0)
        sprintf(text + strlen(text), " code %d band %lx", info.si_code, info.si_band);
    step(name, "%s", *text ? text + 1 : "nothing");
}

static void make_async(int fd)
{
    expect(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC | O_NONBLOCK) == 0, "O_ASYNC");
    expect(fcntl(fd, F_SETSIG, SIGIO) == 0 && fcntl(fd, F_SETOWN, getpid()) == 0, "owner");
}

int main(void)
{
    int pair[2], on = 1;
    char data[64];
    sigemptyset(&set);
    sigaddset(&set, SIGIO);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0, "sigprocmask");
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    make_async(pair[0]);
    arrived("stream: nothing yet");
    expect(write(pair[1], "a", 1) == 1, "write");
    arrived("stream: data");
    expect(read(pair[0], data, 64) == 1 && write(pair[0], "b", 1) == 1, "read, write");
    arrived("stream: own calls");
    expect(shutdown(pair[1], SHUT_WR) == 0, "shutdown");
    arrived("stream: half closed");
    close(pair[1]);
    arrived("stream: closed");

    expect(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "socketpair");
    make_async(pair[0]);
    expect(send(pair[1], "a", 1, 0) == 1 && send(pair[1], "b", 1, 0) == 1, "send");
    arrived("datagrams: two coalesce");

    struct sockaddr_un address = {AF_UNIX, "listening"};
    int listening = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    expect(bind(listening, (void *)&address, sizeof address) == 0, "bind");
    expect(listen(listening, 1) == 0, "listen");
    make_async(listening);
    expect(connect(client, (void *)&address, sizeof address) == 0, "connect");
    arrived("listening: a connection");

    struct sockaddr_in inet = {.sin_family = AF_INET};
    socklen_t length = sizeof inet;
    inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int receiving = socket(AF_INET, SOCK_DGRAM, 0), sending = socket(AF_INET, SOCK_DGRAM, 0);
    expect(bind(receiving, (void *)&inet, sizeof inet) == 0, "bind");
    expect(getsockname(receiving, (void *)&inet, &length) == 0, "getsockname");
    expect(ioctl(receiving, FIOASYNC, &on) == 0, "FIOASYNC");
    make_async(receiving);
    expect(sendto(sending, "a", 1, 0, (void *)&inet, sizeof inet) == 1, "sendto");
    arrived("UDP: a datagram");

    int master = posix_openpt(O_RDWR | O_NOCTTY), number;
    char path[32];
    expect(master >= 0 && unlockpt(master) == 0 && ioctl(master, TIOCGPTN, &number) == 0, "pty");
    snprintf(path, sizeof path, "/dev/pts/%d", number);
    int slave = open(path, O_RDWR | O_NOCTTY);
    make_async(slave);
    expect(write(master, "x", 1) == 1, "write");
    arrived("terminal: no line yet");
    expect(write(master, "\n", 1) == 1, "write");
    siginfo_t info;
    struct timespec long_enough = {10, 0};
    step("terminal: a line", "%d", sigtimedwait(&set, &info, &long_enough) == SIGIO);
    step("it tells", "code %d band %lx", info.si_code, info.si_band);
    contract_pass();
}
