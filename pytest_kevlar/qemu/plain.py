"""A machine whose first process is the program under test itself: a kernel that is not Linux.

There is one stream, the console. How the program ended is what the kernel says of it, or its
trace, or else what the contract itself printed last.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.qemu.console import Exit, Patterns, Screen
from pytest_kevlar.qemu.emulator import Emulator, Ended
from pytest_kevlar.runners.base import Job
from pytest_kevlar.trace import jsonl
from pytest_kevlar.trace.event import Event

#: Seconds that the console is read on after the contract has said its last word.
SETTLE = 0.3
#: Seconds in which a kernel that dies may say why, for the artifact.
LAST_WORDS = 1.0

_EXITS = ("exit_group", "exit")


class Plain:
    """One boot for one program.

    Args:
        emulator: a QEMU just started; it is stopped in the end.
        boot: seconds that the machine may take to show a first line of the program.
    """

    def __init__(self, emulator: Emulator, patterns: Patterns, boot: float) -> None:
        self._emulator = emulator
        self._screen = Screen(patterns)
        self._boot = boot
        self._first = 0.0

    def run(self, job: Job) -> Outcome:
        """Follow the console to the end of ``job``."""
        try:
            ending, detail = self._follow(job)
        finally:
            self._emulator.stop()
        self._screen.finish()
        return self._outcome(job, ending, detail)

    def _follow(self, job: Job) -> tuple[Ending | None, str]:
        """Read until something has ended; None is the program, in whichever way."""
        screen = self._screen
        deadline = self._emulator.started + self._boot
        while True:
            try:
                data = self._emulator.read(deadline)
            except Ended as end:
                screen.finish()
                known = screen.panic or screen.end or _marked(bytes(screen.output)) is not None
                return (None, "") if known else (Ending.CRASH, str(end))
            screen.feed(data)
            if not self._first and (screen.output.strip() or screen.debug):
                self._first = time.monotonic()
                deadline = self._first + job.timeout
            if len(screen.output) > job.output:
                return Ending.OUTPUT, f"more than {job.output} bytes"
            if screen.panic or screen.end or _marked(bytes(screen.output)) is not None:
                self._settle()
                return None, ""
            if time.monotonic() >= deadline:
                if self._first:
                    return Ending.TIMEOUT, f"no end after {job.timeout:g} s"
                return Ending.TIMEOUT, f"the program wrote nothing within {self._boot:g} s of boot"

    def _settle(self) -> None:
        """Read on for a moment: the end of the program, or of a panic, may still come."""
        end = time.monotonic() + (LAST_WORDS if self._screen.panic else SETTLE)
        try:
            while time.monotonic() < end and not self._screen.end:
                self._screen.feed(self._emulator.read(end))
        except Ended:
            pass

    def _outcome(self, job: Job, ending: Ending | None, detail: str) -> Outcome:
        screen = self._screen
        now = time.monotonic()
        first = self._first or now
        trace = jsonl.read(screen.debug)
        outcome = Outcome(
            ending or Ending.EXITED,
            stdout=bytes(screen.output[: job.output]),
            seconds=now - first,
            boot=first - self._emulator.started,
            detail=detail,
            events=trace.events if job.trace else (),
        )
        if screen.panic:
            outcome = replace(outcome, ending=Ending.PANIC, detail=screen.panic)
        elif ending is None:
            end = screen.end or _traced(trace.events) or _marked(outcome.stdout) or Exit()
            kind = Ending.SIGNALED if end.signal else Ending.EXITED
            outcome = replace(outcome, ending=kind, code=end.code, signal=end.signal)
        if outcome.ending not in (Ending.EXITED, Ending.SIGNALED):
            kept = f"the console is kept in {self._emulator.log}"
            outcome = replace(outcome, notes=(kept,))
        return outcome


def _traced(events: Sequence[Event]) -> Exit | None:
    """Return how the first task ended, if the trace says so."""
    for event in reversed(events):
        if event.name in _EXITS and event.task == events[0].task and event.args:
            return Exit((event.args[0] or 0) & 0xFF)
    return None


def _marked(output: bytes) -> Exit | None:
    """Return how a contract ended by its last complete line, or None while it goes on."""
    last = output.rpartition(b"\n")[0].rpartition(b"\n")[2]
    if last == b"CONTRACT_PASS":
        return Exit(0)
    return Exit(1) if last.startswith(b"CONTRACT_FAIL") else None
