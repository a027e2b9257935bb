"""What results and fields name: descriptors, processes, addresses, times, inodes.

Arguments have their roles from the declarations of the calls; results and the fields of
structures have nobody else to declare them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pytest_kevlar.trace.event import words

RESULT_ROLES: Mapping[str, str] = {
    **dict.fromkeys(
        words(
            "open openat openat2 creat dup dup2 dup3 socket accept accept4 eventfd eventfd2 "
            "epoll_create epoll_create1 signalfd signalfd4 timerfd_create memfd_create pidfd_open "
            "inotify_init inotify_init1 pidfd_getfd userfaultfd mq_open"
        ),
        "fd",
    ),
    **dict.fromkeys(
        words(
            "fork vfork clone clone3 getpid gettid getppid getpgrp getpgid getsid setsid wait4 "
            "set_tid_address"
        ),
        "pid",
    ),
    **dict.fromkeys(["shmget", "semget", "msgget"], "ipc"),
    **dict.fromkeys(["mmap", "mremap", "brk", "shmat"], "address"),
    **dict.fromkeys(["time", "times", "clock_gettime", "getcpu"], "time"),
    "inotify_add_watch": "",
    "alarm": "",
}

#: What the third argument of ``fcntl`` and ``ioctl`` names, by the second.
COMMAND_ROLES: Mapping[str, str] = {
    **dict.fromkeys(
        words("F_SETOWN TIOCGPGRP TIOCSPGRP TIOCGSID FIOSETOWN SIOCSPGRP FIOGETOWN SIOCGPGRP"),
        "pid",
    ),
    "TIOCGPTN": "terminal",
}

#: Fields of structures, by what differs on any two runs.
FIELD_ROLES: Mapping[str, str] = {
    **dict.fromkeys(["fd"], "fd"),
    **dict.fromkeys(["sin_port", "sin6_port"], "port"),
    **dict.fromkeys(
        words("si_pid l_pid pid cgid shm_cpid shm_lpid msg_lspid msg_lrpid sigev_notify_thread_id"),
        "pid",
    ),
    **dict.fromkeys(["key"], "ipc"),
    **dict.fromkeys(
        words(
            "iov_base sa_handler sa_sigaction sa_restorer ss_sp si_ptr sival_ptr si_call_addr "
            "stack child_tid parent_tid tls msg_control sigev_value"
        ),
        "address",
    ),
    **dict.fromkeys(
        words("st_ino stx_ino d_ino d_off st_dev stx_dev_major stx_dev_minor stx_mnt_id f_fsid"),
        "inode",
    ),
    **dict.fromkeys(
        words(
            "tv_sec tv_nsec tv_usec st_atime st_mtime st_ctime st_atime_nsec st_mtime_nsec "
            "st_ctime_nsec st_atime_sec st_mtime_sec st_ctime_sec stx_atime stx_btime stx_ctime "
            "stx_mtime si_utime si_stime tms_utime tms_stime tms_cutime tms_cstime ru_utime "
            "ru_stime uptime loads shm_atime shm_dtime shm_ctime sem_otime sem_ctime msg_stime "
            "msg_rtime msg_ctime"
        ),
        "time",
    ),
    # How much the machine has and how it fared: never the same twice.
    **dict.fromkeys(
        words(
            "ru_maxrss ru_minflt ru_majflt ru_inblock ru_oublock ru_nvcsw ru_nivcsw totalram "
            "freeram sharedram bufferram totalswap freeswap procs totalhigh freehigh f_blocks "
            "f_bfree f_bavail f_files f_ffree st_blksize stx_blksize st_blocks stx_blocks "
            "sched_runtime"
        ),
        "amount",
    ),
}


@lru_cache(maxsize=1)
def declared_roles() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Parameter names and roles of every call that the kernel declares, by call.

    Empty if the kernel cannot be loaded here: then only values tell.
    """
    try:
        from pytest_kevlar.kernel.interface import parameters
    except ImportError:
        return {}
    return parameters()


def argument_role(call: str, index: int) -> tuple[str, str]:
    """Name and role of one argument."""
    declared = declared_roles().get(call, ())
    if index < len(declared):
        return declared[index]
    return f"argument {index + 1}", ""
