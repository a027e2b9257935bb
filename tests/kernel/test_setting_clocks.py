"""A privileged guest sets its clock, which is nobody else's: what its timers and adjtimex tell."""

from __future__ import annotations

from pathlib import Path

from machines import Build, Run

from pytest_kevlar.kernel import End

GUEST = Path(__file__).parent / "guests" / "clocks.c"
EXPECTED = """\
cancellable: set 0, ready 1, read -1 Operation canceled, count 0
again: -1 Resource temporarily unavailable
not cancellable: set 0, ready 0, read -1 Resource temporarily unavailable, count 0
again: -1 Resource temporarily unavailable
due after all: set 0, ready 1, read 8 , count 1
again: -1 Resource temporarily unavailable
cancelled though due: set 0, ready 1, read -1 Operation canceled, count 0
again: -1 Resource temporarily unavailable
adjtimex: set 0, ready 1, read -1 Operation canceled, count 0
again: -1 Resource temporarily unavailable
stepped by -3, monotonic by 0
read: 5, offset 0 freq 0 max 16000000 est 16000000 status 0x2040 constant 2 tick 10000 tai 0
synchronised: 0, offset 0 freq 0 max 5 est 16000000 status 0x2001 constant 2 tick 10000 tai 0
offset: 0, offset 1500 freq 0 max 5 est 16000000 status 0x1 constant 2 tick 10000 tai 0
frequency: 0, offset 1500 freq 32768000 max 5 est 16000000 status 0x1 constant 7 tick 9500 tai 0
bad tick: -1, offset 0 freq 0 max 0 est 0 status 0 constant 0 tick 8999 tai 0
TAI: 0, offset 1500 freq 32768000 max 5 est 16000000 status 0x1 constant 7 tick 9500 tai 37
TAI is ahead by 37
adjtime: 0, offset 0 freq 32768000 max 5 est 16000000 status 0x1 constant 7 tick 9500 tai 37
adjtime left: 0, offset 700 freq 32768000 max 5 est 16000000 status 0x1 constant 7 tick 9500 tai 37
time zone 0: -60 1, clock moved by -3600
"""


def test_the_clock_can_be_set(arch: str, build: Build, run: Run) -> None:
    result = run(arch, build(GUEST, arch))
    assert result.end is End.EXITED, result.detail
    assert result.stdout.decode() == EXPECTED
