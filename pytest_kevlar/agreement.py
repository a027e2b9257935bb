"""Whether a contract did the same under two profiles: how it ended, what it printed, its calls.

Where profiles differ in nothing that a guest could notice, everything must be equal, times and
addresses too. Elsewhere system calls are compared as with those of Linux: one by one, names
apart, and apart from what differs from run to run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest

from pytest_kevlar.compare import first_difference, same_ending
from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.trace.chance import Chance
from pytest_kevlar.trace.compare import compare
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.finding import BUG
from pytest_kevlar.trace.text import call_text, result_text

#: Further runs that tell chance from a difference, by what is added to the seed: those of the same
#: schedule differ by the host's clock, those of others show which calls of tasks race.
RETRIES = (0, 0, 1, 2)


def disagreement(
    under: str,
    other: Outcome,
    mine: Outcome,
    again: Callable[[int], Outcome] | None = None,
    other_again: Callable[[int], Outcome] | None = None,
) -> str:
    """Say the first thing that differs from the run under another profile; empty if nothing.

    Args:
        under: name of the other profile.
        again: makes another run like `mine`, with a seed so much higher, which chance may let
            differ from it; None if times and names count.
        other_again: the same under the other profile, if its chance counts, too.
    """
    names = (f"under {under}", "here")
    if not same_ending(other, mine) or (other.stdout, other.stderr) != (mine.stdout, mine.stderr):
        return first_difference(other, mine, names)
    if Ending.TIMEOUT in (other.ending, mine.ending):
        return ""  # how far it came is the host's doing
    if again is None:
        return _exact(other.events, mine.events, names)
    found = _aligned(other.events, mine.events, names, again)
    if (
        found
        and other_again is not None
        and not _aligned(mine.events, other.events, names, other_again)
    ):
        return ""  # the other profile alone varies that much
    return found


def _exact(left: Sequence[Event], right: Sequence[Event], names: tuple[str, str]) -> str:
    for number, (theirs, ours) in enumerate(zip_longest(left, right)):
        if theirs != ours:
            texts = [_text(event) for event in (theirs, ours)]
            if texts[0] == texts[1]:
                assert theirs is not None and ours is not None
                texts = [
                    f"{text} at {event.time} ns"
                    for text, event in zip(texts, (theirs, ours), strict=True)
                ]
            return f"event {number}: {_sentence(texts, names)}"
    return ""


def _aligned(
    left: Sequence[Event],
    right: Sequence[Event],
    names: tuple[str, str],
    again: Callable[[int], Outcome],
) -> str:
    if not left and not right:
        return ""
    comparison = compare(right, left)
    if comparison.total(BUG):
        Chance(compare(again(more).events, right) for more in RETRIES).excuse(comparison)
    first = comparison.first()
    if first is None or not first.has(BUG):
        return ""
    worst = first.differences[0]
    texts = [_text(event) for event in (first.right, first.left)]
    return f"{worst.where} of a call: {_sentence(texts, names)}"


def _text(event: Event | None) -> str:
    if event is None:
        return "nothing more"
    result = result_text(event)
    text = f"[{event.task}] {call_text(event)}" + (f" = {result}" if result else "")
    return text if len(text) <= 200 else text[:197] + "..."


def _sentence(texts: Sequence[str], names: tuple[str, str]) -> str:
    return f"{names[0]} {texts[0]}, {names[1]} {texts[1]}"
