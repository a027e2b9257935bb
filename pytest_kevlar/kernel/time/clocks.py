"""Clock ids: what each of ``clock_gettime(2)``'s clocks shows, and what can be armed on it.

Dynamic ids (negative numbers) name CPU clocks of other processes and threads. The virtual
time that clocks show is :mod:`clock`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from pytest_kevlar.kernel.abi.time import CLOCK
from pytest_kevlar.kernel.errno import EINVAL, EOPNOTSUPP
from pytest_kevlar.kernel.time.cpu import SCHED, CpuClock
from pytest_kevlar.kernel.time.timers import ProcessTimers

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.time.clock import Clock

SECOND = 1_000_000_000
#: One tick at CONFIG_HZ=250: the resolution of coarse and of tick-counting clocks.
TICK_NS = 4_000_000
PER_THREAD = 4
_COARSE = (CLOCK.REALTIME_COARSE, CLOCK.MONOTONIC_COARSE)
#: No real-time clock device is there to wake the machine: as on any Linux without one.
_ALARM = (CLOCK.REALTIME_ALARM, CLOCK.BOOTTIME_ALARM)
_CPU = (CLOCK.PROCESS_CPUTIME_ID, CLOCK.THREAD_CPUTIME_ID)
_KNOWN = (*range(CLOCK.REALTIME, CLOCK.BOOTTIME_ALARM + 1), CLOCK.TAI)


class Armed(Protocol):
    """Something armed that can be taken back."""

    def cancel(self) -> None:
        """Never run; harmless if it ran already."""


class TimerClock(Protocol):
    """A clock that timers and sleeps can use; nanoseconds."""

    def now(self) -> int:
        """What it shows."""

    def arm(self, expires: int, callback: Callable[[], object], *, relative: bool) -> Armed:
        """Run `callback` when the clock shows `expires`; `relative` ignores clock settings."""


class WallClock:
    """CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME and CLOCK_TAI."""

    __slots__ = ("_ident", "_kernel", "_shift")

    def __init__(self, kernel: Kernel, ident: int, shift: int = 0) -> None:
        self._shift = shift  # of a time namespace
        self._kernel = kernel
        self._ident = ident

    def _offset(self) -> int:
        clock = self._kernel.clock
        if self._ident == CLOCK.REALTIME:
            return clock.realtime_offset
        if self._ident == CLOCK.TAI:
            return clock.realtime_offset + clock.tai_offset_s * SECOND
        return self._shift

    def now(self) -> int:
        """What it shows."""
        return self._kernel.clock.now + self._offset()

    def arm(self, expires: int, callback: Callable[[], object], *, relative: bool) -> Armed:
        """Run `callback` when the clock shows `expires`."""
        timers = self._kernel.timers
        if self._ident == CLOCK.REALTIME and not relative:
            return timers.add_realtime(expires, callback)
        return timers.add(expires - self._offset(), callback)


class CpuTimerClock:
    """A CPU clock as timers use it."""

    __slots__ = ("_clock", "_kernel")

    def __init__(self, kernel: Kernel, clock: CpuClock) -> None:
        self._kernel = kernel
        self._clock = clock

    def now(self) -> int:
        """What it shows."""
        return self._clock.now()

    def arm(self, expires: int, callback: Callable[[], object], *, relative: bool) -> Armed:
        """Run `callback` when that much CPU time was used."""
        process = self._clock.process
        if process.timers is None:
            process.timers = ProcessTimers(self._kernel, process)
        return process.timers.cpu.add(self._clock, expires, callback)


def is_cpu(ident: int) -> bool:
    """Whether an id names a CPU clock."""
    return ident in _CPU or (ident < 0 and ident & 7 != 3)


def cpu_clock(task: Task, ident: int, *, reading: bool = False) -> CpuClock:
    """The CPU clock behind an id; EINVAL if there is none.

    Mirrors kernel/time/posix-cpu-timers.c:pid_for_clock().

    Args:
        reading: a thread's own id is accepted for its process when only reading.
    """
    process = task.process
    if ident == CLOCK.PROCESS_CPUTIME_ID:
        return CpuClock(process, None, SCHED)
    if ident == CLOCK.THREAD_CPUTIME_ID:
        return CpuClock(process, task, SCHED)
    which, pid = ident & 3, ~(ident >> 3)
    if which > SCHED:
        raise EINVAL
    if ident & PER_THREAD:
        thread = task if pid == 0 else task.pid_ns.task(pid)
        if thread is None or thread.process is not process:
            raise EINVAL
        return CpuClock(process, thread, which)
    if pid == 0 or (reading and pid == task.vtid):
        return CpuClock(process, None, which)
    other = task.pid_ns.process(pid)
    if other is None:
        raise EINVAL
    return CpuClock(other, None, which)


#: What the clocks show that depend on nothing but the machine's.
_SHOWN: dict[int, Callable[[Clock], int]] = {
    CLOCK.REALTIME: lambda clock: clock.now + clock.realtime_offset,
    CLOCK.MONOTONIC: lambda clock: clock.now,
    CLOCK.MONOTONIC_RAW: lambda clock: clock.now,
    CLOCK.BOOTTIME: lambda clock: clock.now,
    CLOCK.REALTIME_COARSE: lambda clock: clock.realtime_offset + clock.now // TICK_NS * TICK_NS,
    CLOCK.MONOTONIC_COARSE: lambda clock: clock.now // TICK_NS * TICK_NS,
    CLOCK.TAI: lambda clock: clock.realtime_ns() + clock.tai_offset_s * SECOND,
}


def read(task: Task, ident: int) -> int:
    """``clock_gettime``: nanoseconds; EINVAL for a bad id."""
    shown = _SHOWN.get(ident)
    if shown is not None:
        return shown(task.kernel.clock) + task.time.offset(ident)
    if is_cpu(ident):
        return cpu_clock(task, ident, reading=True).now()
    raise EINVAL


def resolution(task: Task, ident: int) -> int:
    """``clock_getres``: nanoseconds; EINVAL for a bad id."""
    if is_cpu(ident):
        which = cpu_clock(task, ident).which
        return 1 if which == SCHED else TICK_NS
    if ident in _COARSE:
        return TICK_NS
    if ident not in _KNOWN or ident in _ALARM:
        raise EINVAL
    return task.kernel.clock.resolution_ns


def timer_clock(task: Task, ident: int, *, sleeping: bool = False) -> TimerClock:
    """The clock for ``timer_create`` or, if `sleeping`, ``clock_nanosleep``.

    Raises:
        EINVAL: no such clock. EOPNOTSUPP: one that only shows time.
    """
    if is_cpu(ident):
        if sleeping and ident == CLOCK.THREAD_CPUTIME_ID:
            raise EOPNOTSUPP
        clock = cpu_clock(task, ident)
        if sleeping and clock.task is task:
            raise EINVAL("sleeping until one's own CPU time passes")
        return CpuTimerClock(task.kernel, clock)
    if ident < 0:
        raise EOPNOTSUPP if not sleeping else EINVAL
    if ident not in _KNOWN:
        raise EINVAL
    if ident in (CLOCK.MONOTONIC_RAW, *_COARSE, *_ALARM):
        raise EOPNOTSUPP
    return WallClock(task.kernel, ident, task.time.offset(ident))
