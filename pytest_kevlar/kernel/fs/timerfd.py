"""timerfd: a timer that is read. Mirrors fs/timerfd.c.

The timer stops when it expires and goes on, without drift, when it is read or looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.time import CLOCK, TFDTIMER
from pytest_kevlar.kernel.errno import EAGAIN, ECANCELED, EINVAL
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.task.wait import WaitQueue
from pytest_kevlar.kernel.time.clocks import WallClock

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.time.clocks import Armed

SECOND = 1_000_000_000
CANCELLABLE = TFDTIMER.ABSTIME | TFDTIMER.CANCEL_ON_SET


class TimerFile(File):
    """One timer.

    Attributes:
        clock_id: ``CLOCK_*``.
        ticks: expirations since the last read.
        interval: nanoseconds, 0 for a one-shot timer.
    """

    __slots__ = (
        "_armed",
        "_cancelled",
        "_clock",
        "_expired",
        "_expires",
        "_flags",
        "_kernel",
        "_realtime",
        "clock_id",
        "interval",
        "queue",
        "ticks",
    )

    sleep_read = "timerfd_read"

    def __init__(self, vfs: Vfs, clock_id: int, flags: int, shift: int = 0) -> None:
        super().__init__(vfs.anonymous_place(b"[timerfd]"), O.RDWR | flags)
        self.clock_id = clock_id
        self.ticks = 0
        self.interval = 0
        self.queue = WaitQueue()
        self._kernel = vfs.kernel
        self._realtime = clock_id in (CLOCK.REALTIME, CLOCK.REALTIME_ALARM)
        base = CLOCK.REALTIME if self._realtime else CLOCK.MONOTONIC
        self._clock = WallClock(vfs.kernel, base, shift)
        self._armed: Armed | None = None
        self._expires = 0
        self._expired = False
        self._cancelled = False
        self._flags = 0

    def set_time(self, value: int, interval: int, flags: int) -> tuple[int, int]:
        """``timerfd_settime``: returns remaining time and interval from before."""
        old = self.get_time()
        self._disarm()
        self._flags = flags
        self._cancelled = False
        self._expired = False
        self.ticks = 0
        self.interval = interval
        self._expires = 0
        if value:
            absolute = bool(flags & TFDTIMER.ABSTIME)
            self._expires = value if absolute else self._clock.now() + value
            self._arm(relative=not absolute)
        if self._realtime and flags & CANCELLABLE == CANCELLABLE:
            self._kernel.timers.on_clock_set[self._clock_set] = None
        return old

    def get_time(self) -> tuple[int, int]:
        """``timerfd_gettime``: remaining time and interval."""
        self._catch_up()
        if not self._expires:
            return 0, self.interval
        return max(0, self._expires - self._clock.now()), self.interval

    def _arm(self, *, relative: bool = False) -> None:
        self._armed = self._clock.arm(self._expires, self._fire, relative=relative)

    def _disarm(self) -> None:
        self._kernel.timers.on_clock_set.pop(self._clock_set, None)
        if self._armed is not None:
            self._armed.cancel()
            self._armed = None

    def _fire(self) -> None:
        self._armed = None
        self._expired = True
        self.ticks += 1
        self.queue.wake(events=POLL.IN)

    def _clock_set(self) -> None:
        self._cancelled = True
        self.ticks += 1
        self.queue.wake(events=POLL.IN)

    def _catch_up(self) -> None:
        """An interval timer that expired goes on; what it missed is counted."""
        if not self._expired or not self.interval:
            return
        self._expired = False
        now = self._clock.now()
        count = (now - self._expires) // self.interval + 1
        self._expires += count * self.interval
        self.ticks += count - 1
        self._arm()

    def read(self, task: Task, size: int) -> bytes:
        """The number of expirations; ECANCELED once after the clock was set."""
        if size < 8:
            raise EINVAL
        if self._cancelled:
            self._cancelled = False
            self.ticks = 0
            raise ECANCELED
        if not self.ticks:
            raise EAGAIN
        self._catch_up()
        count, self.ticks, self._expired = self.ticks, 0, False
        return count.to_bytes(8, "little")

    def seek(self, offset: int, whence: int) -> int:
        """No position: lseek succeeds and means nothing (noop_llseek)."""
        return self.pos

    def poll(self) -> int:
        """Readable once it expired; never writable."""
        return POLL.IN if self.ticks else 0

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Woken at expiry."""
        return (self.queue,)

    @property
    def pollable(self) -> bool:
        """Epoll takes it."""
        return True

    def release(self) -> None:
        """Closed for good: disarm."""
        self._disarm()

    def fdinfo(self) -> bytes:
        """Lines of ``/proc/PID/fdinfo``."""
        value, interval = self.get_time()
        return (
            b"clockid: %d\nticks: %d\nsettime flags: 0%o\n"
            b"it_value: (%d, %d)\nit_interval: (%d, %d)\n"
        ) % (
            self.clock_id,
            self.ticks,
            self._flags,
            *divmod(value, SECOND),
            *divmod(interval, SECOND),
        )
