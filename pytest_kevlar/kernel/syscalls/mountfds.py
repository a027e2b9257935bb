"""fsopen(2), fsconfig(2), fsmount(2), move_mount(2), open_tree(2), fspick(2),
mount_setattr(2): mounts by way of descriptors. What they do is in ``fs/``.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.mount import (
    FSCONFIG,
    FSMOUNT,
    FSOPEN,
    FSPICK,
    MOUNTATTR,
    MOVEMOUNT,
    MS,
)
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.structs import MOUNT_ATTR
from pytest_kevlar.kernel.errno import EFAULT, EINVAL, ENODEV, EOPNOTSUPP
from pytest_kevlar.kernel.fs import mounting
from pytest_kevlar.kernel.fs.file import File, PathFile
from pytest_kevlar.kernel.fs.fscontext import ContextFile, context_of
from pytest_kevlar.kernel.fs.fstypes import TYPES, Context
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.mount import VfsPath
from pytest_kevlar.kernel.fs.visibility import check_hides_nothing
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.extensible import check_size, read_extensible
from pytest_kevlar.kernel.syscalls.mounts import PROPAGATION, may_mount
from pytest_kevlar.kernel.syscalls.pointers import InString
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    AtFlags,
    DirFd,
    Fd,
    FsconfigCommand,
    FsmountFlags,
    FsopenFlags,
    FspickFlags,
    Int,
    MountAttributes,
    MoveMountFlags,
    OpenTreeFlags,
    Path,
    Ptr,
    Size,
)
from pytest_kevlar.kernel.task.task import Task

OPEN_TREE_CLONE = 1
#: Attributes and the ``MS_*`` that a mount keeps for them.
PLAIN = {
    MOUNTATTR.RDONLY: MS.RDONLY,
    MOUNTATTR.NOSUID: MS.NOSUID,
    MOUNTATTR.NODEV: MS.NODEV,
    MOUNTATTR.NOEXEC: MS.NOEXEC,
    MOUNTATTR.NODIRATIME: MS.NODIRATIME,
    MOUNTATTR.NOSYMFOLLOW: MS.NOSYMFOLLOW,
}
ATIMES = {0: MS.RELATIME, MOUNTATTR.NOATIME: MS.NOATIME, MOUNTATTR.STRICTATIME: 0}
KNOWN = MOUNTATTR._ATIME | sum(PLAIN)


def _install(task: Task, file: File, cloexec: int) -> int:
    return task.files.install(task.process, file, cloexec=bool(cloexec))


def _plain(attributes: int) -> int:
    """``MS_*`` for all attributes but the one about atime."""
    return sum(flag for bit, flag in PLAIN.items() if attributes & bit)


def _atime(attributes: int) -> int:
    kind = ATIMES.get(attributes & MOUNTATTR._ATIME)
    if kind is None:
        raise EINVAL
    return kind


def _text(pointer: UserPtr) -> bytes:
    """fs/fsopen.c: strings of at most 255 bytes; EINVAL."""
    text = pointer.memory.read_cstring(pointer.address, 256)
    if text is None:
        raise EINVAL
    return text


@syscall(partial="ext2, tmpfs, ramfs, proc, sysfs, devtmpfs, devpts, mqueue and cgroup2")
def fsopen(task: Task, fsname: InString, flags: FsopenFlags) -> int:
    """fsopen(2). Mirrors fs/fsopen.c:SYSCALL_DEFINE2(fsopen)."""
    may_mount(task)
    if flags & ~FSOPEN.CLOEXEC:
        raise EINVAL
    if not fsname:
        raise EFAULT
    kind = TYPES.get(_text(fsname))
    if kind is None:
        raise ENODEV
    file = ContextFile(Context(task.fs.vfs, kind, user_ns=kind.owner(task)))
    return _install(task, file, flags & FSOPEN.CLOEXEC)


def _check_arguments(command: int, key: UserPtr, value: UserPtr, aux: int) -> None:
    """fs/fsopen.c:SYSCALL_DEFINE5(fsconfig)."""
    if command == FSCONFIG.SET_FLAG:
        wrong = not key or bool(value) or aux != 0
    elif command == FSCONFIG.SET_STRING:
        wrong = not key or not value or aux != 0
    elif command == FSCONFIG.SET_BINARY:
        wrong = not key or not value or not 0 < aux <= 1 << 20
    elif command in (FSCONFIG.SET_PATH, FSCONFIG.SET_PATH_EMPTY):
        wrong = not key or not value or (aux != AT.FDCWD and aux < 0)
    elif command == FSCONFIG.SET_FD:
        wrong = not key or bool(value) or aux < 0
    elif FSCONFIG.CMD_CREATE <= command <= FSCONFIG.CMD_CREATE_EXCL:
        wrong = bool(key) or bool(value) or aux != 0
    else:
        raise EOPNOTSUPP
    if wrong:
        raise EINVAL


@syscall()
def fsconfig(
    task: Task, fd: Fd, command: FsconfigCommand, key: InString, value: Ptr, aux: Int
) -> int:
    """fsconfig(2): no file system here has parameters that are paths, blobs or descriptors."""
    if fd < 0:
        raise EINVAL
    _check_arguments(command, key, value, aux)
    context = context_of(task.files.get(fd))
    name = _text(key) if key else b""
    if FSCONFIG.SET_BINARY <= command <= FSCONFIG.SET_FD:
        context.refuse(name)
    context.configure(task, command, name, _text(value) if value else None)
    return 0


@syscall()
def fsmount(task: Task, fd: Fd, flags: FsmountFlags, attributes: MountAttributes) -> int:
    """fsmount(2). Mirrors fs/namespace.c:SYSCALL_DEFINE3(fsmount)."""
    may_mount(task)
    if flags & ~FSMOUNT.CLOEXEC or attributes & ~KNOWN:
        raise EINVAL
    kept = _plain(attributes) | _atime(attributes)
    mount = context_of(task.files.get(fd)).mount(kept)
    check_hides_nothing(task.fs.namespace, mount)
    file = mounting.open_detached(task.fs.vfs, mount)
    return _install(task, file, flags & FSMOUNT.CLOEXEC)


@syscall()
def fspick(task: Task, dirfd: DirFd, path: Path, flags: FspickFlags) -> int:
    """fspick(2). Mirrors fs/fsopen.c:SYSCALL_DEFINE3(fspick)."""
    may_mount(task)
    if flags & ~(
        FSPICK.CLOEXEC | FSPICK.SYMLINK_NOFOLLOW | FSPICK.NO_AUTOMOUNT | FSPICK.EMPTY_PATH
    ):
        raise EINVAL
    follow = not flags & FSPICK.SYMLINK_NOFOLLOW
    place = lookup(task, dirfd, path, follow=follow, empty=bool(flags & FSPICK.EMPTY_PATH))
    kind = TYPES.get(place.mount.fs.name)
    if not mounting.is_mount_root(place) or kind is None:
        raise EINVAL
    fs = place.mount.fs
    file = ContextFile(Context(task.fs.vfs, kind, user_ns=fs.user_ns), fs)
    return _install(task, file, flags & FSPICK.CLOEXEC)


@syscall(partial="no MOVE_MOUNT_SET_GROUP, no MOVE_MOUNT_BENEATH: EINVAL")
def move_mount(
    task: Task,
    from_fd: DirFd,
    from_path: Path,
    to_fd: DirFd,
    to_path: Path,
    flags: MoveMountFlags,
) -> int:
    """move_mount(2). Mirrors fs/namespace.c:SYSCALL_DEFINE5(move_mount)."""
    may_mount(task)
    if flags & ~0x77:
        raise EINVAL
    old = lookup(
        task,
        from_fd,
        from_path,
        follow=bool(flags & MOVEMOUNT.F_SYMLINKS),
        empty=bool(flags & MOVEMOUNT.F_EMPTY_PATH),
    )
    new = lookup(
        task,
        to_fd,
        to_path,
        follow=bool(flags & MOVEMOUNT.T_SYMLINKS),
        empty=bool(flags & MOVEMOUNT.T_EMPTY_PATH),
    )
    mounting.move(task, old, new)
    return 0


def _at(task: Task, dirfd: int, path: bytes, flags: int) -> VfsPath:
    follow = not flags & AT.SYMLINK_NOFOLLOW
    return lookup(task, dirfd, path, follow=follow, empty=bool(flags & AT.EMPTY_PATH))


@syscall()
def open_tree(task: Task, dirfd: DirFd, path: Path, flags: OpenTreeFlags) -> int:
    """open_tree(2). Mirrors fs/namespace.c:SYSCALL_DEFINE3(open_tree)."""
    known = AT.EMPTY_PATH | AT.NO_AUTOMOUNT | AT.RECURSIVE | AT.SYMLINK_NOFOLLOW
    if flags & ~(known | OPEN_TREE_CLONE | O.CLOEXEC):
        raise EINVAL
    if flags & (AT.RECURSIVE | OPEN_TREE_CLONE) == AT.RECURSIVE:
        raise EINVAL
    if flags & OPEN_TREE_CLONE:
        may_mount(task)
    place = _at(task, dirfd, path, flags)
    if not flags & OPEN_TREE_CLONE:
        return _install(task, PathFile(place, O.PATH), flags & O.CLOEXEC)
    copy = mounting.copy_place(task, place, recursive=bool(flags & AT.RECURSIVE))
    file = mounting.open_detached(task.fs.vfs, copy)
    return _install(task, file, flags & O.CLOEXEC)


@syscall(partial="no MOUNT_ATTR_IDMAP: EINVAL")
def mount_setattr(
    task: Task, dirfd: DirFd, path: Path, flags: AtFlags, attributes: Ptr, size: Size
) -> int:
    """mount_setattr(2). Mirrors fs/namespace.c:SYSCALL_DEFINE5(mount_setattr)."""
    if flags & ~(AT.EMPTY_PATH | AT.RECURSIVE | AT.SYMLINK_NOFOLLOW | AT.NO_AUTOMOUNT):
        raise EINVAL
    check_size(size, MOUNT_ATTR.size)
    may_mount(task)
    wanted = read_extensible(attributes, size, MOUNT_ATTR)
    if not (wanted.attr_set or wanted.attr_clr or wanted.propagation):
        return 0
    on, off, kind = int(wanted.attr_set), int(wanted.attr_clr), int(wanted.propagation)
    change = _attribute_change(on, off, kind)
    place = _at(task, dirfd, path, flags)
    mounting.set_attributes(task, place, *change, kind, recursive=bool(flags & AT.RECURSIVE))
    return 0


def _attribute_change(on: int, off: int, kind: int) -> tuple[int, int]:
    """``MS_*`` to set and to clear; fs/namespace.c:build_mount_kattr()."""
    if kind & ~PROPAGATION or kind & (kind - 1) or (on | off) & ~KNOWN:
        raise EINVAL
    set_flags, clear_flags = _plain(on), _plain(off)
    if off & MOUNTATTR._ATIME:
        if off & MOUNTATTR._ATIME != MOUNTATTR._ATIME:
            raise EINVAL
        set_flags |= _atime(on)
        clear_flags |= MS.RELATIME | MS.NOATIME
    elif on & MOUNTATTR._ATIME:
        raise EINVAL
    return set_flags, clear_flags
