"""Constants of clocks and timers: ``clock_gettime(2)``, ``timer_create(2)``, ``timerfd_create(2)``.

The clock itself is virtual and in ``kernel/time``.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class CLOCK(Names):
    """``clock_gettime(2)`` clock ids."""

    REALTIME: Final = 0
    MONOTONIC: Final = 1
    PROCESS_CPUTIME_ID: Final = 2
    THREAD_CPUTIME_ID: Final = 3
    MONOTONIC_RAW: Final = 4
    REALTIME_COARSE: Final = 5
    MONOTONIC_COARSE: Final = 6
    BOOTTIME: Final = 7
    REALTIME_ALARM: Final = 8
    BOOTTIME_ALARM: Final = 9
    SGI_CYCLE: Final = 10
    TAI: Final = 11


class ITIMER(Names):
    """``setitimer(2)`` which."""

    REAL: Final = 0
    VIRTUAL: Final = 1
    PROF: Final = 2


class TIMER(Names):
    """``timer_settime(2)`` and ``clock_nanosleep(2)`` flags."""

    ABSTIME: Final = 1


class TFD(Names):
    """``timerfd_create(2)`` flags."""

    NONBLOCK: Final = 0o4000
    CLOEXEC: Final = 0o2000000


class TFDTIMER(Names, prefix="TFD_TIMER_"):
    """``timerfd_settime(2)`` flags."""

    ABSTIME: Final = 1
    CANCEL_ON_SET: Final = 2


class ADJ(Names):
    """``adjtimex(2)`` modes."""

    OFFSET: Final = 1
    FREQUENCY: Final = 2
    MAXERROR: Final = 4
    ESTERROR: Final = 8
    STATUS: Final = 0x10
    TIMECONST: Final = 0x20
    TAI: Final = 0x80
    SETOFFSET: Final = 0x100
    MICRO: Final = 0x1000
    NANO: Final = 0x2000
    TICK: Final = 0x4000
    OFFSET_SINGLESHOT: Final = 0x8001
    OFFSET_SS_READ: Final = 0xA001


class STA(Names):
    """``adjtimex(2)`` status bits."""

    PLL: Final = 1
    PPSFREQ: Final = 2
    PPSTIME: Final = 4
    FLL: Final = 8
    INS: Final = 0x10
    DEL: Final = 0x20
    UNSYNC: Final = 0x40
    FREQHOLD: Final = 0x80
    PPSSIGNAL: Final = 0x100
    PPSJITTER: Final = 0x200
    PPSWANDER: Final = 0x400
    PPSERROR: Final = 0x800
    CLOCKERR: Final = 0x1000
    NANO: Final = 0x2000
    MODE: Final = 0x4000
    CLK: Final = 0x8000


class TIMESTATE(Names, prefix="TIME_"):
    """What ``adjtimex(2)`` returns."""

    OK: Final = 0
    INS: Final = 1
    DEL: Final = 2
    OOP: Final = 3
    WAIT: Final = 4
    ERROR: Final = 5
