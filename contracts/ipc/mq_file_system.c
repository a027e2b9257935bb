/* Contract: the mqueue file system shows the queues of the IPC namespace as files with names;
 * open makes queues of default size, unlink removes them, directories there are none.
 * Requires: CAP_SYS_ADMIN
 * Source: mq_overview(7); ipc/mqueue.c. */
#include "../contract.h"
#include <mqueue.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>

int main(void)
{
    char name[32], path[64], line[96];
    struct stat status;
    expect(mkdir("queues", 0700) == 0, "mkdir");
    step_result("mount", mount("none", "queues", "mqueue", 0, NULL));
    struct statfs kind;
    expect(statfs("queues", &kind) == 0 && stat("queues", &status) == 0, "statfs");
    step("magic and mode", "%lx %o", (unsigned long)kind.f_type, status.st_mode);

    snprintf(name, sizeof name, "/kevlar-%d", (int)getpid());
    snprintf(path, sizeof path, "queues%s", name);
    struct mq_attr sizes = {.mq_maxmsg = 3, .mq_msgsize = 32};
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &sizes);
    expect(queue >= 0, "mq_open");
    step_result("stat", stat(path, &status));
    step("mode and size", "%o %ld", status.st_mode, (long)status.st_size);
    step_result("send", mq_send(queue, "12345", 5, 0));
    step_result("send", mq_send(queue, "123", 3, 9));
    int fd = open(path, O_RDWR);
    long got = read(fd, line, sizeof line);
    step("its text", "%ld %.*s", got, (int)got - 1, line);
    step("at its end", "%ld", (long)read(fd, line, sizeof line));
    struct pollfd ready = {fd, POLLIN | POLLOUT, 0};
    poll(&ready, 1, 0);
    step("polled", "%x", ready.revents);
    step_result("received by the file", mq_receive(fd, line, sizeof line, NULL));
    step_result("unlink", unlink(path));
    expect_errno(mq_unlink(name), ENOENT, "mq_unlink");

    int made = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    step_result("open makes one", made >= 0 ? 0 : -1);
    expect(mq_getattr(made, &sizes) == 0, "mq_getattr");
    step("of", "%ld %ld", sizes.mq_maxmsg, sizes.mq_msgsize);
    step_result("mq_unlink", mq_unlink(name));
    step("no file any more", "%d", stat(path, &status) == -1 && errno == ENOENT);
    expect_errno(mkdir("queues/directory", 0700), EPERM, "mkdir");
    expect_errno(umount("queues"), EBUSY, "umount while files are open");
    close(made), close(fd);
    step_result("umount", umount("queues"));
    contract_pass();
}
