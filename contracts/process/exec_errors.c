/* Contract: errors before the point of no return leave the caller as it was: what each bad file
 * or path gives.
 * Source: execve(2), fs/exec.c:do_open_execat, search_binary_handler. */
#include "../contract.h"
#include <fcntl.h>
#include <sys/stat.h>

static void make(const char *path, const char *text, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    expect(file >= 0, path);
    expect(write(file, text, strlen(text)) == (ssize_t)strlen(text), path);
    expect(fchmod(file, mode) == 0, path);
    expect(close(file) == 0, path);
}

static long run_with(const char *path, void *arguments)
{
    char *environment[] = {NULL};
    return syscall(SYS_execve, path, arguments, environment);
}

static long run(const char *path)
{
    char *arguments[] = {"zero", NULL};
    return run_with(path, arguments);
}

int main(void)
{
    static char long_name[5000];
    char *bad_argument[] = {"zero", (char *)8, NULL};
    make("text", "just some text, no program at all\n", 0755);
    make("nothing", "", 0755);
    make("closed", "#!/proc/self/exe\n", 0644);
    make("elf", "\177ELF, but only that", 0755);
    expect(mkdir("directory", 0755) == 0, "mkdir");
    expect(symlink("loop", "loop") == 0, "symlink");
    expect(mkfifo("fifo", 0755) == 0, "mkfifo");

    expect_errno(run("missing"), ENOENT, "missing");
    expect_errno(run(""), ENOENT, "empty path");
    expect_errno(run("text/below"), ENOTDIR, "below a file");
    expect_errno(run("directory"), EACCES, "directory");
    expect_errno(run("fifo"), EACCES, "FIFO");
    expect_errno(run("closed"), EACCES, "no execute permission");
    expect_errno(run("loop"), ELOOP, "loop");
    expect_errno(run("text"), ENOEXEC, "text");
    expect_errno(run("nothing"), ENOEXEC, "empty file");
    expect_errno(run("elf"), ENOEXEC, "short ELF");
    expect_errno(run((char *)8), EFAULT, "bad path");
    expect_errno(run_with("/proc/self/exe", bad_argument), EFAULT, "bad argument");
    expect_errno(run_with("/proc/self/exe", (void *)8), EFAULT, "bad vector");
    memset(long_name, 'x', sizeof long_name - 1);
    expect_errno(run(long_name), ENAMETOOLONG, "path of 4999 bytes");
    long_name[256] = '\0';
    expect_errno(run(long_name), ENAMETOOLONG, "name of 256 bytes");
    long_name[255] = '\0';
    expect_errno(run(long_name), ENOENT, "name of 255 bytes");

    int writer = open("text", O_WRONLY);
    expect(writer >= 0, "open");
    expect_errno(run("text"), ETXTBSY, "open for writing");
    expect(close(writer) == 0, "close");
    expect_errno(run("text"), ENOEXEC, "closed again");
    contract_pass();
}
