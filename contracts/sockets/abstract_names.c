/* Contract: abstract names begin with a NUL and count by their length; they vanish with the
 * socket, belong to one type of socket each, and need no file. Binding to the family alone
 * chooses a free name of five hexadecimal digits. Addresses too short, too long or of another
 * family are EINVAL.
 * Source: unix(7); af_unix.c:unix_bind_abstract(), unix_autobind(). */
#include "../contract.h"
#include <ctype.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0kevlar\0contract"};

static socklen_t of(int length) { return offsetof(struct sockaddr_un, sun_path) + length; }

int main(void)
{
    char tag[16];
    snprintf(tag, sizeof tag, "%08d", (int)getpid());
    memcpy(name.sun_path + 20, tag, strlen(tag) + 1);
    int length = 20 + strlen(tag), fd = socket(AF_UNIX, SOCK_STREAM, 0);
    step_result("bind", bind(fd, (void *)&name, of(length)));
    struct sockaddr_un told;
    socklen_t size = sizeof told;
    expect(getsockname(fd, (void *)&told, &size) == 0, "getsockname");
    step("told back", "%d %d", size == of(length), memcmp(&told, &name, size));
    int second = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_DGRAM, 0);
    expect_errno(bind(second, (void *)&name, of(length)), EADDRINUSE, "the same name");
    step_result("of another type", bind(other, (void *)&name, of(length)));
    expect_errno(bind(fd, (void *)&name, of(length + 1)), EINVAL, "a second name");
    expect_errno(connect(second, (void *)&name, of(length)), ECONNREFUSED, "nobody listens");
    expect(listen(fd, 1) == 0, "listen");
    expect_errno(connect(second, (void *)&name, of(length + 1)), ECONNREFUSED, "one NUL more");
    step_result("connect", connect(second, (void *)&name, of(length)));
    size = sizeof told;
    expect(getpeername(second, (void *)&told, &size) == 0 && size == of(length), "getpeername");
    int accepted = accept(fd, (void *)&told, &size);
    step("the client has no name", "%u", size);
    size = sizeof told;
    expect(getsockname(accepted, (void *)&told, &size) == 0, "getsockname");
    step("the accepted one has the listener's", "%d", size == of(length));
    close(fd);
    int again = socket(AF_UNIX, SOCK_STREAM, 0);
    step_result("free at once", bind(again, (void *)&name, of(length)));

    int anonymous = socket(AF_UNIX, SOCK_DGRAM, 0);
    expect_errno(listen(socket(AF_UNIX, SOCK_STREAM, 0), 1), EINVAL, "listen without a name");
    step_result("autobind", bind(anonymous, (void *)&name, sizeof(sa_family_t)));
    size = sizeof told;
    memset(&told, 0, sizeof told);
    expect(getsockname(anonymous, (void *)&told, &size) == 0, "getsockname");
    int digits = 0;
    for (int i = 1; i < 6; i++)
        digits += isxdigit((unsigned char)told.sun_path[i]) && !isupper((unsigned char)told.sun_path[i]);
    step("name", "length %u, NUL %d, digits %d", size, told.sun_path[0] == 0, digits);
    struct sockaddr_un before = told;
    step_result("autobind again", bind(anonymous, (void *)&name, sizeof(sa_family_t)));
    expect(getsockname(anonymous, (void *)&told, &size) == 0, "getsockname");
    step("name unchanged", "%d", memcmp(&before, &told, size) == 0);

    int one = 1, passing = socket(AF_UNIX, SOCK_DGRAM, 0);
    expect(setsockopt(passing, SOL_SOCKET, SO_PASSCRED, &one, sizeof one) == 0, "SO_PASSCRED");
    expect(connect(passing, (void *)&told, size) == 0, "connect");
    size = sizeof told;
    expect(getsockname(passing, (void *)&told, &size) == 0, "getsockname");
    step("SO_PASSCRED binds before connecting", "%u", size);

    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    expect_errno(bind(fd, (void *)&name, 1), EINVAL, "length 1");
    expect_errno(bind(fd, (void *)&name, sizeof name + 1), EINVAL, "length 111");
    expect_errno(bind(fd, (void *)&name, 129), EINVAL, "length 129");
    expect_errno(bind(fd, (void *)&name, -1), EINVAL, "length -1");
    expect_errno(bind(fd, (void *)8, 20), EFAULT, "bad pointer");
    name.sun_family = AF_INET;
    expect_errno(bind(fd, (void *)&name, sizeof name), EINVAL, "AF_INET");
    expect_errno(connect(fd, (void *)&name, sizeof name), EINVAL, "connect to AF_INET");
    contract_pass();
}
