/* Contract: F_NOTIFY on a directory sends its owner SIGIO for the first of the chosen changes in it,
 * for every one with DN_MULTISHOT; F_SETSIG makes it tell the descriptor. Closing any descriptor of
 * the open file ends it.
 * fcntl(2) "File and directory change notification (dnotify)"; fs/notify/dnotify/dnotify.c. */
#include "../contract.h"
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static sigset_t set;
static int directory;

/* Take every signal that is pending. */
static void arrived(const char *name)
{
    siginfo_t info;
    struct timespec none = {0, 0};
    char text[512] = "";
    while (sigtimedwait(&set, &info, &none) > 0) {
        char *end = text + strlen(text);
        if (info.si_code == SI_KERNEL)
            sprintf(end, " SIGIO from the kernel");
        else
            sprintf(end, " code %d band %lx fd %d", info.si_code, info.si_band,
                    info.si_fd == directory);
    }
    step(name, "%s", *text ? text + 1 : "nothing");
}

static void make(const char *path)
{
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    expect(fd >= 0 && close(fd) == 0, path);
}

/* What each change tells a watcher of `events`. */
static void changes(const char *name, unsigned events)
{
    char what[128];
    step(name, "%d", fcntl(directory, F_NOTIFY, events | DN_MULTISHOT));
    int fd = open("d/file", O_CREAT | O_RDWR, 0600);
    arrived("create");
    expect(write(fd, "abc", 3) == 3, "write");
    arrived("write");
    expect(pread(fd, what, 3, 0) == 3, "read");
    arrived("read");
    expect(ftruncate(fd, 1) == 0, "truncate");
    arrived("truncate");
    expect(fchmod(fd, 0640) == 0 && close(fd) == 0, "chmod");
    arrived("chmod");
    expect(rename("d/file", "d/other") == 0, "rename");
    arrived("rename within");
    expect(rename("d/other", "other") == 0, "rename");
    arrived("rename out");
    expect(rename("other", "d/file") == 0, "rename");
    arrived("rename in");
    expect(link("d/file", "d/link") == 0, "link");
    arrived("link");
    expect(unlink("d/link") == 0 && unlink("d/file") == 0, "unlink");
    arrived("unlink two");
    expect(mkdir("d/sub", 0700) == 0 && rmdir("d/sub") == 0, "mkdir");
    arrived("mkdir and rmdir");
    expect(chmod("d", 0755) == 0, "chmod");
    arrived("chmod of the directory");
    step("no more", "%d", fcntl(directory, F_NOTIFY, 0));
    make("d/file");
    expect(unlink("d/file") == 0, "unlink");
    arrived("create and unlink");
}

int main(void)
{
    sigemptyset(&set);
    sigaddset(&set, SIGIO);
    sigaddset(&set, SIGRTMIN);
    expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && mkdir("d", 0700) == 0, "setup");
    make("plain");
    int plain = open("plain", O_RDWR);
    expect_errno(fcntl(plain, F_NOTIFY, DN_CREATE), ENOTDIR, "a plain file");
    step("nothing to flush of a plain file", "%d", fcntl(plain, F_NOTIFY, 0));
    step("only DN_MULTISHOT flushes", "%d", fcntl(plain, F_NOTIFY, DN_MULTISHOT));
    directory = open("d", O_RDONLY);
    step("no owner", "%d", fcntl(directory, F_GETOWN));
    step("F_NOTIFY", "%d", fcntl(directory, F_NOTIFY, DN_CREATE));
    step("owner is this process", "%d", fcntl(directory, F_GETOWN) == getpid());
    make("d/a");
    arrived("once");
    make("d/b");
    arrived("and not again");
    step("F_SETSIG", "%d", fcntl(directory, F_SETSIG, SIGRTMIN));
    changes("DN_ACCESS", DN_ACCESS);
    changes("DN_MODIFY", DN_MODIFY);
    changes("DN_CREATE", DN_CREATE);
    changes("DN_DELETE", DN_DELETE);
    changes("DN_RENAME", DN_RENAME);
    changes("DN_ATTRIB", DN_ATTRIB);

    expect(fcntl(directory, F_NOTIFY, DN_CREATE) == 0, "F_NOTIFY");
    expect(fcntl(directory, F_NOTIFY, DN_DELETE | DN_MULTISHOT) == 0, "F_NOTIFY");
    make("d/c");
    arrived("asking twice adds");
    expect(unlink("d/c") == 0, "unlink");
    make("d/c");
    arrived("and stays");

    int other = open("d", O_RDONLY);
    expect(fcntl(other, F_SETOWN, 0) == 0 && fcntl(other, F_NOTIFY, DN_CREATE) == 0, "F_NOTIFY");
    make("d/e");
    arrived("another open file");
    pid_t child = fork();
    if (child == 0) {
        close(directory);
        _exit(0);
    }
    expect(waitpid(child, NULL, 0) == child, "waitpid");
    make("d/f");
    arrived("a child closed it");
    close(dup(directory));
    make("d/g");
    arrived("a copy was closed");
    contract_pass();
}
