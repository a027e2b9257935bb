/* Contract: a filter binds the thread that installs it and those it makes later. With TSYNC it
 * binds all; that fails, with the id of the thread in the way or ESRCH, if one of them has a
 * filter that the caller has not. KILL_THREAD ends one thread, KILL_PROCESS all.
 * Source: seccomp(2); kernel/seccomp.c:seccomp_sync_threads(). */
#include "../seccomp.h"
#include <pthread.h>

static int go[2], done[2];
static pid_t other;
static int install_there;

static void ask(const char *who)
{
    errno = 0;
    long result = syscall(SYS_getppid);
    if (result == -1)
        step(who, "-1 %s", errno_name(errno));
    else
        step(who, "%s", result >= 0 ? "a pid" : "negative");
}

static void *thread(void *unused)
{
    char byte;
    other = (pid_t)syscall(SYS_gettid);
    if (install_there)
        filter_call(SYS_getpgid, SECCOMP_RET_ERRNO | EXDEV);
    expect(write(done[1], "x", 1) == 1 && read(go[0], &byte, 1) == 1, "handshake");
    ask("other thread");
    step("its no_new_privs", "%d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return unused;
}

static void with_thread(unsigned flags)
{
    struct sock_filter code[] = {LOAD(nr),
                                 BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
                                 RETURN(SECCOMP_RET_ERRNO | EXDEV), RETURN(SECCOMP_RET_ALLOW)};
    pthread_t id;
    char byte;
    expect(pipe(go) == 0 && pipe(done) == 0, "pipe");
    expect(pthread_create(&id, NULL, thread, NULL) == 0, "pthread_create");
    expect(read(done[0], &byte, 1) == 1, "handshake");
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    errno = 0;
    long result = set_filter(flags, code, LENGTH(code));
    if (result == other)
        step("filter", "the other thread is in the way");
    else
        step_result("filter", result);
    ask("first thread");
    expect(write(go[1], "x", 1) == 1, "handshake");
    pthread_join(id, NULL);
}

static void alone(void) { with_thread(0); }
static void all(void) { with_thread(SECCOMP_FILTER_FLAG_TSYNC); }
static void differing(void) { install_there = 1; with_thread(SECCOMP_FILTER_FLAG_TSYNC); }
static void differing_esrch(void)
{
    install_there = 1;
    with_thread(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
}

static unsigned action;

static void *doomed(void *unused)
{
    char byte = 'x';
    filter_call(SYS_getppid, action);
    other = (pid_t)syscall(SYS_gettid);
    if (action == SECCOMP_RET_KILL_THREAD)
        expect(write(done[1], &byte, 1) == 1, "handshake");
    syscall(SYS_getppid);
    step("the thread", "lives");
    return unused;
}

static void kill_one(void)
{
    pthread_t id;
    char byte;
    pid_t self = getpid();
    expect(pipe(done) == 0, "pipe");
    expect(pthread_create(&id, NULL, doomed, NULL) == 0, "pthread_create");
    expect(read(done[0], &byte, 1) == 1, "handshake");
    while (syscall(SYS_tgkill, self, other, 0) == 0)
        usleep(1000); /* a thread that is killed tells a C library nothing */
    step("the first thread", "goes on");
}

int main(void)
{
    step_child("one thread's filter", alone);
    step_child("TSYNC", all);
    step_child("TSYNC, another filter there", differing);
    step_child("TSYNC and ESRCH, another filter there", differing_esrch);
    action = SECCOMP_RET_KILL_THREAD;
    step_child("kill thread", kill_one);
    action = SECCOMP_RET_KILL_PROCESS;
    step_child("kill process", kill_one);
    action = SECCOMP_RET_TRAP;
    step_child("trap", kill_one);
    contract_pass();
}
