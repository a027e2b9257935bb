"""Loop devices: a file, or a part of one, as a block device. Mirrors drivers/block/loop.c."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.ioctl import IOCTL, LO_FLAGS
from pytest_kevlar.kernel.abi.layout import text
from pytest_kevlar.kernel.abi.structs import LOOP_CONFIG, LOOP_INFO64
from pytest_kevlar.kernel.errno import (
    EBADF,
    EBUSY,
    EEXIST,
    EINVAL,
    EIO,
    ENODEV,
    ENOTTY,
    ENXIO,
    EPERM,
)
from pytest_kevlar.kernel.fs.block.device import SECTOR, BlockDevice
from pytest_kevlar.kernel.fs.devices import DeviceFile
from pytest_kevlar.kernel.fs.regular import RegularFile
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cpu.engine import Engine
    from pytest_kevlar.kernel.fs.block.file import BlockFile
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

#: What LOOP_SET_STATUS64 may change and LOOP_CONFIGURE may set.
SETTABLE = LO_FLAGS.AUTOCLEAR | LO_FLAGS.PARTSCAN
CLEARABLE = LO_FLAGS.AUTOCLEAR
CONFIGURABLE = LO_FLAGS.READ_ONLY | SETTABLE | LO_FLAGS.DIRECT_IO
NAME_SIZE = 64


class FileMedium:
    """The part of a file that a loop device shows.

    Attributes:
        file: the open file, which is kept open.
        offset, limit: where the part begins, and its length; 0 for all that follows.
    """

    def __init__(self, file: File, offset: int = 0, limit: int = 0) -> None:
        self.file = file
        self.offset = offset
        self.limit = limit
        self._size = self._measure()

    @property
    def size(self) -> int:
        """In bytes, as it was when last looked at."""
        return self._size

    def _measure(self) -> int:
        size = _size_of(self.file) - self.offset
        return max(0, min(size, self.limit) if self.limit else size)

    def measure(self) -> None:
        """Look at the file's size again: LOOP_SET_CAPACITY."""
        self._size = self._measure()

    def fetch(self, offset: int, size: int) -> bytes:
        """Bytes of the file; EIO where it has become shorter."""
        start = offset + self.offset
        available = min(size, max(0, self._size - offset))
        if start + available > _size_of(self.file):
            raise EIO
        pages = self.file.mmap_pages()
        return pages.read(start, available).ljust(size, b"\0")

    def put(self, offset: int, data: bytes) -> None:
        """Change the file."""
        file = self.file
        if offset + len(data) > self._size:
            raise EIO("beyond the end of the device")
        if isinstance(file, RegularFile):
            if file.inode.store(offset + self.offset, data) != len(data):
                raise EIO
            file.inode.modified()
        else:
            file.mmap_pages().write(offset + self.offset, data)

    def flush(self) -> None:
        """Write the file back."""
        self.file.sync()


def _size_of(file: File) -> int:
    size = file.mmap_pages().size
    return size or 0


class LoopDevice(BlockDevice):
    """One loop device.

    Attributes:
        index: its number. flags: ``LO_FLAGS_*``. file_name: what user space said.
    """

    def __init__(self, engine: Engine, index: int, number: int) -> None:
        super().__init__(engine, b"loop%d" % index, number)
        self.index = index
        self.flags = 0
        self.file_name = b""

    @property
    def file(self) -> File | None:
        """The file behind it."""
        return self.medium.file if isinstance(self.medium, FileMedium) else None

    def bind(self, file: File, info: Any = None, *, read_only: bool = False) -> None:
        """LOOP_SET_FD and LOOP_CONFIGURE."""
        if self.medium is not None:
            raise EBUSY
        if not file.inode.is_regular and file.pages is None:
            raise EINVAL
        if _device_behind(file) is self:
            raise EBADF
        self.flags = info.lo_flags if info is not None else 0
        if read_only or not file.writable:
            self.flags |= LO_FLAGS.READ_ONLY
        self.read_only = bool(self.flags & LO_FLAGS.READ_ONLY)
        self.file_name = text(bytes(info.lo_file_name)) if info is not None else b""
        start, limit = (info.lo_offset, info.lo_sizelimit) if info is not None else (0, 0)
        self.set_medium(FileMedium(file.get(), start, limit))

    def unbind(self) -> None:
        """Let the file go."""
        file = self.file
        if file is not None:
            self.flush()
            self.set_medium(None)
            self.flags = 0
            self.file_name = b""
            self.read_only = False
            file.put()

    def closing(self) -> None:
        """The last holder frees a device that shall clear itself."""
        super().closing()
        if not self.opened and self.flags & LO_FLAGS.AUTOCLEAR:
            self.unbind()

    def status(self) -> bytes:
        """LOOP_GET_STATUS64."""
        medium = self._medium()
        inode = medium.file.inode
        return LOOP_INFO64.pack(
            lo_device=inode.fs.device,
            lo_inode=inode.ino,
            lo_rdevice=self.number,
            lo_offset=medium.offset,
            lo_sizelimit=medium.limit,
            lo_number=self.index,
            lo_flags=self.flags,
            lo_file_name=self.file_name.ljust(NAME_SIZE, b"\0"),
        )

    def set_status(self, info: Any) -> None:
        """LOOP_SET_STATUS64."""
        medium = self._medium()
        if info.lo_encrypt_type or info.lo_encrypt_key_size:
            raise EINVAL
        if (info.lo_offset, info.lo_sizelimit) != (medium.offset, medium.limit):
            self.flush()
            self.set_medium(FileMedium(medium.file, info.lo_offset, info.lo_sizelimit))
        self.file_name = text(bytes(info.lo_file_name)[: NAME_SIZE - 1])
        self.flags = self.flags & ~CLEARABLE | info.lo_flags & SETTABLE

    def change_capacity(self) -> None:
        """LOOP_SET_CAPACITY."""
        self._medium().measure()
        self.cache.size = self.size

    def change_file(self, file: File) -> None:
        """LOOP_CHANGE_FD: another file of the same size behind a read-only device."""
        medium = self._medium()
        if not self.flags & LO_FLAGS.READ_ONLY:
            raise EINVAL
        if not file.inode.is_regular and file.pages is None:
            raise EINVAL
        replacement = FileMedium(file, medium.offset, medium.limit)
        if replacement.size != medium.size:
            raise EINVAL
        file.get()
        self.set_medium(replacement)
        medium.file.put()

    def _medium(self) -> FileMedium:
        if not isinstance(self.medium, FileMedium):
            raise ENXIO
        return self.medium


