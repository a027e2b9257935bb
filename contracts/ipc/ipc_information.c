/* Contract: IPC_INFO tells limits, *_INFO what there is, and *_STAT goes by slot and returns the
 * id. /proc/sysvipc lists every object, /proc/sys/kernel has the limits.
 * Source: shmctl(2), semctl(2), msgctl(2), proc(5). */
#include "../contract.h"
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

union argument { int value; struct semid_ds *status; struct seminfo *info; };

static void step_line(const char *path, int id)
{
    char line[256];
    FILE *file = fopen(path, "r");
    expect(file != NULL && fgets(line, sizeof line, file) != NULL, path);
    line[strcspn(line, "\n")] = 0;
    step(path, "%s", line);
    while (fgets(line, sizeof line, file) != NULL) {
        int key, ident, mode, end;
        expect(sscanf(line, "%d %d %o%n", &key, &ident, &mode, &end) == 3, "line");
        if (ident != id)
            continue;
        unsigned long first, second;
        expect(sscanf(line + end, "%lu %lu", &first, &second) == 2, "numbers");
        step("listed", "key %d mode %o, %lu, width %d", key, mode, first, (int)strlen(line) - 1);
    }
    fclose(file);
}

static void step_setting(const char *path)
{
    char line[128] = "";
    FILE *file = fopen(path, "r");
    expect(file != NULL && fgets(line, sizeof line, file) != NULL, path);
    line[strcspn(line, "\n")] = 0;
    step(path, "%s", line);
    fclose(file);
}

int main(void)
{
    int shm = shmget(IPC_PRIVATE, 5000, 0600), sem = semget(IPC_PRIVATE, 7, 0640);
    int msg = msgget(IPC_PRIVATE, 0622);
    expect(shm >= 0 && sem >= 0 && msg >= 0, "made");

    struct shminfo limits;
    expect(shmctl(0, IPC_INFO, (void *)&limits) >= 0, "IPC_INFO");
    step("segments", "%lu %lu %lu %lu %lu", limits.shmmax, limits.shmmin, limits.shmmni,
         limits.shmseg, limits.shmall);
    struct shm_info used;
    expect(shmctl(0, SHM_INFO, (void *)&used) >= 0, "SHM_INFO");
    step("some are used", "%d %d", used.used_ids >= 1, used.shm_tot >= 2);
    struct seminfo sets;
    expect(semctl(0, 0, IPC_INFO, (union argument){.info = &sets}) >= 0, "IPC_INFO");
    step("sets", "%d %d %d %d %d %d %d %d %d %d", sets.semmap, sets.semmni, sets.semmns,
         sets.semmnu, sets.semmsl, sets.semopm, sets.semume, sets.semusz, sets.semvmx, sets.semaem);
    expect(semctl(0, 0, SEM_INFO, (union argument){.info = &sets}) >= 0, "SEM_INFO");
    step("some are used", "%d %d %d", sets.semusz >= 1, sets.semaem >= 7, sets.semmsl);
    struct msginfo queues;
    expect(msgctl(0, IPC_INFO, (void *)&queues) >= 0, "IPC_INFO");
    step("queues", "%d %d %d %d %d %d %d %d", queues.msgpool, queues.msgmap, queues.msgmax,
         queues.msgmnb, queues.msgmni, queues.msgssz, queues.msgtql, queues.msgseg);
    expect(msgctl(0, MSG_INFO, (void *)&queues) >= 0, "MSG_INFO");
    step("some are used", "%d %d", queues.msgpool >= 1, queues.msgmax);

    struct shmid_ds segment;
    struct semid_ds set;
    struct msqid_ds queue;
    step("SHM_STAT by slot", "%d", shmctl(shm & 0x7fff, SHM_STAT, &segment) == shm);
    step("its size", "%zu", segment.shm_segsz);
    step("SEM_STAT by slot", "%d",
         semctl(sem & 0x7fff, 0, SEM_STAT, (union argument){.status = &set}) == sem);
    step("its semaphores", "%lu", (unsigned long)set.sem_nsems);
    step("MSG_STAT by slot", "%d", msgctl(msg & 0x7fff, MSG_STAT, &queue) == msg);
    step("its bytes", "%lu", (unsigned long)queue.msg_qbytes);
    expect_errno(shmctl(shm, 99, NULL), EINVAL, "no such command");
    expect_errno(semctl(sem, 0, 99), EINVAL, "no such command");
    expect_errno(msgctl(msg, 99, NULL), EINVAL, "no such command");
    expect_errno(msgctl(msg, IPC_STAT, (void *)8), EFAULT, "IPC_STAT to nowhere");

    step_line("/proc/sysvipc/shm", shm);
    step_line("/proc/sysvipc/sem", sem);
    step_line("/proc/sysvipc/msg", msg);
    step_setting("/proc/sys/kernel/shmmax");
    step_setting("/proc/sys/kernel/shmall");
    step_setting("/proc/sys/kernel/shmmni");
    step_setting("/proc/sys/kernel/sem");
    step_setting("/proc/sys/kernel/msgmax");
    step_setting("/proc/sys/kernel/msgmnb");
    step_setting("/proc/sys/kernel/msgmni");
    step_result("SHM_LOCK", shmctl(shm, SHM_LOCK, NULL));
    expect(shmctl(shm, IPC_STAT, &segment) == 0, "IPC_STAT");
    step("locked", "%o", segment.shm_perm.mode);
    step_result("SHM_UNLOCK", shmctl(shm, SHM_UNLOCK, NULL));
    step_result("remove", shmctl(shm, IPC_RMID, NULL));
    step_result("remove", semctl(sem, 0, IPC_RMID));
    step_result("remove", msgctl(msg, IPC_RMID, NULL));
    contract_pass();
}
