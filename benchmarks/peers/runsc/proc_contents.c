/* Files of /proc that are there, and what of them differs. */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    printf("%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

static char text[100000];

static const char *load(const char *path)
{
    long got, used = 0;
    int fd = open(path, O_RDONLY);
    while (fd >= 0 && (got = read(fd, text + used, sizeof text - 1 - used)) > 0)
        used += got;
    close(fd);
    text[used] = 0;
    return text;
}

static long number(const char *path, const char *name)
{
    const char *at = strstr(load(path), name);
    return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

int main(void)
{
    static const char *const fields[] = {"Tgid:", "Umask:", "VmLck:", "SigPnd:", "SigQ:", "CapAmb:",
                                         "NoNewPrivs:", "Seccomp:", "voluntary_ctxt_switches:"};
    char path[64], link[64];
    struct stat status;
    for (unsigned i = 0; i < sizeof fields / sizeof *fields; i++)
        printf("status has %.*s: %s\n", (int)strlen(fields[i]) - 1, fields[i], strstr(load("/proc/self/status"), fields[i]) ? "yes" : "no");
    printf("fdinfo has pos of it: %s\n", strstr(load("/proc/self/fdinfo/0"), "pos:") ? "yes" : "no");
    printf("fdinfo has mnt_id of it: %s\n", strstr(load("/proc/self/fdinfo/0"), "mnt_id:") ? "yes" : "no");
    printf("maps names [vdso]: %s\n", strstr(load("/proc/self/maps"), "[vdso]") ? "yes" : "no");
    printf("io begins with rchar: %s\n", strncmp(load("/proc/self/io"), "rchar: ", 7) ? "no" : "yes");
    long before = number("/proc/stat", "\nprocesses ");
    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        waitpid(pid, NULL, 0);
    }
    printf("/proc/stat counts three forks: %d\n", number("/proc/stat", "\nprocesses ") - before >= 3);
    printf("auxv has AT_FLAGS and AT_PLATFORM: %d %d\n",
           (errno = 0, getauxval(AT_FLAGS), errno == 0), getauxval(AT_PLATFORM) != 0);
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    lstat(path, &status);
    printf("mode of a link in fd: %o\n", status.st_mode);
    stat("/proc/self/auxv", &status);
    printf("mode of auxv: %o\n", status.st_mode);
    told("create in /proc", open("/proc/new", O_CREAT | O_WRONLY, 0600));
    told("write to comm", write(open("/proc/self/comm", O_WRONLY), "name", 4));
    static volatile char byte;
    told("write to mem", pwrite(open("/proc/self/mem", O_RDWR), "x", 1, (long)&byte));
    pid_t pid = fork();
    if (pid == 0)
        _exit(3);
    waitid(P_PID, pid, &(siginfo_t){0}, WEXITED | WNOWAIT);
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    told("exe of a zombie", readlink(path, link, sizeof link));
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    const char *last = strrchr(load(path), ' ');
    printf("exit_code of a zombie in stat: %ld\n", last ? strtol(last, NULL, 10) : -1);
    struct statx more;
    statx(AT_FDCWD, "/proc", 0, 0x1000, &more);
    printf("statx tells the mount's id: %d\n", !!(more.stx_mask & 0x1000));
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    told("read of 4096 bytes of /dev/urandom to the middle of a page",
         read(open("/dev/urandom", O_RDONLY), page + 36, 4096));
}
