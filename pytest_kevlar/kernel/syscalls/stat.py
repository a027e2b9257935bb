"""stat(2), statx(2), statfs(2), access(2), chmod(2), chown(2), utimensat(2) and relatives.

Rules are in ``fs/attributes.py``; layouts are the architecture's.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.files import AT, STATX, STATXATTR, UTIME
from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.abi.structs import STATFS, TIMESPEC, TIMEVAL, USTAT, UTIMBUF
from pytest_kevlar.kernel.abi.structs import STATX as STATX_LAYOUT
from pytest_kevlar.kernel.errno import EFAULT, EINVAL
from pytest_kevlar.kernel.fs import attributes
from pytest_kevlar.kernel.fs.devices import major_of, minor_of
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.mount import VfsPath
from pytest_kevlar.kernel.fs.procfs.system import FILE_SYSTEMS
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.pointers import InTimes, OutStat, OutStatfs, OutStatx
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    AtFlags,
    Bits,
    DirFd,
    Fd,
    FsDevice,
    Int,
    Mode,
    OptPath,
    Path,
    Ptr,
    Uid,
    ULong,
)
from pytest_kevlar.kernel.task.task import Task

SECOND = 1_000_000_000


def _write_stat(task: Task, inode: Inode, pointer: UserPtr) -> int:
    """fs/stat.c:cp_new_stat()."""
    atime, mtime, ctime = inode.atime, inode.mtime, inode.ctime
    reader = task.cred.user_ns
    pointer.write(
        task.kernel.arch.stat.pack(
            st_dev=inode.fs.device,
            st_ino=inode.ino,
            st_mode=inode.mode,
            st_nlink=inode.nlink,
            st_uid=reader.uids.seen(inode.uid),
            st_gid=reader.gids.seen(inode.gid),
            st_rdev=inode.rdev,
            st_size=inode.size,
            st_blksize=inode.block_size,
            st_blocks=inode.blocks,
            st_atime_sec=atime // SECOND,
            st_atime_nsec=atime % SECOND,
            st_mtime_sec=mtime // SECOND,
            st_mtime_nsec=mtime % SECOND,
            st_ctime_sec=ctime // SECOND,
            st_ctime_nsec=ctime % SECOND,
        )
    )
    return 0


@syscall()
def stat(task: Task, path: Path, statbuf: OutStat) -> int:
    """stat(2). Mirrors fs/stat.c:SYSCALL_DEFINE2(newstat)."""
    return _write_stat(task, lookup(task, AT.FDCWD, path).inode, statbuf)


@syscall()
def lstat(task: Task, path: Path, statbuf: OutStat) -> int:
    """lstat(2)."""
    return _write_stat(task, lookup(task, AT.FDCWD, path, follow=False).inode, statbuf)


@syscall()
def fstat(task: Task, fd: Fd, statbuf: OutStat) -> int:
    """fstat(2): O_PATH descriptors too."""
    return _write_stat(task, task.files.get_any(fd).inode, statbuf)


STAT_FLAGS = (
    AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH | AT.NO_AUTOMOUNT | AT.STATX_FORCE_SYNC | AT.STATX_DONT_SYNC
)


def _at(task: Task, dirfd: int, path: bytes | None, flags: int) -> VfsPath:
    """What a call with AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW is about; NULL counts as empty."""
    if path is None:
        if not flags & AT.EMPTY_PATH:
            raise EFAULT
        path = b""
    return lookup(
        task,
        dirfd,
        path,
        follow=not flags & AT.SYMLINK_NOFOLLOW,
        empty=bool(flags & AT.EMPTY_PATH),
    )


@syscall()
def newfstatat(task: Task, dirfd: DirFd, path: OptPath, statbuf: OutStat, flags: AtFlags) -> int:
    """fstatat(2). Mirrors fs/stat.c:vfs_fstatat()."""
    if flags & ~STAT_FLAGS:
        raise EINVAL
    return _write_stat(task, _at(task, dirfd, path, flags).inode, statbuf)


def _timestamp(value: int) -> tuple[int, int]:
    return value // SECOND, value % SECOND


@syscall()
def statx(
    task: Task, dirfd: DirFd, path: OptPath, flags: AtFlags, mask: Bits, buffer: OutStatx
) -> int:
    """statx(2). Mirrors fs/stat.c:do_statx()."""
    if mask & STATX._RESERVED or flags & AT.STATX_SYNC_TYPE == AT.STATX_SYNC_TYPE:
        raise EINVAL
    if flags & ~STAT_FLAGS:
        raise EINVAL
    place = _at(task, dirfd, path, flags)
    inode = place.inode
    attributes_mask = STATXATTR.AUTOMOUNT | STATXATTR.MOUNT_ROOT | STATXATTR.DAX
    on_tmpfs = inode.fs.magic == MAGIC.TMPFS_MAGIC
    if on_tmpfs:
        attributes_mask |= STATXATTR.IMMUTABLE | STATXATTR.APPEND | STATXATTR.NODUMP
    basic = STATX.BASIC_STATS
    ctime, mtime = inode.ctime, inode.mtime
    if on_tmpfs and not mask & (STATX.CTIME | STATX.MTIME):
        # fs/stat.c:fill_mg_cmtime(): asking is what makes the time stamps fine-grained.
        basic &= ~(STATX.CTIME | STATX.MTIME)
        ctime = mtime = 0
    is_root = place.dentry is place.mount.root
    extra = STATX.MNT_ID_UNIQUE if mask & STATX.MNT_ID_UNIQUE else STATX.MNT_ID
    born = STATX.BTIME if on_tmpfs and mask & STATX.BTIME else 0
    buffer.write(
        STATX_LAYOUT.pack(
            stx_mask=basic | extra | born,
            stx_blksize=inode.block_size,
            stx_attributes=STATXATTR.MOUNT_ROOT if is_root else 0,
            stx_attributes_mask=attributes_mask,
            stx_nlink=inode.nlink,
            stx_uid=task.cred.user_ns.uids.seen(inode.uid),
            stx_gid=task.cred.user_ns.gids.seen(inode.gid),
            stx_mode=inode.mode,
            stx_ino=inode.ino,
            stx_size=inode.size,
            stx_blocks=inode.blocks,
            stx_atime=_timestamp(inode.atime),
            stx_btime=_timestamp(inode.btime) if born else (0, 0),
            stx_ctime=_timestamp(ctime),
            stx_mtime=_timestamp(mtime),
            stx_rdev_major=major_of(inode.rdev),
            stx_rdev_minor=minor_of(inode.rdev),
            stx_dev_major=major_of(inode.fs.device),
            stx_dev_minor=minor_of(inode.fs.device),
            stx_mnt_id=(place.mount.unique_id if mask & STATX.MNT_ID_UNIQUE else place.mount.id),
        )
    )
    return 0


def _write_statfs(place: VfsPath, pointer: UserPtr) -> int:
    """fs/statfs.c:do_statfs_native()."""
    fs = place.mount.fs
    numbers = fs.statistics()
    pointer.write(
        STATFS.pack(
            f_type=numbers.magic,
            f_bsize=numbers.block_size,
            f_blocks=numbers.blocks,
            f_bfree=numbers.free,
            f_bavail=numbers.free if numbers.available is None else numbers.available,
            f_files=numbers.files,
            f_ffree=numbers.files_free,
            f_fsid=numbers.ident or (fs.device, 0),
            f_namelen=255,
            f_frsize=numbers.block_size,
            f_flags=place.mount.statfs_flags,
        )
    )
    return 0


@syscall()
def statfs(task: Task, path: Path, buf: OutStatfs) -> int:
    """statfs(2)."""
    return _write_statfs(lookup(task, AT.FDCWD, path), buf)


@syscall()
def fstatfs(task: Task, fd: Fd, buf: OutStatfs) -> int:
    """fstatfs(2)."""
    return _write_statfs(task.files.get_any(fd).path, buf)


@syscall()
def ustat(task: Task, dev: FsDevice, ubuf: Ptr) -> int:
    """ustat(2): of a file system that is mounted. Mirrors fs/statfs.c:SYSCALL_DEFINE2(ustat)."""
    for mount in task.fs.namespace.mounts():
        if mount.fs.device == dev:
            numbers = mount.fs.statistics()
            ubuf.write(USTAT.pack(f_tfree=numbers.free, f_tinode=numbers.files_free))
            return 0
    raise EINVAL


@syscall()
def sysfs(task: Task, option: Int, first: ULong, second: ULong) -> int:
    """sysfs(2): the kinds of file systems, by number. Mirrors fs/filesystems.c."""
    if option == 1:
        name = UserPtr(task.memory, first).read_cstring()
        if name not in FILE_SYSTEMS:
            raise EINVAL
        return FILE_SYSTEMS.index(name)
    if option == 2:
        index = first & 0xFFFF_FFFF
        if index >= len(FILE_SYSTEMS):
            raise EINVAL
        UserPtr(task.memory, second).write(FILE_SYSTEMS[index] + b"\0")
        return 0
    if option == 3:
        return len(FILE_SYSTEMS)
    raise EINVAL


# -- access -----------------------------------------------------------------------------


def _access(task: Task, dirfd: int, path: bytes | None, mode: int, flags: int) -> int:
    """fs/open.c:do_faccessat(): the search uses the same credentials as the test."""
    if mode & ~7 or flags & ~(AT.EACCESS | AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH):
        raise EINVAL
    if path is None:
        if not flags & AT.EMPTY_PATH:
            raise EFAULT
        path = b""
    cred = attributes.access_credentials(task, effective=bool(flags & AT.EACCESS))
    place = lookup(
        task,
        dirfd,
        path,
        follow=not flags & AT.SYMLINK_NOFOLLOW,
        empty=bool(flags & AT.EMPTY_PATH),
        cred=cred,
    )
    attributes.check_access(place, cred, mode)
    return 0


@syscall()
def access(task: Task, path: OptPath, mode: Int) -> int:
    """access(2): with the real ids."""
    return _access(task, AT.FDCWD, path, mode, 0)


@syscall()
def faccessat(task: Task, dirfd: DirFd, path: OptPath, mode: Int) -> int:
    """faccessat(2), the call of three arguments."""
    return _access(task, dirfd, path, mode, 0)


@syscall()
def faccessat2(task: Task, dirfd: DirFd, path: OptPath, mode: Int, flags: AtFlags) -> int:
    """faccessat2(2)."""
    return _access(task, dirfd, path, mode, flags)


# -- mode and owner -----------------------------------------------------------------------


@syscall()
def chmod(task: Task, path: Path, mode: Mode) -> int:
    """chmod(2)."""
    attributes.change_mode(task, lookup(task, AT.FDCWD, path), mode)
    return 0


@syscall()
def fchmod(task: Task, fd: Fd, mode: Mode) -> int:
    """fchmod(2)."""
    attributes.change_mode(task, task.files.get(fd).path, mode)
    return 0


@syscall()
def fchmodat(task: Task, dirfd: DirFd, path: Path, mode: Mode) -> int:
    """fchmodat(2), the call of three arguments."""
    attributes.change_mode(task, lookup(task, dirfd, path), mode)
    return 0


@syscall()
def fchmodat2(task: Task, dirfd: DirFd, path: OptPath, mode: Mode, flags: AtFlags) -> int:
    """fchmodat2(2)."""
    if flags & ~(AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH):
        raise EINVAL
    attributes.change_mode(task, _at(task, dirfd, path, flags), mode)
    return 0


@syscall()
def chown(task: Task, path: Path, owner: Uid, group: Uid) -> int:
    """chown(2)."""
    attributes.change_owner(task, lookup(task, AT.FDCWD, path), owner, group)
    return 0


@syscall()
def lchown(task: Task, path: Path, owner: Uid, group: Uid) -> int:
    """lchown(2)."""
    place = lookup(task, AT.FDCWD, path, follow=False)
    attributes.change_owner(task, place, owner, group)
    return 0


@syscall()
def fchown(task: Task, fd: Fd, owner: Uid, group: Uid) -> int:
    """fchown(2)."""
    attributes.change_owner(task, task.files.get(fd).path, owner, group)
    return 0


@syscall()
def fchownat(
    task: Task, dirfd: DirFd, path: OptPath, owner: Uid, group: Uid, flags: AtFlags
) -> int:
    """fchownat(2)."""
    if flags & ~(AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH):
        raise EINVAL
    attributes.change_owner(task, _at(task, dirfd, path, flags), owner, group)
    return 0


# -- times ------------------------------------------------------------------------------


def _set_times(
    task: Task, dirfd: int, path: bytes | None, times: list[int | None] | None, flags: int
) -> int:
    """fs/utimes.c:do_utimes(): no path means the descriptor itself; None times mean now."""
    if flags & ~(AT.SYMLINK_NOFOLLOW | AT.EMPTY_PATH):
        raise EINVAL
    if path is None and dirfd != AT.FDCWD:
        if flags:
            raise EINVAL
        place = task.files.get(dirfd).path
    else:
        place = _at(task, dirfd, path, flags)
    if times is None:
        attributes.change_times(task, place, None, None, now=True)
    else:
        attributes.change_times(task, place, times[0], times[1], now=False)
    return 0


@syscall()
def utimensat(task: Task, dirfd: DirFd, path: OptPath, times: InTimes, flags: AtFlags) -> int:
    """utimensat(2). Both UTIME_OMIT: success, whatever the path is."""
    if not times:
        return _set_times(task, dirfd, path, None, flags)
    pair = TIMESPEC.unpack_array(times.read(2 * TIMESPEC.size))
    for time in pair:
        if time.tv_nsec not in (UTIME.NOW, UTIME.OMIT) and not 0 <= time.tv_nsec < SECOND:
            raise EINVAL
    kinds = [time.tv_nsec for time in pair]
    if kinds == [UTIME.OMIT, UTIME.OMIT]:
        return 0
    if kinds == [UTIME.NOW, UTIME.NOW]:
        return _set_times(task, dirfd, path, None, flags)
    now = task.kernel.clock.realtime_ns()
    values: list[int | None] = []
    for time in pair:
        if time.tv_nsec == UTIME.OMIT:
            values.append(None)
        elif time.tv_nsec == UTIME.NOW:
            values.append(now)
        else:
            values.append(time.tv_sec * SECOND + time.tv_nsec)
    return _set_times(task, dirfd, path, values, flags)


def _timevals(times: UserPtr) -> list[int | None] | None:
    """Two ``struct timeval``; EINVAL for microseconds out of range."""
    if not times:
        return None
    values: list[int | None] = []
    for time in TIMEVAL.unpack_array(times.read(2 * TIMEVAL.size)):
        if not 0 <= time.tv_usec < 1_000_000:
            raise EINVAL
        values.append(time.tv_sec * SECOND + time.tv_usec * 1000)
    return values


@syscall()
def utimes(task: Task, path: Path, times: Ptr) -> int:
    """utimes(2)."""
    return _set_times(task, AT.FDCWD, path, _timevals(times), 0)


@syscall()
def futimesat(task: Task, dirfd: DirFd, path: OptPath, times: Ptr) -> int:
    """futimesat(2)."""
    return _set_times(task, dirfd, path, _timevals(times), 0)


@syscall()
def utime(task: Task, path: Path, times: Ptr) -> int:
    """utime(2)."""
    values: list[int | None] | None = None
    if times:
        raw = UTIMBUF.unpack(times.read(UTIMBUF.size))
        values = [raw.actime * SECOND, raw.modtime * SECOND]
    return _set_times(task, AT.FDCWD, path, values, 0)
