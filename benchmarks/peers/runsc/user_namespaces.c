/* User and other namespaces: rights in them, maps, what names them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static void told(const char *what, long got)
{
    dprintf(1, "%s: %ld%s%s\n", what, got, got < 0 ? " " : "", got < 0 ? strerrorname_np(errno) : "");
}

static long put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    long got = fd < 0 ? -1 : write(fd, text, strlen(text));
    close(fd);
    return got;
}

static void inside(void)
{
    char line[256];
    told("setns to one's own user namespace", setns(open("/proc/self/ns/user", O_RDONLY), CLONE_NEWUSER));
    told("kind of it, by ioctl", ioctl(open("/proc/self/ns/user", O_RDONLY), NS_GET_NSTYPE) == CLONE_NEWUSER);
    FILE *file = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, "CapEff", 6))
            dprintf(1, "%s", line);
    told("four numbers in a line of uid_map", put("/proc/self/uid_map", "0 1000 1 1"));
    told("uid_map", put("/proc/self/uid_map", "0 1000 1"));
    told("gid_map without setgroups denied", put("/proc/self/gid_map", "0 1000 1"));
    mkdir("m", 0755);
    told("unshare(CLONE_NEWNS)", unshare(CLONE_NEWNS));
    told("mount of a tmpfs", mount("none", "m", "tmpfs", 0, NULL));
}

int main(void)
{
    struct utsname name;
    sigset_t set;
    siginfo_t info;
    char map[64], byte;
    int ready[2], go[2];
    if (unshare(CLONE_NEWUTS) || pipe(ready) || pipe(go))
        return 1;
    told("setdomainname", setdomainname("domain", 6));
    uname(&name);
    told("setns to one's own UTS namespace", setns(open("/proc/self/ns/uts", O_RDONLY), 0));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    chmod(".", 0777);
    pid_t child = fork();
    if (child == 0) {
        if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000) || prctl(PR_SET_DUMPABLE, 1))
            _exit(1);
        told("unshare(CLONE_NEWUSER)", unshare(CLONE_NEWUSER));
        inside();
        _exit(0);
    }
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWUSER) || write(ready[1], "x", 1) != 1 || read(go[0], &byte, 1) != 1)
            _exit(1);
        info = (siginfo_t){.si_signo = SIGUSR2, .si_code = SI_QUEUE};
        info.si_pid = getpid();
        info.si_uid = 3;
        syscall(SYS_rt_sigqueueinfo, getppid(), SIGUSR2, &info);
        _exit(0);
    }
    if (read(ready[0], &byte, 1) != 1)
        return 1;
    snprintf(map, sizeof map, "/proc/%d/uid_map", child);
    put(map, "0 5000 10");
    snprintf(map, sizeof map, "/proc/%d/gid_map", child);
    put(map, "0 6000 10");
    if (write(go[1], "x", 1) != 1)
        return 1;
    waitpid(child, NULL, 0);
    sigtimedwait(&set, &info, &(struct timespec){1, 0});
    dprintf(1, "si_uid of a sigqueue from inside, as 3: %d\n", info.si_uid);
}
