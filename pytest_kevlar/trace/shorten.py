"""Shortens what a program does again and again until something outside it has changed.

How often it does so says nothing, and would cost the alignment most of its time.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence

from pytest_kevlar.trace.event import Event, words

#: Calls that are made over and over until something has changed.
ASKING = words("times getrusage clock_gettime gettimeofday time sched_yield getcpu")
#: Calls that mark a loop as waiting for something, so that its turns do not count.
WAITING = words(
    "nanosleep clock_nanosleep sched_yield poll ppoll select pselect6 epoll_wait "
    "epoll_pwait pause futex"
)
#: Errors of a call that would have to wait: made again, it is a loop that waits.
NOT_YET = (errno.EAGAIN, errno.ETIMEDOUT)
#: Files whose content is about the machine: never the same on two.
VOLATILE = ("/proc", "/sys", "/dev/urandom", "/dev/random")
#: Events of one turn of a loop, at most; turns that are kept of one that waits.
_PERIOD = 8
_TURNS = 6
#: Reads in a row that are kept of one file about the machine: it has another length anyway.
_READS = 16


def shorten(events: Sequence[Event]) -> tuple[list[Event], int]:
    """The events without most turns of waiting loops; and how many were left out."""
    kept = _loops(_reads(_asked_once(events)))
    return kept, len(events) - len(kept)


def _asked_once(events: Sequence[Event]) -> list[Event]:
    """A program that asks for the time until it has passed asks as often as it can: once."""
    kept: list[Event] = []
    for event in events:
        before = kept[-1] if kept else None
        if (
            before is not None
            and event.name in ASKING
            and (before.name, before.args[:1], before.errno)
            == (event.name, event.args[:1], event.errno)
        ):
            continue
        kept.append(event)
    return kept


def _reads(events: Sequence[Event]) -> list[Event]:
    """Of a file about the machine that is read in many pieces, the first and the last."""
    kept: list[Event] = []
    opened: dict[int, bool] = {}
    run: list[Event] = []
    for event in [*events, None]:
        if event is not None and event.name in ("open", "openat") and not event.errno:
            path = next((text for text in event.texts if text.startswith('"')), "")
            opened[event.result or 0] = path.strip('"').startswith(VOLATILE)
        again = event is not None and (not run or run[0].args[:1] == event.args[:1])
        if event is not None and again and event.name == "read" and _fd(event, opened):
            run.append(event)
            continue
        kept += run if len(run) <= _READS else [*run[: _READS - 1], run[-1]]
        run = []
        if event is not None:
            kept.append(event)
    return kept


def _fd(event: Event, opened: dict[int, bool]) -> bool:
    fd = event.args[0] if event.args else None
    return fd is not None and opened.get(fd, False)


def _loops(events: Sequence[Event]) -> list[Event]:
    """Of a loop that waits, the first turns."""
    keys = [_turn(event) for event in events]
    kept: list[Event] = []
    at = 0
    while at < len(events):
        kept.append(events[at])
        at += 1
        last = events[at - 1]
        if last.name == "futex" or not (last.name in WAITING or last.errno in NOT_YET):
            continue
        for period in range(1, _PERIOD + 1):
            turn = keys[at - period : at] if at >= period else []
            end = at
            while turn and keys[end : end + period] == turn:
                end += period
            if (end - at) // period >= _TURNS:
                kept += events[at : at + _TURNS * period]
                at = end
                break
    return kept


def _turn(event: Event) -> tuple[object, ...]:
    """What makes a call the same in the next turn; polling asks for the same thing again."""
    polled = event.args if event.errno in NOT_YET and event.name not in WAITING else ()
    return event.kind, event.name, event.errno, polled
