"""Times as guest structures: ``timespec``, ``timeval`` and their pairs, to and from nanoseconds.

Checked as the kernel checks them; saturated where ``ktime_t`` saturates.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EINVAL

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr

SECOND = 1_000_000_000
MICROSECONDS = 1_000_000
KTIME_MAX = (1 << 63) - 1
USER_HZ_NS = 10_000_000

_PAIR = struct.Struct("<qq")
_TWO_PAIRS = struct.Struct("<qqqq")


def pack_timespec(ns: int) -> bytes:
    """``struct timespec``; negative times have tv_nsec in 0..999,999,999."""
    return _PAIR.pack(*divmod(ns, SECOND))


def pack_timeval(ns: int) -> bytes:
    """``struct timeval``, rounded down to microseconds."""
    seconds, rest = divmod(ns, SECOND)
    return _PAIR.pack(seconds, rest // 1000)


def to_ns(seconds: int, nanoseconds: int) -> int:
    """A valid span in nanoseconds, at most KTIME_MAX; kernel/time:timespec64_to_ktime().

    Raises:
        EINVAL: negative, or nanoseconds out of range; timespec64_valid().
    """
    if seconds < 0 or not 0 <= nanoseconds < SECOND:
        raise EINVAL("timespec")
    return min(seconds * SECOND + nanoseconds, KTIME_MAX)


def read_timespec(pointer: UserPtr) -> int:
    """A ``struct timespec`` as nanoseconds: EFAULT, EINVAL."""
    return to_ns(*_PAIR.unpack(pointer.read(16)))


def read_itimerspec(pointer: UserPtr) -> tuple[int, int]:
    """Value and interval of a ``struct itimerspec``: EFAULT, EINVAL."""
    every_s, every_ns, value_s, value_ns = _TWO_PAIRS.unpack(pointer.read(32))
    interval = to_ns(every_s, every_ns)
    return to_ns(value_s, value_ns), interval


def pack_itimerspec(value: int, interval: int) -> bytes:
    """``struct itimerspec`` from nanoseconds."""
    return pack_timespec(interval) + pack_timespec(value)


def read_itimerval(pointer: UserPtr) -> tuple[int, int]:
    """Value and interval of a ``struct itimerval`` in nanoseconds: EFAULT, EINVAL."""
    every_s, every_us, value_s, value_us = _TWO_PAIRS.unpack(pointer.read(32))
    for seconds, micros in ((every_s, every_us), (value_s, value_us)):
        if seconds < 0 or not 0 <= micros < MICROSECONDS:
            raise EINVAL("timeval")
    interval = min(every_s * SECOND + every_us * 1000, KTIME_MAX)
    return min(value_s * SECOND + value_us * 1000, KTIME_MAX), interval


def pack_itimerval(value: int, interval: int) -> bytes:
    """``struct itimerval`` from nanoseconds, rounded down to microseconds."""
    return pack_timeval(interval) + pack_timeval(value)
