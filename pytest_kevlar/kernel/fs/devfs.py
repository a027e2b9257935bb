"""/dev: the nodes every Linux has. A tmpfs that is filled when it is mounted.

What a node does when opened is :mod:`devices`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.fs.devices import make_device_number
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.tmpfs import DirectoryInode, SymlinkInode, Tmpfs

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.vfs import Vfs

#: Name, permission bits, major, minor.
NODES = (
    (b"null", 0o666, 1, 3),
    (b"zero", 0o666, 1, 5),
    (b"full", 0o666, 1, 7),
    (b"random", 0o666, 1, 8),
    (b"urandom", 0o666, 1, 9),
    (b"kmsg", 0o644, 1, 11),
    (b"tty", 0o666, 5, 0),
    (b"console", 0o600, 5, 1),
    (b"ptmx", 0o666, 5, 2),
    (b"loop-control", 0o660, 10, 237),
)
LINKS = (
    (b"fd", b"/proc/self/fd"),
    (b"stdin", b"/proc/self/fd/0"),
    (b"stdout", b"/proc/self/fd/1"),
    (b"stderr", b"/proc/self/fd/2"),
)


class DevFs(Tmpfs):
    """devtmpfs."""

    name = b"devtmpfs"

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs, 0o755)
        root = self.root
        directory = root.inode
        for name, mode, major, minor in NODES:
            node = Inode(self, S.IFCHR | mode, rdev=make_device_number(major, minor))
            directory.create(root, name, node)
        for name, target in LINKS:
            directory.create(root, name, SymlinkInode(self, target, 0, 0))
        for name in (b"pts", b"shm"):
            directory.create(root, name, DirectoryInode(self, S.IFDIR | 0o755))
        vfs.blocks.trees.append(self)
        for device, number in vfs.blocks.nodes():
            self.add_block_node(device, number)

    def add_block_node(self, name: bytes, number: int) -> None:
        """A device is there; drivers/base/devtmpfs.c:handle_create()."""
        root = self.root
        if name not in self._directory.children:
            root.inode.create(root, name, Inode(self, S.IFBLK | 0o660, rdev=number))

    def remove_block_node(self, name: bytes, number: int) -> None:
        """A device is gone; a node that somebody made by hand stays."""
        child = self._directory.children.get(name)
        if child is not None and child.inode.rdev == number:
            self.root.inode.remove(self.root, child)

    @property
    def _directory(self) -> DirectoryInode:
        directory = self.root.inode
        assert isinstance(directory, DirectoryInode)
        return directory
