"""open(2): from a path and flags to an open file. Mirrors fs/open.c and the last step of
fs/namei.c:path_openat(); descriptors are the callers' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.abi.open import RESOLVE, O
from pytest_kevlar.kernel.abi.poll import IN
from pytest_kevlar.kernel.errno import (
    EACCES,
    EEXIST,
    EINVAL,
    EISDIR,
    ELOOP,
    ENOTDIR,
    EOPNOTSUPP,
    EPERM,
    EROFS,
    LinuxError,
)
from pytest_kevlar.kernel.fs import acl, fsnotify
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.file import File, PathFile
from pytest_kevlar.kernel.fs.inode import MAY_EXEC, MAY_WRITE, access_mask
from pytest_kevlar.kernel.fs.leases import break_leases
from pytest_kevlar.kernel.fs.lookup import Walk, start_of
from pytest_kevlar.kernel.fs.mount import VfsPath
from pytest_kevlar.kernel.fs.operations import create_child, find_child, inherit, want_write
from pytest_kevlar.kernel.fs.regular import truncate_inode
from pytest_kevlar.kernel.task.wait import Interrupted

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.task.task import Task

PATH_FLAGS = O.DIRECTORY | O.NOFOLLOW | O.PATH | O.CLOEXEC
VALID_FLAGS = (
    O.ACCMODE
    | O.CREAT
    | O.EXCL
    | O.NOCTTY
    | O.TRUNC
    | O.APPEND
    | O.NONBLOCK
    | O.SYNC
    | O.ASYNC
    | O.DIRECT
    | O.LARGEFILE
    | O.DIRECTORY
    | O.NOFOLLOW
    | O.NOATIME
    | O.CLOEXEC
    | O.PATH
    | O.TMPFILE
)


def normalize(flags: int) -> int:
    """What ``open`` and ``openat`` make of their flags; fs/open.c:build_open_how()."""
    flags &= VALID_FLAGS
    if flags & O.PATH:
        flags &= PATH_FLAGS
    return flags


def check_flags(flags: int) -> None:
    """EINVAL for combinations that mean nothing; fs/open.c:build_open_flags()."""
    if flags & (O.DIRECTORY | O.CREAT) == O.DIRECTORY | O.CREAT:
        raise EINVAL
    if flags & O.TMPFILE_BIT and (
        flags & (O.DIRECTORY | O.CREAT) != O.DIRECTORY or not flags & (O.WRONLY | O.RDWR)
    ):
        raise EINVAL


async def open_path(
    task: Task, dirfd: int, path: bytes, flags: int, mode: int = 0, resolve: int = 0
) -> File:
    """Open `path`; sleeps only for leases (a FIFO's partner is waited for by the caller).

    Args:
        flags: neutral ``O_*``. mode: permission bits for creation, umask not applied yet.
        resolve: ``RESOLVE_*`` of openat2(2).
    """
    check_flags(flags)
    flags |= O.LARGEFILE if not flags & O.PATH else 0
    # Confined to the directory, an absolute path starts there too.
    confined = resolve & (RESOLVE.BENEATH | RESOLVE.IN_ROOT)
    start = start_of(task, dirfd, b"." if confined else path)
    walk = Walk(task, start, resolve=resolve)
    walk.to_parent(path)
    if flags & O.PATH:
        return PathFile(walk.finish(not flags & O.NOFOLLOW), _path_only(walk, flags))
    if flags & O.TMPFILE_BIT:
        return _open_tmpfile(task, walk.finish(), flags, mode)
    if not flags & O.CREAT:
        return await open_place(task, _existing(walk, flags), flags)
    place = _find_or_create(task, walk, flags, mode)
    walk.here.mount.expiring = False
    if isinstance(place, File):
        return place
    return await open_place(task, place, flags)


def _path_only(walk: Walk, flags: int) -> int:
    if flags & O.DIRECTORY and not walk.here.inode.is_dir:
        raise ENOTDIR
    return flags


def _existing(walk: Walk, flags: int) -> VfsPath:
    place = walk.finish(not flags & O.NOFOLLOW)
    if flags & O.DIRECTORY and not place.inode.is_dir:
        raise ENOTDIR
    return place


def _find_or_create(task: Task, walk: Walk, flags: int, mode: int) -> VfsPath | File:
    """The last component with O_CREAT: an existing place, or the new file."""
    while True:
        name = walk.last
        if name is None or name in (b".", b".."):
            walk.finish()
            if flags & O.EXCL:
                raise EEXIST
            raise EISDIR
        walk.search()
        if walk.trailing:
            raise EISDIR
        if find_child(task, walk.here, name) is None:
            want_write(walk.here)
            mode = S.IFREG | mode & 0o7777
            child = create_child(task, walk.here, name, mode)
            place = VfsPath(walk.here.mount, child)
            # A file that this call creates opens whatever its mode forbids.
            file = child.inode.open(task, place, flags & ~O.TRUNC)
            fsnotify.opened(file)
            return file
        found = walk.child(name)
        if flags & O.EXCL:
            raise EEXIST
        if not found.inode.is_symlink:
            break
        if flags & O.NOFOLLOW:
            raise ELOOP
        walk.follow(found, whole=False)
        if walk.last is None and not walk.trailing:
            found = walk.here  # a magic link led here
            break
    if found.inode.is_dir:
        raise EISDIR
    _may_create_in_sticky(task, walk.here.inode, found.inode)
    return found


def _may_create_in_sticky(task: Task, directory: Inode, inode: Inode) -> None:
    """protected_fifos and protected_regular: O_CREAT of what others made; EACCES."""
    settings = task.fs.vfs.protected
    fifo = inode.kind == S.IFIFO
    if not fifo and not inode.is_regular:
        return
    level = settings["fifos" if fifo else "regular"]
    if not level or not directory.mode & S.ISVTX:
        return
    if inode.uid in (directory.uid, task.cred.fsuid):
        return
    if directory.mode & S.IWOTH or (level >= 2 and directory.mode & S.IWGRP):
        raise EACCES


async def open_place(task: Task, place: VfsPath, flags: int) -> File:
    """Open what was found; fs/namei.c:may_open() and fs/open.c:do_dentry_open()."""
    inode = place.inode
    kind = inode.mode & S.IFMT
    if kind == S.IFLNK:
        raise ELOOP
    mask = access_mask(flags)
    if kind == S.IFDIR:
        if mask & MAY_WRITE:
            raise EISDIR
    elif kind in (S.IFCHR, S.IFBLK):
        if place.mount.flags & MS.NODEV or inode.fs.user_ns.parent is not None:
            raise EACCES
        flags &= ~O.TRUNC  # which asked for write permission all the same
    elif kind in (S.IFIFO, S.IFSOCK):
        flags &= ~O.TRUNC
    if mask & MAY_WRITE and kind in (S.IFREG, S.IFDIR) and place.mount.read_only:
        raise EROFS
    inode.permission(task.cred, mask)
    if flags & O.NOATIME and not inode.owned_by(task.cred):
        raise EPERM
    if flags & O.TRUNC and kind == S.IFREG:
        inode.get_write()  # ETXTBSY for O_RDONLY|O_TRUNC, too
        inode.put_write()
    file = inode.open(task, place, flags)
    if inode.locks is not None and inode.locks.leases:
        try:
            await break_leases(task, inode, flags)
        except (Interrupted, LinuxError):
            file.put()
            raise
    if kind != S.IFIFO:  # the caller waits for a FIFO's partner first
        fsnotify.opened(file)
    if flags & O.TRUNC and kind == S.IFREG:
        from pytest_kevlar.kernel.fs.tmpfs import RegularInode

        if isinstance(inode, RegularInode):
            changed = truncate_inode(task, inode, 0)
            fsnotify.dentry_event(place.dentry, IN.MODIFY | changed)
    return file


def _open_tmpfile(task: Task, place: VfsPath, flags: int, mode: int) -> File:
    """O_TMPFILE: a file without a name; O_EXCL says that it never gets one."""
    directory = place.inode
    if not directory.is_dir:
        raise ENOTDIR
    want_write(place)
    directory.permission(task.cred, MAY_WRITE | MAY_EXEC)
    mode, acls = acl.inherited(directory, S.IFREG | mode & 0o7777, task.fs.umask)
    mode, uid, gid = inherit(task, directory, mode)
    try:
        inode = directory.new_child(mode, uid, gid)
        inode.acls = acls
    except EPERM:
        raise EOPNOTSUPP from None
    inode.nlink = 0
    inode.linkable = not flags & O.EXCL
    dentry = Dentry(b"#%d" % inode.ino, place.dentry, inode)
    dentry.unlinked = True
    file = inode.open(task, VfsPath(place.mount, dentry), flags)
    fsnotify.opened(file)
    return file
