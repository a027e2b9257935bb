"""Block devices: which there are, and the cache through which everybody sees their bytes.

Opening one by name is :mod:`file`; what is on them is a file system's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pytest_kevlar.kernel.errno import EIO, LinuxError
from pytest_kevlar.kernel.fs.devices import major_of, make_device_number, minor_of
from pytest_kevlar.kernel.mm.backed import BackedCache

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cpu.engine import Engine
    from pytest_kevlar.kernel.fs.block.loop import LoopDevice
    from pytest_kevlar.kernel.fs.devfs import DevFs
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.vfs import Vfs

SECTOR = 512
DISK_MAJOR, DISK_MINORS = 254, 16  # virtio_blk: sixteen numbers for a disk and its partitions
LOOP_MAJOR = 7
#: Loop devices that are there from the start: CONFIG_BLK_DEV_LOOP_MIN_COUNT.
LOOPS = 8


class Disk(NamedTuple):
    """A disk of the machine: its content at the start, whose length is its size."""

    image: bytes
    read_only: bool = False


class Medium(Protocol):
    """What a device keeps its bytes on."""

    @property
    def size(self) -> int:
        """In bytes."""

    def fetch(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes, zeros beyond the end; EIO."""

    def put(self, offset: int, data: bytes) -> None:
        """Keep `data`; EIO beyond the end, ENOSPC."""

    def flush(self) -> None:
        """Bring everything to where it lasts."""


