/* Contract: what was done with SEM_UNDO is undone when the process ends, not at exec, not by its
 * child; a value does not get below zero. SETVAL forgets adjustments.
 * Source: semop(2); ipc/sem.c:exit_sem(). */
#include "../contract.h"
#include <sys/sem.h>

static int id;

static void operate(const char *name, int number, int change, int flags)
{
    struct sembuf one = {number, change, flags};
    step_result(name, semop(id, &one, 1));
}

static void step_values(const char *name)
{
    step(name, "%d %d", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL));
}

static void in_child(const char *name, void (*body)(void))
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        body();
        step_values("before the end");
        _exit(0);
    }
    wait_for_success(child);
    step(name, "%d %d, last by %s", semctl(id, 0, GETVAL), semctl(id, 1, GETVAL),
         semctl(id, 0, GETPID) == child ? "the child" : "another");
}

static void up_and_down(void)
{
    operate("up with undo", 0, 3, SEM_UNDO);
    operate("down with undo", 1, -2, SEM_UNDO);
    operate("up without", 1, 1, 0);
}

static void below_zero(void)
{
    operate("up with undo", 0, 3, SEM_UNDO);
    operate("down without", 0, -2, 0);
}

static void forgotten(void)
{
    operate("up with undo", 0, 3, SEM_UNDO);
    step_result("SETVAL", semctl(id, 0, SETVAL, 6));
    operate("up with undo", 1, 4, SEM_UNDO);
}

static void fork_inherits_nothing(void)
{
    operate("up with undo", 0, 3, SEM_UNDO);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    wait_for_success(child);
    step_values("the grandchild ended");
}

static void through_exec(void)
{
    char text[16];
    snprintf(text, sizeof text, "%d", id);
    operate("up with undo", 0, 1, SEM_UNDO);
    execl("/proc/self/exe", "again", text, NULL);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        id = atoi(argv[1]);
        step_values("after exec");
        return 0;
    }
    id = semget(IPC_PRIVATE, 2, 0600);
    unsigned short values[2] = {0, 5};
    expect(semctl(id, 0, SETALL, values) == 0, "SETALL");
    in_child("undone", up_and_down);
    in_child("not below zero", below_zero);
    in_child("SETVAL forgets", forgotten);
    in_child("each process its own", fork_inherits_nothing);
    in_child("exec keeps it", through_exec);

    struct sembuf limit = {0, 32767 - 6, SEM_UNDO}, more[] = {{0, -32767, 0}, {0, 1, SEM_UNDO}};
    step_result("much to undo", semop(id, &limit, 1));
    step_result("a little more", semop(id, more, 2));
    struct sembuf beyond[] = {{0, -1, 0}, {0, 32767, SEM_UNDO}};
    expect_errno(semop(id, beyond, 2), ERANGE, "too much to undo");
    step_values("as it was");
    step_result("IPC_RMID", semctl(id, 0, IPC_RMID));
    contract_pass();
}
