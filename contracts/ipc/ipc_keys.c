/* Contract: IPC_PRIVATE always makes a new object; a key finds the one that was made with it.
 * IPC_EXCL refuses an existing one, and none is made without IPC_CREAT. Sizes are checked.
 * Source: shmget(2), semget(2), msgget(2); ipc/util.c:ipcget(). */
#include "../contract.h"
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

int main(void)
{
    key_t key = 0x4b000000 + getpid();
    expect_errno(shmget(key, 100, 0600), ENOENT, "shmget without IPC_CREAT");
    expect_errno(semget(key, 1, 0600), ENOENT, "semget without IPC_CREAT");
    expect_errno(msgget(key, 0600), ENOENT, "msgget without IPC_CREAT");
    expect_errno(shmget(IPC_PRIVATE, 0, 0600), EINVAL, "a segment of no size");
    expect_errno(shmget(IPC_PRIVATE, -1, 0600), EINVAL, "a segment of any size");
    expect_errno(shmget(IPC_PRIVATE, 1L << 60, 0600), ENOMEM, "a segment too big");
    expect_errno(semget(IPC_PRIVATE, 0, 0600), EINVAL, "a set of none");
    expect_errno(semget(IPC_PRIVATE, -1, 0600), EINVAL, "a set of less");
    expect_errno(semget(IPC_PRIVATE, 32001, 0600), EINVAL, "a set beyond SEMMSL");

    int shm = shmget(key, 5000, IPC_CREAT | 0600);
    int sem = semget(key, 3, IPC_CREAT | 0600);
    int msg = msgget(key, IPC_CREAT | 0600);
    expect(shm >= 0 && sem >= 0 && msg >= 0, "made");
    step("found", "%d %d %d", shmget(key, 100, 0) == shm, semget(key, 0, 0) == sem,
         msgget(key, 0) == msg);
    step("found with IPC_CREAT", "%d %d %d", shmget(key, 5000, IPC_CREAT | 0600) == shm,
         semget(key, 3, IPC_CREAT | 0600) == sem, msgget(key, IPC_CREAT | 0600) == msg);
    step("found with no size", "%d", shmget(key, 0, 0600) == shm);
    expect_errno(shmget(key, 5001, 0600), EINVAL, "shmget of more than there is");
    expect_errno(semget(key, 4, 0600), EINVAL, "semget of more than there are");
    expect_errno(shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600), EEXIST, "shmget IPC_EXCL");
    expect_errno(semget(key, 3, IPC_CREAT | IPC_EXCL | 0600), EEXIST, "semget IPC_EXCL");
    expect_errno(msgget(key, IPC_CREAT | IPC_EXCL | 0600), EEXIST, "msgget IPC_EXCL");
    step("IPC_EXCL alone", "%d", msgget(key, IPC_EXCL) == msg);

    int one = msgget(IPC_PRIVATE, 0600), two = msgget(IPC_PRIVATE, 0600);
    step("private ones differ", "%d", one >= 0 && two >= 0 && one != two);
    step_result("remove", msgctl(one, IPC_RMID, NULL));
    expect_errno(msgctl(one, IPC_RMID, NULL), EINVAL, "remove again");
    step_result("remove", msgctl(two, IPC_RMID, NULL));
    two = msgget(IPC_PRIVATE, 0600);
    step("an id is not used again at once", "%d", two != one);
    step_result("remove", msgctl(two, IPC_RMID, NULL));
    step_result("remove", shmctl(shm, IPC_RMID, NULL));
    step_result("remove", semctl(sem, 0, IPC_RMID));
    step_result("remove", msgctl(msg, IPC_RMID, NULL));
    expect_errno(msgctl(-1, IPC_RMID, NULL), EINVAL, "a negative id");
    expect_errno(msgget(key, 0), ENOENT, "the key is free again");
    contract_pass();
}
