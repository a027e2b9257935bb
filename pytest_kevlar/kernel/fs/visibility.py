"""What a mount of proc or sysfs may show to a less privileged namespace: nothing that is hidden.

Mirrors fs/namespace.c:mount_too_revealing(). Locks of single mounts are in :mod:`mounting`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.errno import EPERM
from pytest_kevlar.kernel.fs.generated import TableInode
from pytest_kevlar.kernel.fs.mount import ATIME, LOCK_ATIME

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.mount import Mount, MountNamespace

#: Types of which a new mount shows what a mount that is there may have covered.
REVEALING: Final = frozenset((b"proc", b"sysfs"))


def check_hides_nothing(namespace: MountNamespace, new: Mount) -> None:
    """EPERM if `new` would show more than the namespace sees; else it gets the same locks."""
    if namespace.user_ns.parent is None or new.fs.name not in REVEALING:
        return
    for mount in namespace.mounts():
        if mount.fs.name != new.fs.name or mount.root is not mount.fs.root:
            continue
        locked = mount.locked_flags & (MS.RDONLY | LOCK_ATIME)
        if mount.fs.read_only:
            locked |= MS.RDONLY
        if locked & MS.RDONLY and not new.flags & MS.RDONLY:
            continue
        if locked & LOCK_ATIME and (mount.flags ^ new.flags) & ATIME:
            continue
        if any(_hides(child, dentry) for dentry, child in mount.children.items()):
            continue
        new.locked_flags |= locked
        return
    raise EPERM


def _hides(child: Mount, mountpoint: Dentry) -> bool:
    """Whether a mount that cannot be taken away is on a directory that is not always empty."""
    inode = mountpoint.inode
    empty = isinstance(inode, TableInode) and not inode.table
    return child.locked and not empty
