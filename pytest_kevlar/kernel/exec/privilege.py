"""Credentials of a new program: set-id bits, file capabilities, root, ambient capabilities.

Mirrors fs/exec.c:bprm_fill_uid() and security/commoncap.c:cap_bprm_creds_from_file().
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_kevlar.kernel.abi.credentials import CAP, SECBIT
from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.errno import EPERM
from pytest_kevlar.kernel.fs.xattr import CAPABILITY, CAPABILITY_REVISION, CAPABILITY_SIZES
from pytest_kevlar.kernel.task.cred import CAP_ALL

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.task import Task

ROOT: Final = 0
#: VFS_CAP_FLAGS_EFFECTIVE
EFFECTIVE: Final = 1


class FileCapabilities(NamedTuple):
    """``security.capability``, as masks."""

    permitted: int
    inheritable: int
    effective: bool


def new_credentials(task: Task, file: File) -> tuple[Credentials, bool]:
    """Credentials after exec, and whether it is a secure one (AT_SECURE).

    Raises:
        EPERM: the program relies on capabilities that the caller may not have.
    """
    old = task.cred
    new = _with_set_ids(old, file)
    found = _file_capabilities(file)
    permitted = _from_file(old, found) if found is not None else 0
    effective = found is not None and found.effective
    if not old.securebits & SECBIT.NOROOT:
        permitted, effective = _as_root(new, found is not None, permitted, effective)
    changed = new.euid != old.euid or not old.in_group(new.egid)
    if (changed or permitted & ~old.permitted) and _is_unsafe(task):
        if old.no_new_privs or not old.capable(CAP.SETUID):
            new = new.with_(euid=new.uid, egid=new.gid)
        permitted &= old.permitted
    ambient = 0 if found is not None or changed else old.ambient
    permitted |= ambient
    secure = (
        changed
        or (new.euid, new.egid) != (old.uid, old.gid)
        or (new.uid != ROOT and (effective or bool(permitted & ~ambient)))
    )
    new = new.with_(
        suid=new.euid,
        fsuid=new.euid,
        sgid=new.egid,
        fsgid=new.egid,
        permitted=permitted,
        effective=permitted if effective else ambient,
        ambient=ambient,
        securebits=old.securebits & ~SECBIT.KEEP_CAPS,
    )
    return new, secure


def _with_set_ids(old: Credentials, file: File) -> Credentials:
    inode = file.inode
    if old.no_new_privs or file.path.mount.flags & MS.NOSUID:
        return old
    new = old
    if inode.mode & S.ISUID:
        new = new.with_(euid=inode.uid)
    if inode.mode & S.ISGID and inode.mode & 0o010:
        new = new.with_(egid=inode.gid)
    return new


def _file_capabilities(file: File) -> FileCapabilities | None:
    """What the file has and its mount lets count; get_vfs_caps_from_disk()."""
    if file.path.mount.flags & MS.NOSUID:
        return None
    value = (file.inode.xattrs or {}).get(CAPABILITY)
    if value is None or len(value) < 4:
        return None
    magic = int.from_bytes(value[:4], "little")
    if CAPABILITY_SIZES.get(magic & CAPABILITY_REVISION) != len(value):
        return None
    low_p, low_i, high_p, high_i = struct.unpack_from("<4I", value, 4)
    if len(value) == 24 and int.from_bytes(value[20:], "little") != ROOT:
        return None  # for the root of another user namespace
    return FileCapabilities(
        (low_p | high_p << 32) & CAP_ALL,
        (low_i | high_i << 32) & CAP_ALL,
        bool(magic & EFFECTIVE),
    )


def _from_file(old: Credentials, found: FileCapabilities) -> int:
    """bprm_caps_from_vfs_caps()."""
    permitted = old.bounding & found.permitted | old.inheritable & found.inheritable
    if found.effective and found.permitted & ~permitted:
        raise EPERM("the bounding set takes what the program relies on")
    return permitted


def _as_root(
    new: Credentials, from_file: bool, permitted: int, effective: bool
) -> tuple[int, bool]:
    """Root has all that the bounding set leaves; handle_privileged_root()."""
    if from_file and new.uid != ROOT and new.euid == ROOT:
        return permitted, effective  # set-user-id root: its capabilities are what it wants
    if ROOT in (new.uid, new.euid):
        permitted = new.bounding | new.inheritable
    return permitted, effective or new.euid == ROOT


def _is_unsafe(task: Task) -> bool:
    """Whether others could use what the program gains; fs/exec.c:check_unsafe_exec()."""
    if task.trace is not None and not task.trace.capable:
        return True  # whoever traces it could do as it likes with what it gains
    mine = sum(1 for thread in task.process.threads.values() if thread.fs is task.fs)
    return task.cred.no_new_privs or task.fs.users > mine
