"""The tree of /proc: processes by number, the fixed entries, and the links to the reader.

What the entries say is in the other modules of this package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.files import DT, S
from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.errno import ENOENT
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.generated import (
    FIRST_POSITION,
    GeneratedDirectory,
    GeneratedFileSystem,
    Link,
)
from pytest_kevlar.kernel.fs.procfs.pid import PROCESS, ProcessInode
from pytest_kevlar.kernel.fs.procfs.subject import Subject, dumpable
from pytest_kevlar.kernel.fs.procfs.system import ROOT
from pytest_kevlar.kernel.task.userns import NO_ID

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.pidns import PidNamespace
    from pytest_kevlar.kernel.task.task import Task

#: Positions in /proc: of the links to the reader, and of process 0; fs/proc/internal.h.
FIRST_LINK, FIRST_PROCESS, PID_MAX_LIMIT = 256, 258, 1 << 22
READABLE_DIRECTORY = S.IFDIR | 0o555

SELF = (b"self", b"thread-self")


def _self_link(pid_ns: PidNamespace, *, thread: bool) -> Link:
    """The reader, ENOENT if it is not seen here; fs/proc/self.c, thread_self.c."""

    def show(reader: Task, subject: Any) -> bytes:
        number = pid_ns.number(reader.process.pid)
        if not number:
            raise ENOENT
        return b"%d/task/%d" % (number, pid_ns.number(reader.tid)) if thread else b"%d" % number

    return Link(show)


class ProcFs(GeneratedFileSystem):
    """proc.

    Attributes:
        pid_ns: the PID namespace it shows.
        links: those to the reader.
    """

    name = b"proc"
    magic = MAGIC.PROC_SUPER_MAGIC

    def __init__(self, vfs: Vfs, pid_ns: PidNamespace) -> None:
        super().__init__(vfs)
        self.pid_ns = pid_ns
        self.links = {name: _self_link(pid_ns, thread=name != b"self") for name in SELF}
        self.root = Dentry(b"/", None, RootInode(self))

    def owner_of(self, subject: Any, mode: int) -> tuple[int, int]:
        """fs/proc/base.c:task_dump_owner()."""
        if not isinstance(subject, Subject):
            return 0, 0
        if mode != READABLE_DIRECTORY and not dumpable(subject.task):
            space = subject.task.process.memory_owner
            root, group = space.uids.down(0), space.gids.down(0)
            return 0 if root == NO_ID else root, 0 if group == NO_ID else group
        return subject.task.cred.euid, subject.task.cred.egid


class RootInode(GeneratedDirectory):
    """/proc itself."""

    __slots__ = ("proc",)

    def __init__(self, proc: ProcFs) -> None:
        super().__init__(proc, ("proc",), None)
        self.proc = proc

    def find(self, task: Task | None, name: bytes) -> Inode | None:
        """The entry `name`, or None."""
        spec = ROOT.get(name) or self.proc.links.get(name)
        if spec is not None:
            return spec.make(self.fs, (name,), None)
        if not name.isdigit() or (name[:1] == b"0" and len(name) > 1):
            return None
        found = self.proc.pid_ns.task(int(name))
        if found is None:
            return None
        # A thread that is no leader can be looked up here, though it is not listed.
        return process_inode(self.fs, int(name), Subject(found, self.proc.pid_ns))

    def names(self, task: Task) -> Iterator[tuple[bytes, int, tuple[Any, ...]]]:
        """What there is."""
        for name, spec in ROOT.items():
            yield name, spec.kind, (name,)
        for name in SELF:
            yield name, DT.LNK, (name,)
        for number in sorted(number for number, _ in self.proc.pid_ns.processes()):
            yield b"%d" % number, DT.DIR, ("process", number)

    def numbered(self, task: Task) -> Iterator[tuple[int, bytes, int, tuple[Any, ...]]]:
        """Processes by number, so that one may end while others are listed."""
        link = FIRST_LINK
        for position, (name, kind, key) in enumerate(self.names(task), FIRST_POSITION):
            if key[0] == "process":
                yield FIRST_PROCESS + key[1], name, kind, key
            elif name in SELF:
                yield link, name, kind, key
                link += 1
            else:
                yield position, name, kind, key

    def end_position(self, task: Task, last: int) -> int:
        """fs/proc/base.c:proc_pid_readdir()."""
        return FIRST_PROCESS + PID_MAX_LIMIT


def process_inode(fs: GeneratedFileSystem, number: int, subject: Subject) -> Inode:
    """/proc/PID."""
    return ProcessInode(fs, ("process", number), subject, PROCESS)
