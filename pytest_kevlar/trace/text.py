"""Prints events as ``strace -f`` would, close enough that its users feel at home.

Only words are made here; which events to print is the caller's choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_kevlar.trace.errnos import describe, name_of
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.roles import RESULT_ROLES
from pytest_kevlar.trace.strace import SIGNAL_NAMES
from pytest_kevlar.trace.value import join, plain

#: Where the equals sign stands, as strace puts it.
COLUMN = 40


def call_text(event: Event) -> str:
    """``dup3(3, 4, O_CLOEXEC)``; for what is no call, what happened."""
    if event.is_call:
        return f"{event.name}({join(event.texts)})"
    if event.kind == "signal":
        return f"--- {' '.join([event.name, *map(plain, event.texts)])} ---"
    if event.kind == "exit":
        return f"+++ {exit_text(event.result or 0)} +++"
    words = " ".join(event.texts)
    return f"*** {event.kind} {words or event.name} ***"


def result_text(event: Event) -> str:
    """``0``, ``0x7ffff7fc0000``, ``-1 ENOENT``, ``?``; empty for what has no result."""
    if not event.is_call:
        return ""
    if event.result is None:
        return f"? {event.note}".rstrip()
    if event.errno:
        return f"-1 {name_of(event.errno)}"
    if RESULT_ROLES.get(event.name) == "address":
        return f"{event.result:#x}"
    return str(event.result)


def exit_text(status: int) -> str:
    """``exited with 0``, ``killed by SIGSEGV (core dumped)``."""
    number = status & 0x7F
    if not number:
        return f"exited with {status >> 8 & 0xFF}"
    name = SIGNAL_NAMES.get(number, f"SIGRT_{number - 32}")
    return f"killed by {name}" + (" (core dumped)" if status & 0x80 else "")


def lines(events: Iterable[Event], *, times: bool = False) -> Iterator[str]:
    """Every event as a line of ``strace -f``.

    Args:
        times: put seconds since the start of the machine in front, as ``-ttt`` does.
    """
    for event in events:
        head = f"{event.task} "
        if times:
            head += f"{event.time / 1e9:.6f} "
        if not event.is_call:
            if event.kind in ("signal", "exit"):
                yield head + call_text(event)
            continue
        text = head + call_text(event)
        result = f"-1 {describe(event.errno)}" if event.errno else result_text(event)
        yield f"{text:<{COLUMN - 1}} = {result}"
