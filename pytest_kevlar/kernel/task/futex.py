"""Futexes: waiters by the physical word they wait on.

Keyed as kernel/futex/core.c:get_futex_key() does: private ones by address space and
address, shared ones by the page behind the address. Priority inheritance is not here.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EFAULT, EINVAL
from pytest_kevlar.kernel.mm.vma import PAGE
from pytest_kevlar.kernel.task.wait import Interrupted, Sleep, WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.space import AddressSpace
    from pytest_kevlar.kernel.task.task import Task

ANY = 0xFFFF_FFFF


class FutexWaiter:
    """One waiting task.

    Attributes:
        key: what it waits on now; a requeue changes it.
        bitset: only a wake with a common bit counts.
        woken: a wake chose it (which a time-out or signal must not hide).
    """

    __slots__ = ("bitset", "key", "queue", "woken")

    def __init__(self, key: Hashable, bitset: int) -> None:
        self.key = key
        self.bitset = bitset
        self.queue = WaitQueue()
        self.woken = False


class FutexTable:
    """All waiters of a machine, oldest first for each word."""

    def __init__(self) -> None:
        self._waiters: dict[Hashable, list[FutexWaiter]] = {}

    @staticmethod
    def key(space: AddressSpace, address: int, private: bool) -> Hashable:
        """What identifies the word at `address`.

        Raises:
            EINVAL: not aligned. EFAULT: not mapped.
        """
        if address % 4:
            raise EINVAL("futex alignment")
        if private:
            return (space, address)
        vma = space.find(address)
        if vma is None:
            raise EFAULT
        if vma.pages is None:
            return (space, address)
        position = address - vma.start + vma.offset
        if not vma.shared:
            return (space, address)
        return (vma.pages, position // PAGE, position % PAGE)

    async def wait(self, task: Task, key: Hashable, bitset: int, deadline: int | None) -> bool:
        """Sleep until woken; False at the deadline. Raises Interrupted."""
        waiter = FutexWaiter(key, bitset)
        self._waiters.setdefault(key, []).append(waiter)
        try:
            while not waiter.woken:
                if not await Sleep((waiter.queue,), "futex_wait_queue", deadline):
                    return waiter.woken
            return True
        except Interrupted:
            if waiter.woken:
                return True
            raise
        finally:
            self._forget(waiter)

    def _forget(self, waiter: FutexWaiter) -> None:
        waiters = self._waiters.get(waiter.key)
        if waiters is not None and waiter in waiters:
            waiters.remove(waiter)
            if not waiters:
                del self._waiters[waiter.key]

    def wake(self, key: Hashable, count: int, bitset: int = ANY) -> int:
        """Wake up to `count` waiters; how many were woken."""
        woken = 0
        for waiter in list(self._waiters.get(key, ())):
            if woken >= count:
                break
            if waiter.bitset & bitset:
                waiter.woken = True
                self._forget(waiter)
                waiter.queue.wake()
                woken += 1
        return woken

    def requeue(self, source: Hashable, target: Hashable, wake: int, move: int) -> int:
        """Wake up to `wake` waiters and let up to `move` others wait on `target`."""
        woken = self.wake(source, wake)
        moved = 0
        for waiter in list(self._waiters.get(source, ())):
            if moved >= move:
                break
            self._forget(waiter)
            waiter.key = target
            self._waiters.setdefault(target, []).append(waiter)
            moved += 1
        return woken + moved
