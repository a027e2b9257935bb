"""File systems: one mounted instance (a super block) and what its kind can do.

Where it is mounted is :mod:`mount`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.files import RENAME
from pytest_kevlar.kernel.abi.mount import MS, ST
from pytest_kevlar.kernel.fs.mount import path_inside
from pytest_kevlar.kernel.task.userns import INITIAL

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.block.device import BlockDevice
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.fsnotify import Mark
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task


class Statistics(NamedTuple):
    """What ``statfs`` says of a file system; sizes in blocks of `block_size` bytes.

    `available` is what is free for everybody, all if None; `ident` is ``f_fsid``, the device's
    number if None.
    """

    magic: int
    blocks: int = 0
    free: int = 0
    files: int = 0
    files_free: int = 0
    available: int | None = None
    block_size: int = 4096
    ident: tuple[int, int] | None = None


class FileSystem:
    """One instance.

    Attributes:
        name: type as in ``/proc/filesystems``.
        magic: ``f_type``.
        pseudo: its objects have no path (pipes, sockets, anonymous inodes).
        device: ``st_dev``, an anonymous device number unless it is on a block device.
        block_device: what it is on, None if it needs none.
        user_ns: to whom it belongs: who may remount it, and whose ids it can keep.
        read_only: EROFS for every change. flags: other ``MS_*`` of the file system.
        max_links: names that one inode can have, 0 for no bound.
        keeps_attributes: whether its inodes have extended attributes.
        keeps_acls: and access control lists.
        rename_flags: ``RENAME_*`` that it can do.
        root: the root directory.
        marks: all marks of watchers on its inodes; see :mod:`fsnotify`.
    """

    name = b"none"
    magic = 0
    pseudo = False
    max_links = 0
    rename_flags = RENAME.NOREPLACE | RENAME.EXCHANGE | RENAME.WHITEOUT
    keeps_attributes = False
    keeps_acls = False
    block_device: BlockDevice | None = None

    def __init__(self, vfs: Vfs, device: int = 0) -> None:
        self.vfs = vfs
        self.kernel = vfs.kernel
        self.device = device or vfs.new_device()
        self.user_ns = INITIAL
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

    def stamp(self, time: int) -> int:
        """`time` in nanoseconds as it is kept: rounded down, and within bounds."""
        return time

    def attribute_names(self, inode: Inode) -> list[bytes]:
        """Names of extended attributes in the order of fs/xattr.c:simple_xattr_list()."""
        return sorted(inode.xattrs or (), reverse=True)

    def keep_attributes(self, inode: Inode, kept: dict[bytes, bytes]) -> None:
        """The extended attributes of `inode` become these; ENOSPC."""

    def sync(self) -> None:
        """Bring everything to where it lasts."""

    def remount(self, read_only: bool, options: bytes) -> None:
        """Take over whether it may be written to, and options of the kind kept as text."""
        self.read_only = read_only

    def shut_down(self) -> None:
        """The last mount is gone."""

    def statistics(self) -> Statistics:
        """For ``statfs``."""
        return Statistics(self.magic)

    def root_for(self, task: Task) -> Dentry:
        """What a mount by `task` shows."""
        return self.root

    def shown_root(self, dentry: Dentry, reader: Task) -> bytes:
        """The root of a mount, as mountinfo tells it to `reader`."""
        return path_inside(dentry)

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
