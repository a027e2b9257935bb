"""Changing credentials: which change is allowed, and what it does to capabilities.

Mirrors kernel/sys.c (the set*id family), security/commoncap.c and kernel/cred.c. The
credentials themselves are :mod:`cred`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.credentials import CAP, SECBIT
from pytest_kevlar.kernel.errno import EPERM
from pytest_kevlar.kernel.task.cred import CAP_ALL, CAP_LAST, Credentials

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

#: "Leave it as it is", and no valid id.
KEEP = 0xFFFF_FFFF
ROOT = 0

#: Capabilities that follow the file-system uid; CAP_FS_SET.
FS_CAPS = (
    1 << CAP.CHOWN
    | 1 << CAP.DAC_OVERRIDE
    | 1 << CAP.DAC_READ_SEARCH
    | 1 << CAP.FOWNER
    | 1 << CAP.FSETID
    | 1 << CAP.LINUX_IMMUTABLE
    | 1 << CAP.MKNOD
    | 1 << CAP.MAC_OVERRIDE
)


def commit(task: Task, new: Credentials) -> None:
    """Give the task new credentials; kernel/cred.c:commit_creds().

    A process that changed who it is is no longer dumpable and gets no parent-death signal.
    """
    old = task.cred
    changed = (old.euid, old.egid, old.fsuid, old.fsgid) != (
        new.euid,
        new.egid,
        new.fsuid,
        new.fsgid,
    )
    if changed or not old.covers(new):
        task.process.dumpable = 0
        task.parent_death_signal = 0
    task.cred = new


def _emulate(old: Credentials, new: Credentials) -> Credentials:
    """Capabilities after a change of uid; security/commoncap.c:cap_emulate_setxuid()."""
    if old.securebits & SECBIT.NO_SETUID_FIXUP:
        return new
    root = old.user_ns.uids.down(ROOT)
    was_root = root in (old.uid, old.euid, old.suid)
    if was_root and root not in (new.uid, new.euid, new.suid):
        if not old.securebits & SECBIT.KEEP_CAPS:
            new = new.with_(permitted=0, effective=0)
        new = new.with_(ambient=0)
    if old.euid == root and new.euid != root:
        new = new.with_(effective=0)
    if old.euid != root and new.euid == root:
        new = new.with_(effective=new.permitted)
    return new


def setuid(task: Task, uid: int) -> None:
    """``setuid(2)``: EINVAL, EPERM."""
    old = task.cred
    uid = old.user_ns.uids.given(uid)
    if old.capable_here(CAP.SETUID):
        new = old.with_(uid=uid, suid=uid, euid=uid, fsuid=uid)
    elif uid in (old.uid, old.suid):
        new = old.with_(euid=uid, fsuid=uid)
    else:
        raise EPERM
    commit(task, _emulate(old, new))


def setgid(task: Task, gid: int) -> None:
    """``setgid(2)``: EINVAL, EPERM."""
    old = task.cred
    gid = old.user_ns.gids.given(gid)
    if old.capable_here(CAP.SETGID):
        commit(task, old.with_(gid=gid, sgid=gid, egid=gid, fsgid=gid))
    elif gid in (old.gid, old.sgid):
        commit(task, old.with_(egid=gid, fsgid=gid))
    else:
        raise EPERM


def setreuid(task: Task, ruid: int, euid: int) -> None:
    """``setreuid(2)``: EINVAL, EPERM."""
    old = task.cred
    ids = old.user_ns.uids
    ruid, euid = ids.changed(ruid), ids.changed(euid)
    privileged = old.capable_here(CAP.SETUID)
    new = old
    if ruid != KEEP:
        if ruid not in (old.uid, old.euid) and not privileged:
            raise EPERM
        new = new.with_(uid=ruid)
    if euid != KEEP:
        if euid not in (old.uid, old.euid, old.suid) and not privileged:
            raise EPERM
        new = new.with_(euid=euid)
    if ruid != KEEP or (euid != KEEP and euid != old.uid):
        new = new.with_(suid=new.euid)
    commit(task, _emulate(old, new.with_(fsuid=new.euid)))


def setregid(task: Task, rgid: int, egid: int) -> None:
    """``setregid(2)``: EINVAL, EPERM."""
    old = task.cred
    ids = old.user_ns.gids
    rgid, egid = ids.changed(rgid), ids.changed(egid)
    privileged = old.capable_here(CAP.SETGID)
    new = old
    if rgid != KEEP:
        if rgid not in (old.gid, old.egid) and not privileged:
            raise EPERM
        new = new.with_(gid=rgid)
    if egid != KEEP:
        if egid not in (old.gid, old.egid, old.sgid) and not privileged:
            raise EPERM
        new = new.with_(egid=egid)
    if rgid != KEEP or (egid != KEEP and egid != old.gid):
        new = new.with_(sgid=new.egid)
    commit(task, new.with_(fsgid=new.egid))


def setresuid(task: Task, ruid: int, euid: int, suid: int) -> None:
    """``setresuid(2)``: EINVAL, EPERM."""
    old = task.cred
    ids = old.user_ns.uids
    ruid, euid, suid = ids.changed(ruid), ids.changed(euid), ids.changed(suid)
    mine = (old.uid, old.euid, old.suid, KEEP)
    if not old.capable_here(CAP.SETUID) and not {ruid, euid, suid}.issubset(mine):
        raise EPERM
    new = old.with_(
        uid=old.uid if ruid == KEEP else ruid,
        euid=old.euid if euid == KEEP else euid,
        suid=old.suid if suid == KEEP else suid,
    )
    commit(task, _emulate(old, new.with_(fsuid=new.euid)))


def setresgid(task: Task, rgid: int, egid: int, sgid: int) -> None:
    """``setresgid(2)``: EINVAL, EPERM."""
    old = task.cred
    ids = old.user_ns.gids
    rgid, egid, sgid = ids.changed(rgid), ids.changed(egid), ids.changed(sgid)
    mine = (old.gid, old.egid, old.sgid, KEEP)
    if not old.capable_here(CAP.SETGID) and not {rgid, egid, sgid}.issubset(mine):
        raise EPERM
    new = old.with_(
        gid=old.gid if rgid == KEEP else rgid,
        egid=old.egid if egid == KEEP else egid,
        sgid=old.sgid if sgid == KEEP else sgid,
    )
    commit(task, new.with_(fsgid=new.egid))


def setfsuid(task: Task, uid: int) -> int:
    """``setfsuid(2)``: no error; always the previous value."""
    old = task.cred
    ids = old.user_ns.uids
    uid = ids.down(uid)
    mine = (old.uid, old.euid, old.suid, old.fsuid)
    if uid != KEEP and uid != old.fsuid and (uid in mine or old.capable_here(CAP.SETUID)):
        new = old.with_(fsuid=uid)
        if not old.securebits & SECBIT.NO_SETUID_FIXUP:
            root = ids.down(ROOT)
            if old.fsuid == root:
                new = new.with_(effective=new.effective & ~FS_CAPS)
            elif uid == root:
                new = new.with_(effective=new.effective | new.permitted & FS_CAPS)
        commit(task, new)
    return ids.seen(old.fsuid)


def setfsgid(task: Task, gid: int) -> int:
    """``setfsgid(2)``: no error; always the previous value."""
    old = task.cred
    ids = old.user_ns.gids
    gid = ids.down(gid)
    mine = (old.gid, old.egid, old.sgid, old.fsgid)
    if gid != KEEP and gid != old.fsgid and (gid in mine or old.capable_here(CAP.SETGID)):
        commit(task, old.with_(fsgid=gid))
    return ids.seen(old.fsgid)


def capset(task: Task, effective: int, permitted: int, inheritable: int) -> None:
    """``capset(2)``: EPERM; security/commoncap.c:cap_capset()."""
    old = task.cred
    effective, permitted, inheritable = (
        effective & CAP_ALL,
        permitted & CAP_ALL,
        inheritable & CAP_ALL,
    )
    if not old.capable_here(CAP.SETPCAP) and inheritable & ~(old.inheritable | old.permitted):
        raise EPERM
    if inheritable & ~(old.inheritable | old.bounding):
        raise EPERM
    if permitted & ~old.permitted or effective & ~permitted:
        raise EPERM
    commit(
        task,
        old.with_(
            effective=effective,
            permitted=permitted,
            inheritable=inheritable,
            ambient=old.ambient & permitted & inheritable,
        ),
    )


def valid_capability(number: int) -> bool:
    """Whether this kernel knows the capability."""
    return 0 <= number <= CAP_LAST
