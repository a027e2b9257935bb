/* The services: what each program does, being told nothing but what a real one would be. */
#include "manager.h"

static void tell(const char *text)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = NOTIFY};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sendto(fd, text, strlen(text), 0, (void *)&name, sizeof name) < 0)
        _exit(99);
    close(fd);
}

static void on_term(int number)
{
    (void)number;
    _exit(0);
}

int connect_to(const char *path)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && connect(fd, (void *)&name, sizeof name) == 0);
    return fd;
}

static _Noreturn void sleep_on(void)
{
    for (;;)
        pause();
}

/* Works until it is told to end. */
static int steady(void)
{
    signal(SIGTERM, on_term);
    tell("READY");
    sleep_on();
}

static volatile sig_atomic_t asked;

static void on_usr1(int number)
{
    (void)number;
    asked++;
}

/* Answers every SIGUSR1. */
static _Noreturn int echo(void)
{
    sigset_t held, none;
    char text[32];
    signal(SIGTERM, on_term);
    signal(SIGUSR1, on_usr1);
    sigemptyset(&none);
    sigemptyset(&held);
    sigaddset(&held, SIGUSR1);
    sigprocmask(SIG_BLOCK, &held, NULL);
    tell("READY");
    for (int told = 0;; sigsuspend(&none))
        if (asked != told) {
            told = asked;
            snprintf(text, sizeof text, "ASKED %d", told);
            tell(text);
        }
}

/* Leaves a child behind, which then asks who its parent is. */
static int parent(void)
{
    int gone[2];
    char byte, text[32];
    must(pipe(gone) == 0);
    if (fork() == 0) {
        close(gone[1]);
        read(gone[0], &byte, 1);
        while (getppid() != 1)
            poll(NULL, 0, 1);
        snprintf(text, sizeof text, "%d", (int)getppid());
        int fd = open("/run/orphan", O_CREAT | O_WRONLY, 0600);
        write(fd, text, strlen(text));
        _exit(5);
    }
    return 0;
}

/* Will not end, nor will its children. */
static int stubborn(void)
{
    signal(SIGTERM, SIG_IGN);
    for (int i = 0; i < 2; i++)
        if (fork() == 0)
            sleep_on();
    tell("READY");
    sleep_on();
}

/* Serves one connection of a socket that is there already. */
static int serve(int listener, const char *greeting)
{
    char text[64];
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        return 3;
    long size = read(fd, text, sizeof text - 1);
    text[size > 0 ? size : 0] = 0;
    dprintf(fd, "%s %s", greeting, text);
    return 0;
}

static int inherits(void)
{
    const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
    if (count == NULL || strcmp(count, "1") != 0 || pid == NULL || atoi(pid) != getpid())
        return 2;
    return serve(LISTEN_FD, "inherited");
}

/* Asks for its socket, which comes as a control message. */
static int receives(void)
{
    char byte, control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    int listener;
    int manager = connect_to("/run/store");
    if (recvmsg(manager, &message, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&message) == NULL)
        return 4;
    memcpy(&listener, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof listener);
    return serve(listener, "received");
}

/* Takes in what is in the directory. */
static int spools(void)
{
    return rename("/run/spool/job", "/run/done") == 0 ? 0 : 6;
}

/* Forks until that fails. */
static int forks(void)
{
    int count = 0;
    char text[32];
    for (;; count++) {
        pid_t child = fork();
        if (child < 0)
            break;
        if (child == 0)
            sleep_on();
    }
    snprintf(text, sizeof text, "%d %s", count, errno == EAGAIN ? "EAGAIN" : "another errno");
    tell(text);
    sleep_on();
}

/* Tries what only process 1 is safe from. */
static int attacks(void)
{
    int results = kill(1, SIGKILL) == 0;
    results += kill(1, SIGSTOP) == 0;
    results += kill(1, SIGUSR2) == 0;
    results += kill(1, SIGHUP) == 0;
    return results;
}

int run_service(const char *program)
{
    static const struct { const char *name; int (*run)(void); } programs[] = {
        {"steady", steady}, {"echo", echo}, {"parent", parent}, {"stubborn", stubborn},
        {"inherits", inherits}, {"receives", receives}, {"spools", spools}, {"forks", forks},
        {"attacks", attacks},
    };
    if (strcmp(program, "crashes") == 0)
        abort();
    for (unsigned i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strcmp(program, programs[i].name) == 0)
            return programs[i].run();
    return 126;
}
