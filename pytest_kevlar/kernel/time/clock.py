"""The virtual clock: nanoseconds that pass only when the machine makes them pass.

Nothing here looks at the host. Which clock id means what is :mod:`clocks`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.time.ntp import Discipline

if TYPE_CHECKING:
    from pytest_kevlar.kernel.profile import HostProfile

#: What the monotonic clock shows when the machine starts: as on any Linux that runs
#: programs, it booted a while ago, so "an hour ago" is a valid time on this clock.
START_NS = 100_000 * 1_000_000_000


class Clock:
    """Monotonic virtual time and its offset to wall time.

    Attributes:
        pending: virtual nanoseconds that the running slice used and nobody has accounted
            for yet; set by the scheduler.
        realtime_offset: CLOCK_REALTIME minus CLOCK_MONOTONIC.
        zone: minutes west of Greenwich and the kind of summer time, as settimeofday(2) left
            them. zone_set: it did. discipline: the state of adjtimex(2).
        resolution_ns: what ``clock_getres(2)`` reports for high-resolution clocks.
    """

    __slots__ = (
        "_accounted",
        "discipline",
        "pending",
        "realtime_offset",
        "resolution_ns",
        "tai_offset_s",
        "zone",
        "zone_set",
    )

    def __init__(self, profile: HostProfile) -> None:
        self._accounted = START_NS
        self.pending: Callable[[], int] = int
        self.realtime_offset = profile.realtime_ns - START_NS
        self.resolution_ns = profile.clock_ticks_ns
        self.tai_offset_s = 0
        self.zone = (0, 0)
        self.zone_set = False
        self.discipline = Discipline(self)

    @property
    def now(self) -> int:
        """CLOCK_MONOTONIC in nanoseconds; only :meth:`advance` and :meth:`jump_to` move it."""
        return self._accounted + self.pending()

    def advance(self, ns: int) -> None:
        """Let `ns` nanoseconds pass."""
        self._accounted += ns

    def jump_to(self, monotonic_ns: int) -> None:
        """Let time pass until `monotonic_ns`; nothing if that is over."""
        self._accounted = max(self._accounted, monotonic_ns)

    def monotonic_ns(self) -> int:
        """CLOCK_MONOTONIC."""
        return self.now

    def boottime_ns(self) -> int:
        """CLOCK_BOOTTIME; the machine never suspends, so it is the monotonic clock."""
        return self.now

    def realtime_ns(self) -> int:
        """CLOCK_REALTIME, nanoseconds since 1970."""
        return self.now + self.realtime_offset

    def set_realtime(self, realtime_ns: int) -> None:
        """Set CLOCK_REALTIME; timers on it are :meth:`TimerQueue.realtime_changed`'s."""
        self.realtime_offset = realtime_ns - self.now

    def elapsed_ns(self) -> int:
        """Virtual time since the machine started."""
        return self.now - START_NS
