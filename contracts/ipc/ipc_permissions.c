/* Contract: access to an object is decided by its mode, owner and creator as for files, but only
 * owner and creator may remove it, whatever the mode says. IPC_SET gives it away.
 * Requires: root
 * Source: sysvipc(7); ipc/util.c:ipcperms(), ipcctl_obtain_check(). */
#include "../contract.h"
#include <grp.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

static int shm, sem, msg;
static key_t key;

static void attempts(void)
{
    struct msqid_ds queue;
    struct shmid_ds segment;
    struct { long type; char text[8]; } message = {1, "text"};
    struct sembuf up = {0, 1, IPC_NOWAIT}, zero = {0, 0, IPC_NOWAIT};
    step_result("IPC_STAT", msgctl(msg, IPC_STAT, &queue));
    step_result("MSG_STAT_ANY of nothing", msgctl(1 << 14, MSG_STAT_ANY, &queue));
    step_result("msgsnd", msgsnd(msg, &message, 4, IPC_NOWAIT));
    step_result("msgrcv", msgrcv(msg, &message, 8, 0, IPC_NOWAIT));
    step_result("semop up", semop(sem, &up, 1));
    step_result("semop zero", semop(sem, &zero, 1));
    step_result("SETVAL", semctl(sem, 0, SETVAL, 0));
    step_result("GETVAL", semctl(sem, 0, GETVAL));
    void *map = shmat(shm, NULL, 0);
    step("shmat", "%s", map == (void *)-1 ? errno_name(errno) : "done");
    map = shmat(shm, NULL, SHM_RDONLY);
    step("shmat read-only", "%s", map == (void *)-1 ? errno_name(errno) : "done");
    step("shmget", "%s", shmget(key, 0, 0) == shm ? "found" : errno_name(errno));
    step("shmget 0400", "%s", shmget(key, 0, 0400) == shm ? "found" : errno_name(errno));
    step("shmget 0600", "%s", shmget(key, 0, 0600) == shm ? "found" : errno_name(errno));
    step_result("IPC_STAT of the segment", shmctl(shm, IPC_STAT, &segment));
    memset(&segment, 0, sizeof segment);
    step_result("IPC_SET", shmctl(shm, IPC_SET, &segment));
    step_result("SHM_LOCK", shmctl(shm, SHM_LOCK, NULL));
    step_result("IPC_RMID", semctl(sem, 0, IPC_RMID));
}

static void as(const char *who, uid_t uid, gid_t gid)
{
    step("as", "%s", who);
    pid_t child = fork();
    if (child == 0) {
        expect(setgroups(0, NULL) == 0 && setgid(gid) == 0 && setuid(uid) == 0, "identity");
        attempts();
        _exit(0);
    }
    wait_for_success(child);
}

static void make(int mode)
{
    shm = shmget(key, 100, IPC_CREAT | mode);
    sem = semget(IPC_PRIVATE, 1, mode);
    msg = msgget(IPC_PRIVATE, mode);
    expect(shm >= 0 && sem >= 0 && msg >= 0, "made");
}

static void discard(void)
{
    shmctl(shm, IPC_RMID, NULL);
    semctl(sem, 0, IPC_RMID);
    msgctl(msg, IPC_RMID, NULL);
}

int main(void)
{
    key = 0x4b000000 + getpid();
    make(0604);
    as("another user, 0604", 4001, 4001);
    discard();
    make(0060);
    as("the group, 0060", 4001, 0);
    struct shmid_ds segment = {.shm_perm = {.uid = 4001, .gid = 4002, .mode = 07200}};
    step_result("give the segment away", shmctl(shm, IPC_SET, &segment));
    expect(shmctl(shm, IPC_STAT, &segment) == 0, "IPC_STAT");
    step("owner, creator, mode", "%d %d %d %d %o", segment.shm_perm.uid, segment.shm_perm.gid,
         segment.shm_perm.cuid, segment.shm_perm.cgid, segment.shm_perm.mode);
    as("the new owner", 4001, 4001);
    segment.shm_perm.uid = -1;
    expect_errno(shmctl(shm, IPC_SET, &segment), EINVAL, "to nobody");
    discard();
    contract_pass();
}
