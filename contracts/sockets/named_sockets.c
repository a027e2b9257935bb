/* Contract: bind() to a path makes a socket node with the mode of the socket and the umask; an
 * existing name is EADDRINUSE, a second bind EINVAL and leaves no node. Connecting needs write
 * permission, a socket that listens (ECONNREFUSED) and the same type (EPROTOTYPE). The name
 * stays after close() and can be removed while bound; getsockname() counts the NUL.
 * Requires: root
 * Source: unix(7); af_unix.c:unix_bind_bsd(), unix_find_bsd(). */
#include "../contract.h"
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static struct sockaddr_un at(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, path, strlen(path));
    return name;
}

static long bind_to(int fd, const char *path)
{
    struct sockaddr_un name = at(path);
    return bind(fd, (void *)&name, sizeof name);
}

static long connect_to(int type, const char *path)
{
    struct sockaddr_un name = at(path);
    int fd = socket(AF_UNIX, type, 0);
    long result = connect(fd, (void *)&name, sizeof name);
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

static void show_name(const char *label, int fd)
{
    struct sockaddr_un name;
    socklen_t size = sizeof name;
    memset(&name, '?', sizeof name);
    expect(getsockname(fd, (void *)&name, &size) == 0, "getsockname");
    step(label, "length %d, '%s'", (int)(size - offsetof(struct sockaddr_un, sun_path)),
         size > 2 ? name.sun_path : "");
}

int main(void)
{
    struct stat node;
    umask(027);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);
    step_result("bind", bind_to(fd, "name"));
    expect(stat("name", &node) == 0, "stat");
    step("mode", "%o, links %d, size %d", node.st_mode, (int)node.st_nlink, (int)node.st_size);
    show_name("name", fd);
    expect_errno(bind_to(other, "name"), EADDRINUSE, "the same name");
    expect_errno(bind_to(fd, "second"), EINVAL, "a second name");
    step("its node", "%d", access("second", F_OK));
    expect_errno(bind_to(fd, "name"), EADDRINUSE, "its own name again");
    expect_errno(bind_to(other, "missing/name"), ENOENT, "no directory");
    expect_errno(bind_to(other, "name/below"), ENOTDIR, "below a socket");
    expect_errno(open("name", O_RDWR), ENXIO, "open");
    expect_errno(connect_to(SOCK_STREAM, "name"), ECONNREFUSED, "nobody listens");
    expect(listen(fd, 3) == 0, "listen");
    step_result("connect", connect_to(SOCK_STREAM, "name"));
    expect_errno(connect_to(SOCK_DGRAM, "name"), EPROTOTYPE, "datagram to a stream");
    expect_errno(connect_to(SOCK_SEQPACKET, "name"), EPROTOTYPE, "seqpacket to a stream");
    expect(symlink("name", "link") == 0, "symlink");
    step_result("through a symbolic link", connect_to(SOCK_STREAM, "link"));
    expect_errno(bind_to(other, "link"), EADDRINUSE, "bind over a link");
    close(creat("file", 0600));
    expect_errno(connect_to(SOCK_STREAM, "file"), ECONNREFUSED, "a regular file");
    expect_errno(connect_to(SOCK_STREAM, "."), ECONNREFUSED, "a directory");
    expect_errno(connect_to(SOCK_STREAM, "nothing"), ENOENT, "nothing there");
    expect(rename("name", "moved") == 0, "rename");
    step_result("under its new name", connect_to(SOCK_STREAM, "moved"));
    show_name("getsockname does not follow", fd);

    expect(chmod(".", 0755) == 0, "chmod");
    pid_t child = fork();
    if (child == 0) {
        expect(setresgid(9, 9, 9) == 0 && setresuid(9, 9, 9) == 0, "ids");
        expect_errno(connect_to(SOCK_STREAM, "moved"), EACCES, "no permission");
        expect_errno(bind_to(other, "mine"), EACCES, "directory not writable");
        _exit(0);
    }
    wait_for_success(child);
    expect(unlink("moved") == 0, "unlink");
    show_name("unlinked", fd);
    close(fd);
    step_result("bind once more", bind_to(other, "moved"));
    close(other);
    expect_errno(connect_to(SOCK_STREAM, "moved"), ECONNREFUSED, "closed, name left");
    expect(mknod("made", S_IFSOCK | 0600, 0) == 0, "mknod");
    expect_errno(connect_to(SOCK_STREAM, "made"), ECONNREFUSED, "made by mknod");

    struct sockaddr_un full = {.sun_family = AF_UNIX};
    memset(full.sun_path, 'n', sizeof full.sun_path);
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    expect(fchmod(fd, 0604) == 0, "fchmod");
    step_result("108 bytes without NUL", bind(fd, (void *)&full, sizeof full));
    socklen_t size = sizeof full;
    expect(getsockname(fd, (void *)&full, &size) == 0, "getsockname");
    char path[109] = "";
    memset(path, 'n', 108);
    expect(stat(path, &node) == 0, "stat");
    step("length told, mode", "%u, %o", size, node.st_mode);
    contract_pass();
}
