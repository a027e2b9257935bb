"""The timers of a process: ``setitimer``, the CPU-time limit, and its POSIX timers.

Made when first needed: a process without timers has none of this. POSIX timers
themselves are :mod:`posix_timers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.profile import RLIM_INFINITY
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.send import send_to_process
from pytest_kevlar.kernel.time.cpu import PROF, VIRT, CpuClock, CpuTimer, CpuTimers
from pytest_kevlar.kernel.time.rttime import RealTimeLimit

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.time.posix_timers import PosixTimer
    from pytest_kevlar.kernel.time.queue import Timer

SECOND = 1_000_000_000
MICROSECOND = 1000
#: One tick at CONFIG_HZ=250: CPU-time interval timers are that much late.
TICK_NS = 4_000_000

#: Remaining time and interval, nanoseconds; ``struct itimerval`` the other way round.
Setting = tuple[int, int]


def timers_of(task: Task) -> ProcessTimers:
    """The process's timers, made if there were none."""
    process = task.process
    if process.timers is None:
        process.timers = ProcessTimers(task.kernel, process)
    return process.timers


class CpuInterval:
    """ITIMER_VIRTUAL or ITIMER_PROF; kernel/time/posix-cpu-timers.c:check_cpu_itimer()."""

    __slots__ = ("clock", "expires", "interval", "process", "signo", "timer", "timers")

    def __init__(self, timers: CpuTimers, process: Process, which: int, signo: int) -> None:
        self.timers = timers
        self.process = process
        self.clock = CpuClock(process, None, which)
        self.signo = signo
        self.interval = 0
        self.expires = 0
        self.timer: CpuTimer | None = None

    def get(self) -> Setting:
        """Remaining time and interval."""
        if not self.expires:
            return 0, self.interval
        left = self.expires - self.clock.now()
        return (left if left > 0 else TICK_NS), self.interval

    def set(self, value: int, interval: int) -> None:
        """Arm, or disarm if `value` is 0."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.expires = self.clock.now() + value + TICK_NS if value else 0
        self.interval = interval
        self._arm()

    def _arm(self) -> None:
        if self.expires:
            self.timer = self.timers.add(self.clock, self.expires, self._expired)

    def _expired(self) -> None:
        now = self.clock.now()
        if self.interval:
            while self.expires <= now:
                self.expires += self.interval
        else:
            self.expires = 0
        self._arm()
        send_to_process(self.process, self.signo, SigInfo.kernel(self.signo))


class ProcessTimers:
    """See the module.

    Attributes:
        posix: POSIX timers by id.
        cpu: armed timers on this process's CPU clocks, other processes' included.
    """

    __slots__ = (
        "_cpu_limit",
        "_next_id",
        "_real",
        "_real_interval",
        "_real_time",
        "cpu",
        "kernel",
        "posix",
        "process",
        "prof",
        "virtual",
    )

    def __init__(self, kernel: Kernel, process: Process) -> None:
        self.kernel = kernel
        self.process = process
        self.posix: dict[int, PosixTimer] = {}
        self.cpu = CpuTimers()
        self.virtual = CpuInterval(self.cpu, process, VIRT, SIG.VTALRM)
        self.prof = CpuInterval(self.cpu, process, PROF, SIG.PROF)
        self._next_id = 0
        self._real: Timer | None = None
        self._real_interval = 0
        self._cpu_limit: CpuTimer | None = None
        self._real_time: RealTimeLimit | None = None

    # -- ITIMER_REAL ------------------------------------------------------------------

    def get_real(self) -> Setting:
        """Remaining time (at least a microsecond while armed) and interval."""
        if self._real is None or not self._real.active:
            return 0, self._real_interval
        return max(MICROSECOND, self._real.deadline - self.kernel.clock.now), self._real_interval

    def set_real(self, value: int, interval: int) -> Setting:
        """Arm, or disarm if `value` is 0; returns what was set before."""
        old = self.get_real()
        if self._real is not None:
            self._real.cancel()
            self._real = None
        self._real_interval = interval if value else 0
        if value:
            self._real = self.kernel.timers.add(self.kernel.clock.now + value, self._expired)
        return old

    def _expired(self) -> None:
        send_to_process(self.process, SIG.ALRM, SigInfo.kernel(SIG.ALRM))

    def rearm_real(self) -> None:
        """A process's SIGALRM was dequeued: the interval goes on without drift.

        Mirrors kernel/time/itimer.c:posixtimer_rearm_itimer().
        """
        timer = self._real
        if self._real_interval and timer is not None and not timer.active:
            late = self.kernel.clock.now - timer.deadline
            deadline = timer.deadline + (late // self._real_interval + 1) * self._real_interval
            self._real = self.kernel.timers.add(deadline, self._expired)

    # -- CPU time ---------------------------------------------------------------------

    def cpu_budget_ns(self, task: Task) -> int | None:
        """CPU time that `task` may use before a timer is due; None for any amount."""
        left = self.cpu.budget(task)
        if self._real_time is None:
            return left
        limit = self._real_time.budget(task)
        return limit if left is None else left if limit is None else min(left, limit)

    def check(self, task: Task) -> None:
        """Run what the CPU time of `task` has made due."""
        self.cpu.run_due()
        if self._real_time is not None:
            self._real_time.check(task)

    def watch_real_time(self) -> None:
        """Some thread is real-time, and RLIMIT_RTTIME is set."""
        if self._real_time is None:
            self._real_time = RealTimeLimit(self.process)

    def watch_cpu_limit(self) -> None:
        """RLIMIT_CPU changed: SIGXCPU at each second from the soft limit on, then SIGKILL."""
        if self._cpu_limit is not None:
            self._cpu_limit.cancel()
            self._cpu_limit = None
        soft, hard = self.process.limits[RLIMIT.CPU]
        if soft == RLIM_INFINITY:
            return
        clock = CpuClock(self.process, None, PROF)

        def due() -> None:
            self._cpu_limit = None
            if hard != RLIM_INFINITY and clock.now() >= hard * SECOND:
                send_to_process(self.process, SIG.KILL, SigInfo.kernel(SIG.KILL))
                return
            send_to_process(self.process, SIG.XCPU, SigInfo.kernel(SIG.XCPU))
            self.process.limits[RLIMIT.CPU] = (soft + 1, hard)
            self.watch_cpu_limit()

        self._cpu_limit = self.cpu.add(clock, min(soft, hard) * SECOND, due)

    # -- life -------------------------------------------------------------------------

    def new_id(self) -> int:
        """The next timer id; ids are not reused until they wrap."""
        while self._next_id in self.posix:
            self._next_id += 1
        ident = self._next_id
        self._next_id = (ident + 1) & 0x7FFF_FFFF
        return ident

    def exec(self) -> None:
        """POSIX timers go, interval timers stay."""
        for timer in list(self.posix.values()):
            timer.delete()

    def release(self) -> None:
        """The process ends."""
        self.exec()
        self.set_real(0, 0)
        self.virtual.set(0, 0)
        self.prof.set(0, 0)
        if self._cpu_limit is not None:
            self._cpu_limit.cancel()
