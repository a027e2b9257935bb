/* The first process of a machine under QEMU: it runs programs that it is told to run.
 *
 * A line "run NUMBER MILLISECONDS BYTES [WORD...]" on the console names a program in
 * /kevlar/NUMBER, the bounds of its run and what its contract requires; with "trace" in the
 * place of "run" its system calls are recorded, with "callers" the stacks of their callers, too. What goes back are the records of records.h.
 * This ends, and the machine with it, when nobody speaks to it any more. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "records.h"
#include "requires.h"
#include "tracer.h"

enum {
    WORDS = 256,             /* arguments, or variables, of a program */
    IDLE = 15 * 60 * 1000,   /* milliseconds without an order */
    GRACE = 200,             /* milliseconds for output that is left in the pipes */
};

/* Where programs run, and where descriptors of this process are, out of their way. */
static const char *const directory = "/tmp/contract";
static int children;

/* The machine. */

static void write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (write(file, text, strlen(text)) < 0)
        say("note", 0, "%s: %s", path, strerror(errno));
    close(file);
}

static void mount_on(const char *type, const char *path, const char *options)
{
    mkdir(path, 0755);
    if (mount(type, path, type, 0, options))
        say("note", 0, "no %s on %s: %s", type, path, strerror(errno));
}

/* Leave the initial root, on which pivot_root(2) does not work, for one that is mounted. */
static void switch_root(void)
{
    mkdir("/root", 0755);
    if (mount("tmpfs", "/root", "tmpfs", 0, "mode=0755")) {
        say("note", 0, "no tmpfs for the root: %s", strerror(errno));
        return;
    }
    mkdir("/root/kevlar", 0755);
    if (mount("/kevlar", "/root/kevlar", NULL, MS_BIND, NULL) || chdir("/root") ||
        mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
        say("note", 0, "the root cannot be switched: %s", strerror(errno));
}

static void raise_loopback(void)
{
    struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
    int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sock < 0)
        return;
    if (ioctl(sock, SIOCSIFFLAGS, &request))
        say("note", 0, "no loopback: %s", strerror(errno));
    close(sock);
}

static void make_links(void)
{
    static const char *const links[][2] = {
        { "/proc/self/fd", "/dev/fd" },     { "/proc/self/fd/0", "/dev/stdin" },
        { "/proc/self/fd/1", "/dev/stdout" }, { "/proc/self/fd/2", "/dev/stderr" },
    };
    for (size_t index = 0; index < sizeof links / sizeof *links; index++)
        if (symlink(links[index][0], links[index][1]) && errno != EEXIST)
            say("note", 0, "%s: %s", links[index][1], strerror(errno));
}

static void make_files(void)
{
    static const char *const files[][2] = {
        { "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n" },
        { "/etc/group", "root:x:0:\nnogroup:x:65534:\n" },
        { "/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n" },
    };
    mkdir("/etc", 0755);
    for (size_t index = 0; index < sizeof files / sizeof *files; index++) {
        int file = open(files[index][0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (file >= 0 && write(file, files[index][1], strlen(files[index][1])) < 0)
            say("note", 0, "%s: %s", files[index][0], strerror(errno));
        close(file);
    }
}

static void furnish(void)
{
    umask(022);
    switch_root();
    mount_on("proc", "/proc", NULL);
    mount_on("sysfs", "/sys", NULL);
    mount_on("devtmpfs", "/dev", NULL);
    mount_on("devpts", "/dev/pts", "mode=0620,ptmxmode=0666");
    mount_on("tmpfs", "/dev/shm", "mode=1777");
    mount_on("mqueue", "/dev/mqueue", NULL);
    mount_on("cgroup2", "/sys/fs/cgroup", NULL);
    mkdir("/tmp", 01777);
    make_links();
    make_files();
    raise_loopback();
    write_file("/proc/sys/kernel/hostname", "kevlar");
}

/* Tell what programs can see of the machine, for another that is to mirror it. */
static void describe(void)
{
    static char mask[1 << 16];
    char line[256];
    struct utsname names;
    struct timespec tick;
    uname(&names);
    say("room", 0, "release %s", names.release);
    say("room", 0, "version %s", names.version);
    clock_getres(CLOCK_MONOTONIC, &tick);
    say("room", 0, "clock_ticks_ns %ld", tick.tv_nsec);
    say("room", 0, "cpus %ld", sysconf(_SC_NPROCESSORS_ONLN));
    say("room", 0, "cpumask_bytes %ld", syscall(SYS_sched_getaffinity, 0, sizeof mask, mask));
    say("room", 0, "memory_total %lld", sysconf(_SC_PHYS_PAGES) * (long long)sysconf(_SC_PAGESIZE));
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "Cap", 3) == 0)
            say("room", 0, "%.6s %llu", line, strtoull(line + 7, NULL, 16));
    if (status)
        fclose(status);
}

