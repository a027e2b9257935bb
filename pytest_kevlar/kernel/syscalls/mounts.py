"""mount(2) and umount(2); what a mount is stands in ``fs/mount.py``."""

from __future__ import annotations

from collections.abc import Callable

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.mount import MNT, MS
from pytest_kevlar.kernel.errno import EACCES, EBUSY, EINVAL, ENODEV, ENOTDIR, EPERM
from pytest_kevlar.kernel.fs import fsnotify
from pytest_kevlar.kernel.fs.block.mounting import Opener, mount_device, unmounted
from pytest_kevlar.kernel.fs.devfs import DevFs
from pytest_kevlar.kernel.fs.ext2.filesystem import Ext2
from pytest_kevlar.kernel.fs.filesystem import FileSystem
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.mount import Mount, VfsPath
from pytest_kevlar.kernel.fs.procfs.filesystem import ProcFs
from pytest_kevlar.kernel.fs.sysfs import SysFs
from pytest_kevlar.kernel.fs.tmpfs import Tmpfs
from pytest_kevlar.kernel.fs.vfs import Vfs
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import MountFlags, OptPath, Path, Ptr, UmountFlags
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.tty.devpts import DevPts

PAGE = 4096
PER_MOUNT = MS.NOSUID | MS.NODEV | MS.NOEXEC | MS.NOATIME | MS.NODIRATIME | MS.NOSYMFOLLOW
PROPAGATION = MS.SHARED | MS.PRIVATE | MS.SLAVE | MS.UNBINDABLE


