"""Who holds what: everything that can be reached from tasks, counted from scratch.

Made anew for each look at the invariants. What a sleeping system call holds is in the local
variables of its coroutine, where nobody can tell a reference from a mere mention: such a
file may have that many holders more, and need not.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.tmpfs import DirectoryInode, Tmpfs
from pytest_kevlar.kernel.ipc.mqueue import Queue, QueueFile
from pytest_kevlar.kernel.net.unix.socket import UnixSocket

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.mount import Mount, MountNamespace
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.mm.space import AddressSpace
    from pytest_kevlar.kernel.task.fdtable import FdTable
    from pytest_kevlar.kernel.task.task import Task

#: How deep files are looked for in what a sleeping call has in its hands.
DEPTH = 3


class Census:
    """One look at a kernel.

    Attributes:
        tasks: all that are alive, the two that never run included.
        spaces, tables: what they use, and how many do.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.tasks: list[Task] = [task for task in kernel.tasks.values() if task.alive]
        self.spaces: dict[AddressSpace, int] = {}
        self.tables: dict[FdTable, int] = {}
        for task in self.tasks:
            self.spaces[task.memory] = self.spaces.get(task.memory, 0) + 1
            self.tables[task.files] = self.tables.get(task.files, 0) + 1

    # -- open files --------------------------------------------------------------------------

    @cached_property
    def mentions(self) -> dict[File | Inode, int]:
        """How often sleeping calls mention a file or an inode."""
        found: dict[File | Inode, int] = {}
        for task in self.tasks:
            for frame in _frames(task.coroutine):
                for value in frame.f_locals.values():
                    for each in _mentioned(value, DEPTH):
                        found[each] = found.get(each, 0) + 1
        return found

    @cached_property
    def files(self) -> dict[File, int]:
        """Every open file that can be reached, and how many hold it for sure."""
        found: dict[File, int] = {}
        for file in self._holdings():
            found[file] = found.get(file, 0) + 1
        for sock in self.kernel.net.unix_anywhere:
            found.setdefault(sock, 0)
        for each in self.mentions:
            if isinstance(each, File) and each.refs > 0:
                found.setdefault(each, 0)
        return found

    def _asynchronous(self) -> Iterator[File]:
        """What contexts of asynchronous I/O hold: their rings, and the files of requests."""
        for space in self.spaces:
            for context in space.aio.contexts.values() if space.aio is not None else ():
                yield context._file
                for request in context.waiting:
                    yield request.file
                    if request._counter is not None:
                        yield request._counter

    def _holdings(self) -> Iterator[File]:
        told: dict[Queue, None] = {}  # queues that tell somebody of messages
        for table in self.tables:
            for _, file in table:
                yield file
                if isinstance(file, QueueFile):
                    told[file.queue] = None
        for queue in told:
            if queue.notification is not None and isinstance(queue.notification.socket, File):
                yield queue.notification.socket
        for space in self.spaces:
            for vma in space.vmas:
                if vma.file is not None:
                    yield vma.file
        yield from self._asynchronous()
        for process in self.kernel.processes.values():
            if process.exe is not None:
                yield process.exe
        for ipc in {task.ipc: None for task in self.tasks} | {self.kernel.ipc: None}:
            for segment in ipc.shm.objects:
                yield segment.holder
        for sock in self.kernel.net.unix_anywhere:
            yield from sock.embryos
            for packet in sock.packets:
                if packet.enclosed is not None:
                    yield from packet.enclosed.files

    # -- names -------------------------------------------------------------------------------

    @cached_property
    def namespaces(self) -> list[MountNamespace]:
        """Every tree of mounts that a task sees."""
        return list({task.fs.namespace: None for task in self.tasks})

    @cached_property
    def mounts(self) -> list[Mount]:
        """What is mounted in any of them."""
        return [mount for namespace in self.namespaces for mount in namespace.root.tree()]

    @cached_property
    def trees(self) -> dict[Tmpfs, list[Dentry]]:
        """All names of every mounted tmpfs, its root first."""
        found: dict[Tmpfs, list[Dentry]] = {}
        for mount in self.mounts:
            if isinstance(mount.fs, Tmpfs) and mount.fs not in found:
                found[mount.fs] = _names(mount.fs.root)
        return found


def _names(root: Dentry) -> list[Dentry]:
    found = [root]
    for dentry in found:  # grows meanwhile
        if isinstance(dentry.inode, DirectoryInode):
            found.extend(dentry.inode.children.values())
    return found


def _frames(coroutine: Any) -> Iterator[Any]:
    """The frames of a suspended call, outermost first."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None:
            yield frame
        coroutine = getattr(coroutine, "cr_await", None)


def _mentioned(value: object, depth: int) -> Iterator[File | Inode]:
    if isinstance(value, (File, Inode)):
        yield value
        if isinstance(value, UnixSocket) and value.peer is not None:
            yield value.peer
    elif depth and isinstance(value, (list, tuple, dict)):
        for item in value:
            yield from _mentioned(item, depth - 1)
