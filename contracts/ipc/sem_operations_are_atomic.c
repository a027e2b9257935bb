/* Contract: the operations of one semop happen in order, all of them or none; the first that
 * cannot be done decides. Values stay within 0 and SEMVMX.
 * Source: semop(2); ipc/sem.c:perform_atomic_semop(). */
#include "../contract.h"
#include <sys/sem.h>

static int id;

static void step_values(const char *name)
{
    unsigned short values[3] = {9, 9, 9};
    step(name, "%d", semctl(id, 0, GETALL, values));
    step("values", "%d %d %d", values[0], values[1], values[2]);
}

int main(void)
{
    id = semget(IPC_PRIVATE, 3, 0600);
    step_values("fresh");
    struct semid_ds status;
    expect(semctl(id, 0, IPC_STAT, &status) == 0, "IPC_STAT");
    step("never operated", "%d", status.sem_otime == 0);

    struct sembuf all[] = {{0, 2, 0}, {1, 0, 0}, {2, 5, 0}};
    step_result("three at once", semop(id, all, 3));
    step_values("after");
    expect(semctl(id, 0, IPC_STAT, &status) == 0, "IPC_STAT");
    step("operated, of", "%d %lu", status.sem_otime > 0, (unsigned long)status.sem_nsems);
    step("last by this process", "%d %d", semctl(id, 0, GETPID) == getpid(),
         semctl(id, 2, GETPID) == getpid());

    struct sembuf some[] = {{0, -1, 0}, {2, -6, IPC_NOWAIT}};
    expect_errno(semop(id, some, 2), EAGAIN, "the second cannot be done");
    struct sembuf nonzero[] = {{0, 7, 0}, {2, 0, IPC_NOWAIT}};
    expect_errno(semop(id, nonzero, 2), EAGAIN, "it is not zero");
    struct sembuf over[] = {{0, 1, 0}, {2, 32763, 0}};
    expect_errno(semop(id, over, 2), ERANGE, "beyond SEMVMX");
    step_values("nothing was done");
    struct sembuf twice[] = {{0, 3, 0}, {0, -5, 0}, {0, 0, IPC_NOWAIT}, {0, 1, 0}};
    step_result("the same one four times", semop(id, twice, 4));
    struct sembuf down[] = {{1, -1, IPC_NOWAIT}, {1, 1, 0}};
    expect_errno(semop(id, down, 2), EAGAIN, "down before up");
    struct sembuf up[] = {{1, 1, 0}, {1, -1, IPC_NOWAIT}};
    step_result("up before down", semop(id, up, 2));
    step_values("after");

    struct sembuf beyond = {3, 1, 0};
    expect_errno(semop(id, &beyond, 1), EFBIG, "no such semaphore");
    expect_errno(semop(id, all, 0), EINVAL, "no operation");
    struct sembuf *many = calloc(501, sizeof *many);
    expect_errno(semop(id, many, 501), E2BIG, "beyond SEMOPM");
    expect_errno(semop(id, (void *)8, 1), EFAULT, "operations nowhere");
    expect_errno(semop(-1, all, 1), EINVAL, "no such set");

    step_result("SETVAL", semctl(id, 1, SETVAL, 32767));
    expect_errno(semctl(id, 1, SETVAL, 32768), ERANGE, "SETVAL beyond SEMVMX");
    expect_errno(semctl(id, 1, SETVAL, -1), ERANGE, "SETVAL below zero");
    expect_errno(semctl(id, 3, SETVAL, 0), EINVAL, "SETVAL of none");
    expect_errno(semctl(id, -1, GETVAL), EINVAL, "GETVAL of none");
    unsigned short values[3] = {1, 2, 32768};
    expect_errno(semctl(id, 0, SETALL, values), ERANGE, "SETALL beyond SEMVMX");
    step_values("as it was");
    values[2] = 3;
    step_result("SETALL", semctl(id, 0, SETALL, values));
    step_result("GETVAL", semctl(id, 2, GETVAL));
    step_result("IPC_RMID", semctl(id, 0, IPC_RMID));
    expect_errno(semctl(id, 0, GETVAL), EINVAL, "GETVAL of nothing");
    contract_pass();
}
