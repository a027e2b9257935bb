"""Constants of ``mount(2)``, ``umount2(2)``, ``statfs(2)`` and the file-system types.

The tree of mounts itself is in ``kernel/fs``.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class MS(Names):
    """``mount(2)`` flags."""

    RDONLY: Final = 1
    NOSUID: Final = 2
    NODEV: Final = 4
    NOEXEC: Final = 8
    SYNCHRONOUS: Final = 0x10
    REMOUNT: Final = 0x20
    MANDLOCK: Final = 0x40
    DIRSYNC: Final = 0x80
    NOSYMFOLLOW: Final = 0x100
    NOATIME: Final = 0x400
    NODIRATIME: Final = 0x800
    BIND: Final = 0x1000
    MOVE: Final = 0x2000
    REC: Final = 0x4000
    SILENT: Final = 0x8000
    POSIXACL: Final = 0x10000
    UNBINDABLE: Final = 0x20000
    PRIVATE: Final = 0x40000
    SLAVE: Final = 0x80000
    SHARED: Final = 0x100000
    RELATIME: Final = 0x200000
    KERNMOUNT: Final = 0x400000
    I_VERSION: Final = 0x800000
    STRICTATIME: Final = 0x1000000
    LAZYTIME: Final = 0x2000000
    MGC_VAL: Final = 0xC0ED0000
    MGC_MSK: Final = 0xFFFF0000


class MNT(Names, prefix=""):
    """``umount2(2)`` flags, spelled in full."""

    MNT_FORCE: Final = 1
    MNT_DETACH: Final = 2
    MNT_EXPIRE: Final = 4
    UMOUNT_NOFOLLOW: Final = 8


class FSCONFIG(Names):
    """``fsconfig(2)`` commands."""

    SET_FLAG: Final = 0
    SET_STRING: Final = 1
    SET_BINARY: Final = 2
    SET_PATH: Final = 3
    SET_PATH_EMPTY: Final = 4
    SET_FD: Final = 5
    CMD_CREATE: Final = 6
    CMD_RECONFIGURE: Final = 7
    CMD_CREATE_EXCL: Final = 8


class FSOPEN(Names):
    """``fsopen(2)`` flags."""

    CLOEXEC: Final = 1


class FSMOUNT(Names):
    """``fsmount(2)`` flags."""

    CLOEXEC: Final = 1


class FSPICK(Names):
    """``fspick(2)`` flags."""

    CLOEXEC: Final = 1
    SYMLINK_NOFOLLOW: Final = 2
    NO_AUTOMOUNT: Final = 4
    EMPTY_PATH: Final = 8


class MOVEMOUNT(Names, prefix="MOVE_MOUNT_"):
    """``move_mount(2)`` flags."""

    F_SYMLINKS: Final = 1
    F_AUTOMOUNTS: Final = 2
    F_EMPTY_PATH: Final = 4
    T_SYMLINKS: Final = 0x10
    T_AUTOMOUNTS: Final = 0x20
    T_EMPTY_PATH: Final = 0x40
    SET_GROUP: Final = 0x100
    BENEATH: Final = 0x200


class MOUNTATTR(Names, prefix="MOUNT_ATTR_"):
    """Attributes of a mount, in ``fsmount(2)`` and ``mount_setattr(2)``."""

    RDONLY: Final = 1
    NOSUID: Final = 2
    NODEV: Final = 4
    NOEXEC: Final = 8
    NOATIME: Final = 0x10
    STRICTATIME: Final = 0x20
    _ATIME: Final = 0x70
    NODIRATIME: Final = 0x80
    IDMAP: Final = 0x100000
    NOSYMFOLLOW: Final = 0x200000


class STATMOUNT(Names):
    """``statmount(2)`` mask."""

    SB_BASIC: Final = 1
    MNT_BASIC: Final = 2
    PROPAGATE_FROM: Final = 4
    MNT_ROOT: Final = 8
    MNT_POINT: Final = 0x10
    FS_TYPE: Final = 0x20
    MNT_OPTS: Final = 0x80
    SB_SOURCE: Final = 0x200
    SUPPORTED_MASK: Final = 0x1000


class LISTMOUNT(Names):
    """``listmount(2)`` flags."""

    REVERSE: Final = 1


class ST(Names):
    """``statfs(2)`` f_flags as the kernel sets them; ST_VALID is never shown by libc."""

    RDONLY: Final = 1
    NOSUID: Final = 2
    NODEV: Final = 4
    NOEXEC: Final = 8
    SYNCHRONOUS: Final = 0x10
    VALID: Final = 0x20
    MANDLOCK: Final = 0x40
    NOATIME: Final = 0x400
    NODIRATIME: Final = 0x800
    RELATIME: Final = 0x1000
    NOSYMFOLLOW: Final = 0x2000


class MAGIC(Names, prefix=""):
    """``statfs(2)`` f_type."""

    DEVPTS_SUPER_MAGIC: Final = 0x1CD1
    PROC_SUPER_MAGIC: Final = 0x9FA0
    EXT4_SUPER_MAGIC: Final = 0xEF53
    TMPFS_MAGIC: Final = 0x1021994
    ANON_INODE_FS_MAGIC: Final = 0x9041934
    MQUEUE_MAGIC: Final = 0x19800202
    PID_FS_MAGIC: Final = 0x50494446
    PIPEFS_MAGIC: Final = 0x50495045
    SOCKFS_MAGIC: Final = 0x534F434B
    SYSFS_MAGIC: Final = 0x62656572
    CGROUP2_SUPER_MAGIC: Final = 0x63677270
    NSFS_MAGIC: Final = 0x6E736673
    OVERLAYFS_SUPER_MAGIC: Final = 0x794C7630
    RAMFS_MAGIC: Final = 0x858458F6
    HUGETLBFS_MAGIC: Final = 0x958458F6
