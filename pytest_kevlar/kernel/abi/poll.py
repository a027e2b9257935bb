"""Constants of readiness: ``poll(2)``, ``epoll(7)``, ``eventfd(2)``, ``inotify(7)``.

What a file reports as ready is the file's business.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class POLL(Names, prefix="POLL"):
    """``poll(2)`` events."""

    IN: Final = 1
    PRI: Final = 2
    OUT: Final = 4
    ERR: Final = 8
    HUP: Final = 0x10
    NVAL: Final = 0x20
    RDNORM: Final = 0x40
    RDBAND: Final = 0x80
    WRNORM: Final = 0x100
    WRBAND: Final = 0x200
    MSG: Final = 0x400
    REMOVE: Final = 0x1000
    RDHUP: Final = 0x2000


class EPOLL(Names, prefix="EPOLL"):
    """``epoll_ctl(2)`` events."""

    IN: Final = 1
    PRI: Final = 2
    OUT: Final = 4
    ERR: Final = 8
    HUP: Final = 0x10
    NVAL: Final = 0x20
    RDNORM: Final = 0x40
    RDBAND: Final = 0x80
    WRNORM: Final = 0x100
    WRBAND: Final = 0x200
    MSG: Final = 0x400
    RDHUP: Final = 0x2000
    EXCLUSIVE: Final = 0x10000000
    WAKEUP: Final = 0x20000000
    ONESHOT: Final = 0x40000000
    ET: Final = 0x80000000


class EPOLLCTL(Names, prefix="EPOLL_CTL_"):
    """``epoll_ctl(2)`` operations."""

    ADD: Final = 1
    DEL: Final = 2
    MOD: Final = 3


class EPOLLCREATE(Names, prefix="EPOLL_"):
    """``epoll_create1(2)`` flags."""

    CLOEXEC: Final = 0o2000000


class EFD(Names):
    """``eventfd2(2)`` flags."""

    SEMAPHORE: Final = 1
    NONBLOCK: Final = 0o4000
    CLOEXEC: Final = 0o2000000


class IN(Names):
    """``inotify(7)`` events and watch flags."""

    ACCESS: Final = 1
    MODIFY: Final = 2
    ATTRIB: Final = 4
    CLOSE_WRITE: Final = 8
    CLOSE_NOWRITE: Final = 0x10
    CLOSE: Final = 0x18
    OPEN: Final = 0x20
    MOVED_FROM: Final = 0x40
    MOVED_TO: Final = 0x80
    MOVE: Final = 0xC0
    CREATE: Final = 0x100
    DELETE: Final = 0x200
    DELETE_SELF: Final = 0x400
    MOVE_SELF: Final = 0x800
    ALL_EVENTS: Final = 0xFFF
    UNMOUNT: Final = 0x2000
    Q_OVERFLOW: Final = 0x4000
    IGNORED: Final = 0x8000
    ONLYDIR: Final = 0x1000000
    DONT_FOLLOW: Final = 0x2000000
    EXCL_UNLINK: Final = 0x4000000
    MASK_CREATE: Final = 0x10000000
    MASK_ADD: Final = 0x20000000
    ISDIR: Final = 0x40000000
    ONESHOT: Final = 0x80000000


class INIT(Names, prefix="IN_"):
    """``inotify_init1(2)`` flags."""

    NONBLOCK: Final = 0o4000
    CLOEXEC: Final = 0o2000000
