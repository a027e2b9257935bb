"""Constants of the calls that work on files, directories and their attributes.

``open(2)`` flags are in open.py, ``fcntl(2)`` in fcntl.py, ``mount(2)`` in mount.py.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class S(Names, mask=0o170000):
    """``inode(7)`` mode bits."""

    IXOTH: Final = 1
    IWOTH: Final = 2
    IROTH: Final = 4
    IRWXO: Final = 7
    IXGRP: Final = 0o10
    IWGRP: Final = 0o20
    IRGRP: Final = 0o40
    IRWXG: Final = 0o70
    IXUSR: Final = 0o100
    IWUSR: Final = 0o200
    IRUSR: Final = 0o400
    IRWXU: Final = 0o700
    ISVTX: Final = 0o1000
    ISGID: Final = 0o2000
    ISUID: Final = 0o4000
    IFIFO: Final = 0o10000
    IFCHR: Final = 0o20000
    IFDIR: Final = 0o40000
    IFBLK: Final = 0o60000
    IFREG: Final = 0o100000
    IFLNK: Final = 0o120000
    IFSOCK: Final = 0o140000
    IFMT: Final = 0o170000


class AT(Names):
    """Flags of the ``*at`` calls; uapi/linux/fcntl.h."""

    FDCWD: Final = -100
    HANDLE_MNT_ID_UNIQUE: Final = 1
    HANDLE_CONNECTABLE: Final = 2
    SYMLINK_NOFOLLOW: Final = 0x100
    EACCESS: Final = 0x200
    REMOVEDIR: Final = 0x200
    SYMLINK_FOLLOW: Final = 0x400
    NO_AUTOMOUNT: Final = 0x800
    EMPTY_PATH: Final = 0x1000
    STATX_FORCE_SYNC: Final = 0x2000
    STATX_DONT_SYNC: Final = 0x4000
    STATX_SYNC_TYPE: Final = 0x6000
    RECURSIVE: Final = 0x8000
    EXECVE_CHECK: Final = 0x10000


class ACCESS(Names, prefix=""):
    """``access(2)`` modes, spelled without a prefix."""

    F_OK: Final = 0
    X_OK: Final = 1
    W_OK: Final = 2
    R_OK: Final = 4


class SEEK(Names):
    """``lseek(2)`` whence."""

    SET: Final = 0
    CUR: Final = 1
    END: Final = 2
    DATA: Final = 3
    HOLE: Final = 4


class DT(Names):
    """``getdents64(2)`` d_type."""

    UNKNOWN: Final = 0
    FIFO: Final = 1
    CHR: Final = 2
    DIR: Final = 4
    BLK: Final = 6
    REG: Final = 8
    LNK: Final = 10
    SOCK: Final = 12
    WHT: Final = 14


class LOCK(Names):
    """``flock(2)`` operations."""

    SH: Final = 1
    EX: Final = 2
    NB: Final = 4
    UN: Final = 8
    MAND: Final = 32


class FALLOC(Names, prefix="FALLOC_FL_"):
    """``fallocate(2)`` mode."""

    ALLOCATE_RANGE: Final = 0
    KEEP_SIZE: Final = 1
    PUNCH_HOLE: Final = 2
    NO_HIDE_STALE: Final = 4
    COLLAPSE_RANGE: Final = 8
    ZERO_RANGE: Final = 0x10
    INSERT_RANGE: Final = 0x20
    UNSHARE_RANGE: Final = 0x40
    WRITE_ZEROES: Final = 0x80


class FADV(Names, prefix="POSIX_FADV_"):
    """``posix_fadvise(2)`` advice."""

    NORMAL: Final = 0
    RANDOM: Final = 1
    SEQUENTIAL: Final = 2
    WILLNEED: Final = 3
    DONTNEED: Final = 4
    NOREUSE: Final = 5


class RENAME(Names):
    """``renameat2(2)`` flags."""

    NOREPLACE: Final = 1
    EXCHANGE: Final = 2
    WHITEOUT: Final = 4


class STATX(Names):
    """``statx(2)`` mask."""

    TYPE: Final = 1
    MODE: Final = 2
    NLINK: Final = 4
    UID: Final = 8
    GID: Final = 0x10
    ATIME: Final = 0x20
    MTIME: Final = 0x40
    CTIME: Final = 0x80
    INO: Final = 0x100
    SIZE: Final = 0x200
    BLOCKS: Final = 0x400
    BASIC_STATS: Final = 0x7FF
    BTIME: Final = 0x800
    ALL: Final = 0xFFF
    MNT_ID: Final = 0x1000
    DIOALIGN: Final = 0x2000
    MNT_ID_UNIQUE: Final = 0x4000
    SUBVOL: Final = 0x8000
    WRITE_ATOMIC: Final = 0x10000
    DIO_READ_ALIGN: Final = 0x20000
    _RESERVED: Final = 0x80000000


class STATXATTR(Names, prefix="STATX_ATTR_"):
    """``statx(2)`` stx_attributes."""

    COMPRESSED: Final = 4
    IMMUTABLE: Final = 0x10
    APPEND: Final = 0x20
    NODUMP: Final = 0x40
    ENCRYPTED: Final = 0x800
    AUTOMOUNT: Final = 0x1000
    MOUNT_ROOT: Final = 0x2000
    VERITY: Final = 0x100000
    DAX: Final = 0x200000
    WRITE_ATOMIC: Final = 0x400000


class XATTR(Names):
    """``setxattr(2)`` flags and bounds."""

    CREATE: Final = 1
    REPLACE: Final = 2
    NAME_MAX: Final = 255
    LIST_MAX: Final = 65536
    SIZE_MAX: Final = 65536


class MFD(Names):
    """``memfd_create(2)`` flags."""

    CLOEXEC: Final = 1
    ALLOW_SEALING: Final = 2
    HUGETLB: Final = 4
    NOEXEC_SEAL: Final = 8
    EXEC: Final = 0x10


class SPLICE(Names, prefix="SPLICE_F_"):
    """``splice(2)``, ``tee(2)``, ``vmsplice(2)`` flags."""

    MOVE: Final = 1
    NONBLOCK: Final = 2
    MORE: Final = 4
    GIFT: Final = 8


class RWF(Names):
    """``preadv2(2)`` flags."""

    HIPRI: Final = 1
    DSYNC: Final = 2
    SYNC: Final = 4
    NOWAIT: Final = 8
    APPEND: Final = 0x10
    NOAPPEND: Final = 0x20
    ATOMIC: Final = 0x40
    DONTCACHE: Final = 0x80
    NOSIGNAL: Final = 0x100


class UTIME(Names):
    """``utimensat(2)`` tv_nsec values."""

    OMIT: Final = 0x3FFFFFFE
    NOW: Final = 0x3FFFFFFF


class SYNCRANGE(Names, prefix="SYNC_FILE_RANGE_"):
    """``sync_file_range(2)`` flags."""

    WAIT_BEFORE: Final = 1
    WRITE: Final = 2
    WAIT_AFTER: Final = 4
    WRITE_AND_WAIT: Final = 7


class CLOSERANGE(Names, prefix="CLOSE_RANGE_"):
    """``close_range(2)`` flags."""

    UNSHARE: Final = 2
    CLOEXEC: Final = 4


class LIMIT(Names, prefix=""):
    """Lengths in bytes and counts; uapi/linux/limits.h."""

    LINK_MAX: Final = 127
    NAME_MAX: Final = 255
    PATH_MAX: Final = 4096
    PIPE_BUF: Final = 4096
