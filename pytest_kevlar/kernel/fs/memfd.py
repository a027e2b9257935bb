"""memfd_create(2): regular files without a name, and the seals that only they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.fcntl import SEAL
from pytest_kevlar.kernel.abi.files import MFD, S
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EBUSY, EINVAL, EPERM
from pytest_kevlar.kernel.fs.regular import RegularFile
from pytest_kevlar.kernel.fs.tmpfs import RegularInode

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.task import Task

ALL_SEALS = SEAL.SEAL | SEAL.SHRINK | SEAL.GROW | SEAL.WRITE | SEAL.FUTURE_WRITE | SEAL.EXEC
#: Seals that a file sealed against execution gets with its first seal.
WITH_EXEC = SEAL.SHRINK | SEAL.GROW | SEAL.WRITE | SEAL.FUTURE_WRITE


class MemfdInode(RegularInode):
    """The inode of a memfd; the only kind whose seals can be asked for."""

    __slots__ = ()

    def chmod_allowed(self, mode: int) -> None:
        """F_SEAL_EXEC keeps the execute bits; mm/shmem.c:shmem_setattr()."""
        if self.seals & SEAL.EXEC and (self.mode ^ mode) & 0o111:
            raise EPERM

    def add_seals(self, seals: int, *, mapped_writable: bool) -> None:
        """F_ADD_SEALS; mm/memfd.c:memfd_add_seals()."""
        if seals & ~ALL_SEALS:
            raise EINVAL
        if self.seals & SEAL.SEAL:
            raise EPERM
        if seals & SEAL.EXEC and self.mode & 0o111:
            seals |= WITH_EXEC
        if seals & SEAL.WRITE and not self.seals & SEAL.WRITE and mapped_writable:
            raise EBUSY
        self.seals |= seals


def make_memfd(task: Task, name: bytes, flags: int) -> RegularFile:
    """A new memfd, open for reading and writing."""
    fs = task.fs.vfs.shared_memory
    mode = 0o666 if flags & MFD.NOEXEC_SEAL else 0o777
    inode = MemfdInode(fs, S.IFREG | mode, task.cred.fsuid, task.cred.fsgid)
    inode.nlink = 0
    if flags & MFD.NOEXEC_SEAL:
        inode.seals = SEAL.EXEC
    elif flags & MFD.ALLOW_SEALING:
        inode.seals = 0
    else:
        inode.seals = SEAL.SEAL
    place = fs.place(inode, b"/memfd:" + name + b" (deleted)")
    return RegularFile(place, O.RDWR | O.LARGEFILE)


def memfd_of(file: File) -> MemfdInode:
    """The memfd behind an open file; EINVAL if it is another kind."""
    if not isinstance(file.inode, MemfdInode):
        raise EINVAL
    return file.inode
