"""ext2 on disk: constants, and the arithmetic of where things are.

The structures themselves are declared in ``abi/structs.h``.
"""

from __future__ import annotations

from typing import Final

MAGIC: Final = 0xEF53
SUPER_OFFSET: Final = 1024
SUPER_SIZE: Final = 1024
ROOT_INO: Final = 2
GOOD_OLD_FIRST_INO: Final = 11
GOOD_OLD_INODE_SIZE: Final = 128
MAX_BLOCK_SIZE: Final = 4096  # as large as a page
LINK_MAX: Final = 32000

# s_state
VALID_FS: Final = 1
ERROR_FS: Final = 2

# s_errors
ERRORS_CONTINUE: Final = 1
ERRORS_RO: Final = 2
ERRORS_PANIC: Final = 3

# s_feature_*
COMPAT_EXT_ATTR: Final = 8
INCOMPAT_FILETYPE: Final = 2
INCOMPAT_META_BG: Final = 0x10
RO_COMPAT_SPARSE_SUPER: Final = 1
RO_COMPAT_LARGE_FILE: Final = 2
RO_COMPAT_BTREE_DIR: Final = 4
INCOMPAT_SUPPORTED: Final = INCOMPAT_FILETYPE | INCOMPAT_META_BG
RO_COMPAT_SUPPORTED: Final = RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE | RO_COMPAT_BTREE_DIR

# s_default_mount_opts
DEFAULT_BSD_GROUPS: Final = 2

# i_flags
SYNC_FL: Final = 8
IMMUTABLE_FL: Final = 0x10
APPEND_FL: Final = 0x20
NODUMP_FL: Final = 0x40
NOATIME_FL: Final = 0x80
BTREE_FL: Final = 0x1000
DIRSYNC_FL: Final = 0x10000
TOPDIR_FL: Final = 0x20000
#: What a new object has from its directory; of these, what is no directory keeps the masks.
INHERITED_FL: Final = 0x0001_C6CF
REGULAR_MASK: Final = ~(DIRSYNC_FL | TOPDIR_FL)
OTHER_MASK: Final = NODUMP_FL | NOATIME_FL

# i_block
DIRECT: Final = 12
POINTERS: Final = 15

# directories
DIRENT_HEAD: Final = 8


def record_length(name_length: int) -> int:
    """Bytes that an entry with such a name needs."""
    return name_length + DIRENT_HEAD + 3 & ~3


def is_power_of(number: int, base: int) -> bool:
    """Whether `number` is a power of `base`, 1 included."""
    while number > 1 and number % base == 0:
        number //= base
    return number == 1


def max_file_size(block_size: int) -> int:
    """Largest file by what block pointers and ``i_blocks`` can say; ext2_max_size()."""
    pointers = block_size // 4
    blocks = DIRECT + pointers + pointers**2 + pointers**3
    limit = ((1 << 32) - 1) // (block_size // 512)  # data and indirect blocks together
    if blocks + _indirect_blocks(blocks, pointers) > limit:
        blocks = limit - _indirect_blocks(limit, pointers)
    return blocks * block_size


def _indirect_blocks(blocks: int, pointers: int) -> int:
    """Indirect blocks that it takes to address so many blocks, most of them three levels deep."""
    deep = blocks - DIRECT - pointers - pointers**2
    return 1 + (1 + pointers) + 1 + -(-deep // pointers) + -(-deep // pointers**2)
