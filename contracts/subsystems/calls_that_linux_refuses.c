/* Contract: numbers that never had a function, or lost it, are ENOSYS whatever their arguments.
 * syscalls(2); kernel/sys_ni.c. */
#include "contract.h"

static int refused(long number)
{
    errno = 0;
    long result = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
    return result == -1 && errno == ENOSYS;
}

int main(void)
{
    int all = 1;
    step("nfsservctl", "%d", refused(SYS_nfsservctl));
    step("a number that is no call", "%d", refused(1000));
#ifdef __x86_64__
    all = refused(SYS_getpmsg) && refused(SYS_putpmsg) && refused(SYS_afs_syscall) &&
          refused(SYS_tuxcall) && refused(SYS_security) && refused(SYS_vserver) &&
          refused(SYS_create_module) && refused(SYS_query_module) &&
          refused(SYS_get_kernel_syms) && refused(SYS__sysctl) &&
          refused(SYS_epoll_ctl_old) && refused(SYS_epoll_wait_old);
#endif
    step("those of the older table", "%d", all);
    contract_pass();
}
