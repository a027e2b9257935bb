"""Futexes: waiters by the physical word they wait on.

Keyed as kernel/futex/core.c:get_futex_key() does: private ones by address space and
address, shared ones by the page behind the address. Priority inheritance is :mod:`futex_pi`.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EFAULT, EINVAL
from pytest_kevlar.kernel.mm.vma import PAGE
from pytest_kevlar.kernel.task.wait import Interrupted, Sleep, WaitQueue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_kevlar.kernel.mm.space import AddressSpace
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.futex_pi import PiWaiter
    from pytest_kevlar.kernel.task.task import Task

ANY = 0xFFFF_FFFF
#: Rank of every task that is not a real-time one: these wait first come, first served.
ORDINARY = 100


def rank(task: Task) -> int:
    """Where a task stands among waiters, small first; include/linux/plist.h as futexes use it."""
    return 99 - task.rt_priority if task.rt_priority else ORDINARY


class FutexWaiter:
    """One word that a task waits on.

    Attributes:
        key: what it waits on now; a requeue changes it.
        bitset: only a wake with a common bit counts.
        queue: shared by the words of one ``futex_waitv``.
        woken: a wake chose it (which a time-out or signal must not hide).
        target: for WAIT_REQUEUE_PI, the key of the lock it will be moved to; None otherwise.
        word: that lock, in the task's own address space.
        lock: its place among those who wait for that lock, once it was moved.
    """

    __slots__ = ("bitset", "key", "lock", "queue", "rank", "target", "task", "woken", "word")

    def __init__(
        self,
        task: Task,
        key: Hashable,
        bitset: int,
        queue: WaitQueue | None = None,
        target: Hashable | None = None,
        word: UserPtr | None = None,
    ) -> None:
        self.task = task
        self.key = key
        self.bitset = bitset
        self.queue = WaitQueue() if queue is None else queue
        self.rank = rank(task)
        self.woken = False
        self.target = target
        self.word = word
        self.lock: PiWaiter | None = None


class FutexTable:
    """All waiters of a machine; for each word by rank, then oldest first.

    Attributes:
        locks: words that somebody waits for with priority inheritance: no wake reaches those.
    """

    def __init__(self) -> None:
        self.locks: dict[Hashable, object] = {}
        self._waiters: dict[Hashable, list[FutexWaiter]] = {}

    @staticmethod
    def key(space: AddressSpace, address: int, private: bool) -> Hashable:
        """What identifies the word at `address`.

        A shared futex in private memory is another one than the private futex there.

        Raises:
            EINVAL: not aligned. EFAULT: not mapped.
        """
        if address % 4:
            raise EINVAL("futex alignment")
        if address >= (1 << 47) - PAGE:
            raise EFAULT
        if private:
            return (space, address)
        vma = space.find(address)
        if vma is None or not vma.prot:
            raise EFAULT
        if vma.pages is None or not vma.shared:
            return (space, address, "shared")
        position = address - vma.start + vma.offset
        return (vma.pages, position // PAGE, position % PAGE)

    def waiting(self, key: Hashable) -> Sequence[FutexWaiter]:
        """Who waits on a word, in the order in which wakes choose them."""
        return tuple(self._waiters.get(key, ()))

    def add(self, waiter: FutexWaiter) -> None:
        """Let a waiter wait on its key."""
        waiters = self._waiters.setdefault(waiter.key, [])
        at = len(waiters)
        while at and waiters[at - 1].rank > waiter.rank:
            at -= 1
        waiters.insert(at, waiter)

    def forget(self, waiter: FutexWaiter) -> None:
        """It waits no longer."""
        waiters = self._waiters.get(waiter.key)
        if waiters is not None and waiter in waiters:
            waiters.remove(waiter)
            if not waiters:
                del self._waiters[waiter.key]

    async def wait(self, task: Task, key: Hashable, bitset: int, deadline: int | None) -> bool:
        """Sleep until woken; False at the deadline. Raises Interrupted."""
        return await self.wait_any([FutexWaiter(task, key, bitset)], deadline) is not None

    async def wait_any(self, waiters: list[FutexWaiter], deadline: int | None) -> int | None:
        """Sleep until one of the words is woken, all of which share a queue.

        Returns:
            Which one, the last if several are; None at the deadline. Raises Interrupted.
        """
        for waiter in waiters:
            self.add(waiter)
        try:
            while _chosen(waiters) is None:
                if not await Sleep((waiters[0].queue,), "futex_wait_queue", deadline):
                    break
            return _chosen(waiters)
        except Interrupted:
            chosen = _chosen(waiters)
            if chosen is not None:
                return chosen
            raise
        finally:
            for waiter in waiters:
                self.forget(waiter)

    def wake(self, key: Hashable, count: int, bitset: int = ANY) -> int:
        """Wake up to `count` waiters; how many were woken.

        Raises:
            EINVAL: one of them waits for a lock, which only its owner hands on.
        """
        woken = 0
        if key in self.locks:
            raise EINVAL("a lock")
        for waiter in self.waiting(key):
            if woken >= count:
                break
            if waiter.target is not None:
                raise EINVAL("waits for priority inheritance")
            if waiter.bitset & bitset:
                self._wake_one(waiter)
                woken += 1
        return woken

    def _wake_one(self, waiter: FutexWaiter) -> None:
        waiter.woken = True
        self.forget(waiter)
        waiter.queue.wake()

    def requeue(self, source: Hashable, target: Hashable, wake: int, move: int) -> int:
        """Wake up to `wake` waiters and let up to `move` others wait on `target`."""
        done = 0
        if source in self.locks and wake + move > 0:
            raise EINVAL("a lock")
        for waiter in self.waiting(source):
            if done - wake >= move:
                break
            if waiter.target is not None:
                raise EINVAL("waits for priority inheritance")
            done += 1
            if done <= wake:
                self._wake_one(waiter)
            else:
                self.forget(waiter)
                waiter.key = target
                self.add(waiter)
        return done


def _chosen(waiters: Iterable[FutexWaiter]) -> int | None:
    found = [at for at, waiter in enumerate(waiters) if waiter.woken]
    return found[-1] if found else None
