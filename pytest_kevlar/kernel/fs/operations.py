"""Changing the tree of names: create, link, unlink, rename, with every check Linux makes.

Mirrors the vfs_* functions of fs/namei.c. The inodes do the work; system calls only decode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import LIMIT, RENAME, S
from pytest_kevlar.kernel.errno import (
    EBUSY,
    EEXIST,
    EINVAL,
    EISDIR,
    EMLINK,
    ENAMETOOLONG,
    ENOENT,
    ENOTDIR,
    ENOTEMPTY,
    EOVERFLOW,
    EPERM,
    EROFS,
    EXDEV,
)
from pytest_kevlar.kernel.fs import acl, fsnotify
from pytest_kevlar.kernel.fs.inode import MAY_EXEC, MAY_WRITE, Inode
from pytest_kevlar.kernel.fs.lookup import Walk, lookup_parent
from pytest_kevlar.kernel.fs.mount import VfsPath
from pytest_kevlar.kernel.fs.mounting import detach_mounts, is_local_mountpoint
from pytest_kevlar.kernel.task.cred import CAP_FOWNER, CAP_FSETID, CAP_MKNOD

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.task.task import Task


def want_write(place: VfsPath) -> None:
    """EROFS on a read-only mount."""
    if place.mount.read_only:
        raise EROFS


def find_child(task: Task, place: VfsPath, name: bytes) -> Dentry | None:
    """The entry `name` of directory `place`, mounts not crossed; None if there is none."""
    if len(name) > LIMIT.NAME_MAX:
        raise ENAMETOOLONG
    try:
        return place.dentry.inode.lookup(task, place.dentry, name)
    except ENOENT:
        if not place.inode.keeps_names:
            raise
        return None


def may_create(task: Task, directory: Inode) -> None:
    """Whether names may be added: ENOENT for a removed directory, EACCES.

    EOVERFLOW if the file system's user namespace has no names for whose the file would be.
    """
    directory.require()
    if not directory.fs.user_ns.names(task.cred.fsuid, task.cred.fsgid):
        raise EOVERFLOW
    directory.permission(task.cred, MAY_WRITE | MAY_EXEC)


def may_delete(task: Task, directory: Inode, victim: Dentry, *, is_dir: bool) -> None:
    """fs/namei.c:may_delete()."""
    cred = task.cred
    directory.permission(cred, MAY_WRITE | MAY_EXEC)
    inode = victim.inode
    if (
        directory.mode & S.ISVTX
        and cred.fsuid not in (inode.uid, directory.uid)
        and not cred.capable_over(inode, CAP_FOWNER)
    ):
        raise EPERM
    if is_dir:
        if not inode.is_dir:
            raise ENOTDIR
        if victim.parent is victim:
            raise EBUSY
    elif inode.is_dir:
        raise EISDIR
    directory.require()


def inherit(task: Task, directory: Inode, mode: int) -> tuple[int, int, int]:
    """Mode, uid and gid of a new object; fs/inode.c:inode_init_owner()."""
    cred = task.cred
    gid = cred.fsgid
    if directory.mode & S.ISGID:
        gid = directory.gid
        if mode & S.IFMT == S.IFDIR:
            mode |= S.ISGID
        elif (
            mode & (S.ISGID | S.IXGRP) == S.ISGID | S.IXGRP
            and not cred.in_group(gid)
            and not cred.capable_over(directory, CAP_FSETID)
        ):
            mode &= ~S.ISGID
    return mode, cred.fsuid, gid


def _creation(task: Task, walk: Walk, *, is_dir: bool) -> bytes:
    """The name to create at the end of `walk`; fs/namei.c:filename_create()."""
    name = walk.last
    if name is None or name in (b".", b".."):
        raise EEXIST
    place = walk.here
    existing = find_child(task, place, name)
    if existing is not None:
        raise EEXIST
    if walk.trailing and not is_dir:
        raise ENOENT
    want_write(place)
    return name


def make_node(
    task: Task, dirfd: int, path: bytes, mode: int, rdev: int = 0, target: bytes = b""
) -> Dentry:
    """Create an object of any kind but a hard link: mkdir, mknod, symlink."""
    is_dir = mode & S.IFMT == S.IFDIR
    walk = lookup_parent(task, dirfd, path)
    name = _creation(task, walk, is_dir=is_dir)
    return create_child(task, walk.here, name, mode, rdev, target)


def create_child(
    task: Task, place: VfsPath, name: bytes, mode: int, rdev: int = 0, target: bytes = b""
) -> Dentry:
    """Create `name` in `place`, which has no such entry; the umask is applied here."""
    directory = place.dentry.inode
    kind = mode & S.IFMT
    may_create(task, directory)
    whiteout = kind == S.IFCHR and rdev == 0
    if kind in (S.IFCHR, S.IFBLK) and not whiteout and not task.cred.capable(CAP_MKNOD):
        raise EPERM
    mode, acls = acl.inherited(directory, mode, task.fs.umask)
    mode, uid, gid = inherit(task, directory, mode)
    inode = directory.new_child(mode, uid, gid, rdev, target)
    inode.acls = acls
    child = directory.create(place.dentry, name, inode)
    fsnotify.created(directory, child)
    return child


def link(task: Task, old: VfsPath, dirfd: int, path: bytes) -> None:
    """link(2) once the old path is found; fs/namei.c:vfs_link()."""
    walk = lookup_parent(task, dirfd, path)
    name = _creation(task, walk, is_dir=False)
    place = walk.here
    inode = old.inode
    if old.mount is not place.mount:
        raise EXDEV
    _may_link(task, inode)
    may_create(task, place.inode)
    if inode.is_dir:
        raise EPERM
    if inode.nlink == 0 and not inode.linkable:
        raise ENOENT
    if place.inode.fs.max_links and inode.nlink >= place.inode.fs.max_links:
        raise EMLINK
    child = place.inode.create(place.dentry, name, inode)
    inode.nlink += 1
    inode.linkable = False
    inode.ctime = place.inode.ctime
    fsnotify.link_count(inode)
    fsnotify.created(place.inode, child)


def _may_link(task: Task, inode: Inode) -> None:
    """protected_hardlinks: fs/namei.c:may_linkat()."""
    cred = task.cred
    if not task.fs.vfs.protected["hardlinks"]:
        return
    if inode.owned_by(cred):
        return
    plain = inode.is_regular and not inode.mode & S.ISUID
    set_gid = inode.mode & (S.ISGID | S.IXGRP) == S.ISGID | S.IXGRP
    if not plain or set_gid or not inode.permits(cred, 6):
        raise EPERM


def unlink(task: Task, dirfd: int, path: bytes) -> None:
    """unlink(2); fs/namei.c:do_unlinkat()."""
    walk = lookup_parent(task, dirfd, path)
    name = walk.last
    if name is None or name in (b".", b".."):
        raise EISDIR
    place = walk.here
    want_write(place)
    victim = find_child(task, place, name)
    if victim is None:
        raise ENOENT
    if walk.trailing:
        raise EISDIR if victim.inode.is_dir else ENOTDIR
    may_delete(task, place.inode, victim, is_dir=False)
    _not_mounted(task, victim)
    place.inode.remove(place.dentry, victim)
    fsnotify.link_count(victim.inode)
    fsnotify.deleted(place.inode, victim)


def _not_mounted(task: Task, dentry: Dentry) -> None:
    """EBUSY for a mount point; what other namespaces have there is unmounted when it goes."""
    if dentry.mounts:
        if is_local_mountpoint(task, dentry):
            raise EBUSY
        detach_mounts(dentry)


def remove_directory(task: Task, dirfd: int, path: bytes) -> None:
    """rmdir(2); fs/namei.c:do_rmdir()."""
    walk = lookup_parent(task, dirfd, path)
    name = walk.last
    if name is None:
        raise EBUSY
    if name == b".":
        raise EINVAL
    if name == b"..":
        raise ENOTEMPTY
    place = walk.here
    want_write(place)
    victim = find_child(task, place, name)
    if victim is None:
        raise ENOENT
    may_delete(task, place.inode, victim, is_dir=True)
    if is_local_mountpoint(task, victim):
        raise EBUSY
    if not victim.inode.is_empty():
        raise ENOTEMPTY
    detach_mounts(victim)
    place.inode.remove(place.dentry, victim)
    fsnotify.deleted(place.inode, victim)


def rename(
    task: Task, olddirfd: int, oldpath: bytes, newdirfd: int, newpath: bytes, flags: int
) -> None:
    """renameat2(2); fs/namei.c:do_renameat2() and vfs_rename()."""
    if flags & ~(RENAME.NOREPLACE | RENAME.EXCHANGE | RENAME.WHITEOUT):
        raise EINVAL
    if flags & (RENAME.NOREPLACE | RENAME.WHITEOUT) and flags & RENAME.EXCHANGE:
        raise EINVAL
    source = lookup_parent(task, olddirfd, oldpath)
    target = lookup_parent(task, newdirfd, newpath)
    if source.here.mount is not target.here.mount:
        raise EXDEV
    if source.last is None or source.last in (b".", b".."):
        raise EBUSY
    if target.last is None or target.last in (b".", b".."):
        raise EEXIST if flags & RENAME.NOREPLACE else EBUSY
    old_place, new_place = source.here, target.here
    want_write(old_place)
    old = find_child(task, old_place, source.last)
    if old is None:
        raise ENOENT
    new = find_child(task, new_place, target.last)
    exchange = bool(flags & RENAME.EXCHANGE)
    if new is not None and flags & RENAME.NOREPLACE:
        raise EEXIST
    if exchange:
        if new is None:
            raise ENOENT
        if not new.inode.is_dir and target.trailing:
            raise ENOTDIR
    if not old.inode.is_dir and (source.trailing or (not exchange and target.trailing)):
        raise ENOTDIR
    if new_place.dentry.is_below(old):
        raise EINVAL
    if new is not None and old_place.dentry.is_below(new):
        raise EINVAL if exchange else ENOTEMPTY
    _rename_checked(task, old_place, old, new_place, target.last, new, exchange, flags)


def _rename_checked(
    task: Task,
    old_place: VfsPath,
    old: Dentry,
    new_place: VfsPath,
    name: bytes,
    new: Dentry | None,
    exchange: bool,
    flags: int,
) -> None:
    if new is not None and new.inode is old.inode:
        return
    source, target = old_place.inode, new_place.inode
    vfs = task.fs.vfs
    is_dir = old.inode.is_dir
    may_delete(task, source, old, is_dir=is_dir)
    if new is None:
        may_create(task, target)
    else:
        may_delete(task, target, new, is_dir=new.inode.is_dir if exchange else is_dir)
    if source is not target:
        if is_dir:
            old.inode.permission(task.cred, MAY_WRITE)
        if exchange and new is not None and new.inode.is_dir:
            new.inode.permission(task.cred, MAY_WRITE)
    if is_local_mountpoint(task, old) or (new is not None and is_local_mountpoint(task, new)):
        raise EBUSY
    if flags & ~source.fs.rename_flags:
        raise EINVAL
    if exchange and new is not None:
        source.exchange(old, new)
        if source.fs.marks:
            fsnotify.moved(source, new.name, target, old, vfs.new_cookie(), None)
            fsnotify.moved(target, old.name, source, new, vfs.new_cookie(), None)
        return
    if new is not None and is_dir and not new.inode.is_empty():
        raise ENOTEMPTY
    if new is not None:
        detach_mounts(new)
    if flags & RENAME.WHITEOUT:
        mode, uid, gid = inherit(task, source, S.IFCHR)
        whiteout = source.new_child(mode, uid, gid)
        source.leave_behind(old_place.dentry, old, whiteout)
    old_name = old.name
    source.move(old_place.dentry, old, new_place.dentry, name, new)
    if source.fs.marks:
        fsnotify.moved(source, old_name, target, old, vfs.new_cookie(), new)
