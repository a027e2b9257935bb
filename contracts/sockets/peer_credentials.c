/* Contract: SO_PEERCRED tells who made the peer: of a pair whoever called socketpair(), of a
 * connection whoever called connect() and whoever called listen(), with effective ids, at that
 * time. Without a peer it is pid 0 and ids -1; SO_PEERGROUPS is ENODATA.
 * Requires: root
 * Source: unix(7); af_unix.c:init_peercred(), copy_peercred(). */
#include "../contract.h"
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static pid_t parent;

static void peer(const char *name, int fd)
{
    struct ucred who = {-5, -5, -5};
    socklen_t size = sizeof who;
    expect(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0, "SO_PEERCRED");
    step(name, "%s, uid %d, gid %d, size %u", who.pid == parent ? "parent" : who.pid == getpid()
         ? "child" : who.pid ? "another" : "nobody", who.uid, who.gid, size);
}

int main(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0), pair[2], go[2];
    gid_t groups[] = {5, 6, 7}, got[8];
    char byte;
    parent = getpid();
    expect(setgroups(3, groups) == 0, "setgroups");
    expect(bind(server, (void *)&name, sizeof name) == 0 && chmod("socket", 0777) == 0, "bind");
    expect(chmod(".", 0755) == 0, "chmod");
    peer("unconnected", server);
    socklen_t size = sizeof got;
    expect_errno(getsockopt(server, SOL_SOCKET, SO_PEERGROUPS, got, &size), ENODATA, "no groups");
    expect(listen(server, 5) == 0, "listen");
    peer("listening", server);
    expect(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0 && pipe(go) == 0, "socketpair");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        parent = getppid();
        expect(setresgid(31, 32, 33) == 0 && setresuid(41, 42, 43) == 0, "ids");
        peer("a pair made by the parent", pair[0]);
        int client = socket(AF_UNIX, SOCK_STREAM, 0);
        peer("before connect", client);
        expect(connect(client, (void *)&name, sizeof name) == 0, "connect");
        peer("whom the child is connected to", client);
        expect(write(go[1], "x", 1) == 1 && read(client, &byte, 1) == 1, "go");
        _exit(0);
    }
    expect(read(go[0], &byte, 1) == 1, "go");
    int accepted = accept(server, NULL, NULL);
    struct ucred who;
    size = sizeof who;
    expect(getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0, "SO_PEERCRED");
    step("who connected", "%s, uid %d, gid %d", who.pid == child ? "the child" : "another",
         who.uid, who.gid);
    size = 4;
    expect_errno(getsockopt(accepted, SOL_SOCKET, SO_PEERGROUPS, got, &size), ERANGE, "short");
    step("size needed", "%u", size);
    step_result("SO_PEERGROUPS", getsockopt(accepted, SOL_SOCKET, SO_PEERGROUPS, got, &size));
    step("groups", "%u bytes: %u %u %u", size, got[0], got[1], got[2]);
    size = 5;
    expect(getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0, "short buffer");
    step("a short buffer gets", "%u", size);
    expect(write(accepted, "x", 1) == 1, "write");
    wait_for_success(child);
    contract_pass();
}
