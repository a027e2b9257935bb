"""Block allocation; fs/ext2/balloc.c without its reservation windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import ENOSPC
from pytest_kevlar.kernel.fs.ext2.bitmap import Bitmap
from pytest_kevlar.kernel.task.cred import CAP_SYS_RESOURCE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2


def allocate_block(fs: Ext2, goal: int) -> int:
    """A free block, near `goal` if there is one; ENOSPC."""
    sb = fs.sb
    if not _has_room(fs):
        raise ENOSPC
    if not fs.is_data_block(goal):
        goal = sb.disk.s_first_data_block
    first, bit = divmod(goal - sb.disk.s_first_data_block, sb.disk.s_blocks_per_group)
    for step in range(sb.groups + 1):
        group = (first + step) % sb.groups
        # The first group comes twice: from the goal on, and in the end from its start.
        found = _allocate_in(fs, group, bit if step == 0 else 0)
        if found is not None:
            return found
    raise ENOSPC


def _has_room(fs: Ext2) -> bool:
    """Whether the caller may take one more block; ext2_has_free_blocks()."""
    free = fs.groups.free_blocks
    if free > fs.sb.disk.s_r_blocks_count:
        return True
    if not free:
        return False
    task = fs.kernel.scheduler.current
    if task is None:
        return True
    cred, options = task.cred, fs.mount_options
    return (
        cred.capable(CAP_SYS_RESOURCE)
        or cred.fsuid == options.reserved_uid
        or (options.reserved_gid != 0 and cred.in_group(options.reserved_gid))
    )


def _bitmap(fs: Ext2, group: int) -> Bitmap:
    sb = fs.sb
    block = fs.groups[group].bg_block_bitmap
    return Bitmap(fs.bdev, block, sb.block_size, sb.group_size(group))


def _allocate_in(fs: Ext2, group: int, start: int) -> int | None:
    descriptor = fs.groups[group]
    if not descriptor.bg_free_blocks_count:
        return None
    bitmap = _bitmap(fs, group)
    while True:
        bit = bitmap.find_clear(start)
        if bit is None:
            return None
        bitmap.set(bit)
        block = fs.sb.group_start(group) + bit
        if not _in_system_zone(fs, block):
            break
        fs.error(f"allocating block {block} in system zone")
    descriptor.bg_free_blocks_count -= 1
    fs.groups.store(group)
    return block


def free_block(fs: Ext2, block: int) -> None:
    """Give a block back; what cannot be right is reported and left alone."""
    if not fs.is_data_block(block) or _in_system_zone(fs, block):
        fs.error(f"freeing block {block} not in data zone")
        return
    group, bit = divmod(block - fs.sb.disk.s_first_data_block, fs.sb.disk.s_blocks_per_group)
    if not _bitmap(fs, group).clear(bit):
        fs.error(f"bit already cleared for block {block}")
        return
    descriptor = fs.groups[group]
    descriptor.bg_free_blocks_count = min(descriptor.bg_free_blocks_count + 1, 0xFFFF)
    fs.groups.store(group)


def _in_system_zone(fs: Ext2, block: int) -> bool:
    """Whether a bitmap or an inode table is there."""
    sb = fs.sb
    group = (block - sb.disk.s_first_data_block) // sb.disk.s_blocks_per_group
    descriptor = fs.groups[group]
    table = descriptor.bg_inode_table
    return (
        block in (descriptor.bg_block_bitmap, descriptor.bg_inode_bitmap)
        or table <= block < table + sb.inode_blocks
    )
