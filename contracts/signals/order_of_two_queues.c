/* Contract: of pending signals a thread's own come before its process's, each queue by number, and
 * within a real-time number in the order of sending; faults and what is synchronous come first.
 * Each brings its own sender's code and value. signal(7); kernel/signal.c:next_signal(). */
#include "contract.h"

static int count;
static char text[1024];

static void handler(int number, siginfo_t *info, void *context)
{
    (void)context;
    const char *code = info->si_code == SI_USER    ? "kill"
                       : info->si_code == SI_TKILL ? "tgkill"
                       : info->si_code == SI_QUEUE ? "queue"
                                                   : "another";
    int base = number >= SIGRTMIN ? number - SIGRTMIN : number;
    sprintf(text + strlen(text), "%s%s%d %s", count++ ? ", " : "",
            number >= SIGRTMIN ? "rt" : "", base, code);
    if (info->si_code == SI_QUEUE)
        sprintf(text + strlen(text), " %d", info->si_value.sival_int);
    if (info->si_pid != getpid() || info->si_uid != getuid())
        strcat(text, " from somebody else");
}

static void to_process(int number, int value)
{
    expect(sigqueue(getpid(), number, (union sigval){.sival_int = value}) == 0, "sigqueue");
}

static void to_thread(int number, int value)
{
    siginfo_t info = {.si_code = SI_QUEUE};
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = value;
    long tid = syscall(SYS_gettid);
    expect(syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, number, &info) == 0, "rt_tgsigqueueinfo");
}

static void deliver(const char *name)
{
    sigset_t none;
    sigemptyset(&none);
    text[0] = 0;
    count = 0;
    expect(sigprocmask(SIG_SETMASK, &none, NULL) == 0, "sigprocmask");
    step(name, "%s", text);
    sigset_t all;
    sigfillset(&all);
    expect(sigprocmask(SIG_SETMASK, &all, NULL) == 0, "sigprocmask");
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    long tid = syscall(SYS_gettid);
    sigfillset(&action.sa_mask);
    for (int number = 1; number <= SIGRTMAX; number++)
        sigaction(number, &action, NULL);
    expect(sigprocmask(SIG_SETMASK, &action.sa_mask, NULL) == 0, "sigprocmask");
    to_process(SIGRTMIN + 1, 1);
    to_thread(SIGRTMIN + 1, 2);
    to_process(SIGRTMIN + 1, 3);
    to_thread(SIGRTMIN + 1, 4);
    deliver("one number, two queues");
    kill(getpid(), SIGUSR1);
    syscall(SYS_tgkill, getpid(), tid, SIGUSR2);
    syscall(SYS_tgkill, getpid(), tid, SIGUSR1);
    to_process(SIGHUP, 5);
    deliver("standard ones");
    to_process(SIGRTMIN, 6);
    to_thread(SIGRTMIN + 9, 7);
    kill(getpid(), SIGTERM);
    syscall(SYS_tgkill, getpid(), tid, SIGRTMIN + 4);
    deliver("both kinds");
    to_process(SIGALRM, 8);
    to_process(SIGALRM, 9);
    to_thread(SIGALRM, 10);
    to_thread(SIGALRM, 11);
    deliver("one of a kind in each queue");
    to_thread(SIGUSR1, 12);
    to_thread(SIGSEGV, 13);
    to_thread(SIGHUP, 14);
    syscall(SYS_tgkill, getpid(), tid, SIGTRAP);
    kill(getpid(), SIGBUS);
    deliver("with the numbers of faults");
    contract_pass();
}
