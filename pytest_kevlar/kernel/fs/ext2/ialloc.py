"""Inode allocation; fs/ext2/ialloc.c with its older way of placing directories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import ENOSPC
from pytest_kevlar.kernel.fs.ext2.bitmap import Bitmap

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2


def allocate_inode(fs: Ext2, parent: int, is_dir: bool) -> int:
    """The number of a free inode, for an object in directory `parent`; ENOSPC."""
    sb = fs.sb
    first = _group_for_directory(fs) if is_dir else _group_for_file(fs, parent)
    if first is None:
        raise ENOSPC
    for step in range(sb.groups):
        group = (first + step) % sb.groups
        bitmap = _bitmap(fs, group)
        bit = bitmap.find_clear(max(0, sb.first_ino - 1) if group == 0 else 0)
        if bit is None:
            continue
        bitmap.set(bit)
        descriptor = fs.groups[group]
        descriptor.bg_free_inodes_count = max(descriptor.bg_free_inodes_count - 1, 0)
        if is_dir:
            descriptor.bg_used_dirs_count = min(descriptor.bg_used_dirs_count + 1, 0xFFFF)
        fs.groups.store(group)
        number: int = group * sb.disk.s_inodes_per_group + bit + 1
        return number
    raise ENOSPC


def free_inode(fs: Ext2, number: int, is_dir: bool) -> None:
    """Give an inode number back."""
    sb = fs.sb
    if not sb.first_ino <= number <= sb.disk.s_inodes_count:
        fs.error(f"reserved or nonexistent inode {number}")
        return
    group, bit = divmod(number - 1, sb.disk.s_inodes_per_group)
    if not _bitmap(fs, group).clear(bit):
        fs.error(f"bit already cleared for inode {number}")
        return
    descriptor = fs.groups[group]
    descriptor.bg_free_inodes_count = min(descriptor.bg_free_inodes_count + 1, 0xFFFF)
    if is_dir:
        descriptor.bg_used_dirs_count = max(descriptor.bg_used_dirs_count - 1, 0)
    fs.groups.store(group)


def _bitmap(fs: Ext2, group: int) -> Bitmap:
    sb = fs.sb
    block = fs.groups[group].bg_inode_bitmap
    return Bitmap(fs.bdev, block, sb.block_size, sb.disk.s_inodes_per_group)


def _group_for_directory(fs: Ext2) -> int | None:
    """find_group_dir(): of groups with many free inodes the one with the most free blocks."""
    average = fs.groups.free_inodes // fs.sb.groups
    best = None
    for group, one in enumerate(fs.groups.all):
        if not one.bg_free_inodes_count or one.bg_free_inodes_count < average:
            continue
        if best is None or one.bg_free_blocks_count > fs.groups[best].bg_free_blocks_count:
            best = group
    return best


def _group_for_file(fs: Ext2, parent: int) -> int | None:
    """find_group_other(): the directory's group, or one found by a quadratic hash of it."""
    sb = fs.sb
    groups = fs.groups.all
    home: int = (parent - 1) // sb.disk.s_inodes_per_group
    if groups[home].bg_free_inodes_count and groups[home].bg_free_blocks_count:
        return home
    group = (home + parent) % sb.groups
    step = 1
    while step < sb.groups:
        group = (group + step) % sb.groups
        if groups[group].bg_free_inodes_count and groups[group].bg_free_blocks_count:
            return group
        step <<= 1
    return next((one for one in range(sb.groups) if groups[one].bg_free_inodes_count), None)
