/* Contract: a segment is the same memory wherever it is attached. shm_nattch counts mappings:
 * fork doubles them, exit, exec and shmdt take them away. IPC_STAT tells who attached last.
 * Source: shmget(2), shmat(2), shmctl(2); ipc/shm.c:shm_open(), shm_close(). */
#include "../contract.h"
#include <sys/shm.h>

static int id;

static void step_attached(const char *name)
{
    struct shmid_ds status;
    expect(shmctl(id, IPC_STAT, &status) == 0, "IPC_STAT");
    step(name, "%lu", (unsigned long)status.shm_nattch);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        id = atoi(argv[1]);
        step_attached("after exec");
        return 0;
    }
    struct shmid_ds status;
    id = shmget(IPC_PRIVATE, 5000, IPC_CREAT | 0640);
    expect(id >= 0, "shmget");
    expect(shmctl(id, IPC_STAT, &status) == 0, "IPC_STAT");
    step("size, mode, key", "%zu %o %d", status.shm_segsz, status.shm_perm.mode,
         (int)status.shm_perm.__key);
    step("never attached", "%d %d", status.shm_atime == 0, status.shm_lpid == 0);
    step("creator is this process", "%d", status.shm_cpid == getpid());

    volatile char *one = shmat(id, NULL, 0), *two = shmat(id, NULL, 0);
    expect(one != (void *)-1 && two != (void *)-1 && one != two, "shmat");
    step("fresh memory", "%d", one[4999]);
    one[4999] = 'x';
    step("through the other mapping", "%c", two[4999]);
    step("beyond the size, in the page", "%d", one[8191]);
    step_attached("two attached");

    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        step_attached("in a child");
        one[0] = 'c';
        step_result("shmdt in the child", shmdt((void *)two));
        step_attached("after it");
        char text[16];
        snprintf(text, sizeof text, "%d", id);
        execl("/proc/self/exe", "again", text, NULL);
        _exit(1);
    }
    wait_for_success(child);
    step("what the child stored", "%c", one[0]);
    step_attached("the child is gone");
    expect(shmctl(id, IPC_STAT, &status) == 0, "IPC_STAT");
    step("who detached last", "%s", status.shm_lpid == child ? "the child" : "another");
    step("times are set", "%d %d", status.shm_atime > 0, status.shm_dtime > 0);
    step_result("shmdt", shmdt((void *)one));
    step_result("shmdt of the other", shmdt((void *)two));
    expect_errno(shmdt((void *)two), EINVAL, "shmdt again");
    step_attached("none");
    one = shmat(id, NULL, 0);
    step("content stays while nobody has it", "%c%c", one[0], one[4999]);
    step_result("IPC_RMID", shmctl(id, IPC_RMID, NULL));
    contract_pass();
}
