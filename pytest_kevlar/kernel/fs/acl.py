"""POSIX access control lists, as attributes hold them and as access and creation obey them.

Mirrors fs/posix_acl.c. Only tmpfs keeps them; which attribute is which is in :mod:`xattr`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.errno import EACCES, EINVAL, EOPNOTSUPP, EPERM
from pytest_kevlar.kernel.task.cred import CAP_FSETID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.task.cred import Credentials

ACCESS, DEFAULT = b"system.posix_acl_access", b"system.posix_acl_default"

USER_OBJ: Final = 0x01
USER: Final = 0x02
GROUP_OBJ: Final = 0x04
GROUP: Final = 0x08
MASK: Final = 0x10
OTHER: Final = 0x20

VERSION = 2
HEADER = struct.Struct("<I")
ENTRY = struct.Struct("<HHI")
NO_ID = 0xFFFF_FFFF


class Entry(NamedTuple):
    """What one user, group or class may do; `ident` is a kernel's id or NO_ID."""

    tag: int
    perm: int
    ident: int


Acl = tuple[Entry, ...]


# -- as attributes hold them -----------------------------------------------------------------


def unpack(value: bytes, cred: Credentials) -> Acl:
    """The list in an attribute, nothing for an empty one; posix_acl_from_xattr()."""
    if not value:
        return ()
    if len(value) < HEADER.size:
        raise EINVAL
    if HEADER.unpack_from(value)[0] != VERSION:
        raise EOPNOTSUPP
    if (len(value) - HEADER.size) % ENTRY.size:
        raise EINVAL
    return tuple(_entry(cred, *one) for one in ENTRY.iter_unpack(value[HEADER.size :]))


def _entry(cred: Credentials, tag: int, perm: int, ident: int) -> Entry:
    if tag == USER:
        return Entry(tag, perm, cred.user_ns.uids.given(ident))
    if tag == GROUP:
        return Entry(tag, perm, cred.user_ns.gids.given(ident))
    if tag not in (USER_OBJ, GROUP_OBJ, MASK, OTHER):
        raise EINVAL
    return Entry(tag, perm, NO_ID)


def pack(acl: Acl, cred: Credentials) -> bytes:
    """The attribute, with ids as the reader knows them; posix_acl_to_xattr()."""
    spaces = {USER: cred.user_ns.uids, GROUP: cred.user_ns.gids}
    entries = (
        ENTRY.pack(tag, perm, spaces[tag].seen(ident) if tag in spaces else NO_ID)
        for tag, perm, ident in acl
    )
    return HEADER.pack(VERSION) + b"".join(entries)


def check(acl: Acl) -> None:
    """EINVAL unless every class is there once and in order; posix_acl_valid()."""
    tags = [entry.tag for entry in acl]
    named = USER in tags or GROUP in tags
    wanted = [USER_OBJ]
    wanted += [USER] * tags.count(USER) + [GROUP_OBJ] + [GROUP] * tags.count(GROUP)
    wanted += [MASK] if named or MASK in tags else []
    if tags != [*wanted, OTHER] or any(entry.perm & ~7 for entry in acl):
        raise EINVAL


# -- what they mean --------------------------------------------------------------------------


def grants(acl: Acl, inode: Inode, cred: Credentials, mask: int) -> bool:
    """Whether somebody who is not the owner may do `mask`; posix_acl_permission()."""
    limit = _perm(acl, MASK, 7)
    member = False
    for tag, perm, ident in acl:
        if tag == USER and ident == cred.fsuid:
            return not mask & ~(perm & limit)
        if (tag == GROUP_OBJ and cred.in_group(inode.gid)) or (
            tag == GROUP and cred.in_group(ident)
        ):
            member = True
            if not mask & ~perm:
                return not mask & ~limit
    return not member and not mask & ~_perm(acl, OTHER, 0)


def _perm(acl: Acl, tag: int, missing: int) -> int:
    return next((entry.perm for entry in acl if entry.tag == tag), missing)


def mode_of(acl: Acl) -> int:
    """The permission bits that show a list; posix_acl_equiv_mode()."""
    group = _perm(acl, MASK, _perm(acl, GROUP_OBJ, 0))
    return _perm(acl, USER_OBJ, 0) << 6 | group << 3 | _perm(acl, OTHER, 0)


def is_minimal(acl: Acl) -> bool:
    """Whether the permission bits say it all."""
    return all(entry.tag in (USER_OBJ, GROUP_OBJ, OTHER) for entry in acl)


def with_mode(acl: Acl, mode: int, *, only_less: bool = False) -> Acl:
    """The list with the classes of `mode`; __posix_acl_chmod_masq(), posix_acl_create_masq().

    Args:
        only_less: nothing is added that the list does not have.
    """
    middle = MASK if any(entry.tag == MASK for entry in acl) else GROUP_OBJ
    classes = {USER_OBJ: mode >> 6 & 7, middle: mode >> 3 & 7, OTHER: mode & 7}

    def changed(entry: Entry) -> Entry:
        perm = classes.get(entry.tag, entry.perm)
        return entry._replace(perm=perm & entry.perm if only_less else perm)

    return tuple(changed(entry) for entry in acl)


# -- of inodes -------------------------------------------------------------------------------


def store(inode: Inode, cred: Credentials, name: bytes, acl: Acl) -> None:
    """Set a list, or take it away if it is empty; set_posix_acl() and simple_set_acl()."""
    if not inode.fs.keeps_acls or inode.is_symlink:
        raise EOPNOTSUPP
    if name == DEFAULT and not inode.is_dir:
        if acl:
            raise EACCES
        return
    if not inode.owned_by(cred):
        raise EPERM
    if acl:
        check(acl)
    if name == ACCESS:
        if acl:
            inode.mode = inode.mode & ~0o777 | mode_of(acl)
        if is_minimal(acl):
            acl = ()
        if not cred.in_group(inode.gid) and not cred.capable_over(inode, CAP_FSETID):
            inode.mode &= ~S.ISGID
    kept = dict(inode.acls or {})
    kept.pop(name, None)
    if acl:
        kept[name] = acl
    inode.acls = kept or None
    inode.changed()


def mode_changed(inode: Inode) -> None:
    """chmod(2) was done: the list says the same; posix_acl_chmod()."""
    if inode.acls and ACCESS in inode.acls:
        inode.acls = {**inode.acls, ACCESS: with_mode(inode.acls[ACCESS], inode.mode)}


def inherited(directory: Inode, mode: int, umask: int) -> tuple[int, dict[bytes, Acl] | None]:
    """Mode and lists of what is made with `mode` in a directory; posix_acl_create().

    Where the directory has a default list, that counts instead of the umask.
    """
    default = (directory.acls or {}).get(DEFAULT)
    if default is None or mode & S.IFMT == S.IFLNK:
        return (mode if mode & S.IFMT == S.IFLNK else mode & ~umask), None
    acl = with_mode(default, mode, only_less=True)
    lists = {} if is_minimal(acl) else {ACCESS: acl}
    if mode & S.IFMT == S.IFDIR:
        lists[DEFAULT] = default
    return mode & ~0o777 | mode_of(acl), lists or None


def names(inode: Inode) -> Iterable[bytes]:
    """Those of the attributes that it has; posix_acl_listxattr()."""
    return (name for name in (ACCESS, DEFAULT) if name in (inode.acls or {}))