static void open_console(void)
{
    struct termios terminal;
    int file = open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
    console = fcntl(file < 0 ? 0 : file, F_DUPFD_CLOEXEC, 1000);
    if (console < 0)
        console = file < 0 ? 0 : file;
    else if (file >= 0)
        close(file);
    if (tcgetattr(console, &terminal) == 0) {
        cfmakeraw(&terminal);
        tcsetattr(console, TCSANOW, &terminal);
    }
    int null = open("/dev/null", O_RDWR);
    for (int number = 0; null >= 0 && number < 3; number++)
        dup2(null, number);
    if (null > 2)
        close(null);
}

static void watch_children(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int file = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    children = fcntl(file, F_DUPFD_CLOEXEC, 1000);
    if (children < 0)
        children = file;
    else
        close(file);
}

/* Programs. */

struct run {
    long number;
    pid_t leader;
    int output[2];    /* reading ends of standard output and standard error; -1: at its end */
    struct tracer tracer;
    long long end;    /* time at which it has taken too long */
    long long room;   /* bytes that it may still write */
    int status;
};

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

/* Read texts that end in NUL; `storage` has room for the file and one byte more. */
static int read_texts(const char *path, char **words, char *storage, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return -1;
    size_t length = 0;
    ssize_t got;
    while (length < size && (got = read(file, storage + length, size - length)) > 0)
        length += (size_t)got;
    close(file);
    int count = 0;
    for (size_t at = 0; at < length && count < WORDS - 1; at += strlen(storage + at) + 1)
        words[count++] = storage + at;
    words[count] = NULL;
    return count;
}

static int read_words(long number, const char *name, char **words, char *storage, size_t size)
{
    char path[64];
    sprintf(path, "/kevlar/%ld/%s", number, name);
    return read_texts(path, words, storage, size);
}

/* Have the resource limits that the other side has, as far as this kernel allows them. */
static void set_limits(void)
{
    static char storage[4096];
    char *words[WORDS];
    int count = read_texts("/kevlar/limits", words, storage, sizeof storage - 1);
    for (int at = 0; at < count; at++) {
        int resource;
        unsigned long long soft, hard;
        if (sscanf(words[at], "%d %llu %llu", &resource, &soft, &hard) == 3)
            syscall(SYS_prlimit64, 0, resource, (unsigned long long[]){ soft, hard }, NULL);
    }
}

static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: wait for the tracer, if there is one, and become the program, or tell the parent
 * why not through `trouble`. */
__attribute__((noreturn))
static void become(long number, int pipes[2][2], int trouble, int go[2])
{
    static char storage[2][1 << 16];
    char *argv[WORDS], *environment[WORDS], *program[WORDS];
    static char path[4096];
    char byte;
    close(go[1]);
    if (read(go[0], &byte, 1) < 0)
        _exit(127);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(pipes[0][1], 1);
    dup2(pipes[1][1], 2);
    trouble = fcntl(trouble, F_DUPFD_CLOEXEC, 1000);
    syscall(SYS_close_range, 3, 999, 0);
    setsid();
    reset_signals();
    if (read_words(number, "argv", argv, storage[0], sizeof storage[0] - 1) > 0 &&
        read_words(number, "environ", environment, storage[1], sizeof storage[1] - 1) >= 0 &&
        read_words(number, "program", program, path, sizeof path - 1) > 0 &&
        chdir(directory) == 0) {
        set_limits();
        execve(program[0], argv, environment);
    }
    int reason = errno;
    while (write(trouble, &reason, sizeof reason) < 0 && errno == EINTR)
        ;
    _exit(127);
}

static int start(struct run *run)
{
    int pipes[2][2], trouble[2], go[2], reason = 0;
    if (pipe2(pipes[0], O_CLOEXEC) || pipe2(pipes[1], O_CLOEXEC) || pipe2(trouble, O_CLOEXEC) ||
        pipe2(go, O_CLOEXEC))
        return errno;
    run->leader = fork();
    if (run->leader < 0)
        return errno;
    if (run->leader == 0)
        become(run->number, pipes, trouble[1], go);
    for (int stream = 0; stream < 2; stream++) {
        close(pipes[stream][1]);
        fcntl(pipes[stream][0], F_SETFL, O_NONBLOCK);
        run->output[stream] = pipes[stream][0];
    }
    close(trouble[1]);
    close(go[0]);
    if (run->tracer.wanted && (reason = start_tracer(&run->tracer, run->leader)))
        say("untraced", run->number, "%s", strerror(reason));
    close(go[1]);
    if (read(trouble[0], &reason, sizeof reason) != sizeof reason)
        reason = 0;
    close(trouble[0]);
    return reason;
}

