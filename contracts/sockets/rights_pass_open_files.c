/* Contract: SCM_RIGHTS gives the receiver new descriptors for the same open files, the lowest
 * free ones, in order, close-on-exec only with MSG_CMSG_CLOEXEC; the files stay open when the
 * sender closes them before they arrive. MSG_PEEK gives descriptors too.
 * Source: unix(7), cmsg(3); net/core/scm.c. */
#include "../contract.h"
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void give(int fd, const int *files, int count)
{
    char control[256] = "";
    struct iovec piece = {"x", 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(header), files, sizeof(int) * count);
    expect(sendmsg(fd, &message, 0) == 1, "sendmsg");
}

static int take(const char *name, int fd, int flags, int *files)
{
    char control[256] = "", byte;
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    expect(recvmsg(fd, &message, flags) == 1, "recvmsg");
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    int count = header ? (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0;
    step(name, "%d descriptors, control length %zu, flags %#x", count,
         (size_t)message.msg_controllen, message.msg_flags);
    if (count) {
        step("level and type", "%d %d", header->cmsg_level == SOL_SOCKET, header->cmsg_type);
        memcpy(files, CMSG_DATA(header), sizeof(int) * count);
    }
    return count;
}

int main(void)
{
    int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET}, files[3], pipes[2];
    for (int i = 0; i < 3; i++) {
        int pair[2];
        char text[8] = "";
        expect(socketpair(AF_UNIX, types[i], 0, pair) == 0 && pipe(pipes) == 0, "pairs");
        int file = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600), sent[] = {file, pipes[1], file};
        expect(write(file, "012345", 6) == 6 && lseek(file, 2, SEEK_SET) == 2, "file");
        give(pair[0], sent, 3);
        close(file);
        close(pipes[1]);
        int lowest = dup(0);
        close(lowest);
        take("peeked", pair[1], MSG_PEEK, files);
        step("lowest", "%d %d %d", files[0] - lowest, files[1] - lowest, files[2] - lowest);
        for (int j = 0; j < 3; j++)
            close(files[j]);
        take("received", pair[1], MSG_CMSG_CLOEXEC, files);
        step("close-on-exec", "%d %d", fcntl(files[0], F_GETFD), fcntl(files[2], F_GETFD));
        step_result("the offset is shared", read(files[0], text, 2));
        step_result("read at it", read(files[2], text + 2, 2));
        step("text", "%s", text);
        expect(write(files[1], "pipe", 4) == 4 && read(pipes[0], text, 4) == 4, "pipe");
        close(files[1]);
        step_result("end of the pipe", read(pipes[0], text, 4));
        for (int fd = 3; fd < 20; fd++)
            close(fd);
    }

    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "server"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    expect(bind(server, (void *)&name, sizeof name) == 0 && listen(server, 1) == 0, "listen");
    expect(connect(client, (void *)&name, sizeof name) == 0, "connect");
    int path = open(".", O_PATH | O_DIRECTORY);
    struct stat here, there;
    char control_byte[1];
    give(client, &path, 1);
    give(client, &client, 1);
    int accepted = accept(server, NULL, NULL);
    take("an O_PATH descriptor", accepted, 0, files);
    expect(fstat(files[0], &there) == 0 && stat(".", &here) == 0, "fstat");
    step("the same directory", "%d", here.st_ino == there.st_ino);
    expect_errno(read(files[0], control_byte, 1), EBADF, "still O_PATH");
    take("the sender's own socket", accepted, 0, files);
    step_result("write to it", write(files[0], "!", 1));
    contract_pass();
}
