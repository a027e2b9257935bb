"""Mounts, the mount namespace, and the pair (mount, dentry) that names a place in it.

Walking path names is :mod:`lookup`; the mount system calls are ``syscalls/mounts.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.mount import MS, ST

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.vfs import Vfs


class VfsPath(NamedTuple):
    """A place: Linux's ``struct path``."""

    mount: Mount
    dentry: Dentry

    @property
    def inode(self) -> Inode:
        """The inode there."""
        return self.dentry.inode

    def top(self) -> VfsPath:
        """What is seen here: the root of the topmost mount on this place."""
        mount, dentry = self
        if not dentry.mounts:
            return self
        while dentry.mounts:
            above = mount.children.get(dentry)
            if above is None:
                break
            mount, dentry = above, above.root
        return VfsPath(mount, dentry)


class Mount:
    """One file system (or a part of it) at one place.

    Attributes:
        root: the dentry shown at the mount point.
        parent, mountpoint: where it is mounted; None for the root mount and pseudo mounts.
        flags: ``MS_*`` per-mount flags; relatime unless told otherwise.
        children: mounts on dentries of this one.
    """

    __slots__ = ("children", "flags", "fs", "id", "mountpoint", "parent", "root", "source")

    def __init__(
        self, number: int, fs: FileSystem, root: Dentry, source: bytes, flags: int = MS.RELATIME
    ) -> None:
        self.id = number
        self.fs = fs
        self.root = root
        self.source = source
        self.flags = flags
        self.parent: Mount | None = None
        self.mountpoint: Dentry | None = None
        self.children: dict[Dentry, Mount] = {}

    @property
    def place(self) -> VfsPath | None:
        """Where it is mounted; None for the root mount and pseudo mounts."""
        if self.parent is None or self.mountpoint is None:
            return None
        return VfsPath(self.parent, self.mountpoint)

    @property
    def read_only(self) -> bool:
        """Whether writes are EROFS here."""
        return bool(self.flags & MS.RDONLY) or self.fs.read_only

    @property
    def statfs_flags(self) -> int:
        """``f_flags`` of ``statfs``."""
        flags = self.fs.mount_flags
        if self.parent is None and self.fs.pseudo:
            return flags
        for bit, shown in (
            (MS.RDONLY, ST.RDONLY),
            (MS.NOSUID, ST.NOSUID),
            (MS.NODEV, ST.NODEV),
            (MS.NOEXEC, ST.NOEXEC),
            (MS.NOATIME, ST.NOATIME),
            (MS.NODIRATIME, ST.NODIRATIME),
            (MS.RELATIME, ST.RELATIME),
            (MS.NOSYMFOLLOW, ST.NOSYMFOLLOW),
        ):
            if self.flags & bit:
                flags |= shown
        return flags

    def attach(self, place: VfsPath) -> None:
        """Mount on `place` (already the topmost there)."""
        self.parent, self.mountpoint = place
        place.mount.children[place.dentry] = self
        place.dentry.mounts += 1

    def detach(self) -> None:
        """Unmount from where it is."""
        if self.parent is not None and self.mountpoint is not None:
            del self.parent.children[self.mountpoint]
            self.mountpoint.mounts -= 1
        self.parent = self.mountpoint = None

    def tree(self) -> Iterator[Mount]:
        """This mount and everything mounted below it, in order of mounting."""
        yield self
        for child in self.children.values():
            yield from child.tree()


class MountNamespace:
    """The tree of mounts that a group of processes sees."""

    def __init__(self, vfs: Vfs, root: Mount) -> None:
        self.vfs = vfs
        self.root = root

    def mounts(self) -> list[Mount]:
        """All mounts, by id as ``/proc/self/mountinfo`` lists them."""
        return sorted(self.root.tree(), key=lambda mount: mount.id)

    def copy(self) -> tuple[MountNamespace, dict[Mount, Mount]]:
        """A copy of the whole tree (``CLONE_NEWNS``), and which mount became which."""
        copies: dict[Mount, Mount] = {}
        for mount in self.root.tree():
            twin = Mount(self.vfs.new_mount_id(), mount.fs, mount.root, mount.source, mount.flags)
            copies[mount] = twin
            if mount.parent is not None and mount.mountpoint is not None and mount.parent in copies:
                twin.attach(VfsPath(copies[mount.parent], mount.mountpoint))
        return MountNamespace(self.vfs, copies[self.root]), copies


def path_text(place: VfsPath, root: VfsPath, *, deleted: bool = True) -> bytes:
    """The absolute path of `place` as seen from `root`; fs/d_path.c:d_path().

    Args:
        deleted: append `` (deleted)`` if the name is gone.
    """
    mount, dentry = place
    if dentry.inode.fs.pseudo:
        return dentry.name
    suffix = b" (deleted)" if deleted and dentry.unlinked else b""
    return _climb(mount, dentry, root)[0] + suffix


def working_directory_text(place: VfsPath, root: VfsPath) -> bytes:
    """As ``getcwd`` tells it: ``(unreachable)`` first if `place` is not under `root`."""
    text, reachable = _climb(place.mount, place.dentry, root)
    return text if reachable else b"(unreachable)" + text


def _climb(mount: Mount, dentry: Dentry, root: VfsPath) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    reachable = True
    while not (dentry is root.dentry and mount is root.mount):
        if dentry is mount.root:
            above = mount.place
            if above is None:
                reachable = False
                break
            mount, dentry = above
        elif dentry.parent is dentry:
            reachable = False
            break
        else:
            parts.append(dentry.name)
            dentry = dentry.parent
    return b"/" + b"/".join(reversed(parts)), reachable
