"""One mounted ext2: super block, options, the inodes in memory, and writing it all back.

Mirrors fs/ext2/super.c. Blocks, bitmaps and descriptors reach the device at once; inodes and
counters when something asks for it: sync, fsync, unmounting.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import RENAME
from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.errno import EINVAL, EROFS, LinuxError
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.ext2 import attributes, layout
from pytest_kevlar.kernel.fs.ext2.inode import AnyInode, Ext2Regular, load_inode
from pytest_kevlar.kernel.fs.ext2.node import SECOND
from pytest_kevlar.kernel.fs.ext2.options import Options
from pytest_kevlar.kernel.fs.ext2.superblock import Groups, SuperBlock
from pytest_kevlar.kernel.fs.filesystem import FileSystem, Statistics

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.block.device import BlockDevice
    from pytest_kevlar.kernel.fs.ext2.directory import Ext2Directory
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.vfs import Vfs


class Ext2(FileSystem):
    """One instance.

    Attributes:
        bdev: the block device. sb, groups: what is on it. mount_options: what was asked for.
        inodes: by number, all that were used since mounting.
    """

    name = b"ext2"
    magic = MAGIC.EXT4_SUPER_MAGIC
    max_links = layout.LINK_MAX
    rename_flags = RENAME.NOREPLACE
    keeps_attributes = True

    def __init__(self, vfs: Vfs, device: BlockDevice, read_only: bool, options: bytes) -> None:
        """Mount; EINVAL for what is no ext2, or one that this cannot read or write."""
        super().__init__(vfs, device.number)
        self.block_device = self.bdev = device
        self.sb = SuperBlock(device)
        self.block_size = self.sb.block_size
        self.pointers_per_block = self.block_size // 4
        self.max_file_size = layout.max_file_size(self.block_size)
        self.groups = Groups(device, self.sb)
        self.mount_options = Options.of(self.sb)
        self.mount_options.parse(options)
        self.read_only = read_only
        if not read_only and self.sb.unknown_ro_compat:
            raise EINVAL("unsupported optional features: only read-only")
        self.inodes: dict[int, AnyInode | Ext2Directory] = {}
        self._generation = 0
        self._state = self.sb.disk.s_state
        root = load_inode(self, layout.ROOT_INO)
        if not root.is_dir or not root.blocks or not root.size:
            raise EINVAL("corrupt root inode")
        self.root = Dentry(b"/", None, root)
        if not read_only:
            self._begin_writing()

    # -- questions of the parts -------------------------------------------------------------

    def is_on_disk(self, block: int) -> bool:
        """Whether there is such a block."""
        return 0 < block < int(self.sb.disk.s_blocks_count)

    def is_data_block(self, block: int) -> bool:
        """Whether a block is behind the super block and on the disk; ext2_data_block_valid()."""
        first: int = max(self.sb.disk.s_first_data_block, layout.SUPER_OFFSET // self.block_size)
        return first < block < int(self.sb.disk.s_blocks_count)

    def new_generation(self) -> int:
        """``i_generation`` of a new inode."""
        self._generation = self._generation + 1 & 0xFFFF_FFFF
        return self._generation

    def need_attributes(self) -> None:
        """A file with extended attributes."""
        self._need_revision_1()
        self.sb.disk.s_feature_compat |= layout.COMPAT_EXT_ATTR

    def _need_revision_1(self) -> None:
        """Older ones have no features; ext2_update_dynamic_rev()."""
        disk = self.sb.disk
        if disk.s_rev_level == 0:
            disk.s_rev_level = 1
            disk.s_first_ino = layout.GOOD_OLD_FIRST_INO
            disk.s_inode_size = layout.GOOD_OLD_INODE_SIZE

    def need_large_file(self) -> None:
        """A file of 2 GiB or more: older kernels shall not write here."""
        if not self.sb.has_ro_compat(layout.RO_COMPAT_LARGE_FILE):
            self._need_revision_1()
            self.sb.disk.s_feature_ro_compat |= layout.RO_COMPAT_LARGE_FILE

    def error(self, text: str) -> None:
        """The disk is damaged: what the option ``errors`` says; ext2_error()."""
        self._state |= layout.ERROR_FS
        if not self.read_only:
            self.sb.disk.s_state |= layout.ERROR_FS
            self._write_super()
        if self.mount_options.errors == layout.ERRORS_PANIC:
            from pytest_kevlar.kernel.result import End
            from pytest_kevlar.kernel.task.scheduler import RunEnded

            device = self.bdev.name.decode()
            raise RunEnded(
                End.CRASH,
                f"Kernel panic - not syncing: EXT2-fs ({device}): panic forced after error: {text}",
            )
        if self.mount_options.errors == layout.ERRORS_RO:
            self.read_only = True

    def attribute_names(self, inode: Inode) -> list[bytes]:
        """As they stand in their block."""
        return sorted(inode.xattrs or (), key=attributes.order)

    def keep_attributes(self, inode: Inode, kept: dict[bytes, bytes]) -> None:
        """Bring the extended attributes of an inode to the disk; ENOSPC."""
        from pytest_kevlar.kernel.fs.ext2.directory import node_of

        node = node_of(inode)
        if not node.gone:
            attributes.store(node, kept)

    # -- what the VFS asks ------------------------------------------------------------------

    def now(self) -> int:
        """Time stamps are whole seconds."""
        return self.stamp(super().now())

    def stamp(self, time: int) -> int:
        """As far as 32 bits of seconds go."""
        return max(-(1 << 31), min(time // SECOND, (1 << 31) - 1)) * SECOND

    def statistics(self) -> Statistics:
        """ext2_statfs()."""
        disk = self.sb.disk
        overhead = 0 if self.mount_options.minix_df else self.sb.overhead
        free = self.groups.free_blocks
        uuid = bytes(disk.s_uuid)
        ident = int.from_bytes(uuid[:8], "little") ^ int.from_bytes(uuid[8:], "little")
        return Statistics(
            self.magic,
            max(0, disk.s_blocks_count - overhead),
            free,
            disk.s_inodes_count,
            self.groups.free_inodes,
            max(0, free - disk.s_r_blocks_count),
            self.block_size,
            (_signed(ident), _signed(ident >> 32)),
        )

    @property
    def options(self) -> bytes:
        """ext2_show_options()."""
        return self.mount_options.show(self.sb)

    def sync(self) -> None:
        """Bring everything to the device; EIO, ENOSPC if a part of it could not be."""
        if not self.read_only:
            failed = self._write_inodes()
            self._sync_super()
            if failed is not None:
                raise failed

    def remount(self, read_only: bool, options: bytes) -> None:
        """mount(2) with MS_REMOUNT: other options stay. EROFS if a feature forbids writing."""
        changed = replace(self.mount_options)
        changed.parse(options)
        if self.read_only and not read_only and self.sb.unknown_ro_compat:
            raise EROFS
        self.mount_options = changed
        if read_only and not self.read_only:
            self._end_writing()
            self.read_only = True
        elif self.read_only and not read_only:
            self._state = self.sb.disk.s_state
            self.read_only = False
            self._begin_writing()

    def shut_down(self) -> None:
        """The last mount is gone; ext2_put_super()."""
        if not self.read_only:
            self._drop_orphans()
            self._end_writing()
        for inode in self.inodes.values():
            if isinstance(inode, Ext2Regular):
                inode.cache.release()
            inode.node.gone = True
        self.inodes.clear()

    # -- writing back -----------------------------------------------------------------------

    def _begin_writing(self) -> None:
        """Mounted for writing: not clean until it is unmounted; ext2_setup_super()."""
        disk = self.sb.disk
        if not disk.s_max_mnt_count:
            disk.s_max_mnt_count = 20
        disk.s_mnt_count = disk.s_mnt_count + 1 & 0xFFFF
        self._sync_super()

    def _end_writing(self) -> None:
        self._write_inodes()
        self._sync_super()
        disk = self.sb.disk
        disk.s_state = self._state
        disk.s_mtime = self._seconds()
        self._write_super()

    def _write_inodes(self) -> LinuxError | None:
        """Write all; gives the first error, such as that of a store into a hole on a full disk."""
        failed: LinuxError | None = None
        for inode in list(self.inodes.values()):
            try:
                if isinstance(inode, Ext2Regular):
                    inode.cache.write_back()
            except LinuxError as error:
                failed = failed or error
            inode.node.write(inode)
        return failed

    def _drop_orphans(self) -> None:
        """What has no name and was kept open goes when the machine goes."""
        for inode in list(self.inodes.values()):
            if not inode.nlink:
                inode.node.release(inode)

    def _sync_super(self) -> None:
        disk = self.sb.disk
        disk.s_state &= ~layout.VALID_FS
        disk.s_free_blocks_count = self.groups.free_blocks
        disk.s_free_inodes_count = self.groups.free_inodes
        disk.s_wtime = self._seconds()
        self._write_super()

    def _write_super(self) -> None:
        self.bdev.write(layout.SUPER_OFFSET, bytes(self.sb.raw))

    def _seconds(self) -> int:
        return self.now() // SECOND & 0xFFFF_FFFF


def _signed(word: int) -> int:
    word &= 0xFFFF_FFFF
    return word - (1 << 32) if word >> 31 else word
