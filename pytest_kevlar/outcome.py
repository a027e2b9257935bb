"""What one run of a contract left behind, and what a comparison of two runs says.

Plain data for every part of the plugin; nothing here runs, compares or prints anything.
"""

from __future__ import annotations

import enum
import signal as signals
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_kevlar.trace.event import Event

if TYPE_CHECKING:
    from pytest_kevlar.kernel import HostProfile


class Ending(enum.Enum):
    """How one run ended, whatever it ran on."""

    EXITED = "exited"
    SIGNALED = "signaled"
    TIMEOUT = "timeout"
    DEADLOCK = "deadlock"
    OUTPUT = "output"
    CRASH = "crash"
    PANIC = "panic"
    NOEXEC = "noexec"


class Status(enum.Enum):
    """What an item is, in the words of the summary line (in the order they are listed)."""

    PASS = "PASS"
    SKIP = "SKIP"
    XFAIL = "XFAIL"
    XPASS = "XPASS"
    DIVERGE = "DIVERGE"
    FAIL = "FAIL"
    TIMEOUT = "TIMEOUT"
    HANG = "HANG"
    CRASH = "CRASH"
    PANIC = "PANIC"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run of one program.

    Attributes:
        ending: how it ended.
        code: exit status 0..255 if ``ending`` is EXITED.
        signal: signal number if ``ending`` is SIGNALED.
        stdout, stderr: everything written before the end, whatever the end was.
        seconds: host time from start to end.
        boot: host time that the machine took to come up before it; 0 where nothing boots.
        detail: one line for every ending but EXITED and SIGNALED.
        state: more lines for people, such as guest registers and the last system calls.
        traceback: Python traceback of a CRASH, else empty.
        notes: one-line remarks, for instance system calls that are not implemented.
        events: what was recorded, if the job asked for it; stays in its process.
        untraced: why nothing was recorded though the job asked for it, if the runner knows.
        profile: the host that it saw, if that was another than this one.
        directory: what the program saw as its working directory, if the runner knows.
        program: where it saw its own file, if that is another place than its first argument.
    """

    ending: Ending
    code: int = 0
    signal: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    seconds: float = 0.0
    detail: str = ""
    state: str = ""
    traceback: str = ""
    notes: tuple[str, ...] = ()
    events: Sequence[Event] = ()
    directory: str = ""
    boot: float = 0.0
    untraced: str = ""
    profile: HostProfile | None = None
    program: str = ""

    def describe(self) -> str:
        """Say in a few words how the run ended."""
        if self.ending is Ending.EXITED:
            return f"exit status {self.code}"
        if self.ending is Ending.SIGNALED:
            return f"killed by {signal_name(self.signal)}"
        words = {
            Ending.TIMEOUT: "timed out",
            Ending.DEADLOCK: "deadlock",
            Ending.OUTPUT: "stopped for writing too much",
            Ending.CRASH: "kernel crash",
            Ending.PANIC: "kernel panic",
            Ending.NOEXEC: "could not be started",
        }[self.ending]
        return f"{words}: {first_line(self.detail)}" if self.detail else words


@dataclass(frozen=True, slots=True)
class Verdict:
    """What comparing the reference run with the run under test says.

    Attributes:
        status: PASS, DIVERGE, FAIL, TIMEOUT, HANG, CRASH or PANIC.
        reason: one line; empty for PASS.
        reference: the run on Linux.
        candidate: the run under test; None if it was not worth starting.
        differs: which of ``exit``, ``stdout``, ``stderr`` differ, in that order.
    """

    status: Status
    reason: str
    reference: Outcome
    candidate: Outcome | None
    differs: tuple[str, ...] = ()


class ContractFailure(Exception):
    """An item whose verdict is not PASS, and which no known divergence excuses."""

    def __init__(self, verdict: Verdict, reason: str = "") -> None:
        super().__init__(f"{verdict.status.value}: {reason or verdict.reason}")
        self.verdict = verdict


class Divergence(ContractFailure):
    """A failure of the side under test alone: the kind an entry in the list may excuse."""


def signal_name(number: int) -> str:
    """Return ``SIGSEGV (11)`` for 11, ``SIGRTMIN+2 (36)`` for 36, ``signal 99`` for 99."""
    try:
        return f"{signals.Signals(number).name} ({number})"
    except ValueError:
        first, last = signals.SIGRTMIN, signals.SIGRTMAX
        if first < number < last:
            return f"SIGRTMIN+{number - first} ({number})"
        return f"signal {number}"


def first_line(text: str) -> str:
    """Return the first line of ``text`` that is not blank, or an empty string."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
