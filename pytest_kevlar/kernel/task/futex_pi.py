"""Futexes with priority inheritance: locks whose word holds the owner's thread id.

Mirrors kernel/futex/pi.c and requeue.c. What a plain futex does is :mod:`futex`.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sched import FUTEXWORD, SCHED
from pytest_kevlar.kernel.errno import (
    EAGAIN,
    EDEADLK,
    EFAULT,
    EINVAL,
    EPERM,
    ESRCH,
    ETIMEDOUT,
)
from pytest_kevlar.kernel.task.futex import ANY, FutexWaiter, rank
from pytest_kevlar.kernel.task.wait import Interrupted, InterruptedNoIntr, Sleep, WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.futex import FutexTable
    from pytest_kevlar.kernel.task.task import Task

WAITERS, OWNER_DIED, TID = FUTEXWORD.WAITERS, FUTEXWORD.OWNER_DIED, FUTEXWORD.TID_MASK


def _priority(task: Task) -> int:
    """A task's own priority; kernel/sched/core.c:__normal_prio()."""
    return 99 - task.rt_priority if task.policy in (SCHED.FIFO, SCHED.RR) else 120 + task.nice


class PiWaiter:
    """A task that waits for a lock; `word` is the lock in its own address space."""

    __slots__ = ("queue", "rank", "state", "task", "word")

    def __init__(self, task: Task, word: UserPtr, state: PiState, queue: WaitQueue) -> None:
        self.task = task
        self.word = word
        self.state = state
        self.queue = queue
        self.rank = rank(task)


class PiState:
    """A lock that somebody waits for: ``struct futex_pi_state``.

    Attributes:
        waiters: by rank, then oldest first.
    """

    def __init__(self, key: Hashable, owner: Task) -> None:
        self.key = key
        self.owner = owner
        self.waiters: list[PiWaiter] = []

    def add(self, waiter: PiWaiter) -> None:
        """One more waits."""
        at = len(self.waiters)
        while at and self.waiters[at - 1].rank > waiter.rank:
            at -= 1
        self.waiters.insert(at, waiter)


