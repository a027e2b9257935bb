"""Flags of ``open(2)`` and its relatives, in the one neutral form the kernel works with.

Values are asm-generic's; an architecture whose bits differ translates at its edge
(``Arch.open_flags_in`` and ``Arch.open_flags_out``).
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class O(  # noqa: E742  -- C calls it O_
    Names,
    mask=0o3,
    spelled={"ASYNC": "FASYNC", "SYNC_BIT": "__O_SYNC", "TMPFILE_BIT": "__O_TMPFILE"},
):
    """``open(2)``; uapi/asm-generic/fcntl.h."""

    RDONLY: Final = 0
    WRONLY: Final = 1
    RDWR: Final = 2
    ACCMODE: Final = 3
    CREAT: Final = 0o100
    EXCL: Final = 0o200
    NOCTTY: Final = 0o400
    TRUNC: Final = 0o1000
    APPEND: Final = 0o2000
    NONBLOCK: Final = 0o4000
    DSYNC: Final = 0o10000
    ASYNC: Final = 0o20000
    DIRECT: Final = 0o40000
    LARGEFILE: Final = 0o100000
    DIRECTORY: Final = 0o200000
    NOFOLLOW: Final = 0o400000
    NOATIME: Final = 0o1000000
    CLOEXEC: Final = 0o2000000
    SYNC_BIT: Final = 0o4000000
    SYNC: Final = 0o4010000
    PATH: Final = 0o10000000
    TMPFILE_BIT: Final = 0o20000000
    TMPFILE: Final = 0o20200000


class RESOLVE(Names):
    """``openat2(2)`` how.resolve."""

    NO_XDEV: Final = 1
    NO_MAGICLINKS: Final = 2
    NO_SYMLINKS: Final = 4
    BENEATH: Final = 8
    IN_ROOT: Final = 0x10
    CACHED: Final = 0x20
