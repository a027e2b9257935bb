"""RLIMIT_RTTIME: how long a real-time task may compute without sleeping.

Mirrors kernel/time/posix-cpu-timers.c:check_thread_timers().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.sched import SCHED
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.profile import RLIM_INFINITY
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.send import send_to_process

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task

MICROSECOND, SECOND_US = 1000, 1_000_000


class RealTimeLimit:
    """The limit of one process, watched for each of its threads."""

    __slots__ = ("_process", "_woke")

    def __init__(self, process: Process) -> None:
        self._process = process
        self._woke: dict[Task, int] = {}  # CPU time at which each began to compute

    def _used(self, task: Task) -> int:
        """Nanoseconds computed since the last sleep."""
        now = task.user_ns + task.system_ns
        return now - self._woke.setdefault(task, now)

    def budget(self, task: Task) -> int | None:
        """Nanoseconds that `task`, about to run, may compute; None for any number."""
        if task.policy not in (SCHED.FIFO, SCHED.RR):
            self._woke.pop(task, None)
            return None
        if task.coroutine is not None:  # it is woken from a sleep
            self._woke.pop(task, None)
        soft = self._process.limit(RLIMIT.RTTIME)
        if soft == RLIM_INFINITY:
            return None
        return max(0, soft * MICROSECOND - self._used(task))

    def check(self, task: Task) -> None:
        """Send what is due after `task` computed."""
        soft, hard = self._process.limits[RLIMIT.RTTIME]
        if task not in self._woke or soft == RLIM_INFINITY:
            return
        used = self._used(task)
        if hard != RLIM_INFINITY and used >= hard * MICROSECOND:
            send_to_process(self._process, SIG.KILL, SigInfo.kernel(SIG.KILL))
        elif used >= soft * MICROSECOND:
            send_to_process(self._process, SIG.XCPU, SigInfo.kernel(SIG.XCPU))
            self._process.limits[RLIMIT.RTTIME] = (soft + SECOND_US, hard)
