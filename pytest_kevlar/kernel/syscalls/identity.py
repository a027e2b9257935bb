"""Who a task is: process, group and session ids, user and group ids, capabilities.

Which change of credentials is allowed is decided in ``kernel/task/setid.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.credentials import CAP, CAPVERSION, NGROUPS_MAX
from pytest_kevlar.kernel.abi.structs import CAP_USER_DATA, CAP_USER_HEADER
from pytest_kevlar.kernel.errno import EACCES, EINVAL, EPERM, ESRCH
from pytest_kevlar.kernel.syscalls.pointers import (
    InCapData,
    InCapHeader,
    InIds,
    OutCapData,
    OutId,
    OutIds,
)
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Address, Int, Pid, Uid
from pytest_kevlar.kernel.task import setid
from pytest_kevlar.kernel.task.pidns import release

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task

LOW = 0xFFFF_FFFF


# -- process ids -------------------------------------------------------------------------


@syscall()
def getpid(task: Task) -> int:
    """getpid(2)."""
    return task.process.vpid


@syscall()
def getppid(task: Task) -> int:
    """getppid(2): 0 if the parent is outside one's PID namespace."""
    parent = task.process.parent
    return task.pid_ns.number(parent.pid) if parent is not None else 0


@syscall()
def gettid(task: Task) -> int:
    """gettid(2)."""
    return task.vtid


@syscall()
def set_tid_address(task: Task, tidptr: Address) -> int:
    """set_tid_address(2)."""
    task.clear_child_tid = tidptr
    return task.vtid


def _process(task: Task, pid: int) -> Process:
    """The process that `pid` belongs to, one's own for 0; ESRCH."""
    if pid == 0:
        return task.process
    found = task.pid_ns.task(pid)
    if found is None:
        raise ESRCH
    return found.process


@syscall()
def getpgid(task: Task, pid: Pid) -> int:
    """getpgid(2)."""
    return task.pid_ns.number(_process(task, pid).pgid)


@syscall()
def getpgrp(task: Task) -> int:
    """getpgrp(2)."""
    return task.pid_ns.number(task.process.pgid)


@syscall()
def getsid(task: Task, pid: Pid) -> int:
    """getsid(2)."""
    return task.pid_ns.number(_process(task, pid).sid)


@syscall()
def setpgid(task: Task, pid: Pid, pgid: Pid) -> int:
    """setpgid(2). Mirrors kernel/sys.c:setpgid()."""
    own = task.process
    pid = pid or own.vpid
    pgid = pgid or pid
    if pgid < 0:
        raise EINVAL
    target = task.pid_ns.task(pid)
    if target is None:
        raise ESRCH
    if not target.is_leader:
        raise EINVAL("not a thread group leader")
    process = target.process
    if process.parent is own:
        if process.sid != own.sid:
            raise EPERM
        if process.did_exec:
            raise EACCES
    elif process is not own:
        raise ESRCH
    if process.sid == process.pid:
        raise EPERM("session leader")
    group = task.pid_ns.ident(pgid) if pgid != pid else process.pid
    if group is None or (
        group != process.pid
        and not any(
            other.pgid == group and other.sid == own.sid for other in task.kernel.processes.values()
        )
    ):
        raise EPERM("no such group in this session")
    old, process.pgid = process.pgid, group
    release(task.kernel, old)
    return 0


@syscall()
def setsid(task: Task) -> int:
    """setsid(2). Mirrors kernel/sys.c:ksys_setsid()."""
    process = task.process
    if any(other.pgid == process.pid for other in task.kernel.processes.values()):
        raise EPERM
    old = process.sid, process.pgid
    process.sid = process.pgid = process.pid
    process.controlling_tty = None
    process.autogroup = task.kernel.autogroups.new()
    release(task.kernel, *old)
    return process.vpid


# -- user and group ids --------------------------------------------------------------------


@syscall()
def getuid(task: Task) -> int:
    """getuid(2)."""
    cred = task.cred
    return cred.user_ns.uids.seen(cred.uid)


@syscall()
def geteuid(task: Task) -> int:
    """geteuid(2)."""
    cred = task.cred
    return cred.user_ns.uids.seen(cred.euid)


@syscall()
def getgid(task: Task) -> int:
    """getgid(2)."""
    cred = task.cred
    return cred.user_ns.gids.seen(cred.gid)


@syscall()
def getegid(task: Task) -> int:
    """getegid(2)."""
    cred = task.cred
    return cred.user_ns.gids.seen(cred.egid)


@syscall()
def getresuid(task: Task, ruid: OutId, euid: OutId, suid: OutId) -> int:
    """getresuid(2)."""
    cred = task.cred
    seen = cred.user_ns.uids.seen
    ruid.write_int(seen(cred.uid))
    euid.write_int(seen(cred.euid))
    suid.write_int(seen(cred.suid))
    return 0


