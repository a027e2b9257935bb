"""POSIX timers: ``timer_create`` and what follows; after kernel/time/posix-timers.c.

A timer queues one signal and is re-armed when that is dequeued; expiries in between are
overruns. Clocks are :mod:`clocks`.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.signals import SIGEV
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.send import is_ignored, send_to_process, send_to_task

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.time.clocks import Armed, TimerClock
    from pytest_kevlar.kernel.time.timers import ProcessTimers

INT_MAX = (1 << 31) - 1


class Status(enum.Enum):
    """As ``it_status``."""

    DISARMED = 0
    ARMED = 1
    REQUEUE_PENDING = 2


class PosixTimer:
    """One timer.

    Attributes:
        ident: its id. clock: what it counts on. notify: ``SIGEV_*``.
        signo, value: of the signal. target: the task for SIGEV_THREAD_ID, else None.
        interval: nanoseconds, 0 for a one-shot timer.
        overrun_last: what ``timer_getoverrun`` returns.
    """

    __slots__ = (
        "_armed",
        "_expires",
        "_overrun",
        "_queued_sequence",
        "_sequence",
        "_status",
        "clock",
        "deleted",
        "ident",
        "ignored",
        "interval",
        "notify",
        "overrun_last",
        "owner",
        "signo",
        "target",
        "value",
    )

    def __init__(
        self,
        owner: ProcessTimers,
        ident: int,
        clock: TimerClock,
        notify: int,
        signo: int,
        value: int,
        target: Task | None,
    ) -> None:
        self.owner = owner
        self.ident = ident
        self.clock = clock
        self.notify = notify
        self.signo = signo
        self.value = value
        self.target = target
        self.interval = 0
        self.overrun_last = 0
        self.deleted = False
        self.ignored = False
        self._overrun = -1
        self._expires = 0
        self._status = Status.DISARMED
        self._sequence = 0
        self._queued_sequence = -1
        self._armed: Armed | None = None

    @property
    def silent(self) -> bool:
        """SIGEV_NONE: only ``timer_gettime`` tells."""
        return self.notify == SIGEV.NONE

    def get(self) -> tuple[int, int]:
        """Remaining time and interval; kernel/time/posix-timers.c:common_timer_get()."""
        if not self.interval and self._status is Status.DISARMED and not self.silent:
            return 0, 0
        if not self._expires:
            return 0, self.interval
        now = self.clock.now()
        if self.interval and self._status is not Status.ARMED:
            self._overrun += self._forward(now)
        left = self._expires - now
        if left <= 0:
            left = 0 if self.silent else 1
        return left, self.interval

    def set(self, value: int, interval: int, *, absolute: bool) -> None:
        """Arm, or disarm if `value` is 0; kernel/time/posix-timers.c:common_timer_set()."""
        self._disarm()
        self._status = Status.DISARMED
        self.overrun_last = 0
        self._overrun = -1
        self._sequence += 1
        self.ignored = False
        self.interval = interval if value else 0
        self._expires = 0
        if not value:
            return
        self._expires = value if absolute else self.clock.now() + value
        if not self.silent:
            self._arm(relative=not absolute)
            self._status = Status.ARMED

    def delete(self) -> None:
        """``timer_delete``: a signal still pending will be dropped."""
        self._disarm()
        self._sequence += 1
        self.deleted = True
        self.owner.posix.pop(self.ident, None)

    def _arm(self, *, relative: bool = False) -> None:
        self._armed = self.clock.arm(self._expires, self._expired, relative=relative)

    def _disarm(self) -> None:
        if self._armed is not None:
            self._armed.cancel()
            self._armed = None

    def _forward(self, now: int) -> int:
        """Move the expiry past `now`; returns how many intervals (hrtimer_forward())."""
        if now < self._expires:
            return 0
        count = (now - self._expires) // self.interval + 1
        self._expires += count * self.interval
        return count

    def _expired(self) -> None:
        self._armed = None
        self._status = Status.REQUEUE_PENDING if self.interval else Status.DISARMED
        self.send()

    def send(self) -> None:
        """Queue the signal. Ignored, an interval timer waits until it no longer is."""
        task = self.target or self.owner.process.leader
        if task is None or (self.target is not None and not task.alive):
            return
        self._queued_sequence = self._sequence
        if is_ignored(task, self.signo):
            self.ignored = self._status is Status.REQUEUE_PENDING
            return
        self.ignored = False
        info = SigInfo.of_timer(self.signo, self.ident, 0, self.value, self)
        if self.target is not None:
            send_to_task(task, self.signo, info)
        else:
            send_to_process(self.owner.process, self.signo, info)

    def ignore(self) -> None:
        """The signal is ignored from now on and was dropped if it was pending."""
        self.ignored = self._status is Status.REQUEUE_PENDING

    def unignore(self) -> None:
        """The signal is no longer ignored; kernel/signal.c:posixtimer_sig_unignore()."""
        if self.ignored:
            self.send()

    def deliver(self, info: SigInfo) -> SigInfo | None:
        """The signal is dequeued: drop it if stale, else count overruns and go on.

        Mirrors kernel/time/posix-timers.c:posixtimer_deliver_signal().
        """
        if self.deleted or self._sequence != self._queued_sequence:
            return None
        if not self.interval or self._status is not Status.REQUEUE_PENDING:
            return SigInfo.of_timer(self.signo, self.ident, 0, self.value)
        self._overrun += self._forward(self.clock.now())
        self._arm()
        self._status = Status.ARMED
        self.overrun_last = min(self._overrun, INT_MAX)
        self._overrun = -1
        self._sequence += 1
        return SigInfo.of_timer(self.signo, self.ident, self.overrun_last, self.value)
