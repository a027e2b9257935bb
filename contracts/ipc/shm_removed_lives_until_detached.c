/* Contract: IPC_RMID hides a segment from its key at once and marks it SHM_DEST; it can be used
 * and even attached until the last mapping is gone, and then its id is EINVAL.
 * /proc/PID/maps shows it as /SYSV and its key.
 * Source: shmctl(2) IPC_RMID; ipc/shm.c:do_shm_rmid(), shm_may_destroy(). */
#include "../contract.h"
#include <sys/shm.h>

static void step_maps_line(const char *name, void *address, int id)
{
    char line[256], start[32];
    snprintf(start, sizeof start, "%lx-", (unsigned long)address);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps) != NULL) {
        if (strncmp(line, start, strlen(start)) != 0)
            continue;
        char perms[8], path[64], deleted[16] = "";
        unsigned long offset, inode;
        unsigned int major, minor;
        sscanf(line, "%*s %7s %lx %x:%x %lu %63s %15s", perms, &offset, &major, &minor, &inode,
               path, deleted);
        step(name, "%s offset %lu, inode is the id: %d, %.5s%s %s", perms, offset,
             inode == (unsigned long)id, path, strlen(path) == 13 ? "" : "?", deleted);
    }
    fclose(maps);
}

int main(void)
{
    struct shmid_ds status;
    key_t key = 0x4b000000 + getpid();
    int id = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
    expect(id >= 0, "shmget");
    char *map = shmat(id, NULL, 0);
    step_maps_line("maps", map, id);
    strcpy(map, "kept");
    step_result("IPC_RMID", shmctl(id, IPC_RMID, NULL));
    expect_errno(shmget(key, 0, 0), ENOENT, "by its key");
    expect(shmctl(id, IPC_STAT, &status) == 0, "IPC_STAT");
    step("mode and key", "%o %d", status.shm_perm.mode, (int)status.shm_perm.__key);
    step_result("IPC_RMID again", shmctl(id, IPC_RMID, NULL));
    char *second = shmat(id, NULL, SHM_RDONLY);
    expect(second != (void *)-1, "attach a removed one");
    step("its content", "%s", second);
    step_maps_line("maps of the second", second, id);
    int fresh = shmget(key, 100, IPC_CREAT | IPC_EXCL | 0600);
    step("the key makes another one", "%d", fresh >= 0 && fresh != id);
    step_result("remove that", shmctl(fresh, IPC_RMID, NULL));
    step_result("shmdt", shmdt(map));
    expect(shmctl(id, IPC_STAT, &status) == 0, "still there");
    step("attached", "%lu", (unsigned long)status.shm_nattch);
    step_result("shmdt of the last", shmdt(second));
    expect_errno(shmctl(id, IPC_STAT, &status), EINVAL, "IPC_STAT of nothing");
    expect_errno((long)shmat(id, NULL, 0), EINVAL, "shmat of nothing");
    contract_pass();
}
