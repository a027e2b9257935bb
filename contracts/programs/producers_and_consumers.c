/* Contract: four producers and three consumers share one pipe of whole records, start and stop
 * on signals, and report by exit status and a second pipe. Nothing is lost, doubled or torn,
 * and each consumer sees the records of a producer in the order in which they were written.
 * Source: pipe(7) (PIPE_BUF), sigsuspend(2), sigwaitinfo(2), waitpid(2). */
#include "../contract.h"
#include <sys/wait.h>
#include <time.h>

enum { PRODUCERS = 4, CONSUMERS = 3, RECORDS = 500 };

struct record {
    int producer, number;
    unsigned char filling[120];
};

struct report {
    int consumer, records, torn, disorder;
    long sum;
};

static volatile sig_atomic_t started;

static void on_start(int number)
{
    (void)number;
    started = 1;
}

/* Wait for SIGUSR1, which is blocked but here; then write all records. */
static void produce(int me, int out, int ready)
{
    sigset_t none;
    sigemptyset(&none);
    struct sigaction action = {.sa_handler = on_start};
    sigaction(SIGUSR1, &action, NULL);
    expect(write(ready, "r", 1) == 1, "ready");
    while (!started)
        sigsuspend(&none);
    for (int i = 0; i < RECORDS; i++) {
        struct record record = {me, i, {0}};
        memset(record.filling, me * 50 + i, sizeof record.filling);
        expect(write(out, &record, sizeof record) == sizeof record, "write");
    }
    kill(getppid(), SIGUSR2);
    _exit(10 + me);
}

static void consume(int me, int in, int out)
{
    struct record record;
    struct report report = {.consumer = me};
    int last[PRODUCERS] = {-1, -1, -1, -1};
    long got;
    while ((got = read(in, &record, sizeof record)) > 0) {
        int torn = got != sizeof record;
        for (unsigned i = 0; !torn && i < sizeof record.filling; i++)
            torn = record.filling[i] != (unsigned char)(record.producer * 50 + record.number);
        report.torn += torn;
        if (torn)
            continue;
        report.disorder += record.number <= last[record.producer];
        last[record.producer] = record.number;
        report.sum += record.producer * RECORDS + record.number;
        report.records++;
    }
    expect(write(out, &report, sizeof report) == sizeof report, "report");
    _exit(20 + me);
}

int main(void)
{
    int data[2], reports[2], ready[2], finished = 0, status, exits[2] = {0, 0};
    pid_t producers[PRODUCERS], consumers[CONSUMERS];
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGUSR2);
    sigaddset(&signals, SIGCHLD);
    expect(sigprocmask(SIG_BLOCK, &signals, NULL) == 0, "sigprocmask");
    expect(pipe(data) == 0 && pipe(reports) == 0 && pipe(ready) == 0, "pipe");
    for (int i = 0; i < PRODUCERS; i++)
        if ((producers[i] = fork()) == 0) {
            close(data[0]);
            produce(i, data[1], ready[1]);
        }
    for (int i = 0; i < CONSUMERS; i++)
        if ((consumers[i] = fork()) == 0) {
            close(data[1]);
            consume(i, data[0], reports[1]);
        }
    close(data[0]);
    close(data[1]);
    close(reports[1]);
    char byte;
    for (int i = 0; i < PRODUCERS; i++)
        expect(read(ready[0], &byte, 1) == 1, "ready");
    step("producers ready", "%d", PRODUCERS);
    for (int i = 0; i < PRODUCERS; i++)
        expect(kill(producers[i], SIGUSR1) == 0, "kill");

    /* SIGUSR2 and SIGCHLD coalesce, so they only say that something may have ended. */
    int seen_usr2 = 0, seen_chld = 0;
    while (finished < PRODUCERS + CONSUMERS) {
        siginfo_t info;
        int number = sigwaitinfo(&signals, &info);
        expect(number == SIGUSR2 || number == SIGCHLD, "sigwaitinfo");
        seen_usr2 |= number == SIGUSR2 && info.si_code == SI_USER;
        seen_chld |= number == SIGCHLD && info.si_code == CLD_EXITED;
        for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0; finished++) {
            int is_producer = WEXITSTATUS(status) < 20, index = WEXITSTATUS(status) % 10;
            expect(WIFEXITED(status), "a child exits");
            expect(child == (is_producer ? producers : consumers)[index], "its status");
            exits[is_producer]++;
        }
    }
    /* All may have ended before the first signal was taken: the rest is still pending. */
    struct timespec now = {0, 0};
    siginfo_t info;
    for (int number; (number = sigtimedwait(&signals, &info, &now)) > 0;) {
        seen_usr2 |= number == SIGUSR2 && info.si_code == SI_USER;
        seen_chld |= number == SIGCHLD && info.si_code == CLD_EXITED;
    }
    step("signals seen", "SIGUSR2 %d, SIGCHLD %d", seen_usr2, seen_chld);
    step("ended", "%d producers, %d consumers", exits[1], exits[0]);
    expect_errno(waitpid(-1, &status, WNOHANG), ECHILD, "no child is left");

    struct report report, total = {0};
    int consumers_seen = 0;
    while (read(reports[0], &report, sizeof report) == sizeof report) {
        consumers_seen |= 1 << report.consumer;
        total.records += report.records;
        total.torn += report.torn;
        total.disorder += report.disorder;
        total.sum += report.sum;
    }
    step("reports of consumers", "%#x", consumers_seen);
    step("records", "%d of %d", total.records, PRODUCERS * RECORDS);
    step("torn", "%d", total.torn);
    step("out of order", "%d", total.disorder);
    step("sum", "%ld", total.sum);
    contract_pass();
}