@syscall()
def getresgid(task: Task, rgid: OutId, egid: OutId, sgid: OutId) -> int:
    """getresgid(2)."""
    cred = task.cred
    seen = cred.user_ns.gids.seen
    rgid.write_int(seen(cred.gid))
    egid.write_int(seen(cred.egid))
    sgid.write_int(seen(cred.sgid))
    return 0


@syscall()
def setuid(task: Task, uid: Uid) -> int:
    """setuid(2)."""
    setid.setuid(task, uid)
    return 0


@syscall()
def setgid(task: Task, gid: Uid) -> int:
    """setgid(2)."""
    setid.setgid(task, gid)
    return 0


@syscall()
def setreuid(task: Task, ruid: Uid, euid: Uid) -> int:
    """setreuid(2)."""
    setid.setreuid(task, ruid, euid)
    return 0


@syscall()
def setregid(task: Task, rgid: Uid, egid: Uid) -> int:
    """setregid(2)."""
    setid.setregid(task, rgid, egid)
    return 0


@syscall()
def setresuid(task: Task, ruid: Uid, euid: Uid, suid: Uid) -> int:
    """setresuid(2)."""
    setid.setresuid(task, ruid, euid, suid)
    return 0


@syscall()
def setresgid(task: Task, rgid: Uid, egid: Uid, sgid: Uid) -> int:
    """setresgid(2)."""
    setid.setresgid(task, rgid, egid, sgid)
    return 0


@syscall()
def setfsuid(task: Task, uid: Uid) -> int:
    """setfsuid(2): returns the previous value, whether it changed or not."""
    return setid.setfsuid(task, uid)


@syscall()
def setfsgid(task: Task, gid: Uid) -> int:
    """setfsgid(2): returns the previous value, whether it changed or not."""
    return setid.setfsgid(task, gid)


@syscall()
def getgroups(task: Task, size: Int, groups: OutIds) -> int:
    """getgroups(2). Mirrors kernel/groups.c:getgroups()."""
    mine = task.cred.groups
    if size < 0 or (size and len(mine) > size):
        raise EINVAL
    if size:
        seen = task.cred.user_ns.gids.seen
        groups.write(b"".join(seen(gid).to_bytes(4, "little") for gid in mine))
    return len(mine)


@syscall()
def setgroups(task: Task, size: Int, groups: InIds) -> int:
    """setgroups(2): kept sorted. Mirrors kernel/groups.c:setgroups()."""
    cred = task.cred
    if not may_setgroups(cred):
        raise EPERM
    if not 0 <= size <= NGROUPS_MAX:
        raise EINVAL
    data = groups.read(4 * size) if size else b""
    given = cred.user_ns.gids.given
    gids = [given(int.from_bytes(data[at : at + 4], "little")) for at in range(0, len(data), 4)]
    task.cred = cred.with_(groups=tuple(sorted(gids)))
    return 0


def may_setgroups(cred: Credentials) -> bool:
    """CAP_SETGID, once there is a gid_map and it was not denied; userns_may_setgroups()."""
    here = cred.user_ns
    return cred.capable_here(CAP.SETGID) and bool(here.gids.extents) and here.setgroups_allowed


# -- capabilities --------------------------------------------------------------------------


def _words(header: UserPtr) -> tuple[int, int]:
    """How many 32-bit words per set the version has, and the pid; cap_validate_magic().

    Raises:
        EINVAL: unknown version; the newest is written back.
    """
    given = CAP_USER_HEADER.unpack(header.read(CAP_USER_HEADER.size))
    if given.version == CAPVERSION._1:
        return 1, given.pid
    if given.version in (CAPVERSION._2, CAPVERSION._3):
        return 2, given.pid
    header.write_int(CAPVERSION._3)
    raise EINVAL("version")


@syscall()
def capget(task: Task, header: InCapHeader, data: OutCapData) -> int:
    """capget(2). Mirrors kernel/capability.c:capget()."""
    try:
        count, pid = _words(header)
    except EINVAL:
        if not data:
            return 0  # only the version was asked for
        raise
    if not data:
        return 0
    if pid < 0:
        raise EINVAL
    found = task if pid == 0 else task.pid_ns.task(pid)
    if found is None:
        raise ESRCH
    cred = found.cred
    data.write(
        b"".join(
            CAP_USER_DATA.pack(
                effective=cred.effective >> shift & LOW,
                permitted=cred.permitted >> shift & LOW,
                inheritable=cred.inheritable >> shift & LOW,
            )
            for shift in range(0, 32 * count, 32)
        )
    )
    return 0


@syscall()
def capset(task: Task, header: InCapHeader, data: InCapData) -> int:
    """capset(2), of the calling thread alone. Mirrors kernel/capability.c:capset()."""
    count, pid = _words(header)
    if pid not in (0, task.vtid):
        raise EPERM
    given = CAP_USER_DATA.unpack_array(data.read(CAP_USER_DATA.size * count))
    sets = [
        sum(getattr(word, name) << 32 * index for index, word in enumerate(given))
        for name in ("effective", "permitted", "inheritable")
    ]
    setid.capset(task, *sets)
    return 0
