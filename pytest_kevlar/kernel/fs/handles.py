"""File handles: names for files that renaming does not change. Mirrors fs/fhandle.c.

tmpfs alone can make them here; mm/shmem.c:shmem_encode_fh() says how they look.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EOPNOTSUPP, ESTALE
from pytest_kevlar.kernel.fs.mount import VfsPath
from pytest_kevlar.kernel.fs.tmpfs import DirectoryInode, Tmpfs

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.mount import Mount

TYPE = 1
MAX_SIZE = 128
SIZE = 12


def encode(inode: Inode) -> bytes:
    """Generation and number; EOPNOTSUPP."""
    if not isinstance(inode.fs, Tmpfs):
        raise EOPNOTSUPP
    return struct.pack("<IQ", _generation(inode), inode.ino)


def _generation(inode: Inode) -> int:
    """Tells apart files that had the same number: when it was made will do."""
    return inode.btime & 0xFFFF_FFFF


def decode(mount: Mount, data: bytes) -> VfsPath:
    """A place of the file; ESTALE if there is none."""
    if not isinstance(mount.fs, Tmpfs) or len(data) < SIZE:
        raise ESTALE
    generation, ino = struct.unpack_from("<IQ", data)
    found = _find(mount.fs.root, ino)
    if found is None or _generation(found.inode) != generation:
        raise ESTALE
    return VfsPath(mount, found)


def _find(root: Dentry, ino: int) -> Dentry | None:
    """A name of the inode `ino`."""
    left = [root]
    while left:
        here = left.pop()
        if here.inode.ino == ino:
            return here
        if isinstance(here.inode, DirectoryInode):
            left.extend(here.inode.children.values())
    return None
