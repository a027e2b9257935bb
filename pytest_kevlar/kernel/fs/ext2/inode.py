"""ext2 inodes of every kind but directories, and how they are loaded and made.

Mirrors fs/ext2/inode.c:ext2_iget() and fs/ext2/ialloc.c:ext2_new_inode().
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.errno import EFBIG, ENAMETOOLONG, ENOSPC
from pytest_kevlar.kernel.fs.ext2 import attributes, ialloc, layout
from pytest_kevlar.kernel.fs.ext2.mapping import BlockMap, new_map
from pytest_kevlar.kernel.fs.ext2.node import SECOND, Node, device_number, read_record
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.tmpfs import RegularInode
from pytest_kevlar.kernel.mm.backed import BackedCache
from pytest_kevlar.kernel.mm.pagecache import PAGE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.ext2.directory import Ext2Directory
    from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.task.task import Task


class FileBlocks:
    """What backs the page cache of a regular file: its blocks."""

    __slots__ = ("_node",)

    def __init__(self, node: Node) -> None:
        self._node = node

    def fetch(self, offset: int, size: int) -> bytes:
        """Bytes of the file; holes are zeros. EIO."""
        fs = self._node.fs
        parts = []
        end = offset + size
        while offset < end:
            index, start = divmod(offset, fs.block_size)
            part = min(fs.block_size - start, end - offset)
            block = self._node.map.find(index)
            if block:
                parts.append(fs.bdev.read(block * fs.block_size + start, part))
            else:
                parts.append(bytes(part))
            offset += part
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def put(self, offset: int, data: bytes) -> None:
        """Change the file, allocating blocks; EIO, ENOSPC."""
        fs = self._node.fs
        done = 0
        while done < len(data):
            index, start = divmod(offset + done, fs.block_size)
            part = data[done : done + fs.block_size - start]
            block, fresh = self._node.map.ensure(index)
            if fresh and len(part) < fs.block_size:
                whole = bytes(start) + part
                fs.bdev.write(block * fs.block_size, whole.ljust(fs.block_size, b"\0"))
            else:
                fs.bdev.write(block * fs.block_size + start, part)
            done += len(part)


class Ext2Regular(RegularInode):
    """A regular file."""

    __slots__ = ("node",)

    def __init__(self, fs: Ext2, node: Node, mode: int, ino: int) -> None:
        self.node = node
        cache = BackedCache(fs.kernel.engine, FileBlocks(node))
        super().__init__(fs, mode, pages=cache, ino=ino)

    @property
    def cache(self) -> BackedCache:
        """The bytes."""
        cache = self._pages
        assert isinstance(cache, BackedCache)
        return cache

    @property
    def blocks(self) -> int:
        """512-byte blocks in use."""
        return self.node.map.sectors

    @property
    def block_size(self) -> int:
        """``st_blksize``."""
        return self.node.fs.block_size

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """An open file."""
        from pytest_kevlar.kernel.fs.ext2.file import Ext2File

        return Ext2File(path, flags)

    def store(self, offset: int, data: bytes) -> int:
        """Write bytes page by page and grow; returns how many fitted, ENOSPC if none."""
        done = 0
        while done < len(data):
            part = data[done : done + PAGE - (offset + done) % PAGE]
            try:
                self._pages.write(offset + done, part)
            except ENOSPC:
                self._free_beyond_end()
                if not done:
                    raise
                break
            done += len(part)
            self.size = max(self.size, offset + done)
        return done

    def truncate(self, size: int) -> None:
        """Set the size; EFBIG beyond what pointers reach."""
        fs = self.node.fs
        if size > fs.max_file_size:
            raise EFBIG
        if size < self.size:
            self._pages.truncate(size)
            self._free_beyond_end()
            self._zero_tail(size)
        self.size = size
        self.modified()

    def _free_beyond_end(self) -> None:
        self.node.map.truncate(-(-self.size // self.node.fs.block_size))

    def _zero_tail(self, size: int) -> None:
        """The rest of the last block is zeros when the file grows again."""
        fs = self.node.fs
        index, start = divmod(size, fs.block_size)
        block = self.node.map.find(index) if start else 0
        if block:
            fs.bdev.write(block * fs.block_size + start, bytes(fs.block_size - start))

    def write_back(self) -> None:
        """Bring mapped pages and the inode to the device; ENOSPC if a hole cannot be filled."""
        if not self.node.gone and not self.node.fs.read_only:
            self.cache.write_back()
            self.node.write(self)

    def forget(self) -> None:
        """Free the frames with the last open file, everything if there is no name either."""
        if self.opened or self.node.gone:
            return
        if self.nlink:
            self.write_back()
            self.cache.drop_clean()
            return
        self.cache.release()
        self.node.release(self)


class Ext2Special(Inode):
    """A device node, a FIFO, a socket's name."""

    __slots__ = ("node",)

    def __init__(self, fs: Ext2, node: Node, mode: int, ino: int) -> None:
        self.node = node
        super().__init__(fs, mode, ino=ino)

    @property
    def blocks(self) -> int:
        """512-byte blocks in use."""
        return self.node.map.sectors

    @property
    def block_size(self) -> int:
        """``st_blksize``."""
        return self.node.fs.block_size

    def forget(self) -> None:
        """The last name is gone."""
        if not self.nlink and not self.node.gone:
            self.node.release(self)


