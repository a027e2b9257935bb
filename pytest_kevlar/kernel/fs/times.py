"""When reading moves atime: relatime and its relatives.

Writing moves mtime and ctime in the inode itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mount import MS

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.mount import Mount

DAY_NS = 24 * 60 * 60 * 1_000_000_000


def accessed(mount: Mount, inode: Inode) -> None:
    """`inode` was read through `mount`; fs/inode.c:touch_atime()."""
    flags = mount.flags
    if mount.read_only or flags & MS.NOATIME or (flags & MS.NODIRATIME and inode.is_dir):
        return
    now = inode.fs.now()
    if (
        not flags & MS.RELATIME
        or inode.atime <= inode.mtime
        or inode.atime <= inode.ctime
        or now - inode.atime >= DAY_NS
    ):
        inode.atime = now
