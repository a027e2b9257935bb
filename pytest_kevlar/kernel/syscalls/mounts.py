"""mount(2), umount(2) and pivot_root(2); what they do is in ``fs/mounting.py``.

The calls that work on descriptors (``fsopen`` and its relatives) are in ``mountfds.py``.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.mount import MNT, MS
from pytest_kevlar.kernel.errno import EINVAL, ENODEV, ENOTDIR, EPERM, LinuxError
from pytest_kevlar.kernel.fs import mounting
from pytest_kevlar.kernel.fs.block.mounting import unmounted
from pytest_kevlar.kernel.fs.fstypes import FS_FLAGS, REMOUNT_MASK, TYPES, Context
from pytest_kevlar.kernel.fs.lookup import Walk, lookup, start_of
from pytest_kevlar.kernel.fs.mount import ATIME, VfsPath
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import MountFlags, OptPath, Path, Ptr, UmountFlags
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN
from pytest_kevlar.kernel.task.task import Task

PER_MOUNT = (
    MS.RDONLY
    | MS.NOSUID
    | MS.NODEV
    | MS.NOEXEC
    | MS.NOATIME
    | MS.NODIRATIME
    | MS.RELATIME
    | MS.NOSYMFOLLOW
)
PROPAGATION = MS.SHARED | MS.PRIVATE | MS.SLAVE | MS.UNBINDABLE


def may_mount(task: Task) -> None:
    """CAP_SYS_ADMIN over the mount namespace; EPERM."""
    if not task.cred.capable_in(task.fs.namespace.user_ns, CAP_SYS_ADMIN):
        raise EPERM


def _flags(flags: int) -> int:
    """``MS_*`` as a mount keeps them: relatime unless told otherwise."""
    kept = flags & PER_MOUNT & ~MS.RELATIME
    if not flags & MS.NOATIME:
        kept |= MS.RELATIME
    if flags & MS.STRICTATIME:
        kept &= ~(MS.RELATIME | MS.NOATIME)
    return kept


def _options(data: UserPtr) -> bytes:
    return data.memory.read_cstring(data.address, 4096) or b"" if data else b""


@syscall(
    partial="ext2, tmpfs, ramfs, proc, sysfs, devtmpfs, devpts, mqueue and cgroup2, "
    "and bind mounts of anything"
)
def mount(
    task: Task, source: OptPath, target: Path, fstype: OptPath, flags: MountFlags, data: Ptr
) -> int:
    """mount(2). Mirrors fs/namespace.c:path_mount()."""
    options = _options(data)
    if flags & MS.MGC_MSK == MS.MGC_VAL:
        flags &= ~MS.MGC_MSK
    place = lookup(task, AT.FDCWD, target)
    may_mount(task)
    if flags & MS.REMOUNT and flags & MS.BIND:
        _remount_mount(task, place, flags)
    elif flags & MS.REMOUNT:
        _remount(task, place, flags, options)
    elif flags & MS.BIND:
        recursive = bool(flags & MS.REC)
        mounting.bind(task, _source(task, source), place, recursive=recursive)
    elif flags & PROPAGATION:
        mounting.change_propagation(task, place, flags)
    elif flags & MS.MOVE:
        mounting.move(task, _source(task, source), place)
    else:
        _mount_new(task, place, source, fstype, flags, options)
    return 0


def _source(task: Task, source: bytes | None) -> VfsPath:
    if not source:
        raise EINVAL
    return lookup(task, AT.FDCWD, source)


def _mount_new(
    task: Task, place: VfsPath, source: bytes | None, fstype: bytes | None, flags: int, text: bytes
) -> None:
    """fs/namespace.c:do_new_mount()."""
    if fstype is None:
        raise EINVAL
    kind = TYPES.get(fstype)
    if kind is None:
        raise ENODEV
    context = Context(task.fs.vfs, kind, flags & FS_FLAGS, user_ns=kind.owner(task))
    context.source = source
    context.parse_options(text)
    context.check_capable(task)
    fs = context.make(task)
    name = source if source is not None else b"none"
    try:
        if not place.inode.is_dir:
            raise ENOTDIR
        mounting.add_mount(task, fs, place, name, _flags(flags))
    except LinuxError:
        unmounted(fs)
        raise


def _remount_flags(place: VfsPath, flags: int) -> int:
    """Without any atime flag, those of before stay."""
    kept = _flags(flags)
    if not flags & (ATIME | MS.STRICTATIME):
        kept = kept & ~ATIME | place.mount.flags & ATIME
    return kept


def _check_remount(task: Task, place: VfsPath) -> None:
    if not mounting.is_mount_root(place) or not mounting.is_local(task, place.mount):
        raise EINVAL


def _remount_mount(task: Task, place: VfsPath, flags: int) -> None:
    """MS_REMOUNT|MS_BIND: flags of the mount only; fs/namespace.c:do_reconfigure_mnt()."""
    _check_remount(task, place)
    mounting.set_flags(task, place.mount, _remount_flags(place, flags))


def _remount(task: Task, place: VfsPath, flags: int, options: bytes) -> None:
    """MS_REMOUNT: the file system, and the flags of this mount; fs/namespace.c:do_remount()."""
    _check_remount(task, place)
    fs = place.mount.fs
    kind = TYPES.get(fs.name)
    if kind is None:
        raise EINVAL
    context = Context(task.fs.vfs, kind, flags & FS_FLAGS, REMOUNT_MASK, user_ns=fs.user_ns)
    context.parse_options(options)
    mounting.check_flags(place.mount, _remount_flags(place, flags))
    context.check_change(task, fs)
    mounting.change_file_system(task, fs, context)
    place.mount.flags = _remount_flags(place, flags)


@syscall("umount2")
def umount2(task: Task, target: Path, flags: UmountFlags) -> int:
    """umount2(2). Mirrors fs/namespace.c:ksys_umount()."""
    if flags & ~(MNT.MNT_FORCE | MNT.MNT_DETACH | MNT.MNT_EXPIRE | MNT.UMOUNT_NOFOLLOW):
        raise EINVAL
    walk = Walk(task, start_of(task, AT.FDCWD, target), keep_marks=True)
    walk.to_parent(target)
    place = walk.finish(not flags & MNT.UMOUNT_NOFOLLOW)
    may_mount(task)
    mounting.unmount(task, place, flags)
    return 0


@syscall()
def pivot_root(task: Task, new_root: Path, put_old: Path) -> int:
    """pivot_root(2). Mirrors fs/namespace.c:SYSCALL_DEFINE2(pivot_root)."""
    may_mount(task)
    new, old = lookup(task, AT.FDCWD, new_root), lookup(task, AT.FDCWD, put_old)
    if not new.inode.is_dir or not old.inode.is_dir:
        raise ENOTDIR
    mounting.pivot_root(task, new, old)
    return 0
