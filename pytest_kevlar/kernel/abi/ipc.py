"""Constants of System V and POSIX message passing: ``shmget(2)``, ``semop(2)``, ``msgget(2)`` ….

Also the few constants of machine-wide calls that have no better home.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class IPC(Names):
    """``*get(2)`` flags and ``*ctl(2)`` commands."""

    RMID: Final = 0
    PRIVATE: Final = 0
    SET: Final = 1
    STAT: Final = 2
    INFO: Final = 3
    CREAT: Final = 0o1000
    EXCL: Final = 0o2000
    NOWAIT: Final = 0o4000
    _64: Final = 0x100


class IPCKEY(Names, prefix="IPC_"):
    """The key that is none."""

    PRIVATE: Final = 0


class IPCGET(Names, prefix="IPC_"):
    """``semget(2)`` and ``msgget(2)`` flags without the mode."""

    CREAT: Final = 0o1000
    EXCL: Final = 0o2000


class SHMGET(Names, prefix=""):
    """``shmget(2)`` flags without the mode."""

    IPC_CREAT: Final = 0o1000
    IPC_EXCL: Final = 0o2000
    SHM_HUGETLB: Final = 0o4000
    SHM_NORESERVE: Final = 0o10000


class SHMAT(Names, prefix="SHM_"):
    """``shmat(2)`` flags."""

    RDONLY: Final = 0o10000
    RND: Final = 0o20000
    REMAP: Final = 0o40000
    EXEC: Final = 0o100000


class SHMCTL(Names, prefix=""):
    """``shmctl(2)`` commands."""

    IPC_RMID: Final = 0
    IPC_SET: Final = 1
    IPC_STAT: Final = 2
    IPC_INFO: Final = 3
    SHM_LOCK: Final = 0o13
    SHM_UNLOCK: Final = 0o14
    SHM_STAT: Final = 0o15
    SHM_INFO: Final = 0o16
    SHM_STAT_ANY: Final = 0o17


class SEMCTL(Names, prefix=""):
    """``semctl(2)`` commands."""

    IPC_RMID: Final = 0
    IPC_SET: Final = 1
    IPC_STAT: Final = 2
    IPC_INFO: Final = 3
    GETPID: Final = 0xB
    GETVAL: Final = 0xC
    GETALL: Final = 0xD
    GETNCNT: Final = 0xE
    GETZCNT: Final = 0xF
    SETVAL: Final = 0x10
    SETALL: Final = 0x11
    SEM_STAT: Final = 0x12
    SEM_INFO: Final = 0x13
    SEM_STAT_ANY: Final = 0x14


class MSGCTL(Names, prefix=""):
    """``msgctl(2)`` commands."""

    IPC_RMID: Final = 0
    IPC_SET: Final = 1
    IPC_STAT: Final = 2
    IPC_INFO: Final = 3
    MSG_STAT: Final = 0o13
    MSG_INFO: Final = 0o14
    MSG_STAT_ANY: Final = 0o15


class MSGFLAG(Names, prefix=""):
    """``msgsnd(2)`` and ``msgrcv(2)`` flags."""

    IPC_NOWAIT: Final = 0o4000
    MSG_NOERROR: Final = 0o10000
    MSG_EXCEPT: Final = 0o20000
    MSG_COPY: Final = 0o40000


class SEMFLAG(Names, prefix=""):
    """``semop(2)`` flags."""

    IPC_NOWAIT: Final = 0o4000
    SEM_UNDO: Final = 0x1000


class SHM(Names):
    """``shmget(2)``, ``shmat(2)``, ``shmctl(2)``."""

    LOCK: Final = 0o13
    UNLOCK: Final = 0o14
    STAT: Final = 0o15
    INFO: Final = 0o16
    STAT_ANY: Final = 0o17
    W: Final = 0o200
    R: Final = 0o400
    DEST: Final = 0o1000
    LOCKED: Final = 0o2000
    HUGETLB: Final = 0o4000
    RDONLY: Final = 0o10000
    NORESERVE: Final = 0o10000
    RND: Final = 0o20000
    REMAP: Final = 0o40000
    EXEC: Final = 0o100000


class SEM(Names, prefix=""):
    """``semop(2)``, ``semctl(2)``, spelled in full."""

    GETPID: Final = 0xB
    GETVAL: Final = 0xC
    GETALL: Final = 0xD
    GETNCNT: Final = 0xE
    GETZCNT: Final = 0xF
    SETVAL: Final = 0x10
    SETALL: Final = 0x11
    SEM_STAT: Final = 0x12
    SEM_INFO: Final = 0x13
    SEM_STAT_ANY: Final = 0x14
    SEMOPM: Final = 0x1F4
    SEM_UNDO: Final = 0x1000
    SEMMNI: Final = 0x7D00
    SEMMSL: Final = 0x7D00
    SEMVMX: Final = 0x7FFF


class MSG(Names):
    """``msgrcv(2)``, ``msgctl(2)``; socket flags of the same prefix are in sockets.py."""

    STAT: Final = 0o13
    INFO: Final = 0o14
    STAT_ANY: Final = 0o15
    NOERROR: Final = 0o10000
    EXCEPT: Final = 0o20000
    COPY: Final = 0o40000


class REBOOT(Names, prefix="LINUX_REBOOT_"):
    """``reboot(2)`` magic numbers and commands."""

    CMD_CAD_OFF: Final = 0
    CMD_RESTART: Final = 0x1234567
    MAGIC2A: Final = 0x5121996
    MAGIC2B: Final = 0x16041998
    MAGIC2C: Final = 0x20112000
    MAGIC2: Final = 0x28121969
    CMD_POWER_OFF: Final = 0x4321FEDC
    CMD_KEXEC: Final = 0x45584543
    CMD_CAD_ON: Final = 0x89ABCDEF
    CMD_RESTART2: Final = 0xA1B2C3D4
    CMD_HALT: Final = 0xCDEF0123
    CMD_SW_SUSPEND: Final = 0xD000FCE2
    MAGIC1: Final = 0xFEE1DEAD


class LOGLEVEL(Names, prefix="LOG_"):
    """``syslog(3)`` levels."""

    EMERG: Final = 0
    ALERT: Final = 1
    CRIT: Final = 2
    ERR: Final = 3
    WARNING: Final = 4
    NOTICE: Final = 5
    INFO: Final = 6
    DEBUG: Final = 7
