"""Semaphore sets: operations that happen together or not at all, and who waits for them.

Mirrors ipc/sem.c. What a dead process takes back is :mod:`undo`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.ipc import IPC, SEM
from pytest_kevlar.kernel.errno import (
    E2BIG,
    EAGAIN,
    EFBIG,
    EIDRM,
    EINTR,
    EINVAL,
    ENOSPC,
    ERANGE,
    LinuxError,
)
from pytest_kevlar.kernel.ipc.ids import READ, WRITE, IpcObject
from pytest_kevlar.kernel.ipc.undo import Adjustments, undo_of
from pytest_kevlar.kernel.task.wait import Interrupted, WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.userns import UserNamespace


class Operation(NamedTuple):
    """One ``struct sembuf``."""

    number: int
    change: int
    flags: int


class Semaphore:
    """One semaphore of a set: its value, and the process that changed it last."""

    __slots__ = ("pid", "value")

    def __init__(self) -> None:
        self.value = 0
        self.pid = 0


class Pending:
    """A ``semop`` that sleeps: ``struct sem_queue``.

    Attributes:
        blocking: the operation that cannot be done yet.
        outcome: None while it waits, then what woke it: an error, or False for success.
    """

    def __init__(self, pid: int, operations: list[Operation], undo: Adjustments | None) -> None:
        self.pid = pid
        self.operations = operations
        self.undo = undo
        self.alters = any(operation.change for operation in operations)
        self.blocking = operations[0]
        self.queue = WaitQueue()
        self.outcome: LinuxError | bool | None = None

    def finish(self, outcome: LinuxError | bool) -> None:
        """Wake the sleeper."""
        self.outcome = outcome
        self.queue.wake()


class SemaphoreSet(IpcObject):
    """One set.

    Attributes:
        otime: of the last operation that succeeded, seconds.
        undos: what processes want undone here when they end.
    """

    def __init__(
        self, namespace: IpcNamespace, task: Task, key: int, flags: int, count: int
    ) -> None:
        super().__init__(namespace, task, key, flags)
        self.semaphores = [Semaphore() for _ in range(count)]
        self.otime = 0
        self.undos: list[Adjustments] = []
        self._zero: list[Pending] = []  # those that change nothing: they only wait for zeros
        self._alter: list[Pending] = []

    # -- operations ---------------------------------------------------------------------

    def perform(self, pending: Pending) -> bool:
        """Do all operations, or none and return False; ipc/sem.c:perform_atomic_semop().

        Raises:
            EAGAIN: one would have to wait and must not. ERANGE: a value or an adjustment
                would not fit.
        """
        values: dict[int, int] = {}
        adjusted: dict[int, int] = {}
        for operation in pending.operations:
            number, change = operation.number, operation.change
            value = values.get(number, self.semaphores[number].value)
            if (not change and value) or value + change < 0:
                pending.blocking = operation
                if operation.flags & IPC.NOWAIT:
                    raise EAGAIN
                return False
            if value + change > SEM.SEMVMX:
                raise ERANGE("SEMVMX")
            if operation.flags & SEM.SEM_UNDO and pending.undo is not None:
                adjustment = adjusted.get(number, pending.undo.values[number]) - change
                if not -SEM.SEMVMX - 1 <= adjustment <= SEM.SEMVMX:
                    raise ERANGE("SEMAEM")
                adjusted[number] = adjustment
            values[number] = value + change
        for number, value in values.items():
            self.semaphores[number].value = value
            self.semaphores[number].pid = pending.pid
        if pending.undo is not None:
            for number, adjustment in adjusted.items():
                pending.undo.values[number] = adjustment
        return True

    def settle(self) -> None:
        """Values changed: let those go on who can now; ipc/sem.c:do_smart_update()."""
        self._retry(self._zero)
        while self._retry_first():
            self._retry(self._zero)
        self.otime = self.now()

    def _retry(self, waiting: list[Pending]) -> None:
        for pending in list(waiting):
            self._try(pending, waiting)

    def _retry_first(self) -> bool:
        """Let the first one go on that can; whether it changed a value."""
        return any(
            self._try(pending, self._alter) and pending.outcome is False
            for pending in list(self._alter)
        )

    def _try(self, pending: Pending, waiting: list[Pending]) -> bool:
        outcome: LinuxError | bool = False
        try:
            if not self.perform(pending):
                return False
        except LinuxError as error:
            outcome = error
        waiting.remove(pending)
        pending.finish(outcome)
        return True

    async def operate(self, task: Task, operations: list[Operation], deadline: int | None) -> int:
        """``semtimedop``; ipc/sem.c:__do_semtimedop()."""
        undo = None
        if any(operation.flags & SEM.SEM_UNDO for operation in operations):
            undo = undo_of(task).adjustments(self)
        if max(operation.number for operation in operations) >= len(self.semaphores):
            raise EFBIG
        alters = any(operation.change for operation in operations)
        self.need(task, WRITE if alters else READ)
        pending = Pending(task.process.pid, operations, undo)
        if self.perform(pending):
            if alters:
                self.settle()
            else:
                self.otime = self.now()
            return 0
        waiting = self._alter if alters else self._zero
        waiting.append(pending)
        try:
            while pending.outcome is None:
                if not await pending.queue.wait("semop", deadline=deadline):
                    break
        except Interrupted:
            if pending.outcome is None:
                raise EINTR from None
        finally:
            if pending in waiting:
                waiting.remove(pending)
        if pending.outcome is None:
            raise EAGAIN
        if isinstance(pending.outcome, LinuxError):
            raise pending.outcome
        return 0

    # -- control ----------------------------------------------------------------------------

    def waiters(self, number: int, *, for_zero: bool) -> int:
        """GETZCNT or GETNCNT; ipc/sem.c:count_semcnt()."""
        blocking = [pending.blocking for pending in (*self._alter, *self._zero)]
        return sum(1 for one in blocking if one.number == number and (one.change == 0) == for_zero)

    def semaphore(self, number: int) -> Semaphore:
        """One semaphore; EINVAL if the set is smaller."""
        if not 0 <= number < len(self.semaphores):
            raise EINVAL("semnum")
        return self.semaphores[number]

    def assign(self, task: Task, values: dict[int, int]) -> None:
        """SETVAL and SETALL: adjustments for those semaphores are forgotten."""
        for number, value in values.items():
            self.semaphores[number].value = value
            self.semaphores[number].pid = task.process.pid
            for undo in self.undos:
                undo.values[number] = 0
        self.ctime = self.now()
        otime = self.otime
        self.settle()
        self.otime = otime

    def remove(self) -> None:
        """IPC_RMID: everybody who waits gets EIDRM; ipc/sem.c:freeary()."""
        for undo in self.undos:
            undo.forget()
        self.undos.clear()
        self.namespace.sem.remove(self)
        self.namespace.semaphores -= len(self.semaphores)
        for pending in [*self._zero, *self._alter]:
            pending.finish(EIDRM())

    def status(self, reader: UserNamespace) -> bytes:
        """``struct semid64_ds``."""
        return self.namespace.kernel.arch.semid64_ds.pack(
            sem_perm=self.permissions(reader),
            sem_otime=self.otime,
            sem_ctime=self.ctime,
            sem_nsems=len(self.semaphores),
        )


def semget(task: Task, key: int, count: int, flags: int) -> int:
    """The id of the set of `key`; ipc/sem.c:ksys_semget()."""
    namespace = task.ipc
    if not 0 <= count <= namespace.semmsl:
        raise EINVAL("nsems")

    def make() -> SemaphoreSet:
        if not count:
            raise EINVAL("nsems")
        if namespace.semaphores + count > namespace.semmns:
            raise ENOSPC("SEMMNS")
        return SemaphoreSet(namespace, task, key, flags, count)

    def check(found: SemaphoreSet) -> None:
        if count > len(found.semaphores):
            raise EINVAL("nsems")

    before = len(namespace.sem)
    ident = namespace.sem.get(task, key, flags, make, check)
    if len(namespace.sem) > before:
        namespace.semaphores += count
    return ident


async def semop(task: Task, ident: int, operations: list[Operation], deadline: int | None) -> int:
    """Find the set and operate on it."""
    return await task.ipc.sem.find(ident).operate(task, operations, deadline)


def check_count(task: Task, count: int) -> None:
    """E2BIG or EINVAL unless one call may have `count` operations."""
    if count > task.ipc.semopm:
        raise E2BIG
    if count < 1:
        raise EINVAL("nsops")


def listing(namespace: IpcNamespace) -> bytes:
    """/proc/sysvipc/sem; ipc/sem.c:sysvipc_sem_proc_show()."""
    head = "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"
    rows = [
        f"{one.key:10d} {one.ident:10d}  {one.mode:4o} {len(one.semaphores):10d} {one.uid:5d} "
        f"{one.gid:5d} {one.cuid:5d} {one.cgid:5d} {one.otime:10d} {one.ctime:10d}\n"
        for one in namespace.sem.objects
    ]
    return "".join([head, *rows]).encode()
