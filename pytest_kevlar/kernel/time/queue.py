"""The timer queue: callbacks at points of virtual time, in order, deterministically.

What timers mean (``alarm``, ``timer_create``, sleeps) is their owners' business.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.time.units import KTIME_MAX

if TYPE_CHECKING:
    from pytest_kevlar.kernel.time.clock import Clock


#: Cancelled timers that are not worth a sweep of the heap.
MOST_CANCELLED = 64


class Timer:
    """One armed callback.

    Attributes:
        deadline: CLOCK_MONOTONIC nanoseconds.
        realtime: the same point on CLOCK_REALTIME if it was given there, else None.
        active: False once it ran or was cancelled.
    """

    __slots__ = ("active", "callback", "deadline", "queue", "realtime")

    def __init__(
        self,
        queue: TimerQueue,
        deadline: int,
        callback: Callable[[], object],
        realtime: int | None,
    ) -> None:
        self.queue = queue
        self.deadline = deadline
        self.callback = callback
        self.realtime = realtime
        self.active = True

    def cancel(self) -> None:
        """Never run; harmless if it ran already."""
        if self.active:
            self.active = False
            self.queue.forget(self)


class TimerQueue:
    """Armed timers, soonest first; of equal deadlines the one armed first."""

    __slots__ = (
        "_cancelled",
        "_clock",
        "_heap",
        "_sequence",
        "on_add",
        "on_clock_set",
        "realtime_timers",
    )

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[int, int, Timer]] = []
        self._sequence = 0
        self._cancelled = 0  # since the heap was swept: no fewer than it still holds
        #: Called with the deadline of every timer that is armed: slices must not pass it.
        self.on_add: Callable[[int], object] = lambda deadline: None
        self.realtime_timers: dict[Timer, None] = {}
        #: Called when somebody sets CLOCK_REALTIME: TFD_TIMER_CANCEL_ON_SET.
        self.on_clock_set: dict[Callable[[], object], None] = {}

    def add(self, deadline_ns: int, callback: Callable[[], object]) -> Timer:
        """Run `callback` when CLOCK_MONOTONIC reaches `deadline_ns`."""
        timer = Timer(self, deadline_ns, callback, None)
        self._push(timer)
        return timer

    def add_realtime(self, realtime_ns: int, callback: Callable[[], object]) -> Timer:
        """Run `callback` when CLOCK_REALTIME reaches `realtime_ns`, however it gets there."""
        timer = Timer(self, realtime_ns - self._clock.realtime_offset, callback, realtime_ns)
        self.realtime_timers[timer] = None
        self._push(timer)
        return timer

    def _push(self, timer: Timer) -> None:
        if timer.deadline >= KTIME_MAX:
            return  # never: that is not the time of the next event
        self._sequence += 1
        heapq.heappush(self._heap, (timer.deadline, self._sequence, timer))
        self.on_add(timer.deadline)

    def forget(self, timer: Timer) -> None:
        """`timer` was cancelled. Its place in the heap goes when half of them are like that.

        A program that arms a timer again and again would else fill the heap with what it
        no longer waits for.
        """
        self.realtime_timers.pop(timer, None)
        self._cancelled += 1
        if self._cancelled > MOST_CANCELLED and self._cancelled * 2 > len(self._heap):
            self._cancelled = 0
            self._heap = [
                entry for entry in self._heap if entry[2].active and entry[2].deadline == entry[0]
            ]
            heapq.heapify(self._heap)

    def realtime_changed(self) -> None:
        """Move realtime timers after CLOCK_REALTIME was set.

        Mirrors kernel/time/hrtimer.c:clock_was_set().
        """
        for timer in list(self.realtime_timers):
            assert timer.realtime is not None
            timer.deadline = timer.realtime - self._clock.realtime_offset
            self._push(timer)
        for callback in list(self.on_clock_set):
            callback()

    def next_deadline(self) -> int | None:
        """The soonest deadline in CLOCK_MONOTONIC nanoseconds, None if nothing is armed."""
        heap = self._heap
        while heap:
            deadline, _, timer = heap[0]
            if timer.active and timer.deadline == deadline:
                return deadline
            heapq.heappop(heap)
        return None

    def run_due(self) -> None:
        """Run every callback whose time has come; each runs at most once per arming."""
        if not self._heap:
            return
        now = self._clock.now
        while True:
            deadline = self.next_deadline()
            if deadline is None or deadline > now:
                return
            timer = heapq.heappop(self._heap)[2]
            timer.active = False
            self.realtime_timers.pop(timer, None)
            timer.callback()
