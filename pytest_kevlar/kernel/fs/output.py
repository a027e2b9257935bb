"""Standard output and error of the first process: to the guest the write end of a pipe.

Whoever started the machine reads the other end, and always has room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.errno import ENOTTY, EPIPE
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.pipe import raise_sigpipe

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task


class OutputInode(Inode):
    """The pipe inode; opening it again (``/dev/stdout``) leads to the same sink."""

    __slots__ = ("stream_number",)

    def __init__(self, vfs: Vfs, uid: int, gid: int, number: int) -> None:
        super().__init__(vfs.pipes, S.IFIFO | 0o600, uid, gid)
        self.stream_number = number

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """An open file of this kind."""
        return OutputFile(path, flags, self.stream_number)


class OutputFile(File):
    """Writes reach the machine's output sink."""

    __slots__ = ("number",)

    stream = True
    splices_in = True

    def __init__(self, path: VfsPath, flags: int, number: int) -> None:
        super().__init__(path, flags)
        self.number = number

    def read(self, task: Task, size: int) -> bytes:
        """Only through O_RDWR: what the harness holds is never given back."""
        return b""

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        if data:
            try:
                task.kernel.output.write(self.number, data)
            except BrokenPipeError:
                raise_sigpipe(task)
                raise EPIPE from None
        return len(data)

    def poll(self) -> int:
        """What is ready."""
        return POLL.OUT | POLL.WRNORM if self.writable else 0

    @property
    def pollable(self) -> bool:
        """Whether epoll takes it."""
        return True

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """Requests of this kind of file."""
        if request == IOCTL.FIONREAD:
            argument.write_int(0, 4)
            return 0
        raise ENOTTY


def make_output(vfs: Vfs, uid: int, gid: int, number: int) -> OutputFile:
    """The open file for stream 1 or 2."""
    inode = OutputInode(vfs, uid, gid, number)
    place = vfs.pipes.place(inode, b"pipe:[%d]" % inode.ino)
    return OutputFile(place, O.WRONLY, number)
