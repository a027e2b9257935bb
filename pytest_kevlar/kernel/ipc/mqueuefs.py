"""mqueue, the file system that POSIX message queues are names in, mounted or not.

Mirrors ipc/mqueue.c. What a queue does is :mod:`mqueue`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.errno import (
    EACCES,
    EEXIST,
    EINVAL,
    EMFILE,
    ENAMETOOLONG,
    ENOENT,
    ENOSPC,
    EOVERFLOW,
    EPERM,
)
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.filesystem import FileSystem
from pytest_kevlar.kernel.fs.inode import MAY_READ, MAY_WRITE, Inode
from pytest_kevlar.kernel.fs.mount import Mount, VfsPath
from pytest_kevlar.kernel.fs.operations import may_create, may_delete
from pytest_kevlar.kernel.fs.tmpfs import DirectoryInode
from pytest_kevlar.kernel.ipc.mqueue import Queue, QueueFile
from pytest_kevlar.kernel.task.cred import CAP_SYS_RESOURCE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
    from pytest_kevlar.kernel.task.task import Task

NAME_MAX = 255
HARD_MAX_MESSAGES, HARD_MAX_SIZE = 65536, 16 << 20
#: What a message takes beside its bytes: a head, and a node for its priority.
MESSAGE_HEAD, PRIORITY_NODE, PRIORITIES = 48, 48, 32768
#: ``st_size`` of every queue.
TEXT_SIZE = 80


class MqueueFs(FileSystem):
    """One for each IPC namespace."""

    name = b"mqueue"
    magic = MAGIC.MQUEUE_MAGIC

    def __init__(self, vfs: Vfs, namespace: IpcNamespace) -> None:
        super().__init__(vfs)
        self.namespace = namespace
        self.queues = 0
        self.bytes_of: dict[int, int] = {}  # of all queues, by the user who made them
        root = QueueDirectory(self, S.IFDIR | 0o1777)
        self.root = Dentry(b"/", None, root)
        self.mount = Mount(vfs.new_mount_id(), self, self.root, b"none", 0)

    def new_queue(
        self, task: Task, mode: int, uid: int, gid: int, sizes: tuple[int, int] | None
    ) -> QueueInode:
        """Make a queue; ipc/mqueue.c:mqueue_create_attr().

        Raises:
            ENOSPC: queues_max. EINVAL: sizes. EMFILE: RLIMIT_MSGQUEUE.
        """
        namespace = self.namespace
        privileged = task.cred.capable(CAP_SYS_RESOURCE)
        if self.queues >= namespace.mq_queues_max and not privileged:
            raise ENOSPC("queues_max")
        count, size = sizes or (
            min(namespace.mq_msg_max, namespace.mq_msg_default),
            min(namespace.mq_msgsize_max, namespace.mq_msgsize_default),
        )
        most = HARD_MAX_MESSAGES if privileged else namespace.mq_msg_max
        biggest = HARD_MAX_SIZE if privileged else namespace.mq_msgsize_max
        if not 0 < count <= most or not 0 < size <= biggest:
            raise EINVAL("mq_attr")
        total = count * size + count * MESSAGE_HEAD + min(count, PRIORITIES) * PRIORITY_NODE
        if total >= 1 << 63:
            raise EOVERFLOW("mq_attr")
        used = self.bytes_of.get(task.cred.uid, 0) + total
        if used > task.process.limit(RLIMIT.MSGQUEUE):
            raise EMFILE("RLIMIT_MSGQUEUE")
        self.bytes_of[task.cred.uid] = used
        self.queues += 1
        return QueueInode(self, mode, uid, gid, Queue(count, size), task.cred.uid, total)

    # -- mq_open and mq_unlink ----------------------------------------------------------

    def _child(self, name: bytes) -> Dentry | None:
        if not name:
            raise ENOENT
        if b"/" in name or name in (b".", b".."):
            raise EACCES
        if len(name) > NAME_MAX:
            raise ENAMETOOLONG
        root = self.root.inode
        assert isinstance(root, QueueDirectory)
        return root.children.get(name)

    def open(
        self, task: Task, name: bytes, flags: int, mode: int, sizes: tuple[int, int] | None
    ) -> QueueFile:
        """``mq_open``; ipc/mqueue.c:prepare_open()."""
        child = self._child(name)
        if child is None:
            if not flags & O.CREAT:
                raise ENOENT
            root = self.root.inode
            may_create(task, root)
            mode = S.IFREG | mode & 0o7777 & ~task.fs.umask
            inode = self.new_queue(task, mode, task.cred.fsuid, task.cred.fsgid, sizes)
            child = root.create(self.root, name, inode)
        else:
            if flags & O.CREAT and flags & O.EXCL:
                raise EEXIST
            if flags & O.ACCMODE == O.ACCMODE:
                raise EINVAL
            wanted = (MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE)[flags & O.ACCMODE]
            child.inode.permission(task.cred, wanted)
        file = child.inode.open(task, VfsPath(self.mount, child), flags & ~O.CLOEXEC)
        assert isinstance(file, QueueFile)
        return file

    def unlink(self, task: Task, name: bytes) -> None:
        """``mq_unlink``: the queue goes with its last descriptor."""
        child = self._child(name)
        if child is None:
            raise ENOENT
        root = self.root.inode
        may_delete(task, root, child, is_dir=False)
        root.remove(self.root, child)


class QueueInode(Inode):
    """A queue as a file."""

    __slots__ = ("charge", "maker", "opened", "queue")

    fs: MqueueFs

    def __init__(
        self, fs: MqueueFs, mode: int, uid: int, gid: int, queue: Queue, maker: int, charge: int
    ) -> None:
        super().__init__(fs, mode, uid, gid)
        self.queue = queue
        self.opened = 0
        self.maker = maker
        self.charge = charge
        self.size = TEXT_SIZE

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """An open file of this kind."""
        self.opened += 1
        return QueueFile(path, flags)

    def forget(self) -> None:
        """Neither a name nor a descriptor is left; ipc/mqueue.c:mqueue_evict_inode()."""
        if not self.nlink and not self.opened:
            self.fs.queues -= 1
            self.fs.bytes_of[self.maker] -= self.charge


class QueueDirectory(DirectoryInode):
    """The root, and the only directory."""

    __slots__ = ()

    fs: MqueueFs

    def new_child(self, mode: int, uid: int, gid: int, rdev: int = 0, target: bytes = b"") -> Inode:
        """A queue of default size; nothing else can be made here."""
        task = self.fs.kernel.scheduler.current
        if mode & S.IFMT != S.IFREG or task is None:
            raise EPERM
        return self.fs.new_queue(task, mode, uid, gid, None)
