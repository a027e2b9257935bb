/* seccomp: filters that Linux refuses, actions and modes that are not there. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long filter(unsigned flags, struct sock_filter *code, unsigned length)
{
    struct sock_fprog program = {(unsigned short)length, code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* In a child: let getppid have `action`, and call it. */
static void act(const char *what, unsigned action, int block)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct sock_filter code[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, action),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGSYS);
        if (block)
            sigprocmask(SIG_BLOCK, &set, NULL);
        filter(0, code, 4);
        _exit(syscall(SYS_getppid) < 0 ? 1 : 0);
    }
    waitpid(child, &status, 0);
    dprintf(1, "%s: status %#x\n", what, status);
}

static void *dies(void *unused)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    filter(0, code, 4);
    syscall(SYS_getppid);
    return unused;
}

static void *own_bit(void *unused)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return unused;
}

static void *idle(void *ends)
{
    char byte;
    if (read(((int *)ends)[0], &byte, 1) != 1)
        return NULL;
    return prctl(PR_GET_SECCOMP) == 2 ? ends : NULL;
}

int main(void)
{
    int status;
    char line[256];
    unsigned short sizes[3];
    pthread_t sets;
    pthread_create(&sets, NULL, own_bit, NULL);
    pthread_join(sets, NULL);
    dprintf(1, "no_new_privs that another thread set for itself: %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    act("SECCOMP_RET_LOG", SECCOMP_RET_LOG, 0);
    act("SECCOMP_RET_TRAP with SIGSYS blocked", SECCOMP_RET_TRAP, 1);
    struct sock_filter beyond[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64),
                                   BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    pid_t child = fork();
    if (child == 0)
        _exit(filter(0, beyond, 2) ? 1 : 0);
    waitpid(child, &status, 0);
    dprintf(1, "filter that loads beyond the data: status %#x\n", status);
    struct sock_filter length[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
        BPF_STMT(BPF_MISC | BPF_TXA, 0),
        BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    child = fork();
    if (child == 0) {
        filter(0, length, 7);
        syscall(SYS_getppid);
        _exit(errno);
    }
    waitpid(child, &status, 0);
    dprintf(1, "size of the data, by BPF_LDX: %d\n", WEXITSTATUS(status));
    dprintf(1, "SECCOMP_GET_NOTIF_SIZES: %s\n",
            syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, sizes) ? strerrorname_np(errno) : "done");
    FILE *file = fopen("/proc/self/status", "r");
    int lines = 0;
    while (fgets(line, sizeof line, file))
        lines += !strncmp(line, "Seccomp", 7) || !strncmp(line, "NoNewPrivs", 10);
    fclose(file);
    dprintf(1, "lines of /proc/self/status about it: %d\n", lines);
    child = fork();
    if (child == 0)
        _exit(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) ? errno : 0);
    waitpid(child, &status, 0);
    dprintf(1, "SECCOMP_MODE_STRICT: status %#x\n", status);
    child = fork();
    if (child == 0) {
        pthread_t doomed;
        pthread_create(&doomed, NULL, dies, NULL);
        usleep(300000);
        _exit(5);
    }
    waitpid(child, &status, 0);
    dprintf(1, "SECCOMP_RET_KILL_PROCESS in a thread: status %#x\n", status);
    int ends[2];
    pthread_t thread;
    void *shared = NULL;
    struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    if (pipe(ends))
        return 1;
    long listener = filter(SECCOMP_FILTER_FLAG_NEW_LISTENER, allow, 1);
    dprintf(1, "a listener: %s\n", listener < 0 ? strerrorname_np(errno) : listener ? "is there" : "0");
    pthread_create(&thread, NULL, idle, ends);
    filter(SECCOMP_FILTER_FLAG_TSYNC, allow, 1);
    if (write(ends[1], "x", 1) == 1)
        pthread_join(thread, &shared);
    dprintf(1, "SECCOMP_FILTER_FLAG_TSYNC reaches the other thread: %d\n", shared != NULL);
}
