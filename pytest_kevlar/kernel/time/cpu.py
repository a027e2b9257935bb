"""CPU time: what tasks and processes used, and timers that count it.

The scheduler keeps ``Task.user_ns`` and ``system_ns`` current and asks here how long a
slice may be. What expires is told to :mod:`timers` and :mod:`posix_timers`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task

#: ``CPUCLOCK_*``: user and system, user alone, scheduler's sum (here the same as PROF).
PROF, VIRT, SCHED = range(3)


def process_times(process: Process) -> tuple[int, int]:
    """User and system nanoseconds of all threads, ended ones included."""
    threads = process.threads.values()
    user = process.usage.user_ns + sum(thread.user_ns for thread in threads)
    system = process.usage.system_ns + sum(thread.system_ns for thread in threads)
    return user, system


class CpuClock(NamedTuple):
    """A CPU-time clock of a process, or of one task of it."""

    process: Process
    task: Task | None
    which: int

    def now(self) -> int:
        """Nanoseconds used so far, the running slice included."""
        owner = self.task or self.process.leader
        if owner is not None:
            owner.kernel.scheduler.account()
        if self.task is not None:
            user, system = self.task.user_ns, self.task.system_ns
        else:
            user, system = process_times(self.process)
        return user if self.which == VIRT else user + system


class CpuTimer:
    """A callback at a point of CPU time.

    Attributes:
        expires: nanoseconds on `clock`.
    """

    __slots__ = ("callback", "clock", "expires", "timers")

    def __init__(
        self, timers: CpuTimers, clock: CpuClock, expires: int, callback: Callable[[], object]
    ) -> None:
        self.timers = timers
        self.clock = clock
        self.expires = expires
        self.callback = callback

    def cancel(self) -> None:
        """Never run; harmless if it ran already."""
        self.timers.armed.pop(self, None)


class CpuTimers:
    """CPU timers armed on the clocks of one process and of its tasks, in order of arming."""

    __slots__ = ("armed",)

    def __init__(self) -> None:
        self.armed: dict[CpuTimer, None] = {}

    def add(self, clock: CpuClock, expires: int, callback: Callable[[], object]) -> CpuTimer:
        """Run `callback` once `clock` reaches `expires`."""
        timer = CpuTimer(self, clock, expires, callback)
        self.armed[timer] = None
        leader = clock.process.leader
        if leader is not None:
            scheduler = leader.kernel.scheduler
            if scheduler.current is not None and scheduler.current.process is clock.process:
                # The running slice may have to end sooner now.
                leader.kernel.timers.on_add(leader.kernel.clock.now + max(0, expires - clock.now()))
        return timer

    def budget(self, task: Task) -> int | None:
        """Nanoseconds that `task` may run before one is due; None if none counts its time."""
        left = [
            timer.expires - timer.clock.now()
            for timer in self.armed
            if timer.clock.task is None or timer.clock.task is task
        ]
        return max(0, min(left)) if left else None

    def run_due(self) -> None:
        """Run what is due."""
        for timer in list(self.armed):
            if timer in self.armed and timer.expires <= timer.clock.now():
                del self.armed[timer]
                timer.callback()
