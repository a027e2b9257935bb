"""/proc/PID/mem: the memory of a process as a file. Mirrors fs/proc/base.c:mem_rw()."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.files import DT, SEEK, S
from pytest_kevlar.kernel.errno import EINVAL, EIO
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.generated import GeneratedFileSystem, GeneratedInode
from pytest_kevlar.kernel.fs.procfs.subject import inspect
from pytest_kevlar.kernel.mm.remote import read_forced, write_forced

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.task.task import Task

PIECE = 1 << 20


class MemoryEntry:
    """The entry in the table of a process's directory."""

    kind = DT.REG

    def make(self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any) -> Inode:
        """The inode."""
        return MemoryInode(fs, key, subject, S.IFREG | 0o600)


class MemoryInode(GeneratedInode):
    """The file before it is opened."""

    __slots__ = ()

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """Open it; EACCES for who may not look into the process."""
        assert task is not None
        return MemoryFile(path, flags, inspect(task, self.subject))


class MemoryFile(File):
    """The address space that the process had when this was opened."""

    __slots__ = ("memory",)

    positional = True
    nowait = False

    def __init__(self, path: VfsPath, flags: int, task: Task) -> None:
        super().__init__(path, flags)
        self.memory = task.memory

    @property
    def _gone(self) -> bool:
        return self.memory.users <= 0

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        data = self.pread(task, size, self.pos)
        self.pos += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Go back."""
        self.pos -= len(data)

    def pread(self, task: Task, size: int, offset: int) -> bytes:
        """Read at an address; EIO if nothing is there, nothing once the process ended."""
        if self._gone:
            return b""
        data = read_forced(self.memory, offset, min(size, PIECE))
        if not data and size:
            raise EIO
        return data

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        done = self.pwrite(task, data, self.pos)
        self.pos += done
        return done

    def pwrite(self, task: Task, data: bytes, offset: int) -> int:
        """Write at an address."""
        if self._gone:
            return 0
        done = write_forced(self.memory, offset, data)
        if not done and data:
            raise EIO
        return done

    def seek(self, offset: int, whence: int) -> int:
        """Any address; SEEK_END is EINVAL. Mirrors fs/proc/base.c:mem_lseek()."""
        if whence == SEEK.CUR:
            offset += self.pos
        elif whence != SEEK.SET:
            raise EINVAL
        self.pos = offset & (1 << 64) - 1
        return self.pos
