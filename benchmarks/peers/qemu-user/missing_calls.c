/* Calls that are asked for in a way that Linux refuses or takes; ENOSYS is that there is none. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; long number; } calls[] = {
    {"clone3", 435}, {"close_range", 436}, {"openat2", 437}, {"process_madvise", 440},
    {"epoll_pwait2", 441}, {"mount_setattr", 442}, {"open_tree", 428}, {"move_mount", 429},
    {"fsopen", 430}, {"fsconfig", 431}, {"fsmount", 432}, {"fspick", 433}, {"futex_waitv", 449},
    {"fchmodat2", 452}, {"futex_wake", 454}, {"futex_wait", 455}, {"futex_requeue", 456},
    {"statmount", 457}, {"listmount", 458}, {"mseal", 462}, {"setxattrat", 463},
    {"process_mrelease", 448}, {"cachestat", 451}, {"remap_file_pages", SYS_remap_file_pages},
#ifdef SYS_sysfs
    {"sysfs", SYS_sysfs},
#endif
    {"preadv2", SYS_preadv2}, {"pwritev2", SYS_pwritev2}, {"execveat", SYS_execveat},
    {"io_setup", SYS_io_setup}, {"io_submit", SYS_io_submit}, {"mq_notify", SYS_mq_notify},
    {"get_mempolicy", SYS_get_mempolicy}, {"move_pages", SYS_move_pages},
    {"quotactl", SYS_quotactl}, {"process_vm_readv", SYS_process_vm_readv},
    {"set_robust_list", SYS_set_robust_list}, {"get_robust_list", SYS_get_robust_list},
    {"pkey_alloc", SYS_pkey_alloc}, {"kcmp", SYS_kcmp}, {"rseq", SYS_rseq}, {"membarrier", SYS_membarrier},
};

int main(void)
{
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
        long value = syscall(calls[i].number, -1L, -1L, -1L, -1L, -1L, -1L);
        int missing = value == -1 && errno == ENOSYS;
        dprintf(1, "%s: %s\n", calls[i].name, missing ? "ENOSYS" : "another result");
    }
    return 0;
}
