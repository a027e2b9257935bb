"""Two profiles: what chance makes of a contract whose tasks race is no difference."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_kevlar.agreement import RETRIES, disagreement
from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.trace.strace import StraceReader

POLL = "1 wait4(-1, 0x1000, 1, NULL) = 0\n"
REST = "1 wait4(-1, 0x1000, 1, NULL) = 2\n1 exit_group(0) = ?\n1 +++ exited with 0 +++"


def outcome(text: str) -> Outcome:
    reader = StraceReader()
    reader.feed(text.splitlines())
    return Outcome(Ending.EXITED, code=0, events=tuple(reader.finish()))


@pytest.mark.parametrize(
    ("again", "found"),
    [
        (lambda more: outcome(REST), "result of a call: under balanced [1] wait4"),
        (lambda more: outcome(POLL * more + REST), ""),  # another schedule does it, too
    ],
    ids=["always", "by chance"],
)
def test_what_another_schedule_does_is_no_difference(
    again: Callable[[int], Outcome], found: str
) -> None:
    said = disagreement("balanced", outcome(POLL + REST), outcome(REST), again)
    assert said.startswith(found)
    assert bool(said) == bool(found)
    assert any(RETRIES)


def test_what_the_other_profile_does_by_chance_is_no_difference() -> None:
    """Though it never happens here."""
    said = disagreement(
        "balanced",
        outcome(POLL + REST),
        outcome(REST),
        lambda more: outcome(REST),
        lambda more: outcome(POLL * (1 + more) + REST) if more < 2 else outcome(REST),
    )
    assert said == ""
