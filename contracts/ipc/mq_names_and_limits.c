/* Contract: names of queues are single components; sizes are bounded for who has no privilege,
 * and what queues of a user may take in all by RLIMIT_MSGQUEUE.
 * Requires: root
 * Source: mq_open(3), mq_overview(7); ipc/mqueue.c:mq_attr_ok(), prepare_open(). */
#include "../contract.h"
#include <mqueue.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char name[32];

static long open_queue(const char *path, int flags, long messages, long size)
{
    struct mq_attr sizes = {.mq_maxmsg = messages, .mq_msgsize = size};
    return syscall(SYS_mq_open, path, flags, 0640, messages ? &sizes : NULL);
}

static void attempt(const char *what, long messages, long size)
{
    long queue = open_queue(name, O_RDWR | O_CREAT | O_EXCL, messages, size);
    step(what, "%s", queue < 0 ? errno_name(errno) : "made");
    if (queue >= 0) {
        close(queue);
        syscall(SYS_mq_unlink, name);
    }
}

static void step_setting(const char *path)
{
    char line[64] = "";
    FILE *file = fopen(path, "r");
    expect(file != NULL && fgets(line, sizeof line, file) != NULL, path);
    line[strcspn(line, "\n")] = 0;
    step(path, "%s", line);
    fclose(file);
}

static void unprivileged(void)
{
    attempt("ten of 8192", 10, 8192);
    attempt("eleven", 11, 16);
    attempt("of 8193", 1, 8193);
    struct rlimit limit = {1000, 1000};
    setrlimit(RLIMIT_MSGQUEUE, &limit);
    attempt("904 bytes and 96 for the message", 1, 904);
    attempt("905 bytes and 96 for the message", 1, 905);
    expect_errno(open_queue("kevlar-root", O_RDONLY, 0, 0), EACCES, "read somebody else's");
    expect_errno(syscall(SYS_mq_unlink, "kevlar-root"), EPERM, "unlink somebody else's");
}

int main(void)
{
    char longest[258];
    memset(longest, 'n', 257);
    longest[257] = 0;
    snprintf(name, sizeof name, "kevlar-%d", (int)getpid());
    expect_errno(open_queue("", O_RDWR | O_CREAT, 0, 0), ENOENT, "no name");
    expect_errno(open_queue("a/b", O_RDWR | O_CREAT, 0, 0), EACCES, "a slash");
    expect_errno(open_queue("..", O_RDWR | O_CREAT, 0, 0), EACCES, "dots");
    expect_errno(open_queue(longest, O_RDWR | O_CREAT, 0, 0), ENAMETOOLONG, "too long a name");
    expect_errno(open_queue(name, O_RDWR, 0, 0), ENOENT, "none there");
    expect_errno(open_queue((void *)8, O_RDWR, 0, 0), EFAULT, "a name nowhere");
    expect_errno(syscall(SYS_mq_unlink, name), ENOENT, "unlink none");
    attempt("as default", 0, 0);
    attempt("negative", -1, 16);
    attempt("of no size", 1, 0);
    attempt("65537 messages", 65537, 1);
    attempt("beyond 16 MiB", 1, (16 << 20) + 1);

    umask(027);
    long queue = open_queue(name, O_RDWR | O_CREAT | O_EXCL, 0, 0);
    struct stat status;
    struct mq_attr sizes;
    expect(queue >= 0 && fstat(queue, &status) == 0, "made");
    step("mode, size, links", "%o %ld %d", status.st_mode, (long)status.st_size,
         (int)status.st_nlink);
    expect(syscall(SYS_mq_getsetattr, queue, NULL, &sizes) == 0, "mq_getattr");
    step("sizes", "%ld %ld", sizes.mq_maxmsg, sizes.mq_msgsize);
    expect_errno(open_queue(name, O_RDWR | O_CREAT | O_EXCL, 0, 0), EEXIST, "O_EXCL");
    expect_errno(open_queue(name, O_RDWR | O_WRONLY, 0, 0), EINVAL, "no such mode");
    step_result("close", close(queue));
    step_result("unlink", syscall(SYS_mq_unlink, name));

    queue = open_queue("kevlar-root", O_RDWR | O_CREAT, 0, 0);
    expect(fchmod(queue, 0600) == 0, "fchmod");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        expect(setgid(4001) == 0 && setuid(4001) == 0, "setuid");
        unprivileged();
        _exit(0);
    }
    wait_for_success(child);
    step_result("unlink", syscall(SYS_mq_unlink, "kevlar-root"));
    step_setting("/proc/sys/fs/mqueue/msg_default");
    step_setting("/proc/sys/fs/mqueue/msg_max");
    step_setting("/proc/sys/fs/mqueue/msgsize_default");
    step_setting("/proc/sys/fs/mqueue/msgsize_max");
    step_setting("/proc/sys/fs/mqueue/queues_max");
    contract_pass();
}