class Ext2Symlink(Ext2Special):
    """A symbolic link: the target is in the inode if it fits, else in a block."""

    __slots__ = ()

    def readlink(self, task: Task) -> bytes:
        """The target, up to a NUL; a damaged size does no harm."""
        node = self.node
        if node.is_fast:
            raw = b"".join(pointer.to_bytes(4, "little") for pointer in node.map.pointers)
        else:
            raw = FileBlocks(node).fetch(0, node.fs.block_size)
        return raw[: min(self.size, PAGE - 1)].partition(b"\0")[0]

    def set_target(self, target: bytes) -> None:
        """Of a new link; ENAMETOOLONG, ENOSPC."""
        node = self.node
        if len(target) + 1 > node.fs.block_size:
            raise ENAMETOOLONG
        room = layout.POINTERS * 4
        if len(target) < room:
            padded = target.ljust(room, b"\0")
            node.map.pointers = [
                int.from_bytes(padded[at : at + 4], "little") for at in range(0, room, 4)
            ]
        else:
            FileBlocks(node).put(0, target)
        self.size = len(target)


AnyInode = Ext2Regular | Ext2Special


def load_inode(fs: Ext2, number: int) -> AnyInode | Ext2Directory:
    """The inode with a number, from memory or from the disk; ESTALE, EUCLEAN, EINVAL."""
    known = fs.inodes.get(number)
    if known is not None:
        return known
    record = read_record(fs, number)
    block_map = BlockMap(fs, list(record.i_block), record.i_blocks, _home(fs, number))
    node = Node(fs, block_map, record.i_flags, record.i_file_acl)
    node.generation = record.i_generation
    inode = _make(fs, node, record.i_mode, number)
    _fill(fs, inode, record)
    fs.inodes[number] = inode
    return inode


def _make(fs: Ext2, node: Node, mode: int, number: int) -> AnyInode | Ext2Directory:
    from pytest_kevlar.kernel.fs.ext2.directory import Ext2Directory

    kind = mode & S.IFMT
    if kind == S.IFREG:
        return Ext2Regular(fs, node, mode, number)
    if kind == S.IFDIR:
        return Ext2Directory(fs, node, mode, number)
    if kind == S.IFLNK:
        return Ext2Symlink(fs, node, mode, number)
    return Ext2Special(fs, node, mode, number)


def _fill(fs: Ext2, inode: AnyInode | Ext2Directory, record: Any) -> None:
    inode.uid, inode.gid = record.i_uid, record.i_gid
    if not fs.mount_options.short_ids:
        inode.uid |= record.i_uid_high << 16
        inode.gid |= record.i_gid_high << 16
    inode.nlink = record.i_links_count
    inode.size = record.i_size
    if inode.is_regular:
        inode.size |= record.i_dir_acl << 32
    inode.atime = record.i_atime * SECOND
    inode.mtime = record.i_mtime * SECOND
    inode.ctime = inode.btime = record.i_ctime * SECOND
    inode.xattrs = attributes.load(inode.node)
    if inode.kind in (S.IFCHR, S.IFBLK):
        inode.rdev = device_number(list(record.i_block))


def new_inode(
    parent: Ext2Directory, mode: int, uid: int, gid: int, rdev: int, target: bytes
) -> AnyInode | Ext2Directory:
    """An inode for a new object in `parent`, on the disk but in no directory yet; ENOSPC."""
    fs = parent.node.fs
    is_dir = mode & S.IFMT == S.IFDIR
    number = ialloc.allocate_inode(fs, parent.ino, is_dir)
    flags = parent.node.flags & layout.INHERITED_FL
    if not is_dir:
        regular = mode & S.IFMT == S.IFREG
        flags &= layout.REGULAR_MASK if regular else layout.OTHER_MASK
    node = Node(fs, new_map(fs, _home(fs, number)), flags, 0)
    node.generation = fs.new_generation()
    node.fresh = True
    inode = _make(fs, node, mode, number)
    inode.uid = uid
    inode.gid = parent.gid if fs.mount_options.group_of_directory else gid
    inode.rdev = rdev
    fs.inodes[number] = inode
    if isinstance(inode, Ext2Symlink):
        try:
            inode.set_target(target)
        except BaseException:
            node.release(inode)
            raise
    node.write(inode)
    node.fresh = False
    return inode


def _home(fs: Ext2, number: int) -> int:
    """Where the blocks of an inode's group begin."""
    return fs.sb.group_start((number - 1) // int(fs.sb.disk.s_inodes_per_group))
