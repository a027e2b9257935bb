"""Extended attributes: who may see and change which, and what tmpfs keeps of them.

Mirrors fs/xattr.c and, for what file systems do, mm/shmem.c:shmem_xattr_handler_set().
System calls only decode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import XATTR, S
from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.abi.poll import IN
from pytest_kevlar.kernel.errno import (
    EEXIST,
    EINVAL,
    ENODATA,
    ENOSPC,
    EOPNOTSUPP,
    EPERM,
)
from pytest_kevlar.kernel.fs import acl, filecaps, fsnotify
from pytest_kevlar.kernel.fs.filecaps import NAME as CAPABILITY
from pytest_kevlar.kernel.fs.inode import MAY_READ, MAY_WRITE
from pytest_kevlar.kernel.fs.operations import want_write
from pytest_kevlar.kernel.fs.tmpfs import Tmpfs, attribute_space
from pytest_kevlar.kernel.task.cred import CAP_SETFCAP, CAP_SYS_ADMIN

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.task import Task

ACLS = (acl.ACCESS, acl.DEFAULT)
SECURITY, SYSTEM, TRUSTED, USER = b"security.", b"system.", b"trusted.", b"user."


def keeps(inode: Inode) -> bool:
    """Whether the file system has attributes: tmpfs, devtmpfs, that of memfds, ext2."""
    return inode.fs.keeps_attributes or inode.fs.magic == MAGIC.TMPFS_MAGIC


def set_attribute(task: Task, place: VfsPath, name: bytes, value: bytes, flags: int) -> None:
    """setxattr(2) once the place is found; fs/xattr.c:vfs_setxattr()."""
    inode = place.inode
    want_write(place)
    if name in ACLS:
        acl.store(inode, task.cred, name, acl.unpack(value, task.cred))
        fsnotify.dentry_event(place.dentry, IN.ATTRIB)
        return
    _permission(task.cred, inode, name, MAY_WRITE)
    if name == CAPABILITY:
        value = filecaps.to_keep(inode, task.cred, value)
    elif name.startswith(SECURITY) and not _is_admin(task.cred, inode):
        raise EPERM
    _resolve(inode, name)
    attributes = inode.xattrs or {}
    old = attributes.get(name)
    room = attribute_space(name, value)
    fs = inode.fs
    if isinstance(fs, Tmpfs) and fs.xattr_room < room:
        raise ENOSPC
    if flags & XATTR.CREATE and old is not None:
        raise EEXIST
    if flags & XATTR.REPLACE and old is None:
        raise ENODATA
    fs.keep_attributes(inode, {**attributes, name: value})
    inode.xattrs = {**attributes, name: value}
    _charge(inode, room - (0 if old is None else attribute_space(name, old)))
    inode.changed()
    fsnotify.dentry_event(place.dentry, IN.ATTRIB)


def get_attribute(task: Task, place: VfsPath, name: bytes) -> bytes:
    """The value of an attribute; fs/xattr.c:vfs_getxattr(). ENODATA, EOPNOTSUPP."""
    inode = place.inode
    if name in ACLS:
        return _get_acl(task.cred, inode, name)
    _permission(task.cred, inode, name, MAY_READ)
    _resolve(inode, name)
    value = (inode.xattrs or {}).get(name)
    if value is None:
        raise ENODATA
    return filecaps.as_seen(inode, task.cred, value) if name == CAPABILITY else value


def list_attributes(task: Task, place: VfsPath) -> bytes:
    """Names, each with a NUL, in the order of the file system."""
    trusted = task.cred.capable(CAP_SYS_ADMIN)
    shown = (SECURITY, USER, TRUSTED) if trusted else (SECURITY, USER)
    names = place.inode.fs.attribute_names(place.inode)
    listed = [*acl.names(place.inode), *(name for name in names if name.startswith(shown))]
    return b"".join(name + b"\0" for name in listed)


def remove_attribute(task: Task, place: VfsPath, name: bytes) -> None:
    """removexattr(2) once the place is found; fs/xattr.c:vfs_removexattr()."""
    inode = place.inode
    want_write(place)
    if name in ACLS:
        acl.store(inode, task.cred, name, ())
        fsnotify.dentry_event(place.dentry, IN.ATTRIB)
        return
    _permission(task.cred, inode, name, MAY_WRITE)
    if name.startswith(SECURITY):
        if name == CAPABILITY:
            allowed = task.cred.capable_over(inode, CAP_SETFCAP)
        else:
            allowed = _is_admin(task.cred, inode)
        if not allowed:
            raise EPERM
    _resolve(inode, name)
    attributes = dict(inode.xattrs or {})
    value = attributes.pop(name, None)
    if value is None:
        raise ENODATA
    inode.fs.keep_attributes(inode, attributes)
    inode.xattrs = attributes
    _charge(inode, -attribute_space(name, value))
    inode.changed()
    fsnotify.dentry_event(place.dentry, IN.ATTRIB)


def _get_acl(cred: Credentials, inode: Inode, name: bytes) -> bytes:
    """fs/posix_acl.c:vfs_get_acl()."""
    if not inode.fs.keeps_acls or inode.is_symlink:
        raise EOPNOTSUPP
    found = (inode.acls or {}).get(name)
    if found is None:
        raise ENODATA
    return acl.pack(found, cred)


def _permission(cred: Credentials, inode: Inode, name: bytes, mask: int) -> None:
    """fs/xattr.c:xattr_permission()."""
    writing = mask == MAY_WRITE
    if name.startswith((SECURITY, SYSTEM)):
        return
    if name.startswith(TRUSTED):
        if not cred.capable(CAP_SYS_ADMIN):
            raise EPERM if writing else ENODATA
        return
    if name.startswith(USER):
        if not inode.is_regular and not inode.is_dir:
            raise EPERM if writing else ENODATA
        if writing and inode.is_dir and inode.mode & S.ISVTX and not inode.owned_by(cred):
            raise EPERM
    inode.permission(cred, mask)


def _resolve(inode: Inode, name: bytes) -> None:
    """fs/xattr.c:xattr_resolve_name(): EOPNOTSUPP, and EINVAL for a prefix alone."""
    if not keeps(inode) or not name.startswith((SECURITY, TRUSTED, USER)):
        raise EOPNOTSUPP
    if name in (SECURITY, TRUSTED, USER):
        raise EINVAL


def _is_admin(cred: Credentials, inode: Inode) -> bool:
    """Whether it may change other ``security.`` attributes; cap_inode_setxattr()."""
    return cred.capable_in(inode.fs.user_ns, CAP_SYS_ADMIN)


def _charge(inode: Inode, size: int) -> None:
    """Take `size` bytes of the file system's room, unless a removed inode's was given back."""
    if isinstance(inode.fs, Tmpfs) and (inode.nlink or inode.is_regular):
        inode.fs.xattr_used += size
