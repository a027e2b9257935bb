/* Contract: a write up to RLIMIT_FSIZE is cut short, one beyond sends SIGXFSZ and fails with
 * EFBIG; so does ftruncate; by default the signal is fatal.
 * Source: getrlimit(2), fs/read_write.c:generic_write_check_limits, mm/filemap.c. */
#include "../contract.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static volatile int signals;

static void on_signal(int signal)
{
    (void)signal;
    signals++;
}

int main(void)
{
    struct rlimit limit, no_core = {0, 0};
    struct stat facts;
    static char block[300];
    int status, file = open("file", O_RDWR | O_CREAT, 0600);
    expect(file >= 0, "open");
    expect(setrlimit(RLIMIT_CORE, &no_core) == 0, "RLIMIT_CORE");
    expect(getrlimit(RLIMIT_FSIZE, &limit) == 0, "getrlimit");
    limit.rlim_cur = 1000;
    expect(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
    expect(signal(SIGXFSZ, on_signal) != SIG_ERR, "signal");
    for (int i = 0; i < 3; i++)
        step_result("write 300", write(file, block, 300));
    step_result("write 300 with 100 left", write(file, block, 300));
    step("signals", "%d", signals);
    expect_errno(write(file, block, 1), EFBIG, "write at the limit");
    step("signals", "%d", signals);
    expect_errno(pwrite(file, block, 1, 5000), EFBIG, "pwrite beyond");
    step_result("pwrite inside", pwrite(file, block, 300, 0));
    step_result("write of nothing", write(file, block, 0));
    step("signals", "%d", signals);
    expect_errno(ftruncate(file, 1001), EFBIG, "ftruncate beyond");
    step_result("ftruncate to the limit", ftruncate(file, 1000));
    step("signals", "%d", signals);
    expect(fstat(file, &facts) == 0, "fstat");
    step("size", "%ld", (long)facts.st_size);

    pid_t child = fork();
    expect(child >= 0, "fork");
    if (child == 0) {
        signal(SIGXFSZ, SIG_DFL);
        _exit(pwrite(file, block, 1, 1000) == 1 ? 1 : 2);
    }
    expect(waitpid(child, &status, 0) == child, "waitpid");
    step("by default killed by", "%d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    contract_pass();
}
