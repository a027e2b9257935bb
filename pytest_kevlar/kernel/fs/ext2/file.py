"""An open regular file of ext2: what differs from one of tmpfs. Mirrors fs/ext2/file.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import SEEK
from pytest_kevlar.kernel.errno import EFBIG, ENXIO, EOPNOTSUPP
from pytest_kevlar.kernel.fs.directory import DirectoryFile
from pytest_kevlar.kernel.fs.ext2.inode import Ext2Regular
from pytest_kevlar.kernel.fs.file import seek_to
from pytest_kevlar.kernel.fs.regular import RegularFile, size_limit

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.ext2.directory import Ext2Directory
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.task.task import Task


class Ext2File(RegularFile):
    """A regular file."""

    __slots__ = ()

    inode: Ext2Regular

    def _write_at(self, task: Task, data: bytes, offset: int) -> int:
        """Bounded by what the file system's block pointers reach."""
        room = self.inode.node.fs.max_file_size - offset
        if data and room <= 0:
            size_limit(task, offset)
            raise EFBIG
        return super()._write_at(task, data[:room], offset)

    def seek(self, offset: int, whence: int) -> int:
        """fs/read_write.c:generic_file_llseek(): holes are not told."""
        size = self.inode.size
        if whence == SEEK.DATA or whence == SEEK.HOLE:
            if offset < 0 or offset >= size:
                raise ENXIO
            self.pos = offset if whence == SEEK.DATA else size
            return self.pos
        return seek_to(self, offset, whence, size, self.inode.node.fs.max_file_size)

    def allocate(self, task: Task, mode: int, offset: int, length: int) -> None:
        """fallocate(2) is not for ext2."""
        raise EOPNOTSUPP

    def sync(self) -> None:
        """fsync(2)."""
        self.inode.write_back()


class Ext2DirectoryFile(DirectoryFile):
    """A directory, which stays on the disk while it is open."""

    __slots__ = ()

    inode: Ext2Directory

    def __init__(self, path: VfsPath, flags: int) -> None:
        super().__init__(path, flags)
        self.inode.node.opened += 1

    def release(self) -> None:
        """The last holder is gone."""
        self.inode.node.opened -= 1
        self.inode.forget()

    def sync(self) -> None:
        """fsync(2)."""
        if not self.inode.node.gone:
            self.inode.node.write(self.inode)
