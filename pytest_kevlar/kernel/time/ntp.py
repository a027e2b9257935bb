"""What disciplines the clock: the state that adjtimex(2) reads and changes.

Mirrors kernel/time/ntp.c. The clock keeps its rate: what would make it run faster or slower
for a while is kept and told, and has no other effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.time import ADJ, STA, TIMESTATE
from pytest_kevlar.kernel.errno import EINVAL

if TYPE_CHECKING:
    from pytest_kevlar.kernel.time.clock import Clock

SECOND = 1_000_000_000
#: ADJ_ADJTIME, and what it means together with that bit: read only.
ADJTIME, READONLY = 0x8000, 0x2000
#: Status bits that the kernel alone sets.
KERNELS = 0xFF00
MAX_FREQUENCY, MAX_ERROR, MAX_CONSTANT = 32_768_000, 16_000_000, 10
MAX_PHASE_NS = 500_000_000
TICK_MIN, TICK_MAX, MAX_TAI = 9000, 11000, 100_000


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))


class Discipline:
    """The state of one clock.

    Attributes:
        adjust: microseconds of adjtime(3) still to go.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.adjust = 0
        self._offset_ns = 0
        self._frequency = 0
        self._max_error = self._estimated_error = MAX_ERROR
        self._status = int(STA.UNSYNC)
        self._constant = 2
        self._tick = 10_000

    def check(self, asked: Any) -> None:
        """EINVAL for values out of range; timekeeping.c:timekeeping_validate_timex()."""
        modes = asked.modes
        if modes & ADJTIME:
            return
        if modes & ADJ.TICK and not TICK_MIN <= asked.tick <= TICK_MAX:
            raise EINVAL("tick")
        if modes & ADJ.SETOFFSET:
            limit = SECOND if modes & ADJ.NANO else SECOND // 1000
            if not 0 <= asked.time.tv_usec < limit:
                raise EINVAL("time")
        if modes & ADJ.FREQUENCY and abs(asked.freq) > (1 << 63) // 1000:
            raise EINVAL("freq")

    def step_of(self, asked: Any) -> int:
        """Nanoseconds by which ADJ_SETOFFSET moves the clock, 0 without it."""
        if asked.modes & ADJTIME or not asked.modes & ADJ.SETOFFSET:
            return 0
        part = asked.time.tv_usec if asked.modes & ADJ.NANO else asked.time.tv_usec * 1000
        return int(asked.time.tv_sec * SECOND + part)

    def change(self, asked: Any) -> int:
        """Do what is asked for; what the field ``offset`` then tells. ntp.c:__do_adjtimex()."""
        if asked.modes & ADJTIME:
            before = self.adjust
            if not asked.modes & READONLY:
                self.adjust = asked.offset
            return before
        self._apply(asked, asked.modes)
        return self._offset_ns if self._nano else int(self._offset_ns / 1000)

    @property
    def _nano(self) -> bool:
        return bool(self._status & STA.NANO)

    def _apply(self, asked: Any, modes: int) -> None:
        """ntp.c:process_adjtimex_modes()."""
        if modes & ADJ.STATUS:
            if self._status & STA.PLL and not asked.status & STA.PLL:
                self._status = STA.UNSYNC
            self._status = self._status & KERNELS | asked.status & ~KERNELS
        if modes & ADJ.NANO:
            self._status |= STA.NANO
        if modes & ADJ.MICRO:
            self._status &= ~STA.NANO
        if modes & ADJ.FREQUENCY:
            self._frequency = _clamp(asked.freq, -MAX_FREQUENCY, MAX_FREQUENCY)
        if modes & ADJ.MAXERROR:
            self._max_error = _clamp(asked.maxerror, 0, MAX_ERROR)
        if modes & ADJ.ESTERROR:
            self._estimated_error = _clamp(asked.esterror, 0, MAX_ERROR)
        if modes & ADJ.TIMECONST:
            constant = _clamp(asked.constant, 0, MAX_CONSTANT)
            self._constant = constant if self._nano else min(constant + 4, MAX_CONSTANT)
        if modes & ADJ.TAI and 0 <= asked.constant <= MAX_TAI:
            self._clock.tai_offset_s = asked.constant
        if modes & ADJ.OFFSET and self._status & STA.PLL:
            unit = 1 if self._nano else 1000
            self._offset_ns = _clamp(asked.offset * unit, -MAX_PHASE_NS, MAX_PHASE_NS)
        if modes & ADJ.TICK:
            self._tick = asked.tick

    def state(self) -> int:
        """What the call returns."""
        lost = self._status & (STA.UNSYNC | STA.CLOCKERR)
        return TIMESTATE.ERROR if lost else TIMESTATE.OK

    def fields(self) -> dict[str, Any]:
        """What the call tells, ``modes`` and ``offset`` apart."""
        seconds, rest = divmod(self._clock.realtime_ns(), SECOND)
        return {
            "freq": self._frequency,
            "maxerror": self._max_error,
            "esterror": self._estimated_error,
            "status": self._status,
            "constant": self._constant,
            "precision": 1,
            "tolerance": MAX_FREQUENCY,
            "time": (seconds, rest if self._nano else rest // 1000),
            "tick": self._tick,
            "tai": self._clock.tai_offset_s,
        }
