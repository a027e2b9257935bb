/* The main loop: signals, timers, processes, groups, sockets and directories, all through epoll. */
#include "manager.h"
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

enum kind { SIGNALS, TICKS, DEADLINES, FILES, NOTES, PROCESS, GROUP, LISTENER };

int orphans, hangups, terminations, ticks, exits;
pid_t hangup_sender;
static int loop, signals, ticker, deadlines, files, notes;
static int watches[MAX_UNITS];

int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void add(int fd, uint32_t events, enum kind kind, int index)
{
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)kind << 32 | index};
    must(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) == 0);
}

void begin_events(void)
{
    sigset_t set;
    int on = 1;
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = NOTIFY};
    struct itimerspec often = {.it_interval.tv_nsec = 10000000, .it_value.tv_nsec = 10000000};
    loop = epoll_create1(EPOLL_CLOEXEC);
    must(loop >= 0);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    must(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    ticker = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    deadlines = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    files = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    notes = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    must(signals >= 0 && ticker >= 0 && deadlines >= 0 && files >= 0 && notes >= 0);
    must(setsockopt(notes, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
    must(bind(notes, (void *)&name, sizeof name) == 0);
    must(timerfd_settime(deadlines, 0, &often, NULL) == 0);
    add(signals, EPOLLIN, SIGNALS, 0);
    add(ticker, EPOLLIN, TICKS, 0);
    add(deadlines, EPOLLIN, DEADLINES, 0);
    add(files, EPOLLIN, FILES, 0);
    add(notes, EPOLLIN, NOTES, 0);
    for (int i = 0; i < unit_count; i++)
        if (units[i].path[0]) {
            watches[i] = inotify_add_watch(files, units[i].path, IN_CLOSE_WRITE | IN_MOVED_TO);
            must(watches[i] > 0);
        }
}

void watch_unit(struct unit *unit)
{
    int index = unit - units;
    add(unit->pidfd, EPOLLIN, PROCESS, index);
    if (unit->events < 0) {
        unit->events = open(group_file(unit, "cgroup.events"), O_RDONLY | O_CLOEXEC);
        must(unit->events >= 0);
        add(unit->events, EPOLLPRI | EPOLLET, GROUP, index);
    }
}

void watch_listener(struct unit *unit)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", unit->socket);
    unit->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(unit->listener >= 0);
    must(bind(unit->listener, (void *)&name, sizeof name) == 0);
    must(listen(unit->listener, 4) == 0);
    add(unit->listener, EPOLLIN | EPOLLONESHOT, LISTENER, unit - units);
}

void set_ticks(int milliseconds)
{
    struct itimerspec times = {.it_interval.tv_nsec = milliseconds * 1000000L};
    times.it_value = times.it_interval;
    must(timerfd_settime(ticker, 0, &times, NULL) == 0);
}

/* A process was waited for: one of the services', or an orphan of whose. */
static void ended(pid_t pid, int status)
{
    for (int i = 0; i < unit_count; i++) {
        struct unit *unit = &units[i];
        if (unit->pid != pid)
            continue;
        int stopped = unit->state == STOPPING;
        unit->pid = 0;
        unit->status = status;
        unit->exited = ++exits;
        close(unit->pidfd);
        unit->pidfd = -1;
        if (stopped || status == 0)
            unit->state = DONE;
        else if (unit->starts <= unit->restarts)
            start(unit);
        else
            unit->state = FAILED;
        return;
    }
    orphans++;
}

static void on_signals(void)
{
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
        pid_t pid;
        int status;
        if (info.ssi_signo == SIGTERM)
            terminations++;
        if (info.ssi_signo == SIGHUP) {
            hangups++;
            hangup_sender = info.ssi_pid;
        }
        while (info.ssi_signo == SIGCHLD && (pid = waitpid(-1, &status, WNOHANG)) > 0)
            ended(pid, status);
    }
}

static void on_deadlines(void)
{
    uint64_t times;
    if (read(deadlines, &times, sizeof times) != sizeof times)
        return;
    for (int i = 0; i < unit_count; i++)
        if (units[i].state == STOPPING && now_ms() >= units[i].deadline)
            must(write_file(group_file(&units[i], "cgroup.kill"), "1") == 0);
}

static void on_files(void)
{
    char buffer[4096] __attribute__((aligned(8)));
    long size = read(files, buffer, sizeof buffer);
    for (char *at = buffer; at < buffer + size;) {
        struct inotify_event *event = (void *)at;
        for (int i = 0; i < unit_count; i++)
            if (watches[i] == event->wd && units[i].state != RUNNING)
                start(&units[i]);
        at += sizeof *event + event->len;
    }
}

/* What a service tells; who it is, the kernel says. */
static void on_notes(void)
{
    char text[64], control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec part = {text, sizeof text - 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    for (;;) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        long size = recvmsg(notes, &message, 0);
        if (size < 0)
            return;
        text[size] = 0;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        must(header != NULL && header->cmsg_type == SCM_CREDENTIALS);
        struct ucred who;
        memcpy(&who, CMSG_DATA(header), sizeof who);
        for (int i = 0; i < unit_count; i++)
            if (units[i].pid == who.pid)
                snprintf(units[i].told, sizeof units[i].told, "%s", text);
    }
}

static void dispatch(uint64_t what)
{
    struct unit *unit = &units[(uint32_t)what];
    char text[128];
    switch ((enum kind)(what >> 32)) {
    case SIGNALS:
        on_signals();
        break;
    case TICKS: {
        uint64_t times = 0;
        if (read(ticker, &times, sizeof times) == sizeof times)
            ticks += times;
        break;
    }
    case DEADLINES:
        on_deadlines();
        break;
    case FILES:
        on_files();
        break;
    case NOTES:
        on_notes();
        break;
    case PROCESS: {
        struct epoll_event none = {.events = 0};
        epoll_ctl(loop, EPOLL_CTL_MOD, unit->pidfd, &none); /* SIGCHLD follows */
        break;
    }
    case GROUP:
        must(pread(unit->events, text, sizeof text, 0) > 0);
        break;
    case LISTENER:
        start(unit);
        break;
    }
}

/* Handle what happens until `done`, which is looked at after every event. */
void until(int (*done)(void))
{
    int64_t end = now_ms() + 10000;
    while (!done()) {
        struct epoll_event event;
        if (now_ms() > end)
            return;
        if (epoll_wait(loop, &event, 1, 100) == 1)
            dispatch(event.data.u64);
    }
}
