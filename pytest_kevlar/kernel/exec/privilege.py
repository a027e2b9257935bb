"""Credentials of a new program: set-id bits, file capabilities, root, ambient capabilities.

Mirrors fs/exec.c:bprm_fill_uid() and security/commoncap.c:cap_bprm_creds_from_file().
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_kevlar.kernel.abi.credentials import CAP, SECBIT
from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.errno import EPERM
from pytest_kevlar.kernel.fs.filecaps import FileCapabilities, of_program
from pytest_kevlar.kernel.fs.mounting import is_local

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.task import Task

ROOT: Final = 0


def new_credentials(task: Task, file: File) -> tuple[Credentials, bool]:
    """Credentials after exec, and whether it is a secure one (AT_SECURE).

    Raises:
        EPERM: the program relies on capabilities that the caller may not have.
    """
    old = task.cred
    root = old.user_ns.uids.down(ROOT)
    gains = _may_gain(task, file)
    new = _with_set_ids(old, file) if gains else old
    found = of_program(file.inode, old) if gains else None
    permitted = _from_file(old, found) if found is not None else 0
    effective = found is not None and found.effective
    if not old.securebits & SECBIT.NOROOT:
        permitted, effective = _as_root(new, root, found is not None, permitted, effective)
    changed = new.euid != old.euid or not old.in_group(new.egid)
    if (changed or permitted & ~old.permitted) and _is_unsafe(task):
        if old.no_new_privs or not old.capable_here(CAP.SETUID):
            new = new.with_(euid=new.uid, egid=new.gid)
        permitted &= old.permitted
    ambient = 0 if found is not None or changed else old.ambient
    permitted |= ambient
    secure = (
        changed
        or (new.euid, new.egid) != (old.uid, old.gid)
        or (new.uid != root and (effective or bool(permitted & ~ambient)))
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


def _may_gain(task: Task, file: File) -> bool:
    """Whether set-id bits and file capabilities count; fs/namespace.c:mnt_may_suid()."""
    mount = file.path.mount
    return (
        not mount.flags & MS.NOSUID
        and is_local(task, mount)
        and task.cred.user_ns.is_within(mount.fs.user_ns)
    )


def _with_set_ids(old: Credentials, file: File) -> Credentials:
    """fs/exec.c:bprm_fill_uid(): both ids have to be mapped."""
    inode = file.inode
    if old.no_new_privs or not inode.mode & (S.ISUID | S.ISGID):
        return old
    if not old.user_ns.names(inode.uid, inode.gid):
        return old
    new = old
    if inode.mode & S.ISUID:
        new = new.with_(euid=inode.uid)
    if inode.mode & S.ISGID and inode.mode & 0o010:
        new = new.with_(egid=inode.gid)
    return new


def _from_file(old: Credentials, found: FileCapabilities) -> int:
    """bprm_caps_from_vfs_caps()."""
    permitted = old.bounding & found.permitted | old.inheritable & found.inheritable
    if found.effective and found.permitted & ~permitted:
        raise EPERM("the bounding set takes what the program relies on")
    return permitted


def _as_root(
    new: Credentials, root: int, from_file: bool, permitted: int, effective: bool
) -> tuple[int, bool]:
    """Root has all that the bounding set leaves; handle_privileged_root()."""
    if from_file and new.uid != root and new.euid == root:
        return permitted, effective  # set-user-id root: its capabilities are what it wants
    if root in (new.uid, new.euid):
        permitted = new.bounding | new.inheritable
    return permitted, effective or new.euid == root


def _is_unsafe(task: Task) -> bool:
    """Whether others could use what the program gains; fs/exec.c:check_unsafe_exec()."""
    if task.trace is not None and not task.trace.capable:
        return True  # whoever traces it could do as it likes with what it gains
    mine = sum(1 for thread in task.process.threads.values() if thread.fs is task.fs)
    return task.cred.no_new_privs or task.fs.users > mine
