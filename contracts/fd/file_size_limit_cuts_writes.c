/* Contract: a write that crosses RLIMIT_FSIZE is cut there; one that starts there is EFBIG and
 * SIGXFSZ, whatever call it is; files that are no regular files know no limit.
 * Requires: tmpfs
 * setrlimit(2), signal(7); mm/filemap.c:generic_write_checks(). */
#include "../contract.h"
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static volatile sig_atomic_t signals;
static struct rlimit before, limit;

static void on_limit(int number)
{
    (void)number;
    signals++;
}

/* Say what a call did under the limit of 100 bytes; standard output may be a file, too. */
#define limited(name, call)                                                                 \
    do {                                                                                    \
        signals = 0;                                                                        \
        expect(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");                          \
        long result = (call);                                                               \
        int error = errno;                                                                  \
        expect(setrlimit(RLIMIT_FSIZE, &before) == 0, "setrlimit");                         \
        step(name, "%ld %s, %d signals, size %ld", result, result < 0 ? errno_name(error) : "ok", \
             (int)signals, (long)lseek(fd, 0, SEEK_END));                                   \
    } while (0)

int main(void)
{
    static char data[200];
    struct iovec pieces[2] = {{data, 60}, {data, 60}};
    int ends[2], fd = open("file", O_RDWR | O_CREAT, 0600);
    int from = open("from", O_RDWR | O_CREAT, 0600);
    expect(write(from, data, sizeof data) == sizeof data && pipe(ends) == 0, "setup");
    expect(getrlimit(RLIMIT_FSIZE, &before) == 0, "getrlimit");
    limit = before;
    limit.rlim_cur = 100;
    signal(SIGXFSZ, on_limit);
    limited("write up to it", pwrite(fd, data, 100, 0));
    limited("write across", pwrite(fd, data, 100, 90));
    limited("write at it", pwrite(fd, data, 1, 100));
    limited("write beyond", pwrite(fd, data, 1, 5000));
    limited("write of nothing beyond", pwrite(fd, data, 0, 5000));
    limited("vectors across", pwritev(fd, pieces, 2, 0));
    limited("vectors at it", pwritev(fd, pieces, 2, 100));
    limited("ftruncate to it", ftruncate(fd, 100));
    limited("ftruncate beyond", ftruncate(fd, 101));
    limited("fallocate beyond", fallocate(fd, 0, 50, 51));
    limited("fallocate beyond, size kept", fallocate(fd, FALLOC_FL_KEEP_SIZE, 50, 51));
    expect(lseek(fd, 50, SEEK_SET) == 50, "lseek");
    limited("sendfile across", sendfile(fd, from, &(off_t){0}, 100));
    limited("sendfile at it", sendfile(fd, from, &(off_t){0}, 100));
    expect(write(ends[1], data, 100) == 100, "write");
    limited("splice across", splice(ends[0], NULL, fd, &(loff_t){50}, 100, 0));
    limited("splice at it", splice(ends[0], NULL, fd, &(loff_t){100}, 100, 0));
    limited("a pipe", write(ends[1], data, 200));
    limited("/dev/null", write(open("/dev/null", O_WRONLY), data, 200));
    contract_pass();
}
