"""File systems: one mounted instance (a super block) and what its kind can do.

Where it is mounted is :mod:`mount`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.mount import MS, ST

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.fsnotify import Mark
    from pytest_kevlar.kernel.fs.vfs import Vfs


class Statistics(NamedTuple):
    """What ``statfs`` says of a file system; sizes in blocks of 4096 bytes."""

    magic: int
    blocks: int = 0
    free: int = 0
    files: int = 0
    files_free: int = 0


class FileSystem:
    """One instance.

    Attributes:
        name: type as in ``/proc/filesystems``.
        magic: ``f_type``.
        pseudo: its objects have no path (pipes, sockets, anonymous inodes).
        nodev: needs no block device.
        device: ``st_dev``, an anonymous device number.
        read_only: EROFS for every change. flags: other ``MS_*`` of the file system.
        root: the root directory.
        marks: all marks of watchers on its inodes; see :mod:`fsnotify`.
    """

    name = b"none"
    magic = 0
    pseudo = False

    def __init__(self, vfs: Vfs) -> None:
        self.vfs = vfs
        self.kernel = vfs.kernel
        self.device = vfs.new_device()
        self.read_only = False
        self.flags = 0
        self.last_ino = 0
        self.marks: dict[Mark, None] = {}
        self.root: Dentry

    def new_ino(self) -> int:
        """The next inode number; the first is 1."""
        self.last_ino += 1
        return self.last_ino

    def now(self) -> int:
        """Time stamps: nanoseconds since 1970."""
        return self.kernel.clock.realtime_ns()

    def statistics(self) -> Statistics:
        """For ``statfs``."""
        return Statistics(self.magic)

    @property
    def options(self) -> bytes:
        """What ``/proc/mounts`` shows after ``rw``, without a comma before it."""
        return b""

    @property
    def mount_flags(self) -> int:
        """``f_flags`` as far as the file system decides them."""
        flags = ST.VALID | (ST.RDONLY if self.read_only else 0)
        if self.flags & MS.SYNCHRONOUS:
            flags |= ST.SYNCHRONOUS
        return flags | (ST.MANDLOCK if self.flags & MS.MANDLOCK else 0)