class MemoryMedium:
    """A disk of the host's making; only this copy of the image changes."""

    def __init__(self, image: bytes) -> None:
        self._bytes = bytearray(image[: len(image) // SECTOR * SECTOR])

    @property
    def size(self) -> int:
        """In bytes, a whole number of sectors."""
        return len(self._bytes)

    def fetch(self, offset: int, size: int) -> bytes:
        """Bytes of the disk."""
        return bytes(self._bytes[offset : offset + size]).ljust(size, b"\0")

    def put(self, offset: int, data: bytes) -> None:
        """Change the disk."""
        if offset + len(data) > len(self._bytes):
            raise EIO("beyond the end of the device")
        self._bytes[offset : offset + len(data)] = data

    def flush(self) -> None:
        """It is where it lasts."""


class BlockDevice:
    """One device.

    Attributes:
        name: as in ``/dev``. number: ``st_rdev``.
        medium: None for a loop device without a file.
        read_only: BLKROSET, or the disk is so.
        block_size: what BLKBSZSET set, for BLKBSZGET.
        holder: the file system that is mounted from it.
        exclusive: open files that were opened with O_EXCL.
        opened: open files and the mounted file system.
    """

    def __init__(self, engine: Engine, name: bytes, number: int) -> None:
        self.name = name
        self.number = number
        self.medium: Medium | None = None
        self.read_only = False
        self.block_size = 4096
        self.holder: FileSystem | None = None
        self.exclusive = 0
        self.opened = 0
        self.cache = BackedCache(engine, self)

    @property
    def size(self) -> int:
        """In bytes; 0 without a medium."""
        return self.medium.size // SECTOR * SECTOR if self.medium is not None else 0

    def set_medium(self, medium: Medium | None) -> None:
        """Put another medium in, or take it out."""
        self.cache.truncate(0)
        self.medium = medium
        self.cache.size = self.size

    def fetch(self, offset: int, size: int) -> bytes:
        """What the cache takes from the medium."""
        if self.medium is None:
            raise EIO
        return self.medium.fetch(offset, size)

    def put(self, offset: int, data: bytes) -> None:
        """What the cache gives to the medium."""
        if self.medium is None:
            raise EIO
        self.medium.put(offset, data)

    def read(self, offset: int, size: int) -> bytes:
        """Read through the cache; EIO beyond the end."""
        if offset < 0 or offset + size > self.size:
            raise EIO("beyond the end of the device")
        return self.cache.read(offset, size)

    def write(self, offset: int, data: bytes) -> None:
        """Write through the cache; EIO beyond the end."""
        if offset < 0 or offset + len(data) > self.size:
            raise EIO("beyond the end of the device")
        self.cache.write(offset, data)

    def flush(self) -> None:
        """Write back what was stored into mapped pages."""
        if self.medium is not None:
            self.cache.write_back()
            self.medium.flush()

    def opening(self) -> None:
        """One more holder."""
        self.opened += 1

    def closing(self) -> None:
        """One holder less."""
        self.opened -= 1


class BlockDevices:
    """All block devices of a machine.

    Attributes:
        disks: in order of their numbers.
        loops: those that somebody asked for, by index.
        trees: every ``/dev`` there is, in which new devices get a node.
    """

    def __init__(self, vfs: Vfs, disks: Sequence[Disk]) -> None:
        self.engine = vfs.kernel.engine
        self.trees: list[DevFs] = []
        self.disks: list[BlockDevice] = []
        self.loops: dict[int, LoopDevice] = {}
        self._loop_indices = dict.fromkeys(range(LOOPS))
        for index, disk in enumerate(disks):
            number = make_device_number(DISK_MAJOR, index * DISK_MINORS)
            device = BlockDevice(self.engine, b"vd" + _letters(index), number)
            device.set_medium(MemoryMedium(disk.image))
            device.read_only = disk.read_only
            self.disks.append(device)

    def nodes(self) -> Iterator[tuple[bytes, int]]:
        """Name and number of every device."""
        for index in self._loop_indices:
            yield b"loop%d" % index, make_device_number(LOOP_MAJOR, index)
        for device in self.disks:
            yield device.name, device.number

    def in_use(self) -> list[BlockDevice]:
        """The devices that can have something on them, as ``/proc/partitions`` orders them."""
        return [*(self.loops[index] for index in sorted(self.loops)), *self.disks]

    def find(self, number: int) -> BlockDevice | None:
        """The device with a number."""
        if major_of(number) == LOOP_MAJOR:
            return self.loop(minor_of(number))
        return next((device for device in self.disks if device.number == number), None)

    def loop(self, index: int) -> LoopDevice | None:
        """The loop device with an index, if there is one."""
        from pytest_kevlar.kernel.fs.block.loop import LoopDevice

        found = self.loops.get(index)
        if found is None and index in self._loop_indices:
            number = make_device_number(LOOP_MAJOR, index)
            found = self.loops[index] = LoopDevice(self.engine, index, number)
        return found

    def loop_files(self) -> list[File]:
        """The files behind loop devices."""
        return [loop.file for loop in self.loops.values() if loop.file is not None]

    def free_loop(self) -> int:
        """Index of a loop device without a file, which is made if there is none."""
        for index in sorted(self._loop_indices):
            loop = self.loops.get(index)
            if loop is None or loop.medium is None:
                return index
        return self.add_loop(self.new_index())

    def new_index(self) -> int:
        """The lowest index that no loop device has."""
        return next(index for index in count() if index not in self._loop_indices)

    def add_loop(self, index: int) -> int:
        """A further loop device, with its nodes; gives its index."""
        self._loop_indices[index] = None
        for tree in self.trees:
            tree.add_block_node(b"loop%d" % index, make_device_number(LOOP_MAJOR, index))
        return index

    def remove_loop(self, index: int) -> None:
        """Take a loop device and its nodes away."""
        del self._loop_indices[index]
        self.loops.pop(index, None)
        for tree in self.trees:
            tree.remove_block_node(b"loop%d" % index, make_device_number(LOOP_MAJOR, index))

    def sync(self) -> None:
        """sync(2): file systems first, then the devices under them."""
        devices = self.in_use()
        for device in devices:
            # Whoever wants to know of errors asks fsync or syncfs.
            with suppress(LinuxError):
                if device.holder is not None:
                    device.holder.sync()
        for device in devices:
            with suppress(LinuxError):
                device.flush()


def _letters(index: int) -> bytes:
    """``a`` to ``z``, then ``aa``; drivers/block/virtio_blk.c:virtblk_name_format()."""
    text = b""
    while index >= 0:
        text = bytes([0x61 + index % 26]) + text
        index = index // 26 - 1
    return text
