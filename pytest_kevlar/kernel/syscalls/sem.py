"""semget(2), semop(2), semtimedop(2), semctl(2).

Thin: what a set does is :mod:`pytest_kevlar.kernel.ipc.sem`.
"""

from __future__ import annotations

import struct

from pytest_kevlar.kernel.abi.ipc import IPC, SEM
from pytest_kevlar.kernel.abi.structs import SEMINFO
from pytest_kevlar.kernel.errno import EACCES, EINVAL, ERANGE
from pytest_kevlar.kernel.ipc import sem
from pytest_kevlar.kernel.ipc.ids import READ, WRITE, owner_fields
from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
from pytest_kevlar.kernel.ipc.sem import Operation, SemaphoreSet, check_count
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.pointers import InOperations, InTimespec
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    Int,
    IpcKey,
    SemArgument,
    SemCommand,
    SemGetFlags,
    SemId,
    UInt,
)
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.time.units import read_timespec

_OPERATION = struct.Struct("<Hhh")
#: Sizes that SEM_INFO and IPC_INFO tell but nothing uses; include/uapi/linux/sem.h.
SEMUME, SEMUSZ = 500, 20


@syscall()
def semget(task: Task, key: IpcKey, nsems: Int, semflg: SemGetFlags) -> int:
    """semget(2). Mirrors ipc/sem.c:ksys_semget()."""
    return sem.semget(task, key, nsems, semflg)


def _operations(task: Task, pointer: UserPtr, count: int) -> list[Operation]:
    check_count(task, count)
    data = pointer.read(count * _OPERATION.size)
    return [Operation(*fields) for fields in _OPERATION.iter_unpack(data)]


@syscall()
async def semop(task: Task, semid: SemId, sops: InOperations, nsops: UInt) -> int:
    """semop(2). Mirrors ipc/sem.c:do_semtimedop()."""
    return await sem.semop(task, semid, _operations(task, sops, nsops), None)


@syscall()
async def semtimedop(
    task: Task, semid: SemId, sops: InOperations, nsops: UInt, timeout: InTimespec
) -> int:
    """semtimedop(2). Mirrors ipc/sem.c:ksys_semtimedop(); `timeout` is relative."""
    raw = timeout.read(16) if timeout else b""
    operations = _operations(task, sops, nsops)
    if semid < 0:
        raise EINVAL("semid")
    deadline = None
    if raw:
        deadline = task.kernel.clock.monotonic_ns() + read_timespec(timeout)
    return await sem.semop(task, semid, operations, deadline)


@syscall()
def semctl(task: Task, semid: SemId, semnum: Int, cmd: SemCommand, arg: SemArgument) -> int:
    """semctl(2). Mirrors ipc/sem.c:ksys_semctl()."""
    if semid < 0:
        raise EINVAL("semid")
    cmd &= ~IPC._64
    namespace = task.ipc
    pointer = UserPtr(task.memory, arg)
    if cmd in (IPC.INFO, SEM.SEM_INFO):
        pointer.write(_information(namespace, used=cmd == SEM.SEM_INFO))
        return namespace.sem.highest
    if cmd in (IPC.STAT, SEM.SEM_STAT, SEM.SEM_STAT_ANY):
        found = namespace.sem.find(semid) if cmd == IPC.STAT else namespace.sem.at(semid)
        if cmd != SEM.SEM_STAT_ANY and not found.permits(task, READ):
            raise EACCES
        pointer.write(found.status(task.cred.user_ns))
        return 0 if cmd == IPC.STAT else found.ident
    if cmd == IPC.SET:
        fields = owner_fields(pointer.read(task.kernel.arch.semid64_ds.size))
        found = namespace.sem.find(semid)
        found.need_owner(task)
        found.set_owner(task.cred.user_ns, *fields)
        return 0
    if cmd == IPC.RMID:
        found = namespace.sem.find(semid)
        found.need_owner(task)
        found.remove()
        return 0
    return _values(task, namespace, semid, semnum, cmd, pointer)


def _values(
    task: Task, namespace: IpcNamespace, semid: int, semnum: int, cmd: int, pointer: UserPtr
) -> int:
    """The commands about values; ipc/sem.c:semctl_main(), semctl_setval()."""
    if cmd == SEM.SETVAL:
        value = ((pointer.address & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000
        if not 0 <= value <= SEM.SEMVMX:
            raise ERANGE
        found = namespace.sem.find(semid)
        found.semaphore(semnum)
        found.need(task, WRITE)
        found.assign(task, {semnum: value})
        return 0
    if cmd not in (SEM.GETALL, SEM.SETALL, SEM.GETVAL, SEM.GETPID, SEM.GETNCNT, SEM.GETZCNT):
        raise EINVAL("cmd")
    found = namespace.sem.find(semid)
    found.need(task, WRITE if cmd == SEM.SETALL else READ)
    if cmd == SEM.GETALL:
        pointer.write(b"".join(one.value.to_bytes(2, "little") for one in found.semaphores))
        return 0
    if cmd == SEM.SETALL:
        return _set_all(task, found, pointer)
    one = found.semaphore(semnum)
    if cmd == SEM.GETVAL:
        return one.value
    if cmd == SEM.GETPID:
        return task.pid_ns.number(one.pid)
    return found.waiters(semnum, for_zero=cmd == SEM.GETZCNT)


def _set_all(task: Task, found: SemaphoreSet, pointer: UserPtr) -> int:
    data = pointer.read(2 * len(found.semaphores))
    values = struct.unpack(f"<{len(found.semaphores)}H", data)
    if max(values) > SEM.SEMVMX:
        raise ERANGE
    found.assign(task, dict(enumerate(values)))
    return 0


def _information(namespace: IpcNamespace, *, used: bool) -> bytes:
    """``struct seminfo``: limits, or with `used` what there is in two of its fields."""
    return SEMINFO.pack(
        semmap=namespace.semmns,
        semmni=namespace.semmni,
        semmns=namespace.semmns,
        semmnu=namespace.semmns,
        semmsl=namespace.semmsl,
        semopm=namespace.semopm,
        semume=SEMUME,
        semusz=len(namespace.sem) if used else SEMUSZ,
        semvmx=SEM.SEMVMX,
        semaem=namespace.semaphores if used else SEM.SEMVMX,
    )
