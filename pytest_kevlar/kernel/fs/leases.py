"""Leases: who is told, and waited for, before a file is opened against it. F_SETLEASE, F_GETLEASE.

Mirrors the second half of fs/locks.c. They are kept in the lock table of the inode.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.fcntl import FLOCK, FOWNER
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.signals import POLLCODE
from pytest_kevlar.kernel.errno import EACCES, EAGAIN, EINVAL
from pytest_kevlar.kernel.fs.fasync import AsyncList, Owner
from pytest_kevlar.kernel.fs.regular import RegularFile
from pytest_kevlar.kernel.task.cred import CAP_LEASE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.locks import LockTable
    from pytest_kevlar.kernel.task.task import Task

#: ``/proc/sys/fs/lease-break-time``, in nanoseconds.
BREAK_TIME = 45 * 10**9


class Lease:
    """One lease.

    Attributes:
        file: who holds it. kind: F_RDLCK or F_WRLCK.
        pending: what it has to become, because somebody waits; None if nobody does.
        deadline: when that happens by itself, virtual nanoseconds.
        listeners: who is told.
    """

    __slots__ = ("deadline", "file", "kind", "listeners", "pending")

    def __init__(self, file: File, fd: int, kind: int) -> None:
        self.file = file
        self.kind = kind
        self.pending: int | None = None
        self.deadline = 0
        self.listeners = AsyncList()
        self.listeners.set(file, fd, on=True)

    @property
    def target(self) -> int:
        """What F_GETLEASE tells; fs/locks.c:target_leasetype()."""
        return self.kind if self.pending is None else self.pending

    def conflicts(self, *, write: bool) -> bool:
        """Whether an open for reading or for writing has to wait for it."""
        return write or self.kind == FLOCK.WRLCK


def get_lease(task: Task, file: File) -> int:
    """F_GETLEASE; fs/locks.c:fcntl_getlease()."""
    table = file.inode.locks
    if table is None:
        return FLOCK.UNLCK
    _time_out(task, table)
    return next((one.target for one in table.leases if one.file is file), FLOCK.UNLCK)


def set_lease(task: Task, file: File, fd: int, kind: int) -> None:
    """F_SETLEASE; fs/locks.c:generic_setlease(): EACCES, EAGAIN, EINVAL."""
    if kind not in (FLOCK.RDLCK, FLOCK.WRLCK, FLOCK.UNLCK):
        raise EINVAL
    if task.cred.fsuid != file.inode.uid and not task.cred.capable(CAP_LEASE):
        raise EACCES
    if not isinstance(file, RegularFile):
        raise EINVAL
    from pytest_kevlar.kernel.fs.locks import table_of

    table = table_of(file)
    _time_out(task, table)
    if kind == FLOCK.UNLCK:
        if not release_lease(table, file):
            raise EAGAIN
        return
    _check_opens(file, kind)
    mine = next((one for one in table.leases if one.file is file), None)
    for one in table.leases:
        if one is not mine and (kind == FLOCK.WRLCK or one.pending == FLOCK.UNLCK):
            raise EAGAIN
    if mine is not None:
        _modify(table, mine, kind)
        return
    table.leases.append(Lease(file, fd, kind))
    if not file.owner.ident:
        file.owner = Owner(FOWNER.PID, task.process.pid, task.cred.uid, task.cred.euid)


def _check_opens(file: RegularFile, kind: int) -> None:
    """EAGAIN if the file is open otherwise; fs/locks.c:check_conflicting_open()."""
    inode = file.inode
    if kind == FLOCK.RDLCK:
        if inode.writers > 0:
            raise EAGAIN
        return
    mine = int(file.writable)
    if inode.writers != mine or inode.opened - inode.writers != 1 - mine:
        raise EAGAIN


def release_lease(table: LockTable, file: File) -> bool:
    """Give a lease back; the file forgets its owner and signal, too."""
    for one in table.leases:
        if one.file is file:
            _modify(table, one, FLOCK.UNLCK)
            return True
    return False


def _modify(table: LockTable, lease: Lease, kind: int) -> None:
    """fs/locks.c:lease_modify()."""
    lease.kind = kind
    if kind == FLOCK.UNLCK or (kind == FLOCK.RDLCK and lease.pending == FLOCK.RDLCK):
        lease.pending = None
    if kind == FLOCK.UNLCK:
        table.leases.remove(lease)
        lease.file.owner = Owner(FOWNER.PID)
        lease.file.signal = 0
    table.freed.wake()


def _time_out(task: Task, table: LockTable) -> None:
    """fs/locks.c:time_out_leases()."""
    now = task.kernel.clock.monotonic_ns()
    for one in list(table.leases):
        if one.pending is not None and one.deadline <= now:
            _modify(table, one, one.pending)


async def break_leases(task: Task, inode: Inode, flags: int) -> None:
    """Before an open with `flags`: tell those who hold leases, and wait; EAGAIN.

    Mirrors fs/locks.c:__break_lease().
    """
    table = inode.locks
    if table is None or not table.leases:
        return
    _time_out(task, table)
    write = bool(flags & O.ACCMODE)
    deadline = task.kernel.clock.monotonic_ns() + BREAK_TIME
    for one in [lease for lease in table.leases if lease.conflicts(write=write)]:
        if one.pending == FLOCK.UNLCK or (one.pending is not None and not write):
            continue
        one.pending = FLOCK.UNLCK if write else FLOCK.RDLCK
        one.deadline = deadline
        one.listeners.kill(POLLCODE.MSG)
    while True:
        waiting = [one for one in table.leases if one.conflicts(write=write)]
        if not waiting:
            return
        if flags & O.NONBLOCK:
            raise EAGAIN
        await table.freed.wait("__break_lease", deadline=waiting[0].deadline)
        _time_out(task, table)
