"""What all file systems of one machine share: numbers, and the file systems without a path.

One per machine; every task reaches it through ``task.fs.vfs``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.fs import dnotify, inotify
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.filesystem import FileSystem
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.mount import Mount, VfsPath

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.block.device import BlockDevices, Disk
    from pytest_kevlar.kernel.fs.locks import Record
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.tty.devpts import DevPts


class AioLimits:
    """``fs.aio-max-nr`` and ``fs.aio-nr``.

    Attributes:
        most: how many requests all contexts together may have room for. used: have room for.
    """

    __slots__ = ("most", "used")

    def __init__(self) -> None:
        self.most = 65536
        self.used = 0


class PseudoFileSystem(FileSystem):
    """Pipes, sockets and anonymous inodes: objects that only descriptors name."""

    pseudo = True

    def __init__(self, vfs: Vfs, name: bytes, magic: int) -> None:
        super().__init__(vfs)
        self.name = name
        self.magic = magic
        self.root = Dentry(b"/", None, Inode(self, S.IFDIR | 0o555, ino=vfs.new_ino()))
        self.mount = Mount(vfs.new_mount_id(), self, self.root, b"none", 0)

    def new_ino(self) -> int:
        """An inode number."""
        return self.vfs.new_ino()

    def place(self, inode: Inode, name: bytes) -> VfsPath:
        """A nameless place for `inode`; `name` is what ``/proc/PID/fd`` shows."""
        return VfsPath(self.mount, Dentry(name, None, inode))


class Vfs:
    """Shared by all namespaces of one machine.

    Attributes:
        kernel: the machine's kernel.
        dnotify: who is signalled of changes in directories.
        inotify: limits of inotify instances, and who has how many.
        lock_waits: who waits for which record lock: the request and what blocks it.
        mountpoints: what is mounted on a dentry, in any namespace.
        peer_groups: numbers of peer groups in use.
        aio: how many asynchronous requests there may be, and are.
        protected: settings of /proc/sys/fs that start with that word, by the rest of it.
    """

    def __init__(self, kernel: Kernel, disks: Sequence[Disk] = ()) -> None:
        self.kernel = kernel
        self._disks = disks
        self._device = 0
        self._mount = 20
        self._ino = 0
        self._eventfd = 0
        self.dnotify = dnotify.Dnotify()
        self.inotify = inotify.Limits(kernel.profile.memory_total)
        self.aio: AioLimits = AioLimits()
        self._cookie = 0
        self.lock_waits: list[tuple[Record, Record]] = []
        self.mountpoints: dict[Dentry, list[Mount]] = {}
        self.peer_groups: set[int] = set()
        names = ("symlinks", "hardlinks", "fifos", "regular")
        self.protected = dict(zip(names, kernel.profile.protected, strict=True))

    def new_device(self) -> int:
        """An anonymous device number (major 0)."""
        self._device += 1
        return self._device

    def new_mount_id(self) -> int:
        """The next mount id."""
        self._mount += 1
        return self._mount

    def new_ino(self) -> int:
        """An inode number for objects without a file system of their own."""
        self._ino += 1
        return self._ino

    def new_eventfd_id(self) -> int:
        """The next number in an eventfd's fdinfo."""
        self._eventfd += 1
        return self._eventfd - 1

    def new_cookie(self) -> int:
        """What tells which IN_MOVED_FROM and IN_MOVED_TO belong together."""
        self._cookie += 1
        return self._cookie

    @cached_property
    def blocks(self) -> BlockDevices:
        """Disks and loop devices."""
        from pytest_kevlar.kernel.fs.block.device import BlockDevices

        return BlockDevices(self, self._disks)

    @cached_property
    def pipes(self) -> PseudoFileSystem:
        """pipefs."""
        return PseudoFileSystem(self, b"pipefs", MAGIC.PIPEFS_MAGIC)

    @cached_property
    def sockets(self) -> PseudoFileSystem:
        """sockfs."""
        return PseudoFileSystem(self, b"sockfs", MAGIC.SOCKFS_MAGIC)

    @cached_property
    def devpts(self) -> DevPts:
        """What ``/dev/pts`` shows and ``/dev/ptmx`` adds to."""
        from pytest_kevlar.kernel.tty.devpts import DevPts

        return DevPts(self)

    @cached_property
    def sysfs(self) -> FileSystem:
        """sysfs, one for all its mounts."""
        from pytest_kevlar.kernel.fs.sysfs import SysFs

        return SysFs(self)

    @cached_property
    def cgroups(self) -> FileSystem:
        """cgroup2, one for all its mounts."""
        from pytest_kevlar.kernel.cgroup.cgroupfs import CgroupFs

        return CgroupFs(self)

    @cached_property
    def devtmpfs(self) -> FileSystem:
        """devtmpfs, one for all its mounts."""
        from pytest_kevlar.kernel.fs.devfs import DevFs

        return DevFs(self)

    @cached_property
    def pidfds(self) -> PseudoFileSystem:
        """pidfs."""
        return PseudoFileSystem(self, b"pidfs", MAGIC.PID_FS_MAGIC)

    @cached_property
    def namespaces(self) -> PseudoFileSystem:
        """nsfs."""
        return PseudoFileSystem(self, b"nsfs", MAGIC.NSFS_MAGIC)

    @cached_property
    def shared_memory(self) -> PseudoFileSystem:
        """The tmpfs of memfds, which nobody mounts."""
        return PseudoFileSystem(self, b"tmpfs", MAGIC.TMPFS_MAGIC)

    @cached_property
    def aio_rings(self) -> PseudoFileSystem:
        """What the rings of io_setup(2) are mapped from."""
        return PseudoFileSystem(self, b"aio", MAGIC.ANON_INODE_FS_MAGIC)

    @cached_property
    def anonymous(self) -> PseudoFileSystem:
        """anon_inodefs; all its files share one inode, as on Linux."""
        return PseudoFileSystem(self, b"anon_inodefs", MAGIC.ANON_INODE_FS_MAGIC)

    @cached_property
    def anonymous_inode(self) -> Inode:
        """The inode of eventfd, epoll, signalfd and timerfd files."""
        return Inode(self.anonymous, 0o600)

    def anonymous_place(self, name: bytes) -> VfsPath:
        """A place for an anonymous file: ``anonymous_place(b"[eventpoll]")``."""
        return self.anonymous.place(self.anonymous_inode, b"anon_inode:" + name)
