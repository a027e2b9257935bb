"""chmod, chown, utimes, truncate and access: who may change what of an inode.

Mirrors fs/attr.c:setattr_prepare() and fs/open.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import IN
from pytest_kevlar.kernel.errno import EACCES, EINVAL, EISDIR, EOPNOTSUPP, EPERM, EROFS
from pytest_kevlar.kernel.fs import acl, fsnotify
from pytest_kevlar.kernel.fs.inode import MAY_EXEC, MAY_WRITE
from pytest_kevlar.kernel.fs.operations import want_write
from pytest_kevlar.kernel.task.cred import (
    CAP_CHOWN,
    CAP_FSETID,
    Credentials,
)

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.task.task import Task

SECURE_NO_SETUID_FIXUP = 1 << 2
NOT_AN_ID = 0xFFFF_FFFF


def change_mode(task: Task, place: VfsPath, mode: int) -> None:
    """chmod(2); set-group-id is dropped for those outside the group."""
    inode = place.inode
    want_write(place)
    if inode.is_symlink:
        raise EOPNOTSUPP
    if not inode.owned_by(task.cred):
        raise EPERM
    inode.chmod_allowed(mode)
    mode &= 0o7777
    if not task.cred.in_group(inode.gid) and not task.cred.capable_over(inode, CAP_FSETID):
        mode &= ~S.ISGID
    inode.mode = inode.mode & S.IFMT | mode
    acl.mode_changed(inode)
    inode.changed()
    fsnotify.dentry_event(place.dentry, IN.ATTRIB)


def change_owner(task: Task, place: VfsPath, uid: int, gid: int) -> None:
    """chown(2); -1 leaves an id alone. Clears set-id bits of what is no directory."""
    inode = place.inode
    cred = task.cred
    uid, gid = cred.user_ns.uids.changed(uid), cred.user_ns.gids.changed(gid)
    want_write(place)
    if uid != NOT_AN_ID and not (
        (cred.fsuid == inode.uid and uid == inode.uid) or cred.capable_over(inode, CAP_CHOWN)
    ):
        raise EPERM
    if gid != NOT_AN_ID and not (
        (cred.fsuid == inode.uid and (cred.in_group(gid) or gid == inode.gid))
        or cred.capable_over(inode, CAP_CHOWN)
    ):
        raise EPERM
    before = inode.mode
    if uid != NOT_AN_ID:
        inode.uid = uid
    if gid != NOT_AN_ID:
        inode.gid = gid
    if not inode.is_dir and inode.mode & (S.ISUID | S.ISGID):
        inode.mode &= ~S.ISUID
        if inode.mode & S.IXGRP or not (
            cred.in_group(inode.gid) or cred.capable_over(inode, CAP_FSETID)
        ):
            inode.mode &= ~S.ISGID
    inode.changed()
    if (uid, gid) != (NOT_AN_ID, NOT_AN_ID) or inode.mode != before:
        fsnotify.dentry_event(place.dentry, IN.ATTRIB)


def change_times(
    task: Task, place: VfsPath, atime: int | None, mtime: int | None, *, now: bool
) -> None:
    """utimensat(2) after decoding.

    Args:
        atime, mtime: nanoseconds, None to leave alone.
        now: both are the current time, which needs write permission only.
    """
    inode = place.inode
    cred = task.cred
    want_write(place)
    if not inode.owned_by(cred):
        if not now:
            raise EPERM
        if not inode.permits(cred, MAY_WRITE):
            raise EACCES
    current = inode.fs.now()
    if now:
        atime = mtime = current
    if atime is not None:
        inode.atime = inode.fs.stamp(atime)
    if mtime is not None:
        inode.mtime = inode.fs.stamp(mtime)
    inode.ctime = current
    if atime is not None and mtime is not None:
        fsnotify.dentry_event(place.dentry, IN.ATTRIB)
    else:
        fsnotify.dentry_event(place.dentry, IN.MODIFY if atime is None else IN.ACCESS)


async def truncate(task: Task, place: VfsPath, size: int) -> None:
    """truncate(2); fs/open.c:vfs_truncate()."""
    from pytest_kevlar.kernel.fs.leases import break_leases
    from pytest_kevlar.kernel.fs.regular import truncate_inode
    from pytest_kevlar.kernel.fs.tmpfs import RegularInode

    inode = place.inode
    if inode.is_dir:
        raise EISDIR
    if not inode.is_regular:
        raise EINVAL
    want_write(place)
    inode.permission(task.cred, MAY_WRITE)
    if not isinstance(inode, RegularInode):
        inode.truncate(size)
        return
    inode.get_write()
    try:
        await break_leases(task, inode, O.WRONLY)
        changed = truncate_inode(task, inode, size, by_path=True)
        fsnotify.dentry_event(place.dentry, IN.MODIFY | changed)
    finally:
        inode.put_write()


def access_credentials(task: Task, *, effective: bool) -> Credentials:
    """Whose permission access(2) tests: the real ids'; fs/open.c:access_override_creds()."""
    cred = task.cred
    if effective:
        return cred
    capabilities = cred.effective
    if not cred.securebits & SECURE_NO_SETUID_FIXUP:
        root = cred.user_ns.uids.down(0)
        capabilities = cred.permitted if cred.uid == root else 0
    return cred.with_(fsuid=cred.uid, fsgid=cred.gid, effective=capabilities)


def check_access(place: VfsPath, cred: Credentials, mode: int) -> None:
    """access(2) on what was found; EROFS for writing on a read-only mount."""
    inode = place.inode
    if not mode:
        return
    if mode & MAY_EXEC and inode.is_regular and place.mount.flags & 8:
        raise EACCES
    inode.permission(cred, mode)
    special = inode.kind in (S.IFCHR, S.IFBLK, S.IFIFO, S.IFSOCK)
    if mode & MAY_WRITE and not special and place.mount.read_only:
        raise EROFS
