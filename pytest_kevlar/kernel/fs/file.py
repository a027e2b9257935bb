"""The open file description: what descriptors refer to, and what ``dup`` and ``fork`` share.

The base of every kind of open file. Operations never sleep: they raise EAGAIN, and
:mod:`transfer` sleeps on :meth:`File.queues` where the caller may wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import SEEK
from pytest_kevlar.kernel.abi.mm import PROT
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.errno import (
    EACCES,
    EBADF,
    EINVAL,
    ENODEV,
    ENOTDIR,
    ENOTTY,
    ESPIPE,
)
from pytest_kevlar.kernel.fs import fsnotify
from pytest_kevlar.kernel.fs.fasync import AsyncList, Owner, set_async

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.epoll import EpollItem
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.inode import DirEntry, Inode
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.mm.pagecache import PageCache
    from pytest_kevlar.kernel.mm.space import AddressSpace
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.wait import WaitQueue

MAX_OFFSET = (1 << 63) - 1
PROT_ALL = PROT.READ | PROT.WRITE | PROT.EXEC
READY = POLL.IN | POLL.OUT | POLL.RDNORM | POLL.WRNORM

#: Flags that only opening looks at; F_GETFL never shows them.
OPEN_ONLY = O.CREAT | O.EXCL | O.NOCTTY | O.TRUNC | O.CLOEXEC
#: Flags that F_SETFL changes.
SETTABLE = O.APPEND | O.NONBLOCK | O.DIRECT | O.NOATIME


class File:
    """One open file.

    Attributes:
        path: where it was opened. inode: what was opened.
        flags: neutral ``O_*`` status flags and access mode.
        pos: offset in bytes.
        refs: descriptors, mappings and calls that hold it; see :meth:`get` and :meth:`put`.
        owner: F_SETOWN. signal: F_SETSIG.
        epolls: registrations that must go when the file does.
        notifies: it was opened by a path, so that watchers are told what is done with it.
        stream: a write may be partial and is continued until all is written.
        positional: ``pread`` and ``pwrite`` work.
        discards: what is written is not even looked at.
        splices_in, splices_out: whether splice(2) writes to it, reads from it.
        nowait: preadv2(2) and pwritev2(2) take RWF_NOWAIT.
        notes_closing: closing any descriptor of it means something; see :meth:`closed_by`.
        async_reads, async_writes: io_submit(2) takes such requests (``read_iter``, ``write_iter``).
        merges: neighbouring mappings of it may become one VMA.
        expands: mremap(2) may make a mapping of it larger, or leave the old one.
        own_waits: it sleeps by itself, having time limits of its own.
        sleep_read, sleep_write: what a sleeping task is said to wait for.
    """

    __slots__ = ("epolls", "flags", "inode", "notifies", "owner", "path", "pos", "refs", "signal")

    stream = False
    positional = False
    discards = False
    splices_in = False
    splices_out = False
    nowait = True
    async_reads = True
    async_writes = True
    merges = True
    expands = True
    notes_closing = False
    own_waits = False
    sleep_read = "read"
    sleep_write = "write"

    def __init__(self, path: VfsPath, flags: int) -> None:
        self.path = path
        self.inode: Inode = path.dentry.inode
        self.flags = flags & ~OPEN_ONLY
        self.pos = 0
        self.refs = 1
        self.owner = Owner()
        self.signal = 0
        self.epolls: dict[EpollItem, None] | None = None
        self.notifies = False
        path.dentry.holders += 1

    # -- life -----------------------------------------------------------------------

    def get(self) -> File:
        """One more holder."""
        self.refs += 1
        return self

    def put(self) -> None:
        """One holder less; the last one closes the file."""
        self.refs -= 1
        if self.refs == 0:
            if self.flags & O.ASYNC:
                set_async(self, -1, on=False)
            if self.epolls:
                for item in list(self.epolls):
                    item.epoll.drop(item)
            if self.inode.locks is not None:
                self.inode.locks.release_file(self)
            if self.notifies:
                fsnotify.closed(self)
            self.release()
            self._leave_name()

    def _leave_name(self) -> None:
        dentry = self.path.dentry
        dentry.holders -= 1
        if dentry.unlinked and not dentry.holders and self.inode.marks:
            fsnotify.name_gone(dentry)

    def release(self) -> None:
        """The last holder is gone; kinds that hold something let it go here."""

    def keeps(self, fs: FileSystem) -> bool:
        """Whether `fs` stays while this is open, mounted or not."""
        return self.inode.fs is fs

    def closed_by(self, process: Process) -> None:
        """A descriptor of `process` was closed, not necessarily the last one."""

    # -- questions ------------------------------------------------------------------

    @property
    def readable(self) -> bool:
        """Opened for reading."""
        return not self.flags & (O.WRONLY | O.PATH)

    @property
    def writable(self) -> bool:
        """Opened for writing; access mode 3 is for neither, include/linux/fs.h:OPEN_FMODE()."""
        return bool(self.flags + 1 & 2) and not self.flags & O.PATH

    @property
    def nonblocking(self) -> bool:
        """O_NONBLOCK is set."""
        return bool(self.flags & O.NONBLOCK)

    @property
    def pages(self) -> PageCache | None:
        """What ``mmap`` maps, or None."""
        return self.inode.pages

    def mmap_pages(self) -> PageCache:
        """What ``mmap`` maps; ENODEV if the file cannot be mapped."""
        pages = self.inode.pages
        if pages is None:
            raise ENODEV
        return pages

    def shared_protection(self, prot: int) -> int:
        """What a shared mapping asked for with `prot` may ever have; EACCES."""
        if self.writable:
            return PROT_ALL
        if prot & PROT.WRITE:
            raise EACCES
        return PROT_ALL & ~PROT.WRITE

    def remapped(self, space: AddressSpace, old: int, new: int) -> None:
        """A mapping of it moved."""

    @property
    def wants_anonymous(self) -> bool:
        """A private mapping of it is anonymous memory (``/dev/zero``)."""
        return False

    def fdinfo(self) -> bytes:
        """Lines that ``/proc/PID/fdinfo`` shows after the common ones."""
        return b""

    # -- transfer; none of these sleeps -------------------------------------------------

    def read(self, task: Task, size: int) -> bytes:
        """Up to `size` bytes from the position on; EAGAIN if there are none yet."""
        raise EINVAL

    def acceptable(self, data: bytes) -> bytes:
        """What of a write's first bytes is taken although the rest cannot be read."""
        return data

    def unread(self, data: bytes) -> None:
        """Take back what the caller's buffer had no room for."""

    def write(self, task: Task, data: bytes) -> int:
        """Write what can be written; EAGAIN if nothing can be yet."""
        raise EINVAL

    async def wait_and_read(self, task: Task, size: int) -> bytes:
        """Sleep until there is something to read; for files with `own_waits`."""
        raise EINVAL

    async def wait_and_write(self, task: Task, data: bytes, done: int) -> int:
        """Sleep until all but the first `done` bytes are written; for files with `own_waits`."""
        raise EINVAL

    def pread(self, task: Task, size: int, offset: int) -> bytes:
        """Read at `offset`; the position stays."""
        raise ESPIPE

    def pwrite(self, task: Task, data: bytes, offset: int) -> int:
        """Write at `offset`; the position stays."""
        raise ESPIPE

    def seek(self, offset: int, whence: int) -> int:
        """Set the position, return it."""
        raise ESPIPE

    def entries(self, task: Task) -> Iterable[DirEntry]:
        """Directory entries from the position on."""
        raise ENOTDIR

    def poll(self) -> int:
        """``POLL*`` bits that are true now; ordinary files are always ready."""
        return READY

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Queues that are woken when one of the ``POLL*`` bits `events` may become true."""
        return ()

    def fasync(self) -> tuple[AsyncList, ...]:
        """Where it is entered for O_ASYNC; nothing if it never sends SIGIO."""
        return ()

    @property
    def pollable(self) -> bool:
        """Whether epoll takes it; ordinary files and directories are EPERM."""
        return False

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """What only this kind of file knows; ENOTTY for the rest."""
        raise ENOTTY

    def sync(self) -> None:
        """``fsync``; EINVAL for what cannot be synchronised."""
        raise EINVAL

    def truncate(self, task: Task, size: int) -> None:
        """``ftruncate``."""
        raise EINVAL

    def allocate(self, task: Task, mode: int, offset: int, length: int) -> None:
        """``fallocate``."""
        raise ESPIPE if not self.inode.is_regular else EBADF

    def check_flags(self, flags: int) -> None:
        """Raise what F_SETFL answers to `flags`; nothing if they are fine."""

    def set_flags(self, flags: int) -> None:
        """F_SETFL."""
        self.check_flags(flags)
        self.flags = self.flags & ~SETTABLE | flags & SETTABLE


class PathFile(File):
    """An O_PATH descriptor: a place, and nothing more."""

    __slots__ = ()


def seek_to(file: File, offset: int, whence: int, size: int, limit: int = MAX_OFFSET) -> int:
    """Set the position of a file of `size` bytes; fs/read_write.c:generic_file_llseek()."""
    if whence == SEEK.CUR:
        offset += file.pos
    elif whence == SEEK.END:
        offset += size
    elif whence != SEEK.SET:
        raise EINVAL
    if offset < 0 or offset > limit:
        raise EINVAL
    file.pos = offset
    return offset
