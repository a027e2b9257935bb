"""The super block and the group descriptors: reading them, refusing what cannot be right.

Mirrors fs/ext2/super.c:ext2_fill_super(). Nothing here changes the disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.structs import EXT2_GROUP_DESC, EXT2_SUPER_BLOCK
from pytest_kevlar.kernel.errno import EINVAL, EIO
from pytest_kevlar.kernel.fs.ext2 import layout

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.block.device import BlockDevice

DESCRIPTOR_SIZE = 32


class SuperBlock:
    """What the super block says, checked.

    Attributes:
        raw: the 1024 bytes; `disk` reads and changes them by the names of the C structure.
        first_ino, inode_size: also of revision 0, which does not say.
        groups: number of block groups.
        inode_blocks: blocks of one group's inode table.
    """

    def __init__(self, device: BlockDevice) -> None:
        try:
            self.raw = bytearray(device.read(layout.SUPER_OFFSET, layout.SUPER_SIZE))
        except EIO:
            raise EINVAL("unable to read superblock") from None
        self.disk: Any = EXT2_SUPER_BLOCK.view(self.raw)  # type: ignore[arg-type]
        disk = self.disk
        if disk.s_magic != layout.MAGIC:
            raise EINVAL("not an ext2 file system")
        if disk.s_rev_level == 0:
            self.first_ino = layout.GOOD_OLD_FIRST_INO
            self.inode_size = layout.GOOD_OLD_INODE_SIZE
        else:
            self.first_ino = disk.s_first_ino
            self.inode_size = disk.s_inode_size
        if disk.s_rev_level and disk.s_feature_incompat & ~layout.INCOMPAT_SUPPORTED:
            raise EINVAL("unsupported optional features")
        if disk.s_log_block_size > 2 or disk.s_log_frag_size != disk.s_log_block_size:
            raise EINVAL("bad block size")
        self.block_size: int = 1024 << disk.s_log_block_size
        if (
            self.inode_size < layout.GOOD_OLD_INODE_SIZE
            or self.inode_size & (self.inode_size - 1)
            or self.inode_size > self.block_size
        ):
            raise EINVAL("unsupported inode size")
        self._check_geometry(device.size)

    def _check_geometry(self, device_size: int) -> None:
        disk, size = self.disk, self.block_size
        inodes_per_block = size // self.inode_size
        if not inodes_per_block <= disk.s_inodes_per_group <= size * 8:
            raise EINVAL("inodes per group")
        self.inode_blocks: int = disk.s_inodes_per_group // inodes_per_block
        if not self.inode_blocks + 3 < disk.s_blocks_per_group <= size * 8:
            raise EINVAL("blocks per group")
        if disk.s_frags_per_group > size * 8:
            raise EINVAL("fragments per group")
        if disk.s_blocks_count > device_size // size:
            raise EINVAL("block count exceeds size of device")
        first = disk.s_first_data_block
        if first >= disk.s_blocks_count:
            raise EINVAL("first data block")
        self.groups: int = (disk.s_blocks_count - first - 1) // disk.s_blocks_per_group + 1
        if self.groups * disk.s_inodes_per_group != disk.s_inodes_count:
            raise EINVAL("inode count")
        self.descriptors_per_block: int = size // DESCRIPTOR_SIZE

    # -- features -------------------------------------------------------------------------

    def has_incompat(self, bit: int) -> bool:
        """Whether an incompatible feature is there; revision 0 has none."""
        return bool(self.disk.s_rev_level and self.disk.s_feature_incompat & bit)

    def has_ro_compat(self, bit: int) -> bool:
        """Whether a read-only compatible feature is there."""
        return bool(self.disk.s_rev_level and self.disk.s_feature_ro_compat & bit)

    @property
    def unknown_ro_compat(self) -> bool:
        """Whether a feature forbids writing."""
        return self.has_ro_compat(~layout.RO_COMPAT_SUPPORTED & 0xFFFF_FFFF)

    # -- where things are -------------------------------------------------------------------

    def group_start(self, group: int) -> int:
        """First block of a group."""
        start: int = self.disk.s_first_data_block + group * self.disk.s_blocks_per_group
        return start

    def group_size(self, group: int) -> int:
        """Blocks of a group; the last one may be shorter."""
        blocks: int = self.disk.s_blocks_per_group
        return min(blocks, int(self.disk.s_blocks_count) - self.group_start(group))

    def has_super(self, group: int) -> bool:
        """Whether a group keeps a copy of the super block; ext2_bg_has_super()."""
        if group <= 1 or not self.has_ro_compat(layout.RO_COMPAT_SPARSE_SUPER):
            return True
        return any(layout.is_power_of(group, base) for base in (3, 5, 7))

    def descriptor_blocks(self, group: int) -> int:
        """Blocks of descriptors that a group keeps; ext2_bg_num_gdb()."""
        if not self.has_super(group):
            return 0
        return -(-self.groups // self.descriptors_per_block)

    def descriptor_block(self, number: int) -> int:
        """Where the `number`-th block of descriptors is; descriptor_loc()."""
        first: int = layout.SUPER_OFFSET // self.block_size
        meta = self.has_incompat(layout.INCOMPAT_META_BG)
        if not meta or number < self.disk.s_first_meta_bg:
            return first + number + 1
        group = self.descriptors_per_block * number
        return self.group_start(group) + self.has_super(group)

    @property
    def overhead(self) -> int:
        """Blocks that never hold data; ext2_statfs() leaves them out."""
        count: int = self.disk.s_first_data_block
        for group in range(self.groups):
            count += self.has_super(group) + self.descriptor_blocks(group)
        return count + int(self.groups * (2 + self.inode_blocks))


class Groups:
    """The group descriptors, in memory and on disk alike."""

    def __init__(self, device: BlockDevice, sb: SuperBlock) -> None:
        self._device = device
        self._sb = sb
        size = sb.block_size
        blocks = -(-sb.groups // sb.descriptors_per_block)
        try:
            parts = [device.read(sb.descriptor_block(i) * size, size) for i in range(blocks)]
        except EIO:
            raise EINVAL("unable to read group descriptors") from None
        self._raw = [
            bytearray(part[at : at + DESCRIPTOR_SIZE])
            for part in parts
            for at in range(0, size, DESCRIPTOR_SIZE)
        ][: sb.groups]
        self.all: list[Any] = [EXT2_GROUP_DESC.view(raw) for raw in self._raw]  # type: ignore[arg-type]
        for group, one in enumerate(self.all):
            first = sb.group_start(group)
            last = first + sb.group_size(group) - 1
            if not (
                first <= one.bg_block_bitmap <= last
                and first <= one.bg_inode_bitmap <= last
                and first <= one.bg_inode_table <= last + 1 - sb.inode_blocks
            ):
                raise EINVAL("group descriptors corrupted")

    def __getitem__(self, group: int) -> Any:
        return self.all[group]

    def store(self, group: int) -> None:
        """Bring a changed descriptor to the disk."""
        sb = self._sb
        block, index = divmod(group, sb.descriptors_per_block)
        offset = sb.descriptor_block(block) * sb.block_size + index * DESCRIPTOR_SIZE
        self._device.write(offset, bytes(self._raw[group]))

    @property
    def free_blocks(self) -> int:
        """Free blocks of all groups."""
        return sum(one.bg_free_blocks_count for one in self.all)

    @property
    def free_inodes(self) -> int:
        """Free inodes of all groups."""
        return sum(one.bg_free_inodes_count for one in self.all)

    @property
    def directories(self) -> int:
        """Directories of all groups."""
        return sum(one.bg_used_dirs_count for one in self.all)
