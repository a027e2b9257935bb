/* Contract: pieces of an attached segment count as mappings of their own, and shmdt takes away
 * all that are left of that attach, but not those of another. Pieces with equal protection stay
 * two mappings.
 * Source: shmdt(2), shmat(2); ipc/shm.c:ksys_shmdt(), mm/vma.c (VMAs with close do not merge). */
#include "../contract.h"
#include <sys/mman.h>
#include <sys/shm.h>

enum { PAGE = 4096 };
static int id;

static void step_attached(const char *name)
{
    struct shmid_ds status;
    expect(shmctl(id, IPC_STAT, &status) == 0, "IPC_STAT");
    step(name, "%lu", (unsigned long)status.shm_nattch);
}

int main(void)
{
    id = shmget(IPC_PRIVATE, 8 * PAGE, 0600);
    char *map = shmat(id, NULL, 0), *other = shmat(id, NULL, 0);
    expect(map != (void *)-1 && other != (void *)-1, "shmat");
    munmap(map + 3 * PAGE, PAGE);
    step_attached("a hole makes two of one");
    mprotect(map + PAGE, PAGE, PROT_READ);
    step_attached("another protection makes four");
    mprotect(map + PAGE, PAGE, PROT_READ | PROT_WRITE);
    step_vmas("the same protection again", map, 8 * PAGE);
    step_attached("they do not merge");
    munmap(map + 7 * PAGE, PAGE);
    step_result("shmdt", shmdt(map));
    step_vmas("what is left", map, 8 * PAGE);
    step_attached("the other");
    munmap(other, PAGE);
    expect_errno(shmdt(other + PAGE), EINVAL, "shmdt where it does not begin");
    step_result("shmdt where it began", shmdt(other));
    step_attached("nothing");

    map = shmat(id, NULL, 0);
    char *moved = mremap(map, 8 * PAGE, 9 * PAGE, MREMAP_MAYMOVE);
    expect(moved != MAP_FAILED, "mremap");
    step_attached("moved and longer");
    contract_catch_faults();
    step_access("the last page of the segment", 'r', moved, 8 * PAGE - 1);
    step_access("beyond the segment", 'r', moved, 8 * PAGE);
    step_result("IPC_RMID", shmctl(id, IPC_RMID, NULL));
    step_result("munmap", munmap(moved, 9 * PAGE));
    expect_errno(shmctl(id, IPC_RMID, NULL), EINVAL, "unmapping was the last detach");
    contract_pass();
}
