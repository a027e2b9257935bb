"""Wait queues: how a task sleeps until something happens.

A handler that blocks is a coroutine; it awaits a :class:`Sleep`, which reaches the
scheduler. Nothing here decides who runs next, and nothing here knows signals: the
scheduler throws :class:`Interrupted` into a sleeping coroutine when one is due.

Conditions are the caller's: sleeps may end early, so kernel code loops::

    while not pipe.buffer:
        await pipe.readable.wait("pipe_read")
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.time.queue import Timer


class Interrupted(Exception):
    """A signal ended the sleep; the call is restarted as ``-ERESTARTSYS`` would be.

    A handler that must not be restarted this way lets it become one of the subclasses:
    raise ``InterruptedNoHand`` (``-ERESTARTNOHAND``: restarted only if no handler runs),
    ``InterruptedRestartBlock`` (``-ERESTART_RESTARTBLOCK``: continued with what is left)
    or plain ``EINTR``.
    """

    #: What a trace calls it.
    restart = "ERESTARTSYS"


class InterruptedNoHand(Interrupted):
    """``-ERESTARTNOHAND``: EINTR if a handler runs, restarted if none does."""

    restart = "ERESTARTNOHAND"


class InterruptedNoIntr(Interrupted):
    """``-ERESTARTNOINTR``: always restarted, whatever SA_RESTART says."""

    restart = "ERESTARTNOINTR"


class InterruptedRestartBlock(Interrupted):
    """``-ERESTART_RESTARTBLOCK``: EINTR if a handler runs, else `again` continues the call.

    Args:
        again: called with the task by ``restart_syscall``; returns the coroutine that
            waits for the rest.
    """

    restart = "ERESTART_RESTARTBLOCK"

    def __init__(self, again: Callable[[Task], object]) -> None:
        super().__init__()
        self.again = again


class Waiter(Protocol):
    """Anything that a wait queue can wake: a sleeping task, an epoll instance."""

    def woken(self, queue: WaitQueue, events: int) -> bool:
        """React to a wake-up; True if this waiter consumed an exclusive one."""


class WaitQueue:
    """Waiters in the order in which they came."""

    __slots__ = ("_waiters",)

    def __init__(self) -> None:
        self._waiters: dict[Waiter, None] = {}

    def __bool__(self) -> bool:
        return bool(self._waiters)

    def add(self, waiter: Waiter) -> None:
        """Put `waiter` at the end; it stays until removed."""
        self._waiters[waiter] = None

    def add_first(self, waiter: Waiter) -> None:
        """Put `waiter` before all others: it is the next to be woken."""
        self._waiters = {waiter: None, **self._waiters}

    def remove(self, waiter: Waiter) -> None:
        """Take `waiter` off, if it is there."""
        self._waiters.pop(waiter, None)

    def wake(self, count: int = -1, events: int = 0) -> int:
        """Wake up to `count` waiters (all if negative) in order.

        Args:
            count: how many consuming waiters at most.
            events: ``POLL*`` bits that became true, 0 if unknown.

        Returns:
            How many consumed the wake-up.
        """
        woken = 0
        if self._waiters:
            for waiter in list(self._waiters):
                if woken == count:
                    break
                if waiter.woken(self, events):
                    woken += 1
        return woken

    def wait(self, what: str, *, deadline: int | None = None, interruptible: bool = True) -> Sleep:
        """Sleep on this queue; await the result (see :class:`Sleep`)."""
        return Sleep((self,), what, deadline, interruptible)


class Sleep:
    """One sleep over any number of queues, with an optional end.

    Await it: True if a queue woke the task, False if the deadline passed. Raises
    :class:`Interrupted` if `interruptible` and a signal is due.

    Args:
        queues: what may wake the task; none at all is a plain sleep.
        what: for people, as in ``/proc/PID/wchan``: ``pipe_read``, ``futex_wait`` …
        deadline: virtual monotonic nanoseconds, None for no end.
        interruptible: False is the ``D`` state: only the queue or the deadline end it,
            and SIGKILL.
        traced: a stop of a tracee, the ``t`` state.
        first: the last that comes is the first to be woken, as in ``epoll_wait``.
    """

    __slots__ = ("deadline", "first", "interruptible", "queues", "task", "timer", "traced", "what")

    def __init__(
        self,
        queues: Iterable[WaitQueue],
        what: str,
        deadline: int | None = None,
        interruptible: bool = True,
        first: bool = False,
        traced: bool = False,
    ) -> None:
        self.queues = tuple(queues)
        self.what = what
        self.deadline = deadline
        self.interruptible = interruptible
        self.first = first
        self.traced = traced
        self.task: Task | None = None
        self.timer: Timer | None = None

    def __await__(self) -> Generator[Sleep, bool, bool]:
        return (yield self)

    def start(self, task: Task) -> None:
        """Register on every queue; called by the scheduler."""
        self.task = task
        for queue in self.queues:
            if self.first:
                queue.add_first(self)
            else:
                queue.add(self)

    def stop(self) -> None:
        """Leave every queue; called by the scheduler however the sleep ended."""
        for queue in self.queues:
            queue.remove(self)
        if self.timer is not None:
            self.timer.cancel()

    def woken(self, queue: WaitQueue, events: int) -> bool:
        """End the sleep: the task becomes runnable."""
        task = self.task
        if task is None or task.sleep is not self:
            return False
        task.kernel.scheduler.wake(task, True)
        return True
