"""Character devices by number: null, zero, full, random, urandom, kmsg, tty, ptmx.

Which names they have is :mod:`devfs`; what terminals do is the ``tty`` package.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.errno import EINVAL, ENODEV, ENOSPC, ENXIO
from pytest_kevlar.kernel.fs.file import READY, File

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

RNDGETENTCNT = 0x80045200
MAX_RANDOM = 33554431


def make_device_number(major: int, minor: int) -> int:
    """``dev_t`` as ``stat`` encodes it."""
    return (minor & 0xFF) | (major & 0xFFF) << 8 | (minor & ~0xFF) << 12 | (major & ~0xFFF) << 32


def major_of(device: int) -> int:
    """The major number."""
    return (device >> 8 & 0xFFF) | (device >> 32 & ~0xFFF)


def minor_of(device: int) -> int:
    """The minor number."""
    return (device & 0xFF) | (device >> 12 & ~0xFF)


class DeviceFile(File):
    """What all memory devices have in common: no position."""

    __slots__ = ()

    positional = True

    def seek(self, offset: int, whence: int) -> int:
        """drivers/char/mem.c:null_lseek(): always at 0."""
        self.pos = 0
        return 0

    def pread(self, task: Task, size: int, offset: int) -> bytes:
        """Read at `offset`."""
        return self.read(task, size)

    def pwrite(self, task: Task, data: bytes, offset: int) -> int:
        """Write at `offset`."""
        return self.write(task, data)

    def allocate(self, task: Task, mode: int, offset: int, length: int) -> None:
        """fallocate(2)."""
        raise ENODEV


class NullFile(DeviceFile):
    """/dev/null."""

    __slots__ = ()

    discards = True
    splices_in = True

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        return b""

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        return len(data)


class ZeroFile(DeviceFile):
    """/dev/zero; a private mapping of it is anonymous memory."""

    __slots__ = ()

    discards = True
    splices_in = True
    splices_out = True

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        return bytes(size)

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        return len(data)

    @property
    def wants_anonymous(self) -> bool:
        """A private mapping is anonymous memory."""
        return True


class FullFile(DeviceFile):
    """/dev/full."""

    __slots__ = ()

    splices_out = True
    nowait = False

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        return bytes(size)

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        raise ENOSPC


class RandomFile(DeviceFile):
    """/dev/random and /dev/urandom: bytes of the machine's seeded generator."""

    __slots__ = ()

    splices_in = True
    splices_out = True

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        return task.kernel.rng.randbytes(min(size, MAX_RANDOM))

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        return len(data)

    def seek(self, offset: int, whence: int) -> int:
        """Set the position."""
        if whence not in (0, 1, 2):
            raise EINVAL
        self.pos = 0
        return 0

    @property
    def pollable(self) -> bool:
        """Only the blocking device has a poll operation."""
        return minor_of(self.inode.rdev) == 8

    def poll(self) -> int:
        """Always readable; writability is not told."""
        if not self.pollable:
            return READY
        return POLL.IN | POLL.RDNORM

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """Requests of this kind of file."""
        if request == RNDGETENTCNT:
            argument.write_int(256, 4)
            return 0
        raise EINVAL


def _open_tty(task: Task | None, path: VfsPath, flags: int) -> File:
    """/dev/tty: the controlling terminal, ENXIO without one."""
    terminal = task.process.controlling_tty if task is not None else None
    if terminal is None:
        raise ENXIO
    from pytest_kevlar.kernel.tty.devpts import open_slave

    return open_slave(task, path, flags | O.NOCTTY, terminal)


def _open_ptmx(task: Task | None, path: VfsPath, flags: int) -> File:
    """/dev/ptmx: a new pair in the machine's own ``/dev/pts``; the file is its master."""
    return path.inode.fs.vfs.devpts.open_master(task, path, flags)


def _open_kernel_log(task: Task | None, path: VfsPath, flags: int) -> File:
    """/dev/kmsg."""
    from pytest_kevlar.kernel.fs.kmsg import KernelLogFile

    return KernelLogFile(path, flags)


def _open_loop_control(task: Task | None, path: VfsPath, flags: int) -> File:
    """/dev/loop-control."""
    from pytest_kevlar.kernel.fs.block.loop import LoopControlFile

    return LoopControlFile(path, flags)


Opener = Callable[["Task | None", "VfsPath", int], File]

#: Devices by (major, minor); slaves of terminals are opened by devpts.
DEVICES: dict[tuple[int, int], Opener] = {
    (1, 3): lambda task, path, flags: NullFile(path, flags),
    (1, 5): lambda task, path, flags: ZeroFile(path, flags),
    (1, 7): lambda task, path, flags: FullFile(path, flags),
    (1, 8): lambda task, path, flags: RandomFile(path, flags),
    (1, 9): lambda task, path, flags: RandomFile(path, flags),
    (1, 11): _open_kernel_log,
    (5, 0): _open_tty,
    (10, 237): _open_loop_control,
    (5, 2): _open_ptmx,
}


def open_device(task: Task | None, path: VfsPath, flags: int) -> File:
    """Open a character device node; ENXIO if nothing drives it."""
    number = path.inode.rdev
    opener = DEVICES.get((major_of(number), minor_of(number)))
    if opener is None:
        raise ENXIO
    return opener(task, path, flags & ~O.TRUNC)
