"""cgroup2, the file system of control groups: directories are groups, files their settings.

One for all its mounts; a mount made in a cgroup namespace shows that namespace's part of it.
Mirrors kernel/cgroup/cgroup.c and, for what directories and files can do, fs/kernfs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import DT, S
from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.abi.poll import IN, POLL
from pytest_kevlar.kernel.cgroup.controller import ControlFile, Opener
from pytest_kevlar.kernel.cgroup.files import FILES
from pytest_kevlar.kernel.errno import E2BIG, EACCES, EINVAL, ENODEV, ENOENT, EPERM
from pytest_kevlar.kernel.fs import fsnotify
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.file import READY, File, seek_to
from pytest_kevlar.kernel.fs.filesystem import FileSystem
from pytest_kevlar.kernel.fs.inode import DirEntry, Inode
from pytest_kevlar.kernel.task.wait import WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task

#: Most bytes of one write.
WRITE_MAX = 4096
#: A file tells of changes at most so often: CGROUP_FILE_NOTIFY_MIN_INTV, 10 ms.
NOTIFY_INTERVAL = 10_000_000
#: Positions of ``.``, ``..`` and the first entry.
FIRST_POSITION = 2
CHANGED = POLL.ERR | POLL.PRI


class CgroupFs(FileSystem):
    """cgroup2."""

    name = b"cgroup2"
    magic = MAGIC.CGROUP2_SUPER_MAGIC
    keeps_attributes = True
    rename_flags = 0

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        self.hierarchy = vfs.kernel.cgroups
        inode = CgroupDirectory(self, S.IFDIR | 0o555)
        self.root = Dentry(b"/", None, inode)
        inode.begin(self.root, self.hierarchy.root)

    def root_for(self, task: Task) -> Dentry:
        """What a mount by `task` shows: the root of its namespace; cgroup_do_get_tree()."""
        directory = task.cgroup_ns.root.directory
        return self.root if directory is None else directory.place

    def shown_root(self, dentry: Dentry, reader: Task) -> bytes:
        """As mountinfo tells it: from the reader's root on; cgroup_show_path()."""
        inode = dentry.inode
        assert isinstance(inode, CgroupDirectory)
        return inode.group.path_from(reader.cgroup_ns.root)

    @property
    def options(self) -> bytes:
        """Those that are set."""
        return b",".join(name for name in OPTIONS if name in self.hierarchy.flags)


#: Words that mount(2) takes, in the order in which they are shown.
OPTIONS = (
    b"nsdelegate",
    b"favordynmods",
    b"memory_localevents",
    b"memory_recursiveprot",
    b"memory_hugetlb_accounting",
    b"pids_localevents",
)


class CgroupDirectory(Inode):
    """A group as a directory.

    Attributes:
        group: None until it is entered. place: its name.
        children: entries by name, in the order in which they came.
    """

    __slots__ = ("children", "group", "next_cookie", "place")

    fs: CgroupFs
    group: Cgroup
    place: Dentry

    def __init__(self, fs: CgroupFs, mode: int, uid: int = 0, gid: int = 0) -> None:
        super().__init__(fs, mode, uid, gid)
        self.nlink = 2
        self.children: dict[bytes, Dentry] = {}
        self.next_cookie = FIRST_POSITION

    def begin(self, place: Dentry, group: Cgroup) -> None:
        """Become the directory of `group`, with all its files."""
        self.place, self.group = place, group
        group.directory = self
        self.add_files(FILES)
        for name, controller in group.hierarchy.controllers.items():
            if group.is_root or name in group.states:
                self.add_files(controller.files)

    # -- files ---------------------------------------------------------------------------

    def add_files(self, files: Iterable[ControlFile]) -> None:
        """Make control files; they belong to whoever made the group."""
        for spec in files:
            if spec.on_root or not self.group.is_root:
                inode = ControlInode(self.fs, spec, self.group, self.uid, self.gid)
                self._enter(spec.name, inode)

    def remove_files(self, files: Iterable[ControlFile]) -> None:
        """Take control files away, opened or not."""
        for spec in files:
            child = self.children.pop(spec.name, None)
            if child is not None:
                _retire(child)

    def notify(self, name: bytes) -> None:
        """A file has something new to tell; cgroup_file_notify()."""
        child = self.children.get(name)
        if child is not None and isinstance(child.inode, ControlInode):
            child.inode.notify(child)

    def _enter(self, name: bytes, inode: Inode) -> Dentry:
        child = Dentry(name, self.place, inode, self.next_cookie)
        self.next_cookie += 1
        self.children[name] = child
        return child

    # -- as a directory ------------------------------------------------------------------

    def lookup(self, task: Task | None, dentry: Dentry, name: bytes) -> Dentry:
        """The entry `name`, or ENOENT."""
        found = self.children.get(name)
        if found is None:
            raise ENOENT
        return found

    def entries(self, task: Task, dentry: Dentry, position: int) -> Iterator[DirEntry]:
        """Directory entries."""
        if position == 0:
            yield DirEntry(b".", self.ino, DT.DIR, 0)
        if position <= 1:
            yield DirEntry(b"..", dentry.parent.inode.ino, DT.DIR, 1)
        for name, child in tuple(self.children.items()):
            if child.cookie >= position:
                kind = DT.DIR if child.inode.is_dir else DT.REG
                yield DirEntry(name, child.inode.ino, kind, child.cookie)
        yield DirEntry(b"", 0, 0, max(self.next_cookie, position))

    def new_child(self, mode: int, uid: int, gid: int, rdev: int = 0, target: bytes = b"") -> Inode:
        """Groups can be made, and nothing else."""
        if mode & S.IFMT == S.IFREG:
            raise EACCES
        if mode & S.IFMT != S.IFDIR:
            raise EPERM
        return CgroupDirectory(self.fs, mode, uid, gid)

    def create(self, dentry: Dentry, name: bytes, inode: Inode) -> Dentry:
        """mkdir(2); kernel/cgroup/cgroup.c:cgroup_mkdir()."""
        if not isinstance(inode, CgroupDirectory):
            raise EPERM  # a link
        if b"\n" in name:
            raise EINVAL
        group = self.fs.hierarchy.make(self.group, name)
        child = self._enter(name, inode)
        inode.begin(child, group)
        self.nlink += 1
        self.modified()
        return child

    def remove(self, dentry: Dentry, child: Dentry) -> None:
        """rmdir(2), with all files that are in it."""
        inode = child.inode
        if not isinstance(inode, CgroupDirectory):
            raise EPERM
        self.fs.hierarchy.remove(inode.group)
        for file in inode.children.values():
            _retire(file)
        inode.children.clear()
        del self.children[child.name]
        child.unlinked = True
        self.nlink -= 1
        self.modified()

    def require(self) -> Inode:
        """This inode, or ENOENT if the group is gone; the number of links stays."""
        if self.group.dead:
            raise ENOENT
        return self


