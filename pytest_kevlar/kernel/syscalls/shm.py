"""shmget(2), shmat(2), shmdt(2), shmctl(2).

Thin: what a segment is, is :mod:`pytest_kevlar.kernel.ipc.shm`.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.ipc import IPC, SHM
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.structs import SHMID64_DS, SHMINFO64
from pytest_kevlar.kernel.errno import EACCES, EINVAL, EPERM
from pytest_kevlar.kernel.ipc import shm
from pytest_kevlar.kernel.ipc.ids import READ, owner_fields
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    Address,
    IpcKey,
    OutPtr,
    ShmCommand,
    ShmFlags,
    ShmGetFlags,
    ShmId,
    Size,
)
from pytest_kevlar.kernel.task.cred import CAP_IPC_LOCK
from pytest_kevlar.kernel.task.task import Task

ULONG_MAX = (1 << 64) - 1


@syscall()
def shmget(task: Task, key: IpcKey, size: Size, shmflg: ShmGetFlags) -> int:
    """shmget(2). Mirrors ipc/shm.c:ksys_shmget()."""
    return shm.shmget(task, key, size, shmflg)


@syscall()
def shmat(task: Task, shmid: ShmId, shmaddr: Address, shmflg: ShmFlags) -> int:
    """shmat(2). Mirrors ipc/shm.c:do_shmat()."""
    return shm.attach(task, shmid, shmaddr, shmflg)


@syscall()
def shmdt(task: Task, shmaddr: Address) -> int:
    """shmdt(2). Mirrors ipc/shm.c:ksys_shmdt()."""
    shm.detach(task, shmaddr)
    return 0


@syscall()
def shmctl(task: Task, shmid: ShmId, cmd: ShmCommand, buf: OutPtr) -> int:
    """shmctl(2). Mirrors ipc/shm.c:ksys_shmctl()."""
    if cmd < 0 or shmid < 0:
        raise EINVAL
    cmd &= ~IPC._64
    namespace = task.ipc
    if cmd == IPC.INFO:
        buf.write(
            SHMINFO64.pack(
                shmmax=namespace.shmmax,
                shmmin=shm.SHMMIN,
                shmmni=namespace.shm.limit,
                shmseg=namespace.shm.limit,
                shmall=namespace.shmall,
            )
        )
        return namespace.shm.highest
    if cmd == SHM.INFO:
        buf.write(shm.statistics(namespace))
        return namespace.shm.highest
    if cmd in (SHM.STAT, SHM.STAT_ANY, IPC.STAT):
        segment = namespace.shm.find(shmid) if cmd == IPC.STAT else namespace.shm.at(shmid)
        if cmd != SHM.STAT_ANY and not segment.permits(task, READ):
            raise EACCES
        buf.write(segment.status(task))
        return 0 if cmd == IPC.STAT else segment.ident
    if cmd == IPC.SET:
        fields = owner_fields(buf.read(SHMID64_DS.size))
        segment = namespace.shm.find(shmid)
        segment.need_owner(task)
        segment.set_owner(task.cred.user_ns, *fields)
        return 0
    if cmd == IPC.RMID:
        segment = namespace.shm.find(shmid)
        segment.need_owner(task)
        segment.remove()
        return 0
    if cmd in (SHM.LOCK, SHM.UNLOCK):
        return _lock(task, namespace.shm.find(shmid), lock=cmd == SHM.LOCK)
    raise EINVAL("cmd")


def _lock(task: Task, segment: shm.Segment, *, lock: bool) -> int:
    """SHM_LOCK and SHM_UNLOCK; ipc/shm.c:shmctl_do_lock()."""
    if not task.cred.capable_in(task.ipc.user_ns, CAP_IPC_LOCK):
        if task.cred.euid not in (segment.uid, segment.cuid):
            raise EPERM
        if lock and not task.process.limit(RLIMIT.MEMLOCK):
            raise EPERM
    segment.mode = segment.mode | SHM.LOCKED if lock else segment.mode & ~SHM.LOCKED
    return 0