class PiTable:
    """All locks that somebody waits for."""

    def __init__(self, futexes: FutexTable) -> None:
        self._futexes = futexes
        self._states: dict[Hashable, PiState] = {}

    # -- who owns, who waits ---------------------------------------------------------------

    def inherited_priority(self, task: Task) -> int:
        """The best priority of `task` and those who wait for it, directly or not; small is good.

        Real-time ones are 0..98, those that nice decides 100..139.
        """
        best = _priority(task)
        pending, seen = [task], {task: None}
        while pending:
            owner = pending.pop()
            for state in self._states.values():
                for waiter in state.waiters if state.owner is owner else ():
                    if waiter.task not in seen:
                        seen[waiter.task] = None
                        pending.append(waiter.task)
                        best = min(best, _priority(waiter.task))
        return best

    def _would_deadlock(self, task: Task, state: PiState) -> bool:
        """Whether the owner waits, directly or not, for `task`."""
        blocked = {
            waiter.task: each.owner for each in self._states.values() for waiter in each.waiters
        }
        owner: Task | None = state.owner
        for _ in range(len(blocked) + 1):
            if owner is task:
                return True
            owner = blocked.get(owner) if owner is not None else None
        return False

    def _attach(self, task: Task, word: UserPtr, key: Hashable, *, more: bool) -> PiState | None:
        """Take the lock for `task` and return None, or find whom it waits for.

        Mirrors kernel/futex/pi.c:futex_lock_pi_atomic().

        Args:
            more: others will wait for it, so say so in the word.
        """
        value = word.read_int(4, signed=False)
        if value & TID == task.vtid:
            raise EDEADLK
        state = self._states.get(key)
        if state is not None:
            if value & TID != task.pid_ns.number(state.owner.tid):
                raise EINVAL("the word does not name the owner")
            return state
        if any(waiter.target is None for waiter in self._futexes.waiting(key)):
            raise EINVAL("a plain futex")
        if not value & TID:
            word.write_int(value & OWNER_DIED | task.vtid | (WAITERS if more else 0))
            return None
        word.write_int(value | WAITERS)
        owner = task.pid_ns.task(value & TID)
        if owner is None or not owner.alive:
            raise ESRCH("the owner")
        return PiState(key, owner)

    def _enter(self, waiter: PiWaiter) -> None:
        state = waiter.state
        if self._would_deadlock(waiter.task, state):
            raise EDEADLK
        self._states[state.key] = self._futexes.locks[state.key] = state
        state.add(waiter)

    def leave(self, waiter: PiWaiter) -> None:
        """It waits no longer."""
        state = waiter.state
        if waiter in state.waiters:
            state.waiters.remove(waiter)
            if not state.waiters:
                self._forget(state)

    def _forget(self, state: PiState) -> None:
        """Nobody waits for it any more."""
        if self._states.get(state.key) is state:
            del self._states[state.key], self._futexes.locks[state.key]

    def _hand_on(self, state: PiState, word: UserPtr | None, bits: int) -> None:
        """The first waiter owns the lock now; `word` is where its writer sees it."""
        first = state.waiters.pop(0)
        if not state.waiters:
            self._forget(state)
        target = word or first.word
        target.write_int(WAITERS | first.task.vtid | bits)
        state.owner = first.task
        first.queue.wake()

    # -- operations --------------------------------------------------------------------------

    async def lock(
        self, task: Task, word: UserPtr, key: Hashable, deadline: int | None, *, wait: bool
    ) -> int:
        """FUTEX_LOCK_PI and, without `wait`, FUTEX_TRYLOCK_PI."""
        state = self._attach(task, word, key, more=False)
        if state is None:
            return 0
        if not wait:
            raise EAGAIN
        waiter = PiWaiter(task, word, state, WaitQueue())
        self._enter(waiter)
        try:
            await self._until_owner(waiter, deadline)
        except Interrupted:
            raise InterruptedNoIntr from None
        return 0

    async def _until_owner(self, waiter: PiWaiter, deadline: int | None) -> None:
        """Sleep until the lock is handed on; raises ETIMEDOUT, Interrupted."""
        task, state = waiter.task, waiter.state
        try:
            while waiter in state.waiters:
                woken = await Sleep((waiter.queue,), "rt_mutex_schedule", deadline)
                if not woken and waiter in state.waiters:
                    raise ETIMEDOUT
        except Interrupted:
            if state.owner is not task and waiter in state.waiters:
                raise
        finally:
            self.leave(waiter)

    def unlock(self, task: Task, word: UserPtr, key: Hashable) -> None:
        """FUTEX_UNLOCK_PI: to the first waiter, or nobody."""
        value = word.read_int(4, signed=False)
        if value & TID != task.vtid:
            raise EPERM
        state = self._states.get(key)
        if state is None:
            if any(waiter.target is None for waiter in self._futexes.waiting(key)):
                raise EINVAL("a plain futex")
            word.write_int(0)
            return
        if state.owner is not task:
            raise EINVAL("the owner")
        self._hand_on(state, word, 0)

    def owner_dies(self, task: Task) -> None:
        """Its locks go to their first waiters; kernel/futex/core.c:exit_pi_state_list()."""
        for state in [one for one in self._states.values() if one.owner is task]:
            try:
                self._hand_on(state, None, OWNER_DIED)
            except EFAULT:
                continue

    async def wait_requeue(
        self,
        task: Task,
        key: Hashable,
        target: Hashable,
        word: UserPtr,
        deadline: int | None,
    ) -> int:
        """FUTEX_WAIT_REQUEUE_PI: wait on a word until moved to a lock, then own the lock."""
        waiter = FutexWaiter(task, key, ANY, target=target, word=word)
        self._futexes.add(waiter)
        try:
            while not waiter.woken and waiter.lock is None:
                woken = await Sleep((waiter.queue,), "futex_wait_requeue_pi", deadline)
                if not woken and not waiter.woken and waiter.lock is None:
                    raise ETIMEDOUT
        except Interrupted:
            if waiter.lock is not None:
                self.leave(waiter.lock)
                raise EAGAIN from None
            if not waiter.woken:
                raise InterruptedNoIntr from None
        finally:
            self._futexes.forget(waiter)
        if waiter.lock is not None:
            try:
                await self._until_owner(waiter.lock, deadline)
            except Interrupted:
                raise EAGAIN from None
        return 0

    def requeue(self, source: Hashable, target: Hashable, word: UserPtr, move: int) -> int:
        """FUTEX_CMP_REQUEUE_PI: the first gets the lock if it is free, others wait for it.

        Args:
            word: the lock in the caller's address space. move: how many besides the first.

        Returns:
            How many were woken or moved.
        """
        done = 0
        for waiter in self._futexes.waiting(source):
            if done - 1 >= move:
                break
            if waiter.target is None or waiter.target != target:
                raise EINVAL("does not wait for this lock")
            state = self._attach(waiter.task, word, target, more=not done and move > 0)
            self._futexes.forget(waiter)
            if state is None:
                waiter.woken = True
            else:
                lock = PiWaiter(waiter.task, waiter.word or word, state, waiter.queue)
                self._enter(lock)
                waiter.lock = lock
            waiter.queue.wake()
            done += 1
        return done