static void take_output(struct run *run, int stream)
{
    static const char *const kinds[] = { "out", "err" };
    char data[PAYLOAD];
    ssize_t got = read(run->output[stream], data, sizeof data);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        close(run->output[stream]);
        run->output[stream] = -1;
        return;
    }
    run->room -= got;
    if (run->room < 0)
        got += run->room > -got ? run->room : -got;
    record(kinds[stream], run->number, data, (size_t)got);
}

/* Reap whoever has died; tells whether the leader was among them. */
static int reap(struct run *run)
{
    struct signalfd_siginfo info;
    int status, ended = 0;
    pid_t pid;
    while (read(children, &info, sizeof info) > 0)
        ;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == run->leader) {
            run->status = status;
            ended = 1;
        }
    return ended;
}

/* Wait for output or a death. Returns what poll(2) does. */
static int await(struct run *run, long long milliseconds, int *died)
{
    struct pollfd files[] = {
        { .fd = run->output[0], .events = POLLIN },
        { .fd = run->output[1], .events = POLLIN },
        { .fd = children, .events = POLLIN },
    };
    int ready = poll(files, 3, milliseconds < 0 ? 0 : (int)milliseconds);
    if (ready <= 0)
        return ready;
    for (int stream = 0; stream < 2; stream++)
        if (files[stream].revents)
            take_output(run, stream);
    *died = files[2].revents != 0;
    return ready;
}

/* Returns how it ended, as the kind of the record that says so. */
static const char *watch(struct run *run)
{
    int ended = 0, died = 0;
    while (!ended) {
        if (run->room < 0)
            return "full";
        if (now() >= run->end)
            return "late";
        await(run, run->end - now(), &died);
        if (died)
            ended = reap(run);
        died = 0;
    }
    kill(-run->leader, SIGKILL);
    while ((run->output[0] >= 0 || run->output[1] >= 0) && run->room >= 0)
        if (await(run, GRACE, &died) <= 0)
            break;
        else if (died)
            reap(run);
    return run->room < 0 ? "full" : "exit";
}

/* Kill everybody but this process, and reap them. */
static void kill_all(void)
{
    struct run nobody = { .leader = -1 };
    long long end = now() + 5000;
    while (now() < end) {
        kill(-1, SIGKILL);
        reap(&nobody);
        if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
            return;
        poll(NULL, 0, 1);
    }
    say("note", 0, "a process survives SIGKILL");
}

static void run_program(struct run *run)
{
    if (mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777"))
        say("note", run->number, "no tmpfs on /tmp: %s", strerror(errno));
    if (mkdir(directory, 0700))
        say("note", run->number, "no %s: %s", directory, strerror(errno));
    run->output[0] = run->output[1] = -1;
    long long begin = now();
    run->end += begin;
    int reason = start(run);
    const char *kind = reason ? "noexec" : watch(run);
    long long taken = now() - begin;
    if (run->tracer.wanted)
        send_trace(&run->tracer, run->number);
    kill_all();
    for (int stream = 0; stream < 2; stream++)
        if (run->output[stream] >= 0)
            close(run->output[stream]);
    chdir("/");
    umount2("/tmp", MNT_DETACH);
    if (reason)
        say(kind, run->number, "%s", strerror(reason));
    else
        say(kind, run->number, "%d %lld", run->status, taken);
}

static void obey(char *line)
{
    struct run run = { 0 };
    int length = 0;
    char verb[16];
    if (sscanf(line, "%15s %ld %lld %lld%n", verb, &run.number, &run.end, &run.room, &length) < 4) {
        say("what", 0, "%.100s", line);
        return;
    }
    run.tracer.callers = strcmp(verb, "callers") == 0;
    run.tracer.wanted = run.tracer.callers || strcmp(verb, "trace") == 0;
    char *rest = NULL;
    for (char *word = strtok_r(line + length, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        if (!meets(word)) {
            say("lack", run.number, "%s", word);
            return;
        }
    say("start", run.number, "%lld", run.end);
    run_program(&run);
}

/* Read one order; 0 if there will be none. */
static int read_order(char *line, size_t size)
{
    size_t length = 0;
    for (;;) {
        struct pollfd file = { .fd = console, .events = POLLIN };
        int ready = poll(&file, 1, IDLE);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return 0;
        char byte;
        ssize_t got = read(console, &byte, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            return 0;
        if (byte == '\n') {
            line[length] = 0;
            return 1;
        }
        if (length + 1 < size)
            line[length++] = byte;
    }
}

int main(void)
{
    char line[1024];
    furnish();
    open_console();
    watch_children();
    describe();
    struct timespec uptime;
    clock_gettime(CLOCK_BOOTTIME, &uptime);
    say("ready", 0, "%lld", uptime.tv_sec * 1000LL + uptime.tv_nsec / 1000000);
    while (read_order(line, sizeof line))
        obey(line);
    sync();
    reboot(RB_POWER_OFF);
    return 0;
}
