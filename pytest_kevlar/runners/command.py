"""Runs a contract by any command line: an emulator, a sandbox, a script that reaches a board.

The command is started as Linux programs are, in a private empty directory; what the program
under it writes is what the command writes, less the trace where that goes to the console.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners.base import ARCHITECTURES, Capabilities, Job
from pytest_kevlar.runners.linux import run_in_private
from pytest_kevlar.trace import jsonl
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.strace import StraceReader

#: What a command may say of its trace.
FORMATS = ("none", "strace", "dbg-jsonl")
#: What the words of a command may hold in braces.
PLACES = ("program", "argv0", "arch", "trace")

_SPEC = re.compile(r"cmd(?:\+(?P<format>[\w-]+))?:(?P<command>.*)", re.DOTALL)
_NAMED = re.compile(r"(?P<name>[\w.-]+)(?:\+(?P<format>[\w-]+))?\s*=\s*(?P<command>.*)", re.DOTALL)
_PLACE = re.compile(r"\{(\w+)\}")
_DEBUG = re.compile(rb"^DBG *\{.*\}\r?\n?", re.MULTILINE)


class BadCommand(Exception):
    """A command that cannot be one; the message says why, in one line."""


class CommandRunner:
    """One command line.

    Args:
        name: what the target is called.
        command: words of a shell, with ``{program}`` and the other `PLACES`.
        trace: one of `FORMATS`.

    Raises BadCommand.
    """

    def __init__(self, name: str, command: str, trace: str = "none") -> None:
        self.name = name
        self.trace = trace
        self.words = _words(command)
        if trace not in FORMATS:
            raise BadCommand(f"unknown trace format {trace!r}; choose {', '.join(FORMATS)}")
        places = {place for word in self.words for place in _PLACE.findall(word)}
        for place in sorted(places - set(PLACES)):
            known = ", ".join(f"{{{name}}}" for name in PLACES)
            raise BadCommand(f"{{{place}}} means nothing here; known are {known}")
        if "program" not in places:
            raise BadCommand("the command has no {program}, the place of the contract's binary")
        if trace == "strace" and "trace" not in places:
            raise BadCommand("a trace of strace needs {trace}, the file that it is written to")
        self._file = "trace" in places
        self.capabilities = Capabilities(records=() if trace == "none" else ("syscall", "signal"))

    def unavailable(self, arch: str) -> str:
        """Return a sentence if ``arch`` is none, or the command's program is not there."""
        if arch not in ARCHITECTURES:
            return f"nothing is built for {arch}"
        return "" if shutil.which(self.words[0]) else f"there is no program {self.words[0]!r}"

    def version(self) -> str:
        """Return the command: what it runs has no common way to say its version."""
        return f"({shlex.join(self.words)})"

    def run(self, job: Job) -> Outcome:
        """Run the command to its end."""
        with tempfile.TemporaryDirectory(prefix="kevlar-trace-") as place:
            file = Path(place) / "trace"
            argv = self._argv(job, file)
            outcome, directory = run_in_private(replace(job, program=Path(argv[0]), argv=argv))
            outcome = replace(outcome, directory=directory)
            if self.trace == "none" or outcome.ending is Ending.NOEXEC:
                return outcome
            if self._file:
                return self._with_events(outcome, _read(file))
            return self._from_console(outcome)

    def close(self) -> None:
        """Nothing outlives a run."""

    def _argv(self, job: Job, file: Path) -> tuple[str, ...]:
        values = {
            "program": str(job.program),
            "argv0": job.argv[0],
            "arch": job.arch,
            "trace": str(file),
        }
        first, *rest = (_PLACE.sub(lambda m: values[m[1]], word) for word in self.words)
        return (shutil.which(first) or first, *rest)

    def _from_console(self, outcome: Outcome) -> Outcome:
        """Take the lines of the trace out of what the program wrote."""
        lines: list[str] = []

        def take(found: re.Match[bytes]) -> bytes:
            lines.append(found[0].decode("utf-8", "backslashreplace"))
            return b""

        outcome = replace(
            outcome,
            stdout=_DEBUG.sub(take, outcome.stdout),
            stderr=_DEBUG.sub(take, outcome.stderr),
        )
        return self._with_events(outcome, lines)

    def _with_events(self, outcome: Outcome, lines: Sequence[str]) -> Outcome:
        events: Sequence[Event]
        if self.trace == "strace":
            reader = StraceReader()
            reader.feed(lines)
            events, skipped = reader.finish(), reader.skipped
        else:
            trace = jsonl.read(lines)
            events, skipped = trace.events, trace.skipped
        notes = list(outcome.notes)
        if not events:
            notes.append(f"the command left no trace in the format {self.trace}")
        elif skipped:
            notes.append(f"{skipped} lines of the trace could not be read")
        return replace(outcome, events=events, notes=tuple(notes))


def from_spec(spec: str) -> CommandRunner | None:
    """Make the runner of ``cmd:COMMAND`` or ``cmd+FORMAT:COMMAND``; None for another text.

    Raises BadCommand.
    """
    found = _SPEC.fullmatch(spec)
    if not found:
        return None
    words = _words(found["command"])
    name = re.sub(r"[^\w.-]", "_", Path(words[0]).name)
    return CommandRunner(f"cmd:{name}", found["command"], found["format"] or "none")


def from_line(line: str) -> CommandRunner:
    """Make the runner of ``NAME = COMMAND`` or ``NAME+FORMAT = COMMAND``. Raises BadCommand."""
    found = _NAMED.fullmatch(line.strip())
    if not found:
        raise BadCommand(f"{line!r} is not NAME = COMMAND")
    return CommandRunner(found["name"], found["command"], found["format"] or "none")


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise BadCommand(f"{command!r}: {str(error).lower()}") from None
    if not words:
        raise BadCommand("there is no command")
    return words


def _read(file: Path) -> list[str]:
    try:
        text = file.read_text("utf-8", "backslashreplace")
    except OSError:
        return []
    return text.splitlines()