def _tmpfs(vfs: Vfs, options: bytes) -> FileSystem:
    """tmpfs(5) and its options; huge pages are refused, as without that feature."""
    mode, uid, gid = 0o1777, 0, 0
    pages: int | None = None
    inodes: int | None = None
    for option in options.split(b","):
        key, _, value = option.partition(b"=")
        if key == b"mode":
            mode = _number(value, 8) & 0o7777
        elif key == b"uid":
            uid = _number(value)
        elif key == b"gid":
            gid = _number(value)
        elif key == b"size" and value.endswith(b"%"):
            pages = vfs.kernel.profile.memory_total * _number(value[:-1]) // 100 // PAGE
        elif key == b"size":
            pages = -(-_scaled(value) // PAGE)
        elif key == b"nr_blocks":
            pages = _scaled(value)
        elif key == b"nr_inodes":
            inodes = _scaled(value)
        elif key:
            raise EINVAL(option.decode("latin-1"))
    return Tmpfs(vfs, mode, uid, gid, pages or None, inodes or None)


def _number(text: bytes, base: int = 10) -> int:
    try:
        return int(text, base)
    except ValueError:
        raise EINVAL from None


def _scaled(text: bytes) -> int:
    """A number with an optional k, m or g behind it; lib/cmdline.c:memparse()."""
    shift = {b"k": 10, b"m": 20, b"g": 30}.get(text[-1:].lower(), 0)
    return _number(text[:-1] if shift else text) << shift


TYPES: dict[bytes, Callable[[Vfs, bytes], FileSystem]] = {
    b"tmpfs": _tmpfs,
    b"ramfs": _tmpfs,
    b"proc": lambda vfs, options: ProcFs(vfs),
    b"sysfs": lambda vfs, options: SysFs(vfs),
    b"devtmpfs": lambda vfs, options: DevFs(vfs),
    b"devpts": lambda vfs, options: DevPts(vfs),
}

ON_DEVICES: dict[bytes, Opener] = {b"ext2": Ext2}


def _flags(flags: int) -> int:
    """``MS_*`` as a mount keeps them: relatime unless told otherwise."""
    kept = flags & (PER_MOUNT | MS.RDONLY)
    if not flags & (MS.NOATIME | MS.STRICTATIME):
        kept |= MS.RELATIME
    return kept


@syscall(
    partial="ext2, tmpfs, proc, sysfs, devtmpfs, devpts, mqueue, bind; no propagation, "
    "no MS_MOVE of /"
)
def mount(
    task: Task, source: OptPath, target: Path, fstype: OptPath, flags: MountFlags, data: Ptr
) -> int:
    """mount(2). Mirrors fs/namespace.c:path_mount()."""
    if flags & MS.MGC_MSK == MS.MGC_VAL:
        flags &= ~MS.MGC_MSK
    options = data.memory.read_cstring(data.address, 4096) or b"" if data else b""
    place = lookup(task, AT.FDCWD, target)
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM
    if flags & MS.REMOUNT:
        return _remount(task, place, flags, options)
    if flags & MS.BIND:
        return _bind(task, source, place, flags)
    if flags & PROPAGATION:
        return _propagation(place, flags)
    if flags & MS.MOVE:
        return _move(task, source, place)
    if fstype is None:
        raise EINVAL
    vfs = task.fs.vfs
    if fstype in TYPES:
        fs = TYPES[fstype](vfs, options)
    elif fstype in ON_DEVICES:
        read_only = bool(flags & MS.RDONLY)
        fs = mount_device(task, source, read_only, options, ON_DEVICES[fstype])
    elif fstype == b"mqueue":
        fs = task.ipc.mqueue(vfs)
    else:
        raise ENODEV
    if not place.inode.is_dir:
        unmounted(task.kernel, fs)
        raise ENOTDIR
    if fs.block_device is not None and place.mount.fs is fs and place.dentry is place.mount.root:
        raise EBUSY
    new = Mount(vfs.new_mount_id(), fs, fs.root, source or b"none", _flags(flags))
    new.attach(place)
    return 0


def _remount(task: Task, place: VfsPath, flags: int, options: bytes) -> int:
    """fs/namespace.c:do_remount() and, with MS_BIND, do_reconfigure_mnt()."""
    mount = place.mount
    if place.dentry is not mount.root:
        raise EINVAL
    read_only = bool(flags & MS.RDONLY)
    if not flags & MS.BIND:
        if read_only and not mount.fs.read_only and _is_written(task, mount):
            raise EBUSY
        device = mount.fs.block_device
        if device is not None and device.read_only and not read_only:
            raise EACCES
        mount.fs.remount(read_only, options)
    mount.flags = _flags(flags)
    return 0


def _is_written(task: Task, mount: Mount) -> bool:
    """Whether a file of the file system is open for writing, or without a name."""
    for other in task.kernel.tasks.values():
        for _, file in other.files if other.alive else ():
            if file.path.mount.fs is not mount.fs or not file.inode.is_regular:
                continue
            if file.writable or not file.inode.nlink:
                return True
    return False


def _bind(task: Task, source: bytes | None, place: VfsPath, flags: int) -> int:
    """fs/namespace.c:do_loopback(); MS_REC takes what is mounted below along."""
    if not source:
        raise EINVAL
    old = lookup(task, AT.FDCWD, source)
    if old.inode.is_dir != place.inode.is_dir:
        raise ENOTDIR
    vfs = task.fs.vfs
    copy = Mount(vfs.new_mount_id(), old.mount.fs, old.dentry, old.mount.source, old.mount.flags)
    if flags & MS.REC:
        _copy_children(vfs, old.mount, copy)
    copy.attach(place)
    return 0


def _copy_children(vfs: Vfs, original: Mount, copy: Mount) -> None:
    for mountpoint, child in list(original.children.items()):
        if mountpoint.is_below(copy.root):
            twin = Mount(vfs.new_mount_id(), child.fs, child.root, child.source, child.flags)
            _copy_children(vfs, child, twin)
            twin.attach(VfsPath(copy, mountpoint))


def _propagation(place: VfsPath, flags: int) -> int:
    """Mounts are private here; asking for that, or for less, is no lie."""
    kinds = flags & PROPAGATION
    if kinds & (kinds - 1) or place.dentry is not place.mount.root:
        raise EINVAL
    if kinds in (MS.SHARED, MS.UNBINDABLE):
        raise EINVAL
    return 0


def _move(task: Task, source: bytes | None, place: VfsPath) -> int:
    if not source:
        raise EINVAL
    old = lookup(task, AT.FDCWD, source)
    mount = old.mount
    if old.dentry is not mount.root or mount.parent is None:
        raise EINVAL
    if any(one is place.mount for one in mount.tree()):
        raise EINVAL
    mount.detach()
    mount.attach(place)
    return 0


@syscall("umount2")
def umount2(task: Task, target: Path, flags: UmountFlags) -> int:
    """umount2(2). Mirrors fs/namespace.c:ksys_umount() and do_umount()."""
    known = MNT.MNT_FORCE | MNT.MNT_DETACH | MNT.MNT_EXPIRE | MNT.UMOUNT_NOFOLLOW
    if flags & ~known:
        raise EINVAL
    place = lookup(task, AT.FDCWD, target, follow=not flags & MNT.UMOUNT_NOFOLLOW)
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM
    mount = place.mount
    if place.dentry is not mount.root or mount.parent is None:
        raise EINVAL
    if flags & MNT.MNT_EXPIRE and flags & (MNT.MNT_FORCE | MNT.MNT_DETACH):
        raise EINVAL
    if not flags & MNT.MNT_DETACH and (mount.children or _in_use(task, mount)):
        raise EBUSY
    mount.detach()
    if mount.fs.marks and not _mounted(task, mount.fs):
        fsnotify.unmounted(mount.fs)
    unmounted(task.kernel, mount.fs)
    return 0


def _mounted(task: Task, fs: FileSystem) -> bool:
    """Whether any task sees the file system mounted somewhere."""
    roots = dict.fromkeys(
        other.fs.namespace.root for other in task.kernel.tasks.values() if other.alive
    )
    return any(mount.fs is fs for root in roots for mount in root.tree())


def _in_use(task: Task, mount: Mount) -> bool:
    """Whether a working directory, a root, or an open or mapped file is on the mount."""
    if any(file.path.mount is mount for file in task.fs.vfs.blocks.loop_files()):
        return True
    for other in task.kernel.tasks.values():
        if not other.alive:
            continue
        if mount in (other.fs.cwd.mount, other.fs.root.mount):
            return True
        if any(file.path.mount is mount for _, file in other.files):
            return True
        if any(vma.file is not None and vma.file.path.mount is mount for vma in other.memory.vmas):
            return True
    return False
