"""Mounts, the mount namespace, and the pair (mount, dentry) that names a place in it.

Walking path names is :mod:`lookup`, changing the tree of mounts :mod:`mounting`, and who
else gets a change :mod:`propagation`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.mount import MS, ST
from pytest_kevlar.kernel.task.userns import INITIAL, UserNamespace

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.propagation import PeerGroup
    from pytest_kevlar.kernel.fs.vfs import Vfs

#: include/uapi/linux/nsfs.h:MNT_NS_INIT_INO
INITIAL_INO = 4026531832
#: fs/namespace.c:MNT_UNIQUE_ID_OFFSET
UNIQUE_OFFSET = 1 << 31
ATIME = MS.NOATIME | MS.NODIRATIME | MS.RELATIME
#: In `locked_flags`: the bits of ATIME stay as they are, whichever they are.
LOCK_ATIME = MS.RELATIME


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
        id: as in mountinfo; never used twice, so that it tells the age, too.
        root: the dentry shown at the mount point.
        parent, mountpoint: where it is mounted; None for the root mount and pseudo mounts.
        flags: ``MS_*`` per-mount flags; relatime unless told otherwise.
        locked: it covers what the namespace's owner must not see. locked_flags: ``MS_*``
            that have to stay, LOCK_ATIME for those about access times.
        children: mounts on dentries of this one.
        namespace: where it belongs; None for pseudo mounts and what has been unmounted.
        group, master: whom it exchanges mounts with, and whom it only gets them from.
        unbindable: bind mounts of it are refused.
        expiring: MNT_EXPIRE has marked it, and nobody has used it since.
    """

    __slots__ = (
        "children",
        "expiring",
        "flags",
        "fs",
        "group",
        "id",
        "locked",
        "locked_flags",
        "master",
        "mountpoint",
        "namespace",
        "parent",
        "root",
        "source",
        "unbindable",
    )

    def __init__(
        self, number: int, fs: FileSystem, root: Dentry, source: bytes, flags: int = MS.RELATIME
    ) -> None:
        self.id = number
        self.fs = fs
        self.root = root
        self.source = source
        self.flags = flags
        self.locked = False
        self.locked_flags = 0
        self.parent: Mount | None = None
        self.mountpoint: Dentry | None = None
        self.children: dict[Dentry, Mount] = {}
        self.namespace: MountNamespace | None = None
        self.group: PeerGroup | None = None
        self.master: PeerGroup | None = None
        self.unbindable = False
        self.expiring = False

    @property
    def unique_id(self) -> int:
        """``STATX_MNT_ID_UNIQUE``."""
        return UNIQUE_OFFSET + self.id

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
        mount, dentry = self.parent, self.mountpoint = place
        mount.children[dentry] = self
        dentry.mounts += 1
        self.fs.vfs.mountpoints.setdefault(dentry, []).append(self)

    def detach(self) -> None:
        """Unmount from where it is."""
        if self.parent is not None and self.mountpoint is not None:
            del self.parent.children[self.mountpoint]
            self.mountpoint.mounts -= 1
            here = self.fs.vfs.mountpoints[self.mountpoint]
            here.remove(self)
            if not here:
                del self.fs.vfs.mountpoints[self.mountpoint]
        self.parent = self.mountpoint = None

    def tree(self) -> Iterator[Mount]:
        """This mount and everything mounted below it, in order of mounting."""
        yield self
        for child in self.children.values():
            yield from child.tree()


class MountNamespace:
    """The tree of mounts that a group of processes sees.

    Attributes:
        root: the mount that nothing is below of; what processes take for their root is
            mounted on it, so that it can be moved away.
        ino: inode number in nsfs. user_ns: to whom it belongs.
        anonymous: holds mounts that are not attached yet (``fsmount``, ``open_tree``).
        users: tasks, and open files, that keep it.
    """

    def __init__(
        self,
        vfs: Vfs,
        root: Mount,
        ino: int = INITIAL_INO,
        user_ns: UserNamespace = INITIAL,
        *,
        anonymous: bool = False,
    ) -> None:
        self.vfs = vfs
        self.root = root
        self.ino = ino
        self.user_ns = user_ns
        self.anonymous = anonymous
        self.users = 0
        for mount in root.tree():
            mount.namespace = self

    def mounts(self) -> list[Mount]:
        """All mounts, by age as ``/proc/self/mountinfo`` lists them."""
        return sorted(self.root.tree(), key=lambda mount: mount.id)

    def get(self) -> MountNamespace:
        """One more user."""
        self.users += 1
        return self

    def put(self) -> None:
        """One user less; the last one unmounts everything."""
        self.users -= 1
        if not self.users:
            from pytest_kevlar.kernel.fs.mounting import dissolve

            dissolve(self)


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


def path_inside(dentry: Dentry) -> bytes:
    """The path of `dentry` in its file system; fs/d_path.c:dentry_path()."""
    parts = []
    here = dentry
    while here.parent is not here:
        parts.append(here.name)
        here = here.parent
    return b"/" + b"/".join(reversed(parts)) + (b"//deleted" if dentry.unlinked else b"")


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
