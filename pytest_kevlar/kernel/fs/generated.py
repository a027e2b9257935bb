"""File systems whose content is made when it is looked at: what /proc and /sys share.

A directory is a table of specifications; inodes are made by lookup and belong to nobody
until something opens them. What stands in the tables is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pytest_kevlar.kernel.abi.files import DT, S
from pytest_kevlar.kernel.errno import EINVAL, EIO, ENOENT, EPERM, LinuxError
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.file import READY, File, seek_to
from pytest_kevlar.kernel.fs.filesystem import FileSystem
from pytest_kevlar.kernel.fs.inode import DirEntry, Inode

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.task.task import Task

#: Makes the content; takes who reads and what the entry is about.
Show = Callable[["Task", Any], bytes]
#: Takes what was written.
Store = Callable[["Task", Any, bytes], None]


class GeneratedFileSystem(FileSystem):
    """Keeps inode numbers stable: the same entry always has the same one.

    Attributes:
        keeps_names: see :class:`Inode`.
    """

    keeps_names = False

    def __init__(self, vfs: Any) -> None:
        super().__init__(vfs)
        self._inos: dict[tuple[Any, ...], int] = {}
        self.started = self.now()

    def ino_of(self, key: tuple[Any, ...]) -> int:
        """The inode number of the entry `key`."""
        ino = self._inos.get(key)
        if ino is None:
            ino = self._inos[key] = self.new_ino()
        return ino

    def mountpoint_of(self, inode: Inode) -> Dentry | None:
        """The dentry of the same entry if something is mounted there: that one has to stay."""
        for known in self.vfs.mountpoints:
            if known.inode.fs is self and known.inode.ino == inode.ino:
                return known
        return None

    def owner_of(self, subject: Any, mode: int) -> tuple[int, int]:
        """Uid and gid of an entry about `subject`."""
        return 0, 0


@dataclass(frozen=True, slots=True)
class Text:
    """A file: permission bits, what it shows, what writing does.

    Attributes:
        events: what poll says; anything but the default makes it a file epoll takes.
        check: called when the file is opened, to refuse it.
        held: what it showed when it was opened stays readable when it can show no more.
    """

    mode: int
    show: Show
    store: Store | None = None
    events: int = READY
    check: Callable[[Task, Any], object] | None = None
    held: bool = False

    def make(self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any) -> Inode:
        """The inode."""
        return TextInode(fs, key, subject, self)

    @property
    def kind(self) -> int:
        """``DT_*``."""
        return DT.REG


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link; with `jump` a magic one.

    Attributes:
        size: what stat tells, the length of the text for links that never change.
    """

    text: Show
    jump: Callable[[Task, Any], VfsPath] | None = None
    size: int = 0

    def make(self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any) -> Inode:
        """The inode."""
        return LinkInode(fs, key, subject, self)

    @property
    def kind(self) -> int:
        """``DT_*``."""
        return DT.LNK


@dataclass(frozen=True, slots=True)
class Table:
    """A directory of fixed entries about the same subject."""

    entries: Mapping[bytes, Spec]
    mode: int = 0o555

    def make(self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any) -> Inode:
        """The inode."""
        return TableInode(fs, key, subject, self.entries, self.mode)

    @property
    def kind(self) -> int:
        """``DT_*``."""
        return DT.DIR


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory whose entries `make_inode` knows."""

    make_inode: Callable[[GeneratedFileSystem, tuple[Any, ...], Any], Inode]

    def make(self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any) -> Inode:
        """The inode."""
        return self.make_inode(fs, key, subject)

    @property
    def kind(self) -> int:
        """``DT_*``."""
        return DT.DIR


class Entry(Protocol):
    """Anything that a table may hold."""

    @property
    def kind(self) -> int:
        """``DT_*``."""

    def make(self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any) -> Inode:
        """The inode."""


Spec = Text | Link | Table | Directory | Entry


class GeneratedInode(Inode):
    """Common to all: which entry it is and what it is about."""

    __slots__ = ("key", "subject")

    fs: GeneratedFileSystem

    @property
    def keeps_names(self) -> bool:
        """Whether a name that is not there may be asked to be made: procfs says ENOENT."""
        return self.fs.keeps_names

    def __init__(
        self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any, mode: int
    ) -> None:
        uid, gid = fs.owner_of(subject, mode)
        super().__init__(fs, mode, uid, gid, ino=fs.ino_of(key))
        self.key = key
        self.subject = subject

    @property
    def block_size(self) -> int:
        """`st_blksize`."""
        return 1024

    def chmod_allowed(self, mode: int) -> None:
        """Entries about processes keep their attributes; fs/proc/base.c:proc_setattr()."""
        if self.subject is not None:
            raise EPERM


class TextInode(GeneratedInode):
    """A generated file."""

    __slots__ = ("spec",)

    def __init__(
        self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any, spec: Text
    ) -> None:
        super().__init__(fs, key, subject, S.IFREG | spec.mode)
        self.spec = spec

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """An open file of this kind."""
        file = TextFile(path, flags)
        if task is not None:
            if self.spec.check is not None:
                self.spec.check(task, self.subject)
            if self.spec.held:
                file.fill(task)
        return file

    def truncate(self, size: int) -> None:
        """O_TRUNC and truncate(2) succeed and mean nothing."""


class TextFile(File):
    """An open generated file: the text is made at the start and kept, as seq_file does."""

    __slots__ = ("_text",)

    positional = True
    nowait = False
    inode: TextInode

    def __init__(self, path: VfsPath, flags: int) -> None:
        super().__init__(path, flags)
        self._text: bytes | None = None

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        data = self.pread(task, size, self.pos)
        self.pos += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Go back."""
        self.pos -= len(data)

    def pread(self, task: Task, size: int, offset: int) -> bytes:
        """Read at `offset`."""
        if self._text is None or offset == 0:
            try:
                self.fill(task)
            except LinuxError:
                if self._text is None or not self.inode.spec.held:
                    raise
        return self._text[offset : offset + size] if self._text else b""

    def fill(self, task: Task) -> None:
        """Make the text anew."""
        self._text = self.inode.spec.show(task, self.inode.subject)

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        store = self.inode.spec.store
        if store is None:
            raise EIO if self.inode.subject is None else EINVAL
        store(task, self.inode.subject, data)
        self.pos += len(data)
        return len(data)

    def pwrite(self, task: Task, data: bytes, offset: int) -> int:
        """Write at `offset`."""
        store = self.inode.spec.store
        if store is None:
            raise EIO if self.inode.subject is None else EINVAL
        store(task, self.inode.subject, data)
        return len(data)

    def poll(self) -> int:
        """What is ready; some files tell more than others."""
        return self.inode.spec.events

    @property
    def pollable(self) -> bool:
        """Whether epoll takes it."""
        return self.inode.spec.events != READY

    def seek(self, offset: int, whence: int) -> int:
        """Set the position."""
        if whence not in (0, 1):
            raise EINVAL
        return seek_to(self, offset, whence, 0)


