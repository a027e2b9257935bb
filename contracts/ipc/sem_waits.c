/* Contract: semop sleeps until all its operations can be done; GETNCNT and GETZCNT count who
 * waits. Removing the set is EIDRM, a handler EINTR even with SA_RESTART, a timeout EAGAIN.
 * Source: semop(2), semctl(2); ipc/sem.c:do_semtimedop(). */
#include "../contract.h"
#include <sys/sem.h>
#include <time.h>

static int id;

static void on_signal(int signal)
{
    (void)signal;
}

/* A child that sleeps in semop and exits with its errno. */
static pid_t sleeper(struct sembuf *operations, int count)
{
    pid_t child = fork();
    if (child == 0) {
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigaction(SIGUSR1, &action, NULL);
        _exit(semop(id, operations, count) == 0 ? 0 : errno);
    }
    wait_for_state(child, 'S');
    return child;
}

static void step_end(const char *name, pid_t child)
{
    int status;
    expect(waitpid(child, &status, 0) == child && WIFEXITED(status), name);
    step(name, "%s", errno_name(WEXITSTATUS(status)));
}

static void step_waiting(const char *name)
{
    step(name, "%d %d for more, %d %d for zero", semctl(id, 0, GETNCNT), semctl(id, 1, GETNCNT),
         semctl(id, 0, GETZCNT), semctl(id, 1, GETZCNT));
}

static void operate(const char *name, int number, int change)
{
    struct sembuf one = {number, change, 0};
    step_result(name, semop(id, &one, 1));
}

int main(void)
{
    id = semget(IPC_PRIVATE, 2, 0600);
    struct sembuf take[] = {{0, -2, 0}}, both[] = {{0, -1, 0}, {1, -1, 0}};
    struct sembuf zero[] = {{1, 0, 0}}, after[] = {{1, 0, 0}, {0, 1, 0}};

    pid_t first = sleeper(take, 1);
    step_waiting("one waits");
    operate("up by one", 0, 1);
    step_waiting("not enough");
    operate("up by one", 0, 1);
    step_end("took two", first);
    step("left", "%d", semctl(id, 0, GETVAL));
    step("last by the sleeper", "%d", semctl(id, 0, GETPID) == first);

    first = sleeper(both, 2);
    operate("only the first", 0, 1);
    step_waiting("it waits for the second now");
    operate("the second", 1, 1);
    step_end("took both", first);
    step("left", "%d %d", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL));

    operate("not zero", 1, 1);
    first = sleeper(zero, 1);
    pid_t second = sleeper(after, 2);
    step_waiting("two wait for zero");
    expect(semctl(id, 1, SETVAL, 0) == 0, "SETVAL");
    step_end("saw zero", first);
    step_end("saw zero and went on", second);
    step("left", "%d", semctl(id, 0, GETVAL));

    operate("down", 0, -1);
    first = sleeper(take, 1);
    kill(first, SIGUSR1);
    step_end("signalled", first);
    step_waiting("nobody");
    first = sleeper(take, 1);
    kill(first, SIGSTOP);
    expect(waitpid(first, NULL, WUNTRACED) == first, "stopped");
    kill(first, SIGCONT);
    step_end("stopped and continued", first);

    struct timespec brief = {0, 20000000}, bad = {0, 1000000000}, none = {0, 0};
    expect_errno(semtimedop(id, take, 1, &brief), EAGAIN, "time is up");
    expect_errno(semtimedop(id, take, 1, &none), EAGAIN, "no time");
    expect_errno(semtimedop(id, take, 1, &bad), EINVAL, "no such time");
    expect_errno(semtimedop(id, take, 1, (void *)8), EFAULT, "time nowhere");
    first = sleeper(take, 1);
    step_result("IPC_RMID", semctl(id, 0, IPC_RMID));
    step_end("removed", first);
    contract_pass();
}
