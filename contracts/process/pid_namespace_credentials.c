/* Contract: what keeps a process's number tells each reader its own view: SCM_CREDENTIALS and
 * SO_PEERCRED, F_GETLK, F_GETOWN, and the pids of System V objects; 0 if it is not visible.
 * Requires: root, CAP_SYS_ADMIN
 * Source: pid_namespaces(7), unix(7); net/core/scm.c, fs/locks.c:locks_translate_pid. */
#include "pidns.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>

static int pair[2], file, queue, semaphore, segment;
static pid_t child, starter;

static const char *who(pid_t pid)
{
    static char text[32];
    if (pid == starter && pid > 2)
        return "the outer one";
    if (pid == child && child > 0)
        return "the inner one";
    snprintf(text, sizeof text, "%s%d", pid > 9 ? "unexpected " : "", pid);
    return text;
}

static long send_as(pid_t pid)
{
    char control[CMSG_SPACE(sizeof(struct ucred))] = {0}, byte = 0;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    struct ucred cred = {pid, getuid(), getgid()};
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof cred);
    memcpy(CMSG_DATA(header), &cred, sizeof cred);
    return sendmsg(pair[0], &message, 0);
}

static void receive(const char *name)
{
    char control[CMSG_SPACE(sizeof(struct ucred))] = {0}, byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct ucred cred = {-1, 0, 0};
    expect(recvmsg(pair[1], &message, 0) == 1, "recvmsg");
    if (CMSG_FIRSTHDR(&message) != NULL)
        memcpy(&cred, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof cred);
    step(name, "from %s", who(cred.pid));
}

static void show_all(const char *side)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 1};
    struct ucred peer;
    socklen_t size = sizeof peer;
    struct msqid_ds messages;
    struct shmid_ds memory;
    step("seen from", "%s", side);
    expect(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0, "SO_PEERCRED");
    step("SO_PEERCRED", "%s", who(peer.pid));
    expect(msgctl(queue, IPC_STAT, &messages) == 0, "msgctl");
    step("msg_lspid", "%s", who(messages.msg_lspid));
    expect(shmctl(segment, IPC_STAT, &memory) == 0, "shmctl");
    step("shm_cpid", "%s", who(memory.shm_cpid));
    step("shm_lpid", "%s", who(memory.shm_lpid));
    step("GETPID", "%s", who(semctl(semaphore, 0, GETPID)));
    step("F_GETOWN", "%s", who(fcntl(pair[0], F_GETOWN)));
    for (int at = 0; at < 2; at++) {
        lock.l_type = F_WRLCK;
        lock.l_start = 10 * at;
        expect(fcntl(file, F_GETLK, &lock) == 0, "F_GETLK");
        step(at ? "lock of the inner one" : "lock of the outer one", "%s by %s",
             lock.l_type == F_UNLCK ? "free" : "held", lock.l_type == F_UNLCK ? "nobody"
             : who(lock.l_pid));
    }
}

static void touch_all(int at)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
    struct sembuf up = {0, 1, 0};
    long message[2] = {1, 0};
    expect(fcntl(file, F_SETLK, &lock) == 0, "F_SETLK");
    expect(semop(semaphore, &up, 1) == 0, "semop");
    expect(msgsnd(queue, message, 1, 0) == 0, "msgsnd");
    expect(shmdt(shmat(segment, NULL, 0)) == 0, "shmdt");
    expect(fcntl(pair[0], F_SETOWN, getpid()) == 0, "F_SETOWN");
}

int main(void)
{
    int on = 1, ready[2], go[2];
    char byte;
    expect(unshare(CLONE_NEWIPC) == 0, "unshare");
    expect(pipe(ready) == 0 && pipe(go) == 0, "pipe");
    expect(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0, "socketpair");
    setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    file = open("file", O_RDWR | O_CREAT, 0600);
    queue = msgget(IPC_PRIVATE, 0600);
    semaphore = semget(IPC_PRIVATE, 1, 0600);
    segment = shmget(IPC_PRIVATE, 4096, 0600);
    starter = getpid();
    touch_all(0);
    child = fork_into_namespace(0);
    if (child == 0) {
        starter = -9;
        show_all("inside");
        expect(send(pair[0], "", 1, 0) == 1, "send");
        receive("a message inside");
        touch_all(10);
        show_all("inside, by itself");
        expect_errno(send_as(4000000), ESRCH, "credentials of nobody");
        step_result("credentials of itself", send_as(1));
        step_result("without any", send(pair[0], "", 1, 0));
        expect(setresuid(65534, 65534, 65534) == 0, "setresuid");
        expect_errno(send_as(2), EPERM, "of another, as a user");
        expect(write(ready[1], "", 1) == 1, "write");
        expect(read(go[0], &byte, 1) == 1, "read");
        receive("a message from outside");
        _exit(0);
    }
    expect(read(ready[0], &byte, 1) == 1, "read");
    receive("a message outside");
    receive("another");
    show_all("outside");
    step_result("credentials of the inner one", send_as(child));
    receive("and");
    expect(send(pair[0], "", 1, 0) == 1, "send");
    expect(write(go[1], "", 1) == 1, "write");
    step_end("namespace", child);
    show_all("outside, when the inner one is gone");
    contract_pass();
}
