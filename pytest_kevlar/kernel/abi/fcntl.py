"""Constants of ``fcntl(2)``: commands, lock types, owners, leases and seals.

Flags that F_GETFL and F_SETFL carry are those of open.py.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class F(Names):
    """Commands."""

    DUPFD: Final = 0
    GETFD: Final = 1
    SETFD: Final = 2
    GETFL: Final = 3
    SETFL: Final = 4
    GETLK: Final = 5
    SETLK: Final = 6
    SETLKW: Final = 7
    SETOWN: Final = 8
    GETOWN: Final = 9
    SETSIG: Final = 10
    GETSIG: Final = 11
    SETOWN_EX: Final = 15
    GETOWN_EX: Final = 16
    GETOWNER_UIDS: Final = 17
    OFD_GETLK: Final = 36
    OFD_SETLK: Final = 37
    OFD_SETLKW: Final = 38
    SETLEASE: Final = 1024
    GETLEASE: Final = 1025
    NOTIFY: Final = 1026
    DUPFD_QUERY: Final = 1027
    CREATED_QUERY: Final = 1028
    CANCELLK: Final = 1029
    DUPFD_CLOEXEC: Final = 1030
    SETPIPE_SZ: Final = 1031
    GETPIPE_SZ: Final = 1032
    ADD_SEALS: Final = 1033
    GET_SEALS: Final = 1034
    GET_RW_HINT: Final = 1035
    SET_RW_HINT: Final = 1036
    GET_FILE_RW_HINT: Final = 1037
    SET_FILE_RW_HINT: Final = 1038


class FD(Names):
    """Descriptor flags of F_GETFD and F_SETFD."""

    CLOEXEC: Final = 1


class FLOCK(Names, prefix="F_"):
    """Lock and lease types."""

    RDLCK: Final = 0
    WRLCK: Final = 1
    UNLCK: Final = 2
    EXLCK: Final = 4
    SHLCK: Final = 8


class FOWNER(Names, prefix="F_OWNER_"):
    """Kinds of owner of F_SETOWN_EX."""

    TID: Final = 0
    PID: Final = 1
    PGRP: Final = 2


class SEAL(Names, prefix="F_SEAL_"):
    """Seals of F_ADD_SEALS."""

    SEAL: Final = 1
    SHRINK: Final = 2
    GROW: Final = 4
    WRITE: Final = 8
    FUTURE_WRITE: Final = 0x10
    EXEC: Final = 0x20


class RWH(Names, prefix="RWH_WRITE_LIFE_"):
    """Write-life hints of F_SET_RW_HINT."""

    NOT_SET: Final = 0
    NONE: Final = 1
    SHORT: Final = 2
    MEDIUM: Final = 3
    LONG: Final = 4
    EXTREME: Final = 5


class DN(Names):
    """Events of F_NOTIFY."""

    ACCESS: Final = 1
    MODIFY: Final = 2
    CREATE: Final = 4
    DELETE: Final = 8
    RENAME: Final = 0x10
    ATTRIB: Final = 0x20
    MULTISHOT: Final = 0x80000000
