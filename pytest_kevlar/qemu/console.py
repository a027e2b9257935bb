"""Takes the console of a machine apart: lines of a program, of a trace, of a kernel that dies.

What comes in is bytes as the serial port gave them; nothing here waits or knows of QEMU.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

#: Colours, cursor movements, titles: what terminals obey and programs under test do not print.
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
_DEBUG = re.compile(rb"\bDBG\s*\{.*\}\s*$")

#: Lines of firmware and kernel that are not the program's.
NOISE = (
    r"^\[ *\d+\.\d{6}\](?: |$)",
    r"^SeaBIOS \(",
    r"^iPXE ",
    r"^Booting from ",
    r"^EFI stub: ",
    r"^c\d+: |^UEFI firmware ",
)
#: Lines with which a kernel gives up.
PANICS = (
    r"[Kk]ernel panic\b",
    r"\bpanicked at\b",
    r"\bPANIC\b",
)
#: Lines that say how the first process ended; the names of groups say in which form.
EXITS = (
    r"Attempted to kill init! exitcode=0x(?P<wait>[0-9a-fA-F]+)",
    r"\binit exited with (?:status|code) (?P<code>\d+)",
    r"\binit was killed by signal (?P<signal>\d+)",
)


class BadPattern(Exception):
    """A pattern that is no regular expression; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How the first process ended: with a status, or by a signal if that is not 0."""

    code: int = 0
    signal: int = 0


class Patterns:
    """What is noise, a panic and an end on the console of one kernel.

    What is given as noise is nothing else, whatever it looks like. Raises BadPattern.
    """

    def __init__(
        self, noise: Iterable[str] = (), panics: Iterable[str] = (), exits: Iterable[str] = ()
    ) -> None:
        self._ignored = [_compile(text) for text in noise]
        self._noise = [_compile(text) for text in NOISE]
        self._panics = [_compile(text) for text in (*panics, *PANICS)]
        self._exits = [_compile(text) for text in (*exits, *EXITS)]
        for pattern in self._exits:
            if not {"wait", "code", "signal"} & set(pattern.groupindex):
                raise BadPattern(f"{_text(pattern)!r} has no group 'code', 'signal' or 'wait'")

    def is_ignored(self, line: bytes) -> bool:
        """Tell whether the user says that ``line`` is noise."""
        return any(pattern.search(line) for pattern in self._ignored)

    def is_noise(self, line: bytes) -> bool:
        """Tell whether ``line`` is the firmware's or the kernel's."""
        return any(pattern.search(line) for pattern in self._noise)

    def panic(self, line: bytes) -> bool:
        """Tell whether the kernel gives up in ``line``."""
        return any(pattern.search(line) for pattern in self._panics)

    def end(self, line: bytes) -> Exit | None:
        """Return how the first process ended, if ``line`` says it did."""
        for pattern in self._exits:
            found = pattern.search(line)
            if found:
                return _exit(found.groupdict())
        return None


@dataclass(slots=True)
class Lines:
    """Cuts what arrives into lines; the last is kept until it ends."""

    rest: bytes = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that are complete now, without colours and ends of lines."""
        *complete, self.rest = (self.rest + data).split(b"\n")
        return [clean(line) for line in complete]


@dataclass(slots=True)
class Screen:
    """The console of a machine whose first process is the program under test itself.

    Attributes:
        output: what the program wrote.
        debug: lines of its trace.
        panic: the line with which the kernel gave up; empty if it did not.
        end: how the program ended, if the kernel said so.
    """

    patterns: Patterns
    output: bytearray = field(default_factory=bytearray)
    debug: list[str] = field(default_factory=list)
    panic: str = ""
    end: Exit | None = None
    _lines: Lines = field(default_factory=Lines)

    def feed(self, data: bytes) -> None:
        """Sort what has arrived."""
        for line in self._lines.feed(data):
            self._sort(line, b"\n")

    def finish(self) -> None:
        """Sort the last line, which nobody ended."""
        rest, self._lines.rest = clean(self._lines.rest), b""
        if rest:
            self._sort(rest, b"")

    def _sort(self, line: bytes, newline: bytes) -> None:
        if self.panic or (self.end and not _DEBUG.search(line)):
            return  # what a kernel says while it dies is in the artifact only
        debug = _DEBUG.search(line)
        if debug:
            self.debug.append(debug[0].decode("utf-8", "backslashreplace"))
            line = line[: debug.start()]
            if not line.strip():
                return
        if self.patterns.is_ignored(line):
            return
        self.end = self.patterns.end(line)
        if self.end:
            return
        if self.patterns.panic(line):
            self.panic = message(line)
        elif not self.patterns.is_noise(line):
            self.output += line + newline


def clean(line: bytes) -> bytes:
    """Return ``line`` without colours, and without the carriage returns at its ends."""
    return _ESCAPES.sub(b"", line).strip(b"\r")


def message(line: bytes) -> str:
    """Return a line of a kernel's log as a sentence: without its time, printable."""
    text = re.sub(rb"^\[ *\d+\.\d+\](?:\[[^\]]*\])? *", b"", line)
    decoded = text.decode("utf-8", "replace").strip()
    return "".join(character if character.isprintable() else " " for character in decoded)


def debug_line(line: bytes) -> str:
    """Return the ``DBG {…}`` in ``line``; empty if there is none."""
    found = _DEBUG.search(line)
    return found[0].decode("utf-8", "backslashreplace") if found else ""


def _exit(groups: dict[str, bytes | None]) -> Exit:
    wait, code, signal = (groups.get(name) for name in ("wait", "code", "signal"))
    if wait:
        status = int(wait, 16)
        return Exit(status >> 8 & 0xFF, status & 0x7F)
    return Exit(int(code or 0) & 0xFF, int(signal or 0))


def _compile(text: str) -> re.Pattern[bytes]:
    try:
        return re.compile(text.encode())
    except re.error as error:
        raise BadPattern(f"{text!r} is no regular expression: {error}") from None


def _text(pattern: re.Pattern[bytes]) -> str:
    return pattern.pattern.decode("utf-8", "replace")
