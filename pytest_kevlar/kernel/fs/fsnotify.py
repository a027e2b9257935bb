"""fsnotify: telling watchers what happens to inodes and to the names in directories.

One mechanism behind inotify and F_NOTIFY, called by the operations of the VFS. Mirrors
fs/notify/fsnotify.c and include/linux/fsnotify.h; what a watcher makes of an event is its
group's business. A file system without marks costs one look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import IN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.inode import Inode

#: A name became another one of the same directory: FS_RENAME as far as F_NOTIFY sees it.
RENAME = 0x1000_0000
#: Bits that tell what happened; the rest of an event's mask describes it.
EVENTS = IN.ALL_EVENTS | IN.UNMOUNT | IN.IGNORED | RENAME


class Group:
    """A watcher: one inotify instance, or all of F_NOTIFY."""

    __slots__ = ()

    def handle(self, mark: Mark, mask: int, name: bytes, cookie: int) -> None:
        """An event that `mark` asked for."""
        raise NotImplementedError

    def forget(self, mark: Mark) -> None:
        """`mark` is gone, and will see nothing more."""
        raise NotImplementedError


class Mark:
    """What one group wants to know about one inode.

    Attributes:
        mask: ``IN_*`` events. number: the group's own, inotify's watch descriptor.
        exclude_unlinked: leave out what is done through descriptors of unlinked names.
        once: the first event is the last.
    """

    __slots__ = ("exclude_unlinked", "group", "inode", "mask", "number", "once")

    def __init__(self, group: Group, inode: Inode, number: int) -> None:
        self.group = group
        self.inode = inode
        self.number = number
        self.mask = 0
        self.exclude_unlinked = False
        self.once = False

    def attach(self) -> None:
        """From now on the group is told."""
        if self.inode.marks is None:
            self.inode.marks = {}
        self.inode.marks[self.group] = self
        self.inode.fs.marks[self] = None

    def destroy(self) -> None:
        """Not any more; nothing if it is destroyed already."""
        if self.inode.fs.marks.pop(self, self) is self:
            return
        assert self.inode.marks is not None
        del self.inode.marks[self.group]
        self.inode.marks = self.inode.marks or None
        self.group.forget(self)


def mark_of(group: Group, inode: Inode) -> Mark | None:
    """The mark that `group` has on `inode`."""
    return inode.marks.get(group) if inode.marks else None


def _send(mark: Mark, mask: int, name: bytes = b"", cookie: int = 0) -> None:
    if mask & mark.mask & EVENTS:
        mark.group.handle(mark, mask, name, cookie)
        if mark.once:
            mark.destroy()


def _marks(inode: Inode) -> Iterable[Mark]:
    return tuple(inode.marks.values()) if inode.marks else ()


# -- events by what they are about -----------------------------------------------------------


def inode_event(inode: Inode, mask: int) -> None:
    """An event of `inode` alone, whatever its name; fsnotify_inode()."""
    if inode.fs.marks:
        for mark in _marks(inode):
            _send(mark, _typed(inode, mask))


def name_event(directory: Inode, mask: int, name: bytes, inode: Inode, cookie: int = 0) -> None:
    """An event of the name `name` in `directory`, which is or was `inode`'s."""
    for mark in _marks(directory):
        _send(mark, _typed(inode, mask), name, cookie)


def dentry_event(dentry: Dentry, mask: int, *, opened: bool = False) -> None:
    """An event of what `dentry` names, for its watchers and its directory's.

    Args:
        opened: it happened through an open file; see :attr:`Mark.exclude_unlinked`.

    Mirrors fsnotify_parent(): a group that watches both is told of the directory's first.
    """
    inode = dentry.inode
    if not inode.fs.marks:
        return
    parent = dentry.parent.inode
    above = parent.marks if parent is not inode else None
    mask = _typed(inode, mask)
    hidden = opened and dentry.unlinked
    for group in dict.fromkeys((*(above or ()), *(inode.marks or ()))):
        for marks, name in ((above, dentry.name), (inode.marks, b"")):
            mark = marks.get(group) if marks else None
            if mark is not None and not (hidden and mark.exclude_unlinked):
                _send(mark, mask, name)


def _typed(inode: Inode, mask: int) -> int:
    return mask | IN.ISDIR if inode.is_dir else mask


# -- events by what was done -----------------------------------------------------------------


def opened(file: File) -> None:
    """``open`` and ``execve`` opened it; from now on what is done with it is told."""
    if not file.flags & O.PATH:
        file.notifies = True
        dentry_event(file.path.dentry, IN.OPEN, opened=True)


def accessed(file: File) -> None:
    """Something was read."""
    if file.notifies:
        dentry_event(file.path.dentry, IN.ACCESS, opened=True)


def modified(file: File) -> None:
    """Something was written."""
    if file.notifies:
        dentry_event(file.path.dentry, IN.MODIFY, opened=True)


def closed(file: File) -> None:
    """The last holder of an open file is gone."""
    mask = IN.CLOSE_WRITE if file.writable else IN.CLOSE_NOWRITE
    dentry_event(file.path.dentry, mask, opened=True)


def created(directory: Inode, child: Dentry) -> None:
    """A new name, of a new inode or (link) of one that was there."""
    if directory.fs.marks:
        name_event(directory, IN.CREATE, child.name, child.inode)


def link_count(inode: Inode) -> None:
    """The number of its names changed."""
    inode_event(inode, IN.ATTRIB)


def deleted(directory: Inode, child: Dentry) -> None:
    """A name was taken out; fs/namei.c:d_delete_notify()."""
    if directory.fs.marks:
        if not child.holders:
            name_gone(child)
        name_event(directory, IN.DELETE, child.name, child.inode)


def name_gone(child: Dentry) -> None:
    """Nothing refers to an unlinked name; the last of an inode ends the watches on it."""
    inode = child.inode
    if not inode.nlink:
        inode_event(inode, IN.DELETE_SELF)
        for mark in _marks(inode):
            mark.destroy()


def moved(
    source: Inode, name: bytes, target: Inode, child: Dentry, cookie: int, victim: Dentry | None
) -> None:
    """`child` was `name` in `source` and is now in `target`, where `victim` was."""
    inode = child.inode
    if source is target:
        name_event(source, RENAME, name, inode)
    name_event(source, IN.MOVED_FROM, name, inode, cookie)
    name_event(target, IN.MOVED_TO, child.name, inode, cookie)
    if victim is not None:
        link_count(victim.inode)
    inode_event(inode, IN.MOVE_SELF)
    if victim is not None and not victim.holders:
        name_gone(victim)


def unmounted(fs: FileSystem) -> None:
    """The file system is no longer mounted anywhere; fsnotify_unmount_inodes()."""
    for mark in sorted(fs.marks, key=lambda one: -one.inode.ino):
        _send(mark, IN.UNMOUNT)
        mark.destroy()
