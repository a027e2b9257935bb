"""SEM_UNDO: what threads that share ``CLONE_SYSVSEM`` want undone when the last of them ends.

Mirrors ipc/sem.c:exit_sem(). When it is asked for is :mod:`sem`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.ipc import SEM

if TYPE_CHECKING:
    from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
    from pytest_kevlar.kernel.ipc.sem import SemaphoreSet
    from pytest_kevlar.kernel.task.task import Task


class Adjustments:
    """For one set, by semaphore: ``struct sem_undo``."""

    def __init__(self, owner: UndoList, target: SemaphoreSet) -> None:
        self.owner = owner
        self.target = target
        self.values = [0] * len(target.semaphores)

    def forget(self) -> None:
        """The set is gone."""
        self.owner.sets.pop(self.target, None)

    def apply(self, pid: int) -> None:
        """Undo: values stay between 0 and SEMVMX."""
        for number, adjustment in enumerate(self.values):
            if adjustment:
                semaphore = self.target.semaphores[number]
                semaphore.value = min(max(semaphore.value + adjustment, 0), SEM.SEMVMX)
                semaphore.pid = pid
        self.target.undos.remove(self)
        self.target.settle()


class UndoList:
    """``struct sem_undo_list``.

    Attributes:
        users: tasks that share it.
    """

    def __init__(self) -> None:
        self.users = 1
        self.sets: dict[SemaphoreSet, Adjustments] = {}

    def adjustments(self, target: SemaphoreSet) -> Adjustments:
        """Those for one set, made if there are none."""
        found = self.sets.get(target)
        if found is None:
            found = self.sets[target] = Adjustments(self, target)
            target.undos.append(found)
        return found

    def release(self, pid: int) -> None:
        """A task less; the last one has everything undone."""
        self.users -= 1
        if not self.users:
            for adjustments in list(self.sets.values()):
                adjustments.apply(pid)
            self.sets.clear()


def undo_of(task: Task) -> UndoList:
    """The task's list, made if it has none."""
    if task.undo is None:
        task.undo = UndoList()
    return task.undo


def enter_ipc(task: Task, namespace: IpcNamespace) -> None:
    """Go to a namespace, which the caller has counted; adjustments in the old one are undone."""
    release_undo(task)
    old, task.ipc = task.ipc, namespace
    old.put()


def release_undo(task: Task) -> None:
    """The task ends, or unshares ``CLONE_SYSVSEM``."""
    undo, task.undo = task.undo, None
    if undo is not None:
        undo.release(task.process.pid)
