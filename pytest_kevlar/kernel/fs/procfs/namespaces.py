"""/proc/PID/ns: namespaces as files, to be compared and to be entered with setns(2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from pytest_kevlar.kernel.abi.files import DT, S
from pytest_kevlar.kernel.abi.process import CLONE
from pytest_kevlar.kernel.errno import ENOENT
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.generated import GeneratedDirectory, Link
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.mount import MountNamespace
from pytest_kevlar.kernel.fs.procfs.subject import Subject, inspect
from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
from pytest_kevlar.kernel.task.pidns import PidNamespace
from pytest_kevlar.kernel.task.userns import UserNamespace

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.namespace import CgroupNamespace
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.uts import UtsNamespace
    from pytest_kevlar.kernel.time.namespace import TimeNamespace

    Namespace: TypeAlias = (
        MountNamespace
        | UtsNamespace
        | IpcNamespace
        | NetNamespace
        | TimeNamespace
        | UserNamespace
        | CgroupNamespace
        | PidNamespace
    )

#: Namespace inode numbers of the initial namespaces; include/uapi/linux/nsfs.h.
NAMESPACES = (
    (b"cgroup", b"cgroup", 4026531835),
    (b"ipc", b"ipc", 4026531839),
    (b"mnt", b"mnt", 4026531832),
    (b"net", b"net", 4026531833),
    (b"pid", b"pid", 4026531836),
    (b"pid_for_children", b"pid", 4026531836),
    (b"time", b"time", 4026531834),
    (b"time_for_children", b"time", 4026531834),
    (b"user", b"user", 4026531837),
    (b"uts", b"uts", 4026531838),
)

#: ``CLONE_NEW*`` of each kind.
KINDS = {
    b"cgroup": CLONE.NEWCGROUP,
    b"ipc": CLONE.NEWIPC,
    b"mnt": CLONE.NEWNS,
    b"net": CLONE.NEWNET,
    b"pid": CLONE.NEWPID,
    b"time": CLONE.NEWTIME,
    b"user": CLONE.NEWUSER,
    b"uts": CLONE.NEWUTS,
}


class NamespaceDirectory(GeneratedDirectory):
    """/proc/PID/ns."""

    __slots__ = ()

    def find(self, task: Task | None, name: bytes) -> Inode | None:
        """The entry `name`, or None."""
        self.subject.entered()
        for entry, kind, number in NAMESPACES:
            if entry == name:
                return _namespace_link(entry, kind, number).make(
                    self.fs, (*self.key, name), self.subject
                )
        return None

    def names(self, task: Task) -> Iterator[tuple[bytes, int, tuple[Any, ...]]]:
        """What there is."""
        for entry, _, _ in NAMESPACES:
            yield entry, DT.LNK, (*self.key, entry)


def _namespace(task: Task, entry: bytes) -> Namespace | None:
    """The namespace of `task`; None for a kind of which there is one only."""
    if entry == b"mnt":
        return task.fs.namespace
    if entry == b"time":
        return task.time
    if entry == b"time_for_children":
        return task.time_for_children
    if entry == b"net":
        return task.net
    if entry == b"ipc":
        return task.ipc
    if entry == b"user":
        return task.cred.user_ns
    if entry == b"cgroup":
        return task.cgroup_ns
    if entry == b"pid":
        return task.pid_ns
    if entry == b"pid_for_children":
        return _for_children(task)
    return task.uts if entry == b"uts" else None


def _for_children(task: Task) -> PidNamespace:
    """ENOENT before there is an init; kernel/pid_namespace.c:pidns_for_children_get()."""
    namespace = task.pid_ns_for_children
    if namespace.reaper is None:
        raise ENOENT
    return namespace


def _namespace_link(entry: bytes, kind: bytes, number: int) -> Link:
    def namespace(reader: Task, subject: Subject) -> Namespace | None:
        task = inspect(reader, subject)
        if not task.alive:
            raise ENOENT
        return _namespace(task, entry)

    def show(reader: Task, subject: Subject) -> bytes:
        found = namespace(reader, subject)
        return b"%s:[%d]" % (kind, number if found is None else found.ino)

    def jump(reader: Task, subject: Subject) -> VfsPath:
        return place_of(reader.fs.vfs, kind, namespace(reader, subject), number)

    return Link(show, jump)


def place_of(vfs: Vfs, kind: bytes, namespace: Namespace | None, number: int = 0) -> VfsPath:
    """The place of a namespace in nsfs; `number` is for kinds of which there is one only."""
    fs = vfs.namespaces
    ino = number if namespace is None else namespace.ino
    inode = NamespaceInode(fs, S.IFREG | 0o444, ino=ino)
    inode.kind_name, inode.namespace = kind, namespace
    return fs.place(inode, b"%s:[%d]" % (kind, ino))


class NamespaceInode(Inode):
    """A namespace as a file.

    Attributes:
        kind_name: ``mnt``, ``uts``, …
        namespace: None for a kind of which there is one only.
    """

    __slots__ = ("kind_name", "namespace")

    kind_name: bytes
    namespace: Namespace | None

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """An open file of this kind."""
        return NamespaceFile(path, flags)


class NamespaceFile(File):
    """An open namespace, which lives as long as it is open."""

    __slots__ = ()

    inode: NamespaceInode

    def __init__(self, path: VfsPath, flags: int) -> None:
        super().__init__(path, flags)
        if isinstance(self.inode.namespace, MountNamespace | IpcNamespace):
            self.inode.namespace.get()

    def release(self) -> None:
        """Nobody has it open any more."""
        if isinstance(self.inode.namespace, MountNamespace | IpcNamespace):
            self.inode.namespace.put()

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """ioctl_ns(2)."""
        from pytest_kevlar.kernel.fs.procfs.nsrequests import handle

        return handle(task, self, request, argument)
