"""/proc/PID/fd and /proc/PID/fdinfo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_kevlar.kernel.abi.files import DT, S
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EACCES, ENOENT
from pytest_kevlar.kernel.fs.generated import (
    FIRST_POSITION,
    GeneratedDirectory,
    Link,
    LinkInode,
    Text,
    TextInode,
)
from pytest_kevlar.kernel.fs.mount import path_text
from pytest_kevlar.kernel.fs.pidfd import PidFile
from pytest_kevlar.kernel.fs.procfs.subject import Subject, inspect, may_inspect

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.generated import GeneratedFileSystem
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.task.task import Task


class Descriptor(NamedTuple):
    """One descriptor of one task."""

    owner: Subject
    fd: int

    @property
    def task(self) -> Task:
        """Whose it is."""
        return self.owner.task

    def file(self) -> File:
        """The open file; ENOENT if it is closed or the task is gone."""
        task = self.owner.entered()
        file = task.files.find(self.fd) if task.alive else None
        if file is None:
            raise ENOENT
        return file


def _text(reader: Task, descriptor: Descriptor) -> bytes:
    inspect(reader, descriptor.owner)
    return path_text(descriptor.file().path, reader.fs.root)


def _jump(reader: Task, descriptor: Descriptor) -> VfsPath:
    inspect(reader, descriptor.owner)
    return descriptor.file().path


FD_LINK = Link(_text, _jump)


def _show_info(reader: Task, descriptor: Descriptor) -> bytes:
    """fs/proc/fd.c:seq_show()."""
    file = descriptor.file()
    flags = descriptor.task.kernel.arch.open_flags_out(file.flags)
    if descriptor.task.files.is_cloexec(descriptor.fd):
        flags |= O.CLOEXEC
    text = b"pos:\t%d\nflags:\t0%o\nmnt_id:\t%d\nino:\t%d\n" % (
        file.pos,
        flags,
        file.path.mount.id,
        file.inode.ino,
    )
    if isinstance(file, PidFile):
        return text + file.numbers(descriptor.owner.pid_ns)
    return text + file.fdinfo()


INFO = Text(0o444, _show_info)


class FdLinkInode(LinkInode):
    """The link for one descriptor; its permission bits tell the access mode."""

    __slots__ = ()

    def __init__(
        self, fs: GeneratedFileSystem, key: tuple[Any, ...], descriptor: Descriptor, file: File
    ) -> None:
        mode = (0o500 if file.readable else 0) | (0o300 if file.writable else 0)
        super().__init__(fs, key, descriptor, FD_LINK, mode)
        self.uid, self.gid = fs.owner_of(descriptor.owner, S.IFLNK | mode)
        self.size = 64


class _Descriptors(GeneratedDirectory):
    """What both directories have in common."""

    __slots__ = ()

    def descriptor(self, name: bytes) -> tuple[Descriptor, File] | None:
        """The open descriptor called `name`."""
        if not name.isdigit() or (name[:1] == b"0" and len(name) > 1):
            return None
        task = self.subject.entered()
        fd = int(name)
        file = task.files.find(fd) if task.alive else None
        return (Descriptor(self.subject, fd), file) if file is not None else None

    def numbers(self) -> list[int]:
        """Open descriptors, ascending."""
        task = self.subject.entered()
        return [fd for fd, _ in task.files] if task.alive else []

    def numbered(self, task: Task) -> Iterator[tuple[int, bytes, int, tuple[Any, ...]]]:
        """By descriptor, so that one may close them while reading; proc_readfd_common()."""
        for name, kind, key in self.names(task):
            yield FIRST_POSITION + key[-1], name, kind, key

    def end_position(self, task: Task, last: int) -> int:
        """Behind all that the table has room for."""
        owner = self.subject.entered()
        return FIRST_POSITION + owner.files.size if owner.alive else last + 1


class FdDirectory(_Descriptors):
    """/proc/PID/fd."""

    __slots__ = ()

    @property
    def size(self) -> int:
        """How many descriptors are open."""
        return len(self.numbers()) if self.subject.has_memory else 0

    @size.setter
    def size(self, value: int) -> None:
        pass

    def permits(self, cred: Any, mask: int) -> bool:
        """The process itself may always look; fs/proc/fd.c:proc_fd_permission()."""
        task = self.subject.task
        return super().permits(cred, mask) or cred is task.cred

    def find(self, task: Task | None, name: bytes) -> Inode | None:
        """The entry `name`, or None."""
        found = self.descriptor(name)
        if found is None:
            return None
        return FdLinkInode(self.fs, (*self.key, found[0].fd), *found)

    def names(self, task: Task) -> Iterator[tuple[bytes, int, tuple[Any, ...]]]:
        """What there is."""
        for fd in self.numbers():
            yield b"%d" % fd, DT.LNK, (*self.key, fd)


class FdInfoDirectory(_Descriptors):
    """/proc/PID/fdinfo."""

    __slots__ = ()

    def find(self, task: Task | None, name: bytes) -> Inode | None:
        """The entry `name`, or None."""
        if task is not None and not may_inspect(task, self.subject.entered()):
            raise EACCES
        found = self.descriptor(name)
        if found is None:
            return None
        inode = TextInode(self.fs, (*self.key, found[0].fd), found[0], INFO)
        inode.uid, inode.gid = self.fs.owner_of(self.subject, inode.mode)
        return inode

    def names(self, task: Task) -> Iterator[tuple[bytes, int, tuple[Any, ...]]]:
        """What there is."""
        for fd in self.numbers():
            yield b"%d" % fd, DT.REG, (*self.key, fd)
