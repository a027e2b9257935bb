"""What every ext2 inode has besides what the VFS keeps: its block pointers, flags, its record.

:func:`read_record` and :meth:`Node.write` are the only places that know the inode table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.structs import EXT2_INODE
from pytest_kevlar.kernel.errno import EINVAL, ESTALE, EUCLEAN
from pytest_kevlar.kernel.fs.devices import major_of, make_device_number, minor_of
from pytest_kevlar.kernel.fs.ext2 import attributes, ialloc, layout
from pytest_kevlar.kernel.fs.ext2.mapping import BlockMap

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2
    from pytest_kevlar.kernel.fs.inode import Inode

SECOND = 1_000_000_000
LARGE = 0x7FFF_FFFF


class Node:
    """The part of an inode that only ext2 knows.

    Attributes:
        map: where its blocks are; symbolic links and devices keep other things in the pointers.
        flags: ``EXT2_*_FL``. acl_block: block of extended attributes, or 0.
        fresh: never entered into a directory yet.
        opened: open files of it, which keep it when the last name goes.
        gone: given back to the disk.
    """

    __slots__ = ("acl_block", "flags", "fresh", "fs", "generation", "gone", "map", "opened")

    def __init__(self, fs: Ext2, block_map: BlockMap, flags: int, acl_block: int) -> None:
        self.fs = fs
        self.map = block_map
        self.flags = flags
        self.acl_block = acl_block
        self.generation = 0
        self.fresh = False
        self.opened = 0
        self.gone = False

    @property
    def is_fast(self) -> bool:
        """Of a symbolic link: whether the target is where the pointers would be."""
        acl = self.fs.block_size // 512 if self.acl_block else 0
        return self.map.sectors == acl

    def write(self, inode: Inode, dtime: int = 0) -> None:
        """Bring `inode` to the inode table, unless all is read-only; ext2_write_inode()."""
        fs = self.fs
        if fs.read_only:
            return
        offset = inode_offset(fs, inode.ino)
        size = fs.sb.inode_size if self.fresh else EXT2_INODE.size
        old = bytes(size) if self.fresh else fs.bdev.read(offset, size)
        raw = bytearray(old)
        record: Any = EXT2_INODE.view(raw)  # type: ignore[arg-type]
        record.i_mode = inode.mode
        record.i_uid, record.i_uid_high = inode.uid & 0xFFFF, inode.uid >> 16
        record.i_gid, record.i_gid_high = inode.gid & 0xFFFF, inode.gid >> 16
        if fs.mount_options.short_ids:
            record.i_uid_high = record.i_gid_high = 0
        record.i_size = inode.size & 0xFFFF_FFFF
        record.i_atime = inode.atime // SECOND
        record.i_ctime = inode.ctime // SECOND
        record.i_mtime = inode.mtime // SECOND
        record.i_dtime = dtime
        record.i_links_count = inode.nlink
        record.i_blocks = self.map.sectors
        record.i_flags = self.flags
        record.i_generation = self.generation
        record.i_file_acl = self.acl_block
        if inode.is_regular:
            record.i_dir_acl = inode.size >> 32  # i_size_high
            if inode.size > LARGE:
                fs.need_large_file()
        for index, pointer in enumerate(_pointers(inode, self)):
            record.i_block[index] = pointer
        if raw != old:
            fs.bdev.write(offset, bytes(raw))

    def release(self, inode: Inode) -> None:
        """Nothing refers to `inode` any more: free its blocks and it; ext2_evict_inode()."""
        fs = self.fs
        self.gone = True
        fs.inodes.pop(inode.ino, None)
        if fs.read_only:
            return
        if inode.is_regular or inode.is_dir or (inode.is_symlink and not self.is_fast):
            self.map.truncate(0)
        attributes.release(self)
        inode.size = 0
        inode.nlink = 0
        self.write(inode, dtime=fs.now() // SECOND & 0xFFFF_FFFF)
        ialloc.free_inode(fs, inode.ino, inode.is_dir)


def _pointers(inode: Inode, node: Node) -> list[int]:
    """``i_block``: the device number of device nodes, else what the map has."""
    if inode.kind not in (S.IFCHR, S.IFBLK):
        return node.map.pointers
    major, minor = major_of(inode.rdev), minor_of(inode.rdev)
    if major < 256 and minor < 256:
        return [major << 8 | minor, 0]
    return [0, minor & 0xFF | major << 8 | (minor & ~0xFF) << 12, 0]


def device_number(pointers: list[int]) -> int:
    """The number of a device node, of either encoding."""
    old, new = pointers[0], pointers[1]
    if old:
        return make_device_number(old >> 8 & 0xFF, old & 0xFF)
    return make_device_number(new >> 8 & 0xFFF, new & 0xFF | new >> 12 & 0xFFF00)


def inode_offset(fs: Ext2, number: int) -> int:
    """Where the record of an inode is on the disk; EINVAL for a number that cannot be."""
    sb = fs.sb
    if (number != layout.ROOT_INO and number < sb.first_ino) or number > sb.disk.s_inodes_count:
        raise EINVAL(f"bad inode number {number}")
    group, index = divmod(number - 1, sb.disk.s_inodes_per_group)
    return int(fs.groups[group].bg_inode_table * sb.block_size + index * sb.inode_size)


def read_record(fs: Ext2, number: int) -> Any:
    """The inode table's record; ESTALE for a free inode, EUCLEAN for one that cannot be."""
    record = EXT2_INODE.unpack(fs.bdev.read(inode_offset(fs, number), EXT2_INODE.size))
    if not record.i_links_count and (not record.i_mode or record.i_dtime):
        raise ESTALE
    if record.i_file_acl and not fs.is_data_block(record.i_file_acl):
        fs.error(f"inode {number}: bad extended attribute block")
        raise EUCLEAN
    if record.i_mode & S.IFMT == S.IFREG and record.i_dir_acl >> 31:
        raise EUCLEAN("negative size")
    return record