def _retire(child: Dentry) -> None:
    """A control file is gone; whoever has it open finds out."""
    inode = child.inode
    assert isinstance(inode, ControlInode)
    child.unlinked = True
    inode.nlink = 0
    inode.changed_queue.wake(events=CHANGED)
    if inode.fs.marks and not child.holders:
        fsnotify.name_gone(child)


class ControlInode(Inode):
    """A control file.

    Attributes:
        changes: how often it told of something new. told: when it did last, None if never.
        delayed: it will tell when the interval is over.
    """

    __slots__ = ("changed_queue", "changes", "delayed", "group", "spec", "told")

    def __init__(self, fs: CgroupFs, spec: ControlFile, group: Cgroup, uid: int, gid: int) -> None:
        super().__init__(fs, S.IFREG | spec.mode, uid, gid)
        self.spec = spec
        self.group = group
        self.changes = 0
        self.told: int | None = None
        self.delayed = False
        self.changed_queue = WaitQueue()

    def notify(self, place: Dentry) -> None:
        """Tell pollers and watchers, but not too often."""
        kernel = self.fs.kernel
        now = kernel.clock.now
        if self.delayed:
            return
        if self.told is not None and now < self.told + NOTIFY_INTERVAL:
            self.delayed = True
            kernel.timers.add(self.told + NOTIFY_INTERVAL, lambda: self._tell_late(place))
            return
        self.told = now
        self.changes += 1
        self.changed_queue.wake(events=CHANGED)
        fsnotify.dentry_event(place, IN.MODIFY)

    def _tell_late(self, place: Dentry) -> None:
        self.delayed = False
        if self.nlink:
            self.notify(place)

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """An open file of this kind."""
        assert task is not None
        if not self.nlink:
            raise ENODEV
        return ControlOpenFile(path, flags, Opener(task.cred, task.cgroup_ns))

    def truncate(self, size: int) -> None:
        """O_TRUNC and truncate(2) succeed and mean nothing."""


class ControlOpenFile(File):
    """An open control file: the text is made at the start and kept, as seq_file does."""

    __slots__ = ("_seen", "_text", "opener")

    positional = True
    nowait = False
    inode: ControlInode

    def __init__(self, path: VfsPath, flags: int, opener: Opener) -> None:
        super().__init__(path, flags)
        self.opener = opener
        self._text: bytes | None = None
        self._seen = -1

    def _require(self) -> ControlFile:
        """What kind of file it is; ENODEV if it is gone."""
        if not self.inode.nlink:
            raise ENODEV
        return self.inode.spec

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
        spec = self._require()
        if spec.show is None:
            raise EINVAL
        if self._text is None or offset == 0:
            self._seen = self.inode.changes
            self._text = spec.show(task, self.inode.group)
        return self._text[offset : offset + size]

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        done = self.pwrite(task, data, self.pos)
        self.pos += done
        return done

    def pwrite(self, task: Task, data: bytes, offset: int) -> int:
        """Each write is a whole setting, wherever it goes; cgroup_file_write()."""
        if len(data) > WRITE_MAX:
            raise E2BIG
        spec = self._require()
        if data:
            if spec.store is None:
                raise EINVAL
            spec.store(task, self.inode.group, bytes(data), self.opener)
        return len(data)

    def poll(self) -> int:
        """POLLPRI once there is something that has not been read; fs/kernfs/file.c."""
        if not self.inode.nlink or self._seen != self.inode.changes:
            return READY | CHANGED
        return READY

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Woken when there is something new."""
        return (self.inode.changed_queue,)

    @property
    def pollable(self) -> bool:
        """Whether epoll takes it."""
        return True

    def seek(self, offset: int, whence: int) -> int:
        """Set the position."""
        return seek_to(self, offset, whence, 0)

    def truncate(self, task: Task, size: int) -> None:
        """Succeeds and means nothing."""


def group_of(file: File) -> Cgroup | None:
    """The group whose directory is open; None if it is something else."""
    inode = file.inode
    return inode.group if isinstance(inode, CgroupDirectory) else None