def _device_behind(file: File) -> BlockDevice | None:
    """The device at the bottom of loops over loops."""
    from pytest_kevlar.kernel.fs.block.file import BlockFile

    device = file.device if isinstance(file, BlockFile) else None
    while isinstance(device, LoopDevice) and isinstance(device.file, BlockFile):
        device = device.file.device
    return device


def loop_ioctl(
    task: Task, file: BlockFile, loop: LoopDevice, request: int, argument: UserPtr
) -> int:
    """drivers/block/loop.c:lo_ioctl()."""
    if request == IOCTL.LOOP_GET_STATUS64:
        argument.write(loop.status())
        return 0
    if request not in _CHANGES:
        raise ENOTTY
    if not file.writable and not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM
    _CHANGES[request](task, file, loop, argument)
    return 0


def _set_fd(task: Task, file: BlockFile, loop: LoopDevice, argument: UserPtr) -> None:
    loop.bind(task.files.get(argument.address & 0xFFFF_FFFF), read_only=not file.writable)


def _configure(task: Task, file: BlockFile, loop: LoopDevice, argument: UserPtr) -> None:
    config = LOOP_CONFIG.unpack(argument.read(LOOP_CONFIG.size))
    if config.info.lo_flags & ~CONFIGURABLE:
        raise EINVAL
    if config.block_size not in (0, SECTOR):
        raise EINVAL
    loop.bind(task.files.get(config.fd), config.info, read_only=not file.writable)


def _clear_fd(task: Task, file: BlockFile, loop: LoopDevice, argument: UserPtr) -> None:
    """At once if nobody else uses it, else when the last one closes it."""
    if loop.medium is None:
        raise ENXIO
    loop.flags |= LO_FLAGS.AUTOCLEAR
    if loop.opened == 1:
        loop.unbind()


def _set_status(task: Task, file: BlockFile, loop: LoopDevice, argument: UserPtr) -> None:
    loop.set_status(LOOP_INFO64.unpack(argument.read(LOOP_INFO64.size)))


def _set_capacity(task: Task, file: BlockFile, loop: LoopDevice, argument: UserPtr) -> None:
    loop.change_capacity()


def _change_fd(task: Task, file: BlockFile, loop: LoopDevice, argument: UserPtr) -> None:
    loop.change_file(task.files.get(argument.address & 0xFFFF_FFFF))


_CHANGES = {
    IOCTL.LOOP_SET_FD: _set_fd,
    IOCTL.LOOP_CONFIGURE: _configure,
    IOCTL.LOOP_CLR_FD: _clear_fd,
    IOCTL.LOOP_SET_STATUS64: _set_status,
    IOCTL.LOOP_SET_CAPACITY: _set_capacity,
    IOCTL.LOOP_CHANGE_FD: _change_fd,
}


class LoopControlFile(DeviceFile):
    """/dev/loop-control; drivers/block/loop.c:loop_control_ioctl()."""

    __slots__ = ()

    positional = False

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """Add, remove, find a free one; the index is the result."""
        blocks = self.inode.fs.vfs.blocks
        index = argument.address & 0xFFFF_FFFF
        if index & 0x8000_0000:
            index -= 1 << 32
        if request == IOCTL.LOOP_CTL_GET_FREE:
            return blocks.free_loop()
        if request == IOCTL.LOOP_CTL_ADD:
            if index < 0:
                return blocks.add_loop(blocks.new_index())
            if blocks.loop(index) is not None:
                raise EEXIST
            return blocks.add_loop(index)
        if request == IOCTL.LOOP_CTL_REMOVE:
            if index < 0:
                raise EINVAL
            loop = blocks.loop(index)
            if loop is None:
                raise ENODEV
            if loop.medium is not None or loop.opened:
                raise EBUSY
            blocks.remove_loop(index)
            return 0
        raise ENOTTY
