"""Constants of credentials and of sandboxing: ``capabilities(7)``, secure bits, ``seccomp(2)``.

Who may do what is decided in ``kernel/task``.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names

#: Supplementary groups that a process may have.
NGROUPS_MAX: Final = 65536


class CAP(Names):
    """``capabilities(7)`` by number."""

    CHOWN: Final = 0
    DAC_OVERRIDE: Final = 1
    DAC_READ_SEARCH: Final = 2
    FOWNER: Final = 3
    FSETID: Final = 4
    KILL: Final = 5
    SETGID: Final = 6
    SETUID: Final = 7
    SETPCAP: Final = 8
    LINUX_IMMUTABLE: Final = 9
    NET_BIND_SERVICE: Final = 10
    NET_BROADCAST: Final = 11
    NET_ADMIN: Final = 12
    NET_RAW: Final = 13
    IPC_LOCK: Final = 14
    IPC_OWNER: Final = 15
    SYS_MODULE: Final = 16
    SYS_RAWIO: Final = 17
    SYS_CHROOT: Final = 18
    SYS_PTRACE: Final = 19
    SYS_PACCT: Final = 20
    SYS_ADMIN: Final = 21
    SYS_BOOT: Final = 22
    SYS_NICE: Final = 23
    SYS_RESOURCE: Final = 24
    SYS_TIME: Final = 25
    SYS_TTY_CONFIG: Final = 26
    MKNOD: Final = 27
    LEASE: Final = 28
    AUDIT_WRITE: Final = 29
    AUDIT_CONTROL: Final = 30
    SETFCAP: Final = 31
    MAC_OVERRIDE: Final = 32
    MAC_ADMIN: Final = 33
    SYSLOG: Final = 34
    WAKE_ALARM: Final = 35
    BLOCK_SUSPEND: Final = 36
    AUDIT_READ: Final = 37
    PERFMON: Final = 38
    BPF: Final = 39
    CHECKPOINT_RESTORE: Final = 40


class CAPVERSION(Names, prefix="_LINUX_CAPABILITY_VERSION_"):
    """``capset(2)`` header versions."""

    _1: Final = 0x19980330
    _2: Final = 0x20071026
    _3: Final = 0x20080522


class SECBIT(Names):
    """``prctl(2)`` PR_SET_SECUREBITS."""

    NOROOT: Final = 1
    NOROOT_LOCKED: Final = 2
    NO_SETUID_FIXUP: Final = 4
    NO_SETUID_FIXUP_LOCKED: Final = 8
    KEEP_CAPS: Final = 16
    KEEP_CAPS_LOCKED: Final = 32
    NO_CAP_AMBIENT_RAISE: Final = 64
    NO_CAP_AMBIENT_RAISE_LOCKED: Final = 128
    EXEC_RESTRICT_FILE: Final = 256
    EXEC_RESTRICT_FILE_LOCKED: Final = 512
    EXEC_DENY_INTERACTIVE: Final = 1024
    EXEC_DENY_INTERACTIVE_LOCKED: Final = 2048


class SECCOMP(Names):
    """``seccomp(2)`` modes and operations."""

    MODE_DISABLED: Final = 0
    SET_MODE_STRICT: Final = 0
    MODE_STRICT: Final = 1
    SET_MODE_FILTER: Final = 1
    MODE_FILTER: Final = 2
    GET_ACTION_AVAIL: Final = 2
    GET_NOTIF_SIZES: Final = 3


class SECCOMPFLAG(Names, prefix="SECCOMP_FILTER_FLAG_"):
    """``seccomp(2)`` SECCOMP_SET_MODE_FILTER flags."""

    TSYNC: Final = 1
    LOG: Final = 2
    SPEC_ALLOW: Final = 4
    NEW_LISTENER: Final = 8
    TSYNC_ESRCH: Final = 16
    WAIT_KILLABLE_RECV: Final = 32


class SECCOMPRET(Names, prefix="SECCOMP_RET_"):
    """What a filter returns."""

    KILL: Final = 0
    KILL_THREAD: Final = 0
    DATA: Final = 0xFFFF
    TRAP: Final = 0x30000
    ERRNO: Final = 0x50000
    USER_NOTIF: Final = 0x7FC00000
    TRACE: Final = 0x7FF00000
    LOG: Final = 0x7FFC0000
    ALLOW: Final = 0x7FFF0000
    ACTION: Final = 0x7FFF0000
    KILL_PROCESS: Final = 0x80000000
    ACTION_FULL: Final = 0xFFFF0000


class GRND(Names):
    """``getrandom(2)`` flags."""

    NONBLOCK: Final = 1
    RANDOM: Final = 2
    INSECURE: Final = 4
