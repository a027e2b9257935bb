/* System calls that are not there: each is asked in a way that Linux refuses at once. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_statmount
#define SYS_statmount 457
#endif
#ifndef SYS_futex_wait
#define SYS_futex_wait 455
#endif

#define ASK(name, ...) \
    do { \
        long got = syscall(SYS_##name, __VA_ARGS__); \
        printf(#name ": %s\n", got < 0 ? strerrorname_np(errno) : "no error"); \
    } while (0)

int main(void)
{
    ASK(adjtimex, NULL);
    ASK(clock_adjtime, 0, NULL);
    ASK(clone3, NULL, 0);
    ASK(copy_file_range, -1, NULL, -1, NULL, 1, 0);
    ASK(fsopen, NULL, 0);
    ASK(fspick, -1, NULL, 0);
    ASK(futex, NULL, 11, 0, NULL, NULL, 0); /* FUTEX_WAIT_REQUEUE_PI */
    ASK(futex_wait, NULL, 0, 0, 0, NULL, 0);
    ASK(futex_waitv, NULL, 0, 0, NULL, 0);
    ASK(ioprio_set, 9, 0, 0);
    ASK(kcmp, getpid(), getpid(), 99, 0, 0);
    ASK(mount_setattr, -1, NULL, 0, NULL, 0);
    ASK(move_mount, -1, NULL, -1, NULL, 0);
    ASK(mq_getsetattr, -1, NULL, NULL);
    ASK(mq_notify, -1, NULL);
    ASK(mq_timedreceive, -1, NULL, 0, NULL, NULL);
    ASK(mq_timedsend, -1, NULL, 0, 0, NULL);
    ASK(name_to_handle_at, -1, "", NULL, NULL, 0);
    ASK(open_tree, -1, NULL, 0);
    ASK(openat2, -1, NULL, NULL, 0);
    ASK(pidfd_getfd, -1, 0, 0);
    ASK(pidfd_open, -1, 0);
    ASK(pidfd_send_signal, -1, 0, NULL, 0);
    ASK(process_madvise, -1, NULL, 0, 0, 0);
    ASK(process_vm_readv, 0, NULL, 0, NULL, 0, 0);
    ASK(process_vm_writev, 0, NULL, 0, NULL, 0, 0);
    ASK(quotactl, -1, NULL, 0, NULL);
    ASK(reboot, 0, 0, 0, NULL);
    ASK(remap_file_pages, 1, 0, 0, 0, 0);
    ASK(rseq, NULL, 0, 0, 0);
    ASK(sched_getattr, -1, NULL, 0, 0);
    ASK(sched_rr_get_interval, -1, NULL);
    ASK(sched_setattr, -1, NULL, 0);
    ASK(sched_setparam, -1, NULL);
    ASK(setfsuid, -1);
    ASK(setfsgid, -1);
    ASK(statmount, NULL, NULL, 0, 0);
    ASK(swapoff, NULL);
    ASK(swapon, NULL, 0);
    ASK(sysfs, 9, 0, 0);
    ASK(ustat, 0, NULL);
    ASK(vmsplice, -1, NULL, 0, 0);
}
