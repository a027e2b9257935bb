/* Contract: shmat at an address wants a page boundary or SHM_RND, and free room or SHM_REMAP.
 * SHM_RDONLY mappings cannot be written, nor be made writable; SHM_EXEC ones can be run.
 * Source: shmat(2); ipc/shm.c:do_shmat(). */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/shm.h>

enum { PAGE = 4096 };

int main(void)
{
    int id = shmget(IPC_PRIVATE, 2 * PAGE, 0700);
    char *room = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(id >= 0 && room != MAP_FAILED, "set up");
    expect_errno((long)shmat(id, room, 0), EINVAL, "something is there");
    expect_errno((long)shmat(id, room + 1, SHM_REMAP), EINVAL, "not aligned");
    expect_errno((long)shmat(id, NULL, SHM_REMAP), EINVAL, "SHM_REMAP without an address");
    expect_errno((long)shmat(id, (void *)5, SHM_RND | SHM_REMAP), EINVAL, "rounded to nothing");
    expect_errno((long)shmat(id, (void *)-PAGE, 0), EINVAL, "beyond memory");
    expect_errno((long)shmat(-1, NULL, 0), EINVAL, "no such id");
    expect_errno((long)shmat(id, room + 7 * PAGE, 0), EINVAL, "only the start is free");

    char *at = shmat(id, room + PAGE + 77, SHM_RND | SHM_REMAP);
    step("remapped, rounded", "+%ld", (long)(at - room));
    step_vmas("what is mapped", room, 8 * PAGE);
    munmap(room + 3 * PAGE, 5 * PAGE);
    at = shmat(id, room + 4 * PAGE, SHM_RDONLY);
    step("in free room", "+%ld", (long)(at - room));
    char *run = shmat(id, room + 6 * PAGE, SHM_EXEC);
    step("executable", "+%ld", (long)(run - room));
    step_vmas("what is mapped", room, 8 * PAGE);

    contract_catch_faults();
    step_access("write", 'w', room, PAGE);
    step_access("read it read-only", 'r', at, 0);
    step_access("write it read-only", 'w', at, 0);
    expect_errno(mprotect(at, PAGE, PROT_READ | PROT_WRITE), EACCES, "make it writable");
    expect_errno(shmdt(room + 2 * PAGE), EINVAL, "shmdt of the middle");
    expect_errno(shmdt(room + PAGE + 1), EINVAL, "shmdt not aligned");
    step_result("shmdt", shmdt(at));
    step_vmas("what is mapped", room, 8 * PAGE);
    step_result("IPC_RMID", shmctl(id, IPC_RMID, NULL));
    contract_pass();
}
