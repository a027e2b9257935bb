"""File capabilities: ``security.capability`` as programs and as members of namespaces see it.

Form 2 of the attribute counts for the first user namespace and those below, form 3 for the one
whose root it names. Mirrors security/commoncap.c; what exec makes of them is ``exec/privilege.py``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_kevlar.kernel.errno import EINVAL, EOVERFLOW, EPERM
from pytest_kevlar.kernel.task.cred import CAP_ALL, CAP_SETFCAP
from pytest_kevlar.kernel.task.userns import NO_ID, UserNamespace

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.task.cred import Credentials

NAME: Final = b"security.capability"
REVISION: Final = 0xFF00_0000
SECOND: Final = 0x0200_0000
THIRD: Final = 0x0300_0000
SIZES: Final = {SECOND: 20, THIRD: 24}
#: VFS_CAP_FLAGS_EFFECTIVE
EFFECTIVE: Final = 1


class FileCapabilities(NamedTuple):
    """``security.capability``, as masks."""

    permitted: int
    inheritable: int
    effective: bool


def _root_of(value: bytes) -> int | None:
    """The id of the root that a well-formed value is for; None for what is not well-formed."""
    magic = int.from_bytes(value[:4], "little")
    if len(value) < 4 or SIZES.get(magic & REVISION) != len(value):
        return None
    return int.from_bytes(value[20:24], "little")  # none, so 0, in the second form


def _owns(root: int, namespace: UserNamespace) -> bool:
    """Whether a kernel's id is root here or in a namespace above; rootid_owns_currentns()."""
    here: UserNamespace | None = namespace
    while here is not None:
        if here.uids.up(root) == 0:
            return True
        here = here.parent
    return False


def of_program(inode: Inode, cred: Credentials) -> FileCapabilities | None:
    """What counts when `cred` runs it, None for nothing; get_vfs_caps_from_disk()."""
    value = (inode.xattrs or {}).get(NAME)
    if value is None:
        return None
    root = _root_of(value)
    if root is None or not _owns(inode.fs.user_ns.uids.down(root), cred.user_ns):
        return None
    low_p, low_i, high_p, high_i = struct.unpack_from("<4I", value, 4)
    return FileCapabilities(
        (low_p | high_p << 32) & CAP_ALL,
        (low_i | high_i << 32) & CAP_ALL,
        bool(value[0] & EFFECTIVE),
    )


def to_keep(inode: Inode, cred: Credentials, value: bytes) -> bytes:
    """What is kept when `cred` sets it: form 3 for a namespace's own root; cap_convert_nscap()."""
    given = _root_of(value)
    if given is None:
        raise EINVAL
    if not cred.capable_over(inode, CAP_SETFCAP):
        raise EPERM
    owner = inode.fs.user_ns
    if len(value) == SIZES[SECOND] and cred.capable_in(owner, CAP_SETFCAP):
        return value
    root = owner.uids.up(cred.user_ns.uids.given(given))
    if root == NO_ID:
        raise EINVAL
    return _third_form(value, root)


def _third_form(value: bytes, root: int) -> bytes:
    magic = THIRD | int.from_bytes(value[:4], "little") & EFFECTIVE
    return magic.to_bytes(4, "little") + value[4:20] + root.to_bytes(4, "little")


def as_seen(inode: Inode, cred: Credentials, value: bytes) -> bytes:
    """What `cred` reads: form 2 if it is for its own root; cap_inode_getsecurity()."""
    given = _root_of(value)
    if given is None:
        raise EINVAL
    root = inode.fs.user_ns.uids.down(given)
    mapped = cred.user_ns.uids.up(root)
    if mapped not in (NO_ID, 0):
        return _third_form(value, mapped)
    if not _owns(root, cred.user_ns):
        raise EOVERFLOW
    magic = SECOND | int.from_bytes(value[:4], "little") & EFFECTIVE
    return magic.to_bytes(4, "little") + value[4:20]
