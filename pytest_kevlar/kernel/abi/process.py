"""Constants of processes: ``clone(2)``, ``wait4(2)``, ``prctl(2)``, limits, the auxiliary vector.

Scheduling and futexes are in sched.py, credentials in credentials.py.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class CLONE(Names, spelled={"CSIGNAL": "CSIGNAL"}):
    """``clone(2)``, ``clone3(2)``, ``unshare(2)`` and ``setns(2)`` flags."""

    NEWTIME: Final = 0x80
    CSIGNAL: Final = 0xFF
    VM: Final = 0x100
    FS: Final = 0x200
    FILES: Final = 0x400
    SIGHAND: Final = 0x800
    PIDFD: Final = 0x1000
    PTRACE: Final = 0x2000
    VFORK: Final = 0x4000
    PARENT: Final = 0x8000
    THREAD: Final = 0x10000
    NEWNS: Final = 0x20000
    SYSVSEM: Final = 0x40000
    SETTLS: Final = 0x80000
    PARENT_SETTID: Final = 0x100000
    CHILD_CLEARTID: Final = 0x200000
    DETACHED: Final = 0x400000
    UNTRACED: Final = 0x800000
    CHILD_SETTID: Final = 0x1000000
    NEWCGROUP: Final = 0x2000000
    NEWUTS: Final = 0x4000000
    NEWIPC: Final = 0x8000000
    NEWUSER: Final = 0x10000000
    NEWPID: Final = 0x20000000
    NEWNET: Final = 0x40000000
    IO: Final = 0x80000000
    CLEAR_SIGHAND: Final = 0x100000000
    INTO_CGROUP: Final = 0x200000000


class W(
    Names, prefix="W", spelled={"WNOTHREAD": "__WNOTHREAD", "WALL": "__WALL", "WCLONE": "__WCLONE"}
):
    """``wait4(2)`` and ``waitid(2)`` options."""

    NOHANG: Final = 1
    STOPPED: Final = 2
    UNTRACED: Final = 2
    EXITED: Final = 4
    CONTINUED: Final = 8
    NOWAIT: Final = 0x1000000
    WNOTHREAD: Final = 0x20000000
    WALL: Final = 0x40000000
    WCLONE: Final = 0x80000000


class P(Names):
    """``waitid(2)`` kinds of id."""

    ALL: Final = 0
    PID: Final = 1
    PGID: Final = 2
    PIDFD: Final = 3


class PR(Names):
    """``prctl(2)`` operations."""

    SET_PDEATHSIG: Final = 1
    GET_PDEATHSIG: Final = 2
    GET_DUMPABLE: Final = 3
    SET_DUMPABLE: Final = 4
    GET_UNALIGN: Final = 5
    SET_UNALIGN: Final = 6
    GET_KEEPCAPS: Final = 7
    SET_KEEPCAPS: Final = 8
    GET_FPEMU: Final = 9
    SET_FPEMU: Final = 10
    GET_FPEXC: Final = 11
    SET_FPEXC: Final = 12
    GET_TIMING: Final = 13
    SET_TIMING: Final = 14
    SET_NAME: Final = 15
    GET_NAME: Final = 16
    GET_ENDIAN: Final = 19
    SET_ENDIAN: Final = 20
    GET_SECCOMP: Final = 21
    SET_SECCOMP: Final = 22
    CAPBSET_READ: Final = 23
    CAPBSET_DROP: Final = 24
    GET_TSC: Final = 25
    SET_TSC: Final = 26
    GET_SECUREBITS: Final = 27
    SET_SECUREBITS: Final = 28
    SET_TIMERSLACK: Final = 29
    GET_TIMERSLACK: Final = 30
    TASK_PERF_EVENTS_DISABLE: Final = 31
    TASK_PERF_EVENTS_ENABLE: Final = 32
    MCE_KILL: Final = 33
    MCE_KILL_GET: Final = 34
    SET_MM: Final = 35
    SET_CHILD_SUBREAPER: Final = 36
    GET_CHILD_SUBREAPER: Final = 37
    SET_NO_NEW_PRIVS: Final = 38
    GET_NO_NEW_PRIVS: Final = 39
    GET_TID_ADDRESS: Final = 40
    SET_THP_DISABLE: Final = 41
    GET_THP_DISABLE: Final = 42
    MPX_ENABLE_MANAGEMENT: Final = 43
    MPX_DISABLE_MANAGEMENT: Final = 44
    SET_FP_MODE: Final = 45
    GET_FP_MODE: Final = 46
    CAP_AMBIENT: Final = 47
    SVE_SET_VL: Final = 50
    SVE_GET_VL: Final = 51
    GET_SPECULATION_CTRL: Final = 52
    SET_SPECULATION_CTRL: Final = 53
    PAC_RESET_KEYS: Final = 54
    SET_TAGGED_ADDR_CTRL: Final = 55
    GET_TAGGED_ADDR_CTRL: Final = 56
    SET_IO_FLUSHER: Final = 57
    GET_IO_FLUSHER: Final = 58
    SET_SYSCALL_USER_DISPATCH: Final = 59
    SCHED_CORE: Final = 62
    SME_SET_VL: Final = 63
    SME_GET_VL: Final = 64
    SET_MDWE: Final = 65
    GET_MDWE: Final = 66
    SET_MEMORY_MERGE: Final = 67
    GET_MEMORY_MERGE: Final = 68
    GET_SHADOW_STACK_STATUS: Final = 74
    SET_SHADOW_STACK_STATUS: Final = 75
    LOCK_SHADOW_STACK_STATUS: Final = 76
    TIMER_CREATE_RESTORE_IDS: Final = 77
    FUTEX_HASH: Final = 78
    GET_AUXV: Final = 1096112214
    SET_VMA: Final = 1398164801
    SET_PTRACER: Final = 1499557217


class PRMCE(Names, prefix="PR_MCE_"):
    """PR_MCE_KILL: operations, and policies."""

    KILL_CLEAR: Final = 0
    KILL_SET: Final = 1
    KILL_LATE: Final = 0
    KILL_EARLY: Final = 1
    KILL_DEFAULT: Final = 2


class PRMDWE(Names, prefix="PR_MDWE_"):
    """PR_SET_MDWE."""

    REFUSE_EXEC_GAIN: Final = 1
    NO_INHERIT: Final = 2


class PRTSC(Names, prefix="PR_TSC_"):
    """PR_SET_TSC."""

    ENABLE: Final = 1
    SIGSEGV: Final = 2


class PRCAPAMBIENT(Names, prefix="PR_CAP_AMBIENT_"):
    """Operations of PR_CAP_AMBIENT."""

    IS_SET: Final = 1
    RAISE: Final = 2
    LOWER: Final = 3
    CLEAR_ALL: Final = 4


class PRSETMM(Names, prefix="PR_SET_MM_"):
    """Operations of PR_SET_MM."""

    START_CODE: Final = 1
    END_CODE: Final = 2
    START_DATA: Final = 3
    END_DATA: Final = 4
    START_STACK: Final = 5
    START_BRK: Final = 6
    BRK: Final = 7
    ARG_START: Final = 8
    ARG_END: Final = 9
    ENV_START: Final = 10
    ENV_END: Final = 11
    AUXV: Final = 12
    EXE_FILE: Final = 13
    MAP: Final = 14
    MAP_SIZE: Final = 15


class RLIMIT(Names):
    """``getrlimit(2)`` resources."""

    CPU: Final = 0
    FSIZE: Final = 1
    DATA: Final = 2
    STACK: Final = 3
    CORE: Final = 4
    RSS: Final = 5
    NPROC: Final = 6
    NOFILE: Final = 7
    MEMLOCK: Final = 8
    AS: Final = 9
    LOCKS: Final = 10
    SIGPENDING: Final = 11
    MSGQUEUE: Final = 12
    NICE: Final = 13
    RTPRIO: Final = 14
    RTTIME: Final = 15


class RLIM(Names):
    """Number of resources; RLIM_INFINITY is in profile.py."""

    NLIMITS: Final = 16


class RUSAGE(Names):
    """``getrusage(2)`` who."""

    CHILDREN: Final = -1
    SELF: Final = 0
    THREAD: Final = 1


class PRIO(Names):
    """``getpriority(2)`` which."""

    PROCESS: Final = 0
    PGRP: Final = 1
    USER: Final = 2


class AUXV(Names, prefix="AT_"):
    """``getauxval(3)`` types; uapi/linux/auxvec.h."""

    NULL: Final = 0
    IGNORE: Final = 1
    EXECFD: Final = 2
    PHDR: Final = 3
    PHENT: Final = 4
    PHNUM: Final = 5
    PAGESZ: Final = 6
    BASE: Final = 7
    FLAGS: Final = 8
    ENTRY: Final = 9
    NOTELF: Final = 10
    UID: Final = 11
    EUID: Final = 12
    GID: Final = 13
    EGID: Final = 14
    PLATFORM: Final = 15
    HWCAP: Final = 16
    CLKTCK: Final = 17
    SECURE: Final = 23
    BASE_PLATFORM: Final = 24
    RANDOM: Final = 25
    HWCAP2: Final = 26
    RSEQ_FEATURE_SIZE: Final = 27
    RSEQ_ALIGN: Final = 28
    HWCAP3: Final = 29
    HWCAP4: Final = 30
    EXECFN: Final = 31
    SYSINFO_EHDR: Final = 33
    MINSIGSTKSZ: Final = 51


class PERS(Names, prefix="", mask=0xFF):
    """``personality(2)`` flags, spelled without a prefix."""

    UNAME26: Final = 0x20000
    ADDR_NO_RANDOMIZE: Final = 0x40000
    FDPIC_FUNCPTRS: Final = 0x80000
    MMAP_PAGE_ZERO: Final = 0x100000
    ADDR_COMPAT_LAYOUT: Final = 0x200000
    READ_IMPLIES_EXEC: Final = 0x400000
    ADDR_LIMIT_32BIT: Final = 0x800000
    SHORT_INODE: Final = 0x1000000
    WHOLE_SECONDS: Final = 0x2000000
    STICKY_TIMEOUTS: Final = 0x4000000
    ADDR_LIMIT_3GB: Final = 0x8000000


class PIDFD(Names):
    """``pidfd_open(2)`` flags."""

    THREAD: Final = 0o200
    NONBLOCK: Final = 0o4000


class PIDFDSIGNAL(Names, prefix="PIDFD_SIGNAL_"):
    """``pidfd_send_signal(2)`` flags."""

    THREAD: Final = 1
    THREAD_GROUP: Final = 2
    PROCESS_GROUP: Final = 4


class KCMP(Names):
    """``kcmp(2)`` types."""

    FILE: Final = 0
    VM: Final = 1
    FILES: Final = 2
    FS: Final = 3
    SIGHAND: Final = 4
    IO: Final = 5
    SYSVSEM: Final = 6
    EPOLL_TFD: Final = 7
