"""Controllers that a host's version 1 may have taken: contracts, and what Linux 6.12 prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from machines import Build, Run

from pytest_kevlar.kernel import End

CONTRACTS = Path(__file__).parents[2] / "contracts" / "cgroup"
GUESTS = Path(__file__).parent / "guests"


@pytest.mark.parametrize(
    "name",
    [
        "cpu_settings_are_parsed",
        "forks_fail_at_the_limit",
        "memory_is_charged_where_it_was_touched",
        "memory_limit_kills_inside",
    ],
)
def test_a_controller_does_as_on_linux(arch: str, name: str, build: Build, run: Run) -> None:
    result = run(arch, build(CONTRACTS / f"{name}.c", arch))
    assert result.stdout.decode() == (GUESTS / f"{name}.txt").read_text()
    assert (result.end, result.code, result.unknown) == (End.EXITED, 0, ())
