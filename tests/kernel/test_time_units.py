"""Guest structures of time, their checks and their rounding."""

from __future__ import annotations

import pytest

from pytest_kevlar.kernel.errno import EINVAL
from pytest_kevlar.kernel.time import units


@pytest.mark.parametrize(("seconds", "nanoseconds"), [(-1, 0), (0, -1), (0, units.SECOND)])
def test_bad_spans(seconds: int, nanoseconds: int) -> None:
    with pytest.raises(EINVAL):
        units.to_ns(seconds, nanoseconds)


def test_spans_saturate() -> None:
    assert units.to_ns(1 << 62, 0) == units.KTIME_MAX
    assert units.to_ns(1, 2) == 1_000_000_002


def test_packing_rounds_down() -> None:
    assert units.pack_timeval(1_999) == (0).to_bytes(8, "little") + (1).to_bytes(8, "little")
    assert units.pack_itimerspec(1, units.SECOND)[0:8] == (1).to_bytes(8, "little")
