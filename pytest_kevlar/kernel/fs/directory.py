"""An open directory: positions and entries. What is in it is the inode's business."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import SEEK
from pytest_kevlar.kernel.errno import EINVAL, EISDIR
from pytest_kevlar.kernel.fs.file import File

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import DirEntry
    from pytest_kevlar.kernel.task.task import Task


class DirectoryFile(File):
    """A directory opened for ``getdents64``."""

    __slots__ = ()

    async_reads = False

    positional = True
    nowait = False

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        raise EISDIR

    def pread(self, task: Task, size: int, offset: int) -> bytes:
        """Read at `offset`."""
        raise EISDIR

    def seek(self, offset: int, whence: int) -> int:
        """Set the position."""
        if whence == SEEK.CUR:
            offset += self.pos
        elif whence != SEEK.SET:
            raise EINVAL
        if offset < 0:
            raise EINVAL
        self.pos = offset
        return offset

    def entries(self, task: Task) -> Iterable[DirEntry]:
        """Directory entries."""
        return self.inode.entries(task, self.path.dentry, self.pos)

    def sync(self) -> None:
        """Nothing to write back."""