class LinkInode(GeneratedInode):
    """A generated link."""

    __slots__ = ("spec",)

    def __init__(
        self,
        fs: GeneratedFileSystem,
        key: tuple[Any, ...],
        subject: Any,
        spec: Link,
        mode: int = 0o777,
    ) -> None:
        super().__init__(fs, key, subject, S.IFLNK | mode)
        self.spec = spec
        self.size = spec.size

    def readlink(self, task: Task) -> bytes:
        """The target."""
        return self.spec.text(task, self.subject)

    def jump(self, task: Task) -> VfsPath | None:
        """Where a magic link leads."""
        return self.spec.jump(task, self.subject) if self.spec.jump else None


#: What comes after ``.`` and ``..``.
FIRST_POSITION = 2


class GeneratedDirectory(GeneratedInode):
    """A directory that is asked for its entries."""

    __slots__ = ()

    def __init__(
        self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any, mode: int = 0o555
    ) -> None:
        super().__init__(fs, key, subject, S.IFDIR | mode)
        self.nlink = 2

    def find(self, task: Task | None, name: bytes) -> Inode | None:
        """The inode of the entry `name`, or None."""
        raise NotImplementedError

    def names(self, task: Task) -> Iterator[tuple[bytes, int, tuple[Any, ...]]]:
        """Name, ``DT_*`` and inode key of every entry."""
        raise NotImplementedError

    def numbered(self, task: Task) -> Iterator[tuple[int, bytes, int, tuple[Any, ...]]]:
        """The same, each after its position; where entries come and go, its own number's."""
        for position, entry in enumerate(self.names(task), FIRST_POSITION):
            yield position, *entry

    def end_position(self, task: Task, last: int) -> int:
        """The position behind the last entry, whose own is `last`."""
        return last + 1

    def lookup(self, task: Task | None, dentry: Dentry, name: bytes) -> Dentry:
        """The entry `name`, or ENOENT."""
        inode = self.find(task, name)
        if inode is None:
            raise ENOENT
        return self.fs.mountpoint_of(inode) or Dentry(name, dentry, inode)

    def new_child(self, mode: int, uid: int, gid: int, rdev: int = 0, target: bytes = b"") -> Inode:
        """Nothing can be created: ENOENT, as proc answers."""
        raise ENOENT

    def entries(self, task: Task, dentry: Dentry, position: int) -> Iterator[DirEntry]:
        """Directory entries."""
        fs = self.fs
        if position == 0:
            yield DirEntry(b".", self.ino, DT.DIR, 0)
        if position <= 1:
            yield DirEntry(b"..", dentry.parent.inode.ino, DT.DIR, 1)
        last = FIRST_POSITION - 1
        for last, name, kind, key in self.numbered(task):
            if last >= position:
                yield DirEntry(name, fs.ino_of(key), kind, last)
        yield DirEntry(b"", 0, 0, max(self.end_position(task, last), position))


class TableInode(GeneratedDirectory):
    """A directory of fixed entries."""

    __slots__ = ("table",)

    def __init__(
        self,
        fs: GeneratedFileSystem,
        key: tuple[Any, ...],
        subject: Any,
        table: Mapping[bytes, Spec],
        mode: int = 0o555,
    ) -> None:
        super().__init__(fs, key, subject, mode)
        self.table = table
        self.nlink = 2 + sum(1 for spec in table.values() if spec.kind == DT.DIR)

    def find(self, task: Task | None, name: bytes) -> Inode | None:
        """The entry `name`, or None."""
        spec = self.table.get(name)
        return spec.make(self.fs, (*self.key, name), self.subject) if spec else None

    def names(self, task: Task) -> Iterator[tuple[bytes, int, tuple[Any, ...]]]:
        """What there is."""
        for name, spec in self.table.items():
            yield name, spec.kind, (*self.key, name)


def line(text: str | int) -> Show:
    """An entry that always shows one line."""
    data = f"{text}\n".encode()
    return lambda task, subject: data
