"""An open block device: bytes at offsets, and the requests that all block devices know.

Mirrors block/fops.c and block/ioctl.c; loop devices add theirs in :mod:`loop`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import (
    EACCES,
    EBUSY,
    EINVAL,
    ENOSPC,
    ENOTTY,
    ENXIO,
    EOPNOTSUPP,
    EPERM,
)
from pytest_kevlar.kernel.fs.block.device import SECTOR, BlockDevice
from pytest_kevlar.kernel.fs.block.loop import LoopDevice, loop_ioctl
from pytest_kevlar.kernel.fs.file import File, seek_to
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.mm.pagecache import PageCache
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task


class BlockFile(File):
    """One open file of a block device."""

    __slots__ = ("device", "exclusive")

    positional = True

    def __init__(self, path: VfsPath, flags: int, device: BlockDevice) -> None:
        super().__init__(path, flags)
        self.device = device
        self.exclusive = bool(flags & O.EXCL)
        if self.exclusive and (device.holder is not None or device.exclusive):
            raise EBUSY
        device.exclusive += self.exclusive
        device.opening()

    def release(self) -> None:
        """The last holder is gone."""
        self.device.exclusive -= self.exclusive
        self.device.closing()

    @property
    def pages(self) -> PageCache:
        """What ``mmap`` maps."""
        return self.device.cache

    def mmap_pages(self) -> PageCache:
        """What ``mmap`` maps."""
        return self.device.cache

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        data = self.pread(task, size, self.pos)
        self.pos += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Go back."""
        self.pos -= len(data)

    def pread(self, task: Task, size: int, offset: int) -> bytes:
        """Read at `offset`; nothing beyond the end."""
        size = min(size, self.device.size - offset)
        return self.device.read(offset, size) if size > 0 else b""

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        done = self.pwrite(task, data, self.pos)
        self.pos += done
        return done

    def pwrite(self, task: Task, data: bytes, offset: int) -> int:
        """block/fops.c:blkdev_write_iter()."""
        device = self.device
        if device.read_only:
            raise EPERM
        if not data:
            return 0
        if offset >= device.size:
            raise ENOSPC
        data = data[: device.size - offset]
        device.write(offset, data)
        return len(data)

    def seek(self, offset: int, whence: int) -> int:
        """block/fops.c:blkdev_llseek(): within the device."""
        size = self.device.size
        if whence not in (0, 1, 2):
            raise EINVAL
        return seek_to(self, offset, whence, size, size)

    def sync(self) -> None:
        """fsync(2)."""
        self.device.flush()

    def truncate(self, task: Task, size: int) -> None:
        """ftruncate(2)."""
        raise EINVAL

    def allocate(self, task: Task, mode: int, offset: int, length: int) -> None:
        """fallocate(2): nothing that the devices could discard."""
        raise EOPNOTSUPP

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """block/ioctl.c:blkdev_ioctl()."""
        device = self.device
        if request in _NUMBERS:
            size, value = _NUMBERS[request]
            argument.write_int(value(device), size)
            return 0
        if request == IOCTL.BLKROSET:
            _want_admin(task)
            device.read_only = bool(argument.read_int())
            return 0
        if request == IOCTL.BLKFLSBUF:
            _want_admin(task)
            if device.holder is not None:
                device.holder.sync()
            device.flush()
            return 0
        if request == IOCTL.BLKBSZSET:
            _want_admin(task)
            size = argument.read_int()
            if size < SECTOR or size > 65536 or size & (size - 1):
                raise EINVAL
            device.block_size = size
            return 0
        if request == IOCTL.BLKRRPART:
            if not task.cred.capable(CAP_SYS_ADMIN):
                raise EACCES
            raise EINVAL("no partitions")
        if request == IOCTL.BLKDISCARD:
            raise EOPNOTSUPP
        if isinstance(device, LoopDevice):
            return loop_ioctl(task, self, device, request, argument)
        raise ENOTTY


#: Requests that only ask: bytes of the answer, and the answer.
_NUMBERS: dict[int, tuple[int, Callable[[BlockDevice], int]]] = {
    IOCTL.BLKGETSIZE64: (8, lambda device: device.size),
    IOCTL.BLKGETSIZE: (8, lambda device: device.size // SECTOR),
    IOCTL.BLKSSZGET: (4, lambda device: SECTOR),
    IOCTL.BLKPBSZGET: (4, lambda device: SECTOR),
    IOCTL.BLKBSZGET: (4, lambda device: device.block_size),
    IOCTL.BLKROGET: (4, lambda device: int(device.read_only)),
    IOCTL.BLKIOMIN: (4, lambda device: SECTOR),
    IOCTL.BLKIOOPT: (4, lambda device: 0),
    IOCTL.BLKALIGNOFF: (4, lambda device: 0),
    IOCTL.BLKRAGET: (8, lambda device: 256),
    IOCTL.BLKROTATIONAL: (2, lambda device: 0),
}


def _want_admin(task: Task) -> None:
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EACCES


def find_device(path: VfsPath) -> BlockDevice:
    """The device of a node; ENXIO if nothing has its number."""
    inode = path.inode
    device = inode.fs.vfs.blocks.find(inode.rdev)
    if device is None:
        raise ENXIO
    return device


def open_block_device(path: VfsPath, flags: int) -> BlockFile:
    """Open a block device node; block/fops.c:blkdev_open()."""
    return BlockFile(path, flags, find_device(path))
