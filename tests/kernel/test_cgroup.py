"""Controllers that a host's version 1 may have taken: contracts, and what Linux 6.12 prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from machines import Build, Run

from pytest_kevlar.kernel import Checks, End, Machine, Tuning

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


@pytest.mark.parametrize(
    "name", ["memory_is_charged_where_it_was_touched", "memory_limit_kills_inside"]
)
def test_every_page_is_charged_to_its_group(name: str, build: Build) -> None:
    """All invariants hold after each call and fault, and nothing that is seen changes."""
    with Machine("x86_64", tuning=Tuning(checks=Checks.CALLS)) as machine:
        machine.add_file("/bin/guest", build(CONTRACTS / f"{name}.c", "x86_64"))
        result = machine.run(["/bin/guest"])
    assert (result.end, result.detail) == (End.EXITED, "")
    assert result.stdout.decode() == (GUESTS / f"{name}.txt").read_text()
