/* A service manager as process 1: it mounts what it needs, starts, watches, restarts and stops
 * services, and says of each thing that it does whether that went as it should.
 *
 * Started as any other process it makes the namespaces, and a control group, in which its child
 * is process 1; nothing of them is left when that ends. */
#include "manager.h"
#include <dirent.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>

static const char *const unit_files[][2] = {
    {"attacker", "program=attacks\n"},
    {"crasher", "program=crashes\nrestarts=3\n"},
    {"echo", "program=echo\nafter=steady\n"},
    {"inheritor", "program=inherits\nsocket=/run/inherited\n"},
    {"limited", "program=forks\ntasks=4\n"},
    {"parent", "program=parent\n"},
    {"receiver", "program=receives\n"},
    {"spooler", "program=spools\npath=/run/spool\n"},
    {"steady", "program=steady\n"},
    {"stubborn", "program=stubborn\nstop_ms=50\nafter=echo\n"},
};

int self_program;
static int checks, failures;
static struct unit *about;
static int wanted;

static void check(int good, const char *what)
{
    printf("%s %d - %s\n", good ? "ok" : "not ok", ++checks, what);
    failures += !good;
}

static void skip(const char *what, const char *why)
{
    printf("ok %d - %s # SKIP %s\n", ++checks, what, why);
}

/* -- what is waited for ---------------------------------------------------------------- */

static int has_told(void) { return about->told[0] != 0; }
static int is_over(void) { return about->state == DONE || about->state == FAILED; }
static int is_empty(void) { return strstr(read_file(group_file(about, "cgroup.events")), "populated 0") != NULL; }
static int is_frozen(void) { return strstr(read_file(group_file(about, "cgroup.events")), "frozen 1") != NULL; }
static int enough_orphans(void) { return orphans >= wanted; }
static int enough_ticks(void) { return ticks >= wanted; }
static int terminated(void) { return terminations > 0; }
static int time_is_over(void) { return now_ms() >= wanted; }
static int all_over(void)
{
    for (int i = 0; i < unit_count; i++)
        if (units[i].state == RUNNING || units[i].state == STOPPING)
            return 0;
    return 1;
}

static struct unit *run(const char *name, int (*done)(void))
{
    about = unit(name);
    start(about);
    until(done);
    return about;
}

/* -- the parts ------------------------------------------------------------------------- */

