"""Scheduling groups of sessions: their nice values, which are kept and shown but not acted upon.

Mirrors kernel/sched/autogroup.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.credentials import CAP
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL, EPERM

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

#: How often somebody without CAP_SYS_ADMIN may change one.
PAUSE_NS = 100_000_000


class Autogroup:
    """What the processes of a session share.

    Attributes:
        number: as /proc tells it. nice: -20..19.
    """

    __slots__ = ("nice", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.nice = 0

    def show(self) -> bytes:
        """A line of /proc/PID/autogroup."""
        return b"/autogroup-%d nice %d\n" % (self.number, self.nice)


class Autogroups:
    """All of a machine: how many there were, and when the next may be changed."""

    __slots__ = ("_last", "_next")

    def __init__(self) -> None:
        self._last = 0
        self._next = 0

    def new(self) -> Autogroup:
        """One for a new session."""
        self._last += 1
        return Autogroup(self._last)

    def renice(self, task: Task, group: Autogroup, nice: int) -> None:
        """EINVAL, EPERM, EAGAIN; kernel/sched/autogroup.c:proc_sched_autogroup_set_nice()."""
        cred = task.cred
        if not -20 <= nice <= 19:
            raise EINVAL
        allowed = 20 - nice <= task.process.limit(RLIMIT.NICE) or cred.capable(CAP.SYS_NICE)
        if nice < 0 and not allowed:
            raise EPERM
        now = task.kernel.clock.now
        if now < self._next and not cred.capable(CAP.SYS_ADMIN):
            raise EAGAIN
        self._next = now + PAUSE_NS
        group.nice = nice
