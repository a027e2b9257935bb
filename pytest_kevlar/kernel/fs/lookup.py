"""Path names to places: the one walk behind every call that takes a path.

Mirrors fs/namei.c. Permission to search is checked here; what may be done with what was
found is the caller's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import AT, LIMIT, S
from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.abi.open import RESOLVE
from pytest_kevlar.kernel.errno import (
    EACCES,
    ELOOP,
    ENAMETOOLONG,
    ENOENT,
    ENOTDIR,
    EXDEV,
)
from pytest_kevlar.kernel.fs.inode import MAY_EXEC
from pytest_kevlar.kernel.fs.mount import VfsPath
from pytest_kevlar.kernel.fs.times import accessed

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.task import Task

MAX_SYMLINKS = 40


class Walk:
    """One resolution under way.

    Attributes:
        here: where the walk has come to.
        last: the last component, not looked up yet; None if the path was only slashes.
        trailing: whether a slash followed it.
        depth: how many links in the middle of paths are being followed.
        keep_marks: coming there is no use of a mount that MNT_EXPIRE has marked.
    """

    __slots__ = (
        "cred",
        "depth",
        "here",
        "keep_marks",
        "last",
        "links",
        "resolve",
        "root",
        "start",
        "task",
        "trailing",
    )

    def __init__(
        self,
        task: Task,
        start: VfsPath,
        *,
        resolve: int = 0,
        cred: Credentials | None = None,
        keep_marks: bool = False,
    ) -> None:
        self.task = task
        self.cred = cred or task.cred
        self.start = start
        self.here = start
        self.resolve = resolve
        self.root = start if resolve & (RESOLVE.IN_ROOT | RESOLVE.BENEATH) else task.fs.root
        self.links = 0
        self.depth = 0
        self.keep_marks = keep_marks
        self.last: bytes | None = None
        self.trailing = False

    def to_parent(self, path: bytes) -> None:
        """Walk all but the last component; ENOENT for an empty path."""
        if not path:
            raise ENOENT("empty path")
        if path[0] == 0x2F:
            self._to_root()
        self._components(path)

    def finish(self, follow: bool = True) -> VfsPath:
        """Walk the last component too."""
        trailing = self.trailing
        if self.last is not None:
            self.search()
            self._enter(self.last, follow or trailing)
        if trailing and not self.here.dentry.inode.is_dir:
            raise ENOTDIR
        if not self.keep_marks:
            self.here.mount.expiring = False
        return self.here

    def search(self) -> None:
        """ENOTDIR or EACCES unless names may be looked up in ``here``."""
        inode = self.here.dentry.inode
        if not inode.is_dir:
            raise ENOTDIR
        if not inode.permits(self.cred, MAY_EXEC):
            raise EACCES

    def child(self, name: bytes) -> VfsPath:
        """What `name` is in ``here``, mounts crossed, links not followed; ENOENT."""
        if len(name) > LIMIT.NAME_MAX:
            raise ENAMETOOLONG
        mount, directory = self.here
        dentry = directory.inode.lookup(self.task, directory, name)
        found = VfsPath(mount, dentry)
        if dentry.mounts:
            found = found.top()
            if found.mount is not mount and self.resolve & RESOLVE.NO_XDEV:
                raise EXDEV
        return found

    def follow(self, link: VfsPath, *, whole: bool = True) -> None:
        """Go on with the target of `link`, to its parent only unless `whole`."""
        self.links += 1
        if self.links > MAX_SYMLINKS or self.resolve & RESOLVE.NO_SYMLINKS:
            raise ELOOP
        if not self.depth:
            self._may_follow(link.dentry.inode)
        if link.mount.flags & MS.NOSYMFOLLOW:
            raise ELOOP
        inode = link.dentry.inode
        target = inode.jump(self.task)
        if target is not None:
            if self.resolve & RESOLVE.NO_MAGICLINKS:
                raise ELOOP
            if self.resolve & (RESOLVE.BENEATH | RESOLVE.IN_ROOT):
                raise EXDEV
            if self.resolve & RESOLVE.NO_XDEV and target.mount is not self.here.mount:
                raise EXDEV
            self.here = target
            self.last = None
            self.trailing = False
            return
        accessed(link.mount, inode)
        text = inode.readlink(self.task)
        if not text:
            raise ENOENT
        if text[0] == 0x2F:
            self._to_root()
        self._components(text)
        if whole:
            self.finish()

    def _may_follow(self, link: Inode) -> None:
        """protected_symlinks: EACCES at the end of a path; fs/namei.c:may_follow_link()."""
        if not self.task.fs.vfs.protected["symlinks"]:
            return
        directory = self.here.dentry.inode
        shared = S.ISVTX | S.IWOTH
        if link.uid in (self.cred.fsuid, directory.uid) or directory.mode & shared != shared:
            return
        raise EACCES

    def up(self) -> None:
        """``..``: over mounts, and staying at the root."""
        here = self.here
        while True:
            if here == self.root:
                if self.resolve & RESOLVE.BENEATH:
                    raise EXDEV
                break
            mount, dentry = here
            if dentry is not mount.root:
                here = VfsPath(mount, dentry.parent).top()
                break
            if mount.parent is None or mount.mountpoint is None:
                break
            if self.resolve & RESOLVE.NO_XDEV:
                raise EXDEV
            here = VfsPath(mount.parent, mount.mountpoint)
        self.here = here

    def _to_root(self) -> None:
        if self.resolve & RESOLVE.BENEATH:
            raise EXDEV
        if self.resolve & RESOLVE.NO_XDEV and self.here.mount is not self.root.mount:
            raise EXDEV
        self.here = self.root

    def _components(self, path: bytes) -> None:
        names = [name for name in path.split(b"/") if name]
        self.trailing = path.endswith(b"/")
        if not names:
            self.last = None
            return
        last = names.pop()
        self.depth += 1
        for name in names:
            self.search()
            self._enter(name, True)
        self.depth -= 1
        self.last = last
        self.trailing = path.endswith(b"/")

    def _enter(self, name: bytes, follow: bool) -> None:
        if name == b".":
            return
        if name == b"..":
            self.up()
            return
        found = self.child(name)
        if follow and found.dentry.inode.mode & S.IFMT == S.IFLNK:
            self.follow(found)
        else:
            self.here = found


def start_of(task: Task, dirfd: int, path: bytes) -> VfsPath:
    """Where a walk of `path` starts: the working directory or `dirfd`'s; EBADF, ENOTDIR."""
    if path[:1] == b"/":
        return task.fs.root
    if dirfd == AT.FDCWD:
        return task.fs.cwd
    place = task.files.get_any(dirfd).path
    if path and not place.dentry.inode.is_dir:
        raise ENOTDIR
    return place


def lookup(
    task: Task,
    dirfd: int,
    path: bytes,
    *,
    follow: bool = True,
    empty: bool = False,
    cred: Credentials | None = None,
    resolve: int = 0,
) -> VfsPath:
    """The place that `path` names, relative to `dirfd`.

    Args:
        follow: whether a symbolic link at the end is followed.
        empty: AT_EMPTY_PATH: an empty path is `dirfd` itself.
        cred: whose permission to search counts, the task's if None.
        resolve: ``RESOLVE_*``.
    """
    if not path:
        if not empty:
            raise ENOENT("empty path")
        return start_of(task, dirfd, path)
    start = task.fs.cwd if dirfd == AT.FDCWD else start_of(task, dirfd, path)
    walk = Walk(task, start, cred=cred, resolve=resolve)
    walk.to_parent(path)
    return walk.finish(follow)


def lookup_parent(task: Task, dirfd: int, path: bytes) -> Walk:
    """Walk to the directory of `path`'s last component, which may be searched."""
    walk = Walk(task, start_of(task, dirfd, path))
    walk.to_parent(path)
    walk.search()
    walk.here.mount.expiring = False
    return walk
