"""Reads what the first process of a machine (`init.c`) says on the console.

A record is a line; what was damaged on its way is no record, and the numbers tell that one
is missing.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

_RECORD = re.compile(
    rb"(?P<body>@kevlar (?P<sequence>\d+) (?P<kind>[a-z]+) (?P<number>\d+) (?P<payload>.*))"
    rb" (?P<sum>[0-9a-f]{8})$",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\([0-9a-f]{2})")
#: What a line begins with that is, or was, a record.
MARK = b"@kevlar "


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        sequence: counts the records of a boot, from 0.
        kind: ``room``, ``ready``, ``start``, ``out``, ``err``, ``exit``, ``late``, ``full``,
            ``noexec``, ``lack``, ``trace``, ``traced``, ``untraced``, ``note`` or ``what``.
        number: the program that it is about.
        payload: bytes of output, or words.
    """

    sequence: int
    kind: str
    number: int
    payload: bytes

    @property
    def text(self) -> str:
        """The payload as text."""
        return self.payload.decode("utf-8", "backslashreplace")


def parse(line: bytes) -> Record | None:
    """Return the record that ``line`` ends with, without its newline; None if it is none.

    Something of the kernel's may stand before it on the line.
    """
    start = line.rfind(MARK)
    found = _RECORD.match(line, start) if start >= 0 else None
    if not found or zlib.crc32(found["body"]) != int(found["sum"], 16):
        return None
    payload = _ESCAPE.sub(lambda code: bytes([int(code[1], 16)]), found["payload"])
    return Record(int(found["sequence"]), found["kind"].decode(), int(found["number"]), payload)


def order(
    number: int, seconds: float, output: int, requires: list[str], verb: str = "run"
) -> bytes:
    """Return the line that makes the machine run a program.

    Args:
        verb: ``run``; ``trace`` to have its system calls recorded, ``callers`` with who made them.
        requires: words of its contract that the machine has to judge; capabilities by number,
            as ``capability=21``.
    """
    words = [verb, str(number), str(max(1, round(seconds * 1000))), str(output), *requires]
    return " ".join(words).encode() + b"\n"
