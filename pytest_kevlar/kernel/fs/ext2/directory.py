"""ext2 directories: names to inodes, linear as fs/ext2/dir.c keeps them.

Blocks are parsed once and remembered; the chain inside a block is :mod:`entries`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.errno import EIO, EMLINK, ENOENT, ESTALE, LinuxError
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.ext2 import entries as block_entries
from pytest_kevlar.kernel.fs.ext2 import layout
from pytest_kevlar.kernel.fs.ext2.entries import Entry
from pytest_kevlar.kernel.fs.ext2.inode import Ext2Regular, Ext2Special, load_inode, new_inode
from pytest_kevlar.kernel.fs.ext2.node import Node
from pytest_kevlar.kernel.fs.inode import DirEntry, Inode

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.task.task import Task


class Block:
    """A parsed block of a directory: entries in their order, by name, and the room left."""

    __slots__ = ("by_name", "entries", "room")

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        # Of two entries with one name the first counts.
        self.by_name = {entry.name: entry for entry in reversed(entries) if entry.ino}
        self.room = block_entries.room(entries)


class Ext2Directory(Inode):
    """A directory.

    Attributes:
        children: the names that were looked up so far; one dentry for each.
    """

    __slots__ = ("_blocks", "children", "node")

    def __init__(self, fs: Ext2, node: Node, mode: int, ino: int) -> None:
        self.node = node
        self.children: dict[bytes, Dentry] = {}
        self._blocks: dict[int, Block] = {}
        super().__init__(fs, mode, ino=ino)

    @property
    def blocks(self) -> int:
        """512-byte blocks in use."""
        return self.node.map.sectors

    @property
    def block_size(self) -> int:
        """``st_blksize``."""
        return self.node.fs.block_size

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """An open directory."""
        from pytest_kevlar.kernel.fs.ext2.file import Ext2DirectoryFile

        return Ext2DirectoryFile(path, flags)

    def forget(self) -> None:
        """Give it back once it has neither a name nor an open file."""
        if not self.nlink and not self.node.opened and not self.node.gone:
            self.node.release(self)

    # -- looking ----------------------------------------------------------------------------

    def lookup(self, task: Task | None, dentry: Dentry, name: bytes) -> Dentry:
        """The entry `name`; ENOENT, EIO in a damaged directory."""
        known = self.children.get(name)
        if known is not None:
            return known
        found = self._find(name)
        if found is None:
            raise ENOENT
        fs = self.node.fs
        try:
            inode = load_inode(fs, found[1].ino)
        except ESTALE:
            fs.error(f"deleted inode referenced: {found[1].ino}")
            raise EIO from None
        child = Dentry(name, dentry, inode)
        self.children[name] = child
        return child

    def entries(self, task: Task, dentry: Dentry, position: int) -> Iterator[DirEntry]:
        """Entries; a position is a byte offset. ext2_readdir()."""
        if self.nlink == 0:
            raise ENOENT
        fs = self.node.fs
        typed = fs.sb.has_incompat(layout.INCOMPAT_FILETYPE)
        size, some = fs.block_size, False
        for index in range(position // size, self._count()):
            try:
                block = self._block(index)
            except EIO:
                if not some:
                    raise
                yield DirEntry(b"", 0, 0, index * size)
                return
            for entry in block.entries:
                cookie = index * size + entry.offset
                if entry.ino and cookie >= position:
                    some = True
                    kind = block_entries.KINDS.get(entry.kind, 0) if typed else 0
                    yield DirEntry(entry.name, entry.ino, kind, cookie)
        yield DirEntry(b"", 0, 0, max(position, self._count() * size))

    def is_empty(self) -> bool:
        """Whether there is nothing but ``.`` and ``..``; ext2_empty_dir()."""
        try:
            for index in range(self._count()):
                for entry in self._block(index).entries:
                    own = entry.name == b"." and entry.ino == self.ino
                    if entry.ino and not own and entry.name != b"..":
                        return False
        except EIO:
            return False
        return True

    def _count(self) -> int:
        """Blocks; a size that is no whole number of them counts up, and is an error."""
        return -(-self.size // self.node.fs.block_size)

    def _place(self, index: int) -> int:
        """Where a block is on the disk, in bytes; EIO for a hole."""
        fs = self.node.fs
        block = self.node.map.find(index)
        if not block or self.size % fs.block_size:
            fs.error(f"bad page in #{self.ino}")
            raise EIO
        return block * fs.block_size

    def _block(self, index: int) -> Block:
        found = self._blocks.get(index)
        if found is None:
            fs = self.node.fs
            data = fs.bdev.read(self._place(index), fs.block_size)
            try:
                parsed = block_entries.parse(data, fs.sb.disk.s_inodes_count)
            except EIO as error:
                fs.error(f"bad entry in directory #{self.ino}: {error}")
                raise
            found = self._blocks[index] = Block(parsed)
        return found

    def _find(self, name: bytes) -> tuple[int, Entry] | None:
        for index in range(self._count()):
            entry = self._block(index).by_name.get(name)
            if entry is not None:
                return index, entry
        return None

    # -- changing ---------------------------------------------------------------------------

    def new_child(self, mode: int, uid: int, gid: int, rdev: int = 0, target: bytes = b"") -> Inode:
        """A new inode of this file system."""
        if mode & S.IFMT == S.IFDIR and self.nlink >= layout.LINK_MAX:
            raise EMLINK
        inode = new_inode(self, mode, uid, gid, rdev, target)
        inode.node.fresh = True
        return inode

    def create(self, dentry: Dentry, name: bytes, inode: Inode) -> Dentry:
        """Enter `inode` under `name`; a new one that finds no room is given back."""
        node = node_of(inode)
        try:
            if isinstance(inode, Ext2Directory):
                inode._make_empty(self.ino)
            self._add(name, inode)
        except LinuxError:
            if node.fresh and not _is_open(inode):
                node.fresh = False
                node.release(inode)
            raise
        node.fresh = False
        child = Dentry(name, dentry, inode)
        self.children[name] = child
        if inode.is_dir:
            self.nlink += 1
        self.modified()
        return child

    def remove(self, dentry: Dentry, child: Dentry) -> None:
        """Take `child` out."""
        inode = child.inode
        self._delete(child.name)
        child.unlinked = True
        self.modified()
        inode.ctime = self.ctime
        if inode.is_dir:
            inode.nlink = 0
            inode.size = 0
            self.nlink = max(0, self.nlink - 1)
        else:
            inode.nlink = max(0, inode.nlink - 1)
        if not inode.nlink:
            inode.forget()

    def move(
        self, dentry: Dentry, child: Dentry, target: Dentry, name: bytes, victim: Dentry | None
    ) -> None:
        """Move `child` to `name` in `target`; ext2_rename()."""
        where, inode = target.inode, child.inode
        assert isinstance(where, Ext2Directory)
        elsewhere = inode.is_dir and where is not self
        dotdot = inode._find(b"..") if elsewhere and isinstance(inode, Ext2Directory) else None
        if elsewhere and dotdot is None:
            raise EIO
        if victim is not None:
            where._replace(name, inode)
            del where.children[name]
            victim.unlinked = True
        else:
            if elsewhere and where.nlink >= layout.LINK_MAX:
                raise EMLINK
            where._add(name, inode)
        self._delete(child.name)
        child.name = name
        child.parent = target
        where.children[name] = child
        if elsewhere and isinstance(inode, Ext2Directory):
            inode._replace(b"..", where)
            self.nlink = max(0, self.nlink - 1)
            where.nlink += 1
        self.modified()
        where.mtime = where.ctime = inode.ctime = self.ctime
        if victim is not None:
            where._drop_victim(victim.inode)

    def _drop_victim(self, inode: Inode) -> None:
        """What was there before `rename` lost its name."""
        inode.ctime = self.ctime
        if inode.is_dir:
            inode.nlink = 0
            self.nlink = max(0, self.nlink - 1)
        else:
            inode.nlink = max(0, inode.nlink - 1)
        if not inode.nlink:
            inode.forget()

    # -- changing blocks ----------------------------------------------------------------------

    def _make_empty(self, parent: int) -> None:
        """``.`` and ``..`` in a first block; ext2_make_empty()."""
        fs = self.node.fs
        kind = self._kind(S.IFDIR)
        block, _ = self.node.map.ensure(0)
        data = block_entries.encode(self.ino, 12, b".", kind).ljust(12, b"\0")
        data += block_entries.encode(parent, fs.block_size - 12, b"..", kind)
        fs.bdev.write(block * fs.block_size, data.ljust(fs.block_size, b"\0"))
        self.size = fs.block_size
        self.nlink = 2

    def _kind(self, mode: int) -> int:
        """The type in an entry: 0 where entries have none."""
        if not self.node.fs.sb.has_incompat(layout.INCOMPAT_FILETYPE):
            return 0
        return block_entries.TYPES.get(mode >> 12 & 15, 0)

    def _add(self, name: bytes, inode: Inode) -> None:
        """A new entry: in the first block with room, else in a further block."""
        fs = self.node.fs
        kind = self._kind(inode.mode)
        need = layout.record_length(len(name))
        for index in range(self._count()):
            block = self._block(index)
            if block.room >= need:
                offset, data = block_entries.insert(block.entries, name, inode.ino, kind)
                self._write(index, offset, data)
                return
        index = self._count()
        place, _ = self.node.map.ensure(index)
        data = block_entries.encode(inode.ino, fs.block_size, name, kind)
        fs.bdev.write(place * fs.block_size, data.ljust(fs.block_size, b"\0"))
        self.size += fs.block_size
        self.node.flags &= ~layout.BTREE_FL

    def _delete(self, name: bytes) -> None:
        index, entry = self._must_find(name)
        offset, data = block_entries.remove(self._block(index).entries, entry)
        self._write(index, offset, data)
        self.children.pop(name, None)

    def _replace(self, name: bytes, inode: Inode) -> None:
        """Let the entry `name` lead to another inode; ext2_set_link()."""
        index, entry = self._must_find(name)
        data = block_entries.encode(inode.ino, entry.length, name, self._kind(inode.mode))
        self._write(index, entry.offset, data)

    def _must_find(self, name: bytes) -> tuple[int, Entry]:
        found = self._find(name)
        if found is None:
            raise ENOENT
        return found

    def _write(self, index: int, offset: int, data: bytes) -> None:
        """Change a part of a block, which is no longer what an index was made from."""
        self.node.fs.bdev.write(self._place(index) + offset, data)
        self._blocks.pop(index, None)
        self.node.flags &= ~layout.BTREE_FL


def node_of(inode: Inode) -> Node:
    """What only ext2 knows of an inode of ext2."""
    assert isinstance(inode, Ext2Directory | Ext2Regular | Ext2Special)
    return inode.node


def _is_open(inode: Inode) -> bool:
    return inode.opened > 0 if isinstance(inode, Ext2Regular) else node_of(inode).opened > 0