static void build_root(void)
{
    char path[64];
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    must(mount("root", "/mnt", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == 0);
    must(chdir("/mnt") == 0);
    must(mkdir("proc", 0555) == 0 && mkdir("cgroup", 0555) == 0 && mkdir("old", 0700) == 0);
    must(mkdir("run", 0755) == 0 && mkdir("run/spool", 0700) == 0 && mkdir("units", 0755) == 0);
    must(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
    must(mount("cgroup", "cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
    must(syscall(SYS_pivot_root, ".", "old") == 0 && chdir("/") == 0);
    check(umount2("/old", MNT_DETACH) == 0 && rmdir("/old") == 0, "the old root is left");
    for (unsigned i = 0; i < sizeof unit_files / sizeof *unit_files; i++) {
        snprintf(path, sizeof path, "/units/%s", unit_files[i][0]);
        int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
        must(fd >= 0 && write(fd, unit_files[i][1], strlen(unit_files[i][1])) > 0);
        close(fd);
    }
    int lines = 0;
    for (const char *at = read_file("/proc/self/mountinfo"); *at; at++)
        lines += *at == '\n';
    check(lines == 3, "nothing but tmpfs, proc and cgroup2 is mounted");
    check(strstr(read_file("/proc/1/status"), "\nPid:\t1\n") != NULL, "proc shows process 1");
}

static int begin_groups(void)
{
    check(strstr(read_file("/proc/self/cgroup"), "0::/\n") != NULL, "its group looks like the root");
    must(mkdir("/cgroup/init", 0755) == 0);
    check(write_file("/cgroup/init/cgroup.procs", "0") == 0, "process 1 makes room for services");
    check(strstr(read_file("/proc/self/cgroup"), "0::/init\n") != NULL, "and is in a leaf");
    return write_file("/cgroup/cgroup.subtree_control", "+pids") == 0;
}

static void starts_services(void)
{
    char path[64], expected[64];
    struct unit *steady = run("steady", has_told);
    check(strcmp(steady->told, "READY") == 0, "a service tells that it is ready");
    snprintf(path, sizeof path, "/proc/%d/cgroup", (int)steady->pid);
    check(strstr(read_file(path), "0::/steady\n") != NULL, "it is in its own group");
    snprintf(expected, sizeof expected, "%d\n", (int)steady->pid);
    check(strcmp(read_file(group_file(steady, "cgroup.procs")), expected) == 0, "alone");
    check(getsid(steady->pid) == steady->pid, "in its own session");
    struct pollfd process = {.fd = steady->pidfd, .events = POLLIN};
    check(poll(&process, 1, 0) == 0, "its pidfd says that it runs");
    struct unit *echo = run("echo", has_told);
    check(echo->state == RUNNING && strcmp(echo->after, "steady") == 0, "another runs after it");
}

static void restarts_what_crashes(void)
{
    struct unit *crasher = run("crasher", is_over);
    check(crasher->state == FAILED && crasher->starts == 4, "what crashes is restarted three times");
    check(WIFSIGNALED(crasher->status) && WTERMSIG(crasher->status) == SIGABRT, "SIGABRT is why");
    check(is_empty(), "its group is empty then");
}

static void reaps_orphans(void)
{
    wanted = orphans + 1;
    struct unit *parent = run("parent", enough_orphans);
    until(is_over);
    check(parent->state == DONE, "a parent ends before its child");
    check(orphans == wanted, "the orphan is reaped");
    check(strcmp(read_file("/run/orphan"), "1") == 0, "its parent was process 1");
}

/* Ask over a socket and see what is answered, while the loop runs. */
static int answers(const char *path, struct unit *server, const char *expected)
{
    char text[64];
    int fd = connect_to(path);
    must(write(fd, "you", 3) == 3);
    about = server;
    until(is_over);
    struct pollfd answer = {.fd = fd, .events = POLLIN};
    long size = poll(&answer, 1, 1000) == 1 ? read(fd, text, sizeof text - 1) : 0;
    text[size > 0 ? size : 0] = 0;
    close(fd);
    return strcmp(text, expected) == 0;
}

static void activates_by_sockets(void)
{
    struct unit *inheritor = unit("inheritor"), *receiver = unit("receiver");
    watch_listener(inheritor);
    check(inheritor->starts == 0, "a socket listens before its service is there");
    check(answers("/run/inherited", inheritor, "inherited you"), "a connection starts it");
    check(inheritor->status == 0 && inheritor->starts == 1, "it knew its socket");

    struct unit store = {.socket = "/run/store"}, passed = {.socket = "/run/passed"};
    struct unit *both[] = {&store, &passed};
    for (int i = 0; i < 2; i++) {
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        strcpy(name.sun_path, both[i]->socket);
        both[i]->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        must(bind(both[i]->listener, (void *)&name, sizeof name) == 0);
        must(listen(both[i]->listener, 4) == 0);
    }
    start(receiver);
    int service = accept4(store.listener, NULL, NULL, SOCK_CLOEXEC);
    must(service >= 0);
    char control[CMSG_SPACE(sizeof(int))] = "";
    struct iovec part = {"x", 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
                               .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &passed.listener, sizeof(int));
    must(sendmsg(service, &message, 0) == 1);
    close(passed.listener);
    check(answers("/run/passed", receiver, "received you"), "another gets its socket by message");
    close(service);
    close(store.listener);
}

static void put_job(void)
{
    int fd = open("/run/spool/job", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    must(fd >= 0 && write(fd, "work", 4) == 4 && close(fd) == 0);
}

static int spooled(void) { return unit("spooler")->starts == wanted && is_over(); }

static void watches_directories(void)
{
    about = unit("spooler");
    wanted = 1;
    put_job();
    until(spooled);
    check(about->state == DONE && access("/run/done", F_OK) == 0, "a file starts a service");
    wanted = 2;
    put_job();
    until(spooled);
    check(about->starts == 2 && about->status == 0, "the next file starts it again");
}

static void keeps_time(void)
{
    wanted = 3;
    set_ticks(20);
    until(enough_ticks);
    check(ticks >= 3, "a timer ticks");
    set_ticks(0);
    int before = ticks;
    wanted = now_ms() + 60;
    until(time_is_over);
    check(ticks == before, "until it is disarmed");
}

static void freezes(void)
{
    struct unit *echo = about = unit("echo");
    check(write_file(group_file(echo, "cgroup.freeze"), "1") == 0, "a group is told to freeze");
    until(is_frozen);
    check(is_frozen(), "and is frozen");
    echo->told[0] = 0;
    must(kill(echo->pid, SIGUSR1) == 0);
    wanted = now_ms() + 60;
    until(time_is_over);
    check(echo->told[0] == 0, "a frozen service does not answer");
    must(write_file(group_file(echo, "cgroup.freeze"), "0") == 0);
    until(has_told);
    check(strcmp(echo->told, "ASKED 1") == 0, "a thawed one does");
}

static void bounds_tasks(int controller)
{
    if (!controller) {
        skip("fork fails at pids.max", "no pids controller");
        skip("pids.events counts it", "no pids controller");
        skip("cgroup.kill makes room", "no pids controller");
        return;
    }
    struct unit *limited = run("limited", has_told);
    check(strcmp(limited->told, "3 EAGAIN") == 0, "fork fails at pids.max");
    check(strcmp(read_file(group_file(limited, "pids.events")), "max 1\n") == 0, "pids.events counts it");
    wanted = orphans + 3;
    limited->state = STOPPING;
    limited->deadline = now_ms() + 10000;
    must(write_file(group_file(limited, "cgroup.kill"), "1") == 0);
    until(enough_orphans);
    until(is_over);
    check(strcmp(read_file(group_file(limited, "pids.current")), "0\n") == 0, "cgroup.kill makes room");
}

static void cannot_be_killed(void)
{
    struct unit *attacker = run("attacker", is_over);
    check(attacker->state == FAILED && WEXITSTATUS(attacker->status) == 4, "a service attacks");
    check(hangups == 1, "only the signal with a handler arrives");
    check(hangup_sender > 1, "and its sender is known");
}

static void shuts_down(void)
{
    struct unit *steady = unit("steady"), *echo = unit("echo");
    struct unit *stubborn = run("stubborn", has_told);
    check(stubborn->state == RUNNING, "one more service begins");
    wanted = orphans + 3; /* who asks, and two children of the stubborn one */
    if (fork() == 0) {
        kill(1, SIGTERM);
        _exit(0);
    }
    until(terminated);
    check(terminations == 1, "SIGTERM asks for the end");
    struct unit *order[] = {stubborn, echo, steady};
    for (int i = 0; i < 3; i++) {
        about = order[i];
        stop(about);
        until(is_over);
    }
    until(enough_orphans);
    check(WIFSIGNALED(stubborn->status) && WTERMSIG(stubborn->status) == SIGKILL,
          "who does not listen is killed when its time is over");
    check(orphans >= wanted, "with its children");
    check(echo->status == 0 && steady->status == 0, "others end by themselves");
    check(stubborn->exited < echo->exited && echo->exited < steady->exited,
          "each before what it came after");
    until(all_over);
    check(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "no process is left");
}

static void cleans_up(void)
{
    int removed = 0, started = 0;
    for (int i = 0; i < unit_count; i++)
        if (units[i].starts) {
            close(units[i].events);
            started++;
            removed += rmdir(group_file(&units[i], "")) == 0;
        }
    check(removed == started, "all groups can be removed");
    must(write_file("/cgroup/cgroup.subtree_control", "-pids") == 0 || errno == EINVAL ||
         errno == ENOENT);
    check(write_file("/cgroup/cgroup.procs", "0") == 0 && rmdir("/cgroup/init") == 0,
          "and its own");
    check(umount("/cgroup") == 0, "cgroup2 is unmounted");
    check(umount("/proc") == 0, "proc is unmounted");
    check(umount("/") == 0 && mkdir("/more", 0755) == -1 && errno == EROFS,
          "the root becomes read-only");
}

static int manage(void)
{
    check(getpid() == 1, "this is process 1");
    check(getppid() == 0, "whose parent is outside");
    build_root();
    int controller = begin_groups();
    read_units();
    check(unit_count == 10, "all units are read");
    begin_events();
    starts_services();
    restarts_what_crashes();
    reaps_orphans();
    activates_by_sockets();
    watches_directories();
    keeps_time();
    freezes();
    bounds_tasks(controller);
    cannot_be_killed();
    shuts_down();
    cleans_up();
    printf("1..%d\n", checks);
    return failures != 0;
}

/* Remove a group with those in it, whoever is there. */
static void remove_group(int at, const char *name)
{
    if (unlinkat(at, name, AT_REMOVEDIR) == 0)
        return;
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fdopendir(fd);
    must(directory != NULL);
    int killer = openat(fd, "cgroup.kill", O_WRONLY | O_CLOEXEC);
    must(killer >= 0 && write(killer, "1", 1) == 1 && close(killer) == 0);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            remove_group(fd, entry->d_name);
    closedir(directory);
    for (int i = 0; i < 1000 && unlinkat(at, name, AT_REMOVEDIR) < 0; i++)
        poll(NULL, 0, 1);
}

/* Enter the namespaces, with a child that is process 1 there; its exit status. The child is in
 * the group, which is the root of its cgroup namespace, and this process is not any more. */
static int contain(int tree, int group)
{
    int status = 0;
    must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    int inside = openat(group, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    int outside = openat(tree, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    must(inside >= 0 && write(inside, "0", 1) == 1);
    must(unshare(CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) == 0);
    must(outside >= 0 && write(outside, "0", 1) == 1 && close(outside) == 0);
    pid_t init = fork();
    must(init >= 0);
    if (init == 0) {
        must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
        must(write(inside, "0", 1) == 1 && close(inside) == 0);
        exit(manage());
    }
    must(waitpid(init, &status, 0) == init);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Make a group to begin in, wait for what happens there, and remove it. */
static int launch(void)
{
    static const char name[] = "kevlar-manager";
    int status;
    must(unshare(CLONE_NEWNS) == 0);
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    must(mount("cgroup", "/mnt", "cgroup2", 0, NULL) == 0);
    int tree = open("/mnt", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(tree >= 0 && umount2("/mnt", MNT_DETACH) == 0);
    must(flock(tree, LOCK_EX) == 0); /* one at a time */
    int control = openat(tree, "cgroup.subtree_control", O_RDWR | O_CLOEXEC);
    must(control >= 0);
    char before[256] = "";
    must(read(control, before, sizeof before - 1) >= 0);
    int given = strstr(before, "pids") == NULL && write(control, "+pids", 5) == 5;
    if (mkdirat(tree, name, 0755) < 0) {
        remove_group(tree, name); /* somebody was killed */
        must(mkdirat(tree, name, 0755) == 0);
    }
    int group = openat(tree, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(group >= 0);
    pid_t child = fork();
    must(child >= 0);
    if (child == 0)
        _exit(contain(tree, group));
    must(waitpid(child, &status, 0) == child);
    remove_group(tree, name);
    must(!given || write(control, "-pids", 5) == 5);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int count, char **arguments)
{
    if (count == 2)
        return run_service(arguments[1]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    int program = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    self_program = fcntl(program, F_DUPFD_CLOEXEC, 64); /* clear of what services inherit */
    must(self_program >= 0 && close(program) == 0);
    return getpid() == 1 ? manage() : launch();
}
