"""Which line of the contract made a call: debug information and the caller's stack.

The C library has no debug information, so whatever address on the stack has a line belongs
to the contract; the innermost such return address is taken. What an earlier call left behind
on the stack can mislead it, never an address that is no code of the contract.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pytest_kevlar.trace.event import Event


@dataclass(frozen=True, slots=True)
class Place:
    """A line of source."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}"


class Lines:
    """The line table of a program; empty if it has none.

    Args:
        program: an ELF file.
    """

    def __init__(self, program: Path) -> None:
        rows = _rows(program)
        self._starts = [row[0] for row in rows]
        self._rows = rows

    def at(self, address: int) -> Place | None:
        """The line that the instruction at an address was compiled from."""
        found = bisect_right(self._starts, address) - 1
        if found < 0:
            return None
        _, place = self._rows[found]
        return place

    def of(self, event: Event) -> Place | None:
        """The line that made a call: its own code, or the first caller that has a line.

        A header's helper is passed over for whoever called it, if that can be found.
        """
        if not self._rows:
            return None
        helper = None
        for address in (event.pc, *event.stack):
            place = self.at(address - 1) if address else None
            if place is not None and not place.file.endswith(".h"):
                return place
            helper = helper or place
        return helper


@lru_cache(maxsize=32)
def lines_of(program: Path) -> Lines:
    """The line table of a program, read once."""
    return Lines(program)


def _rows(program: Path) -> list[tuple[int, Place | None]]:
    """Addresses where lines begin, and None where code without lines begins; sorted."""
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile

    rows: list[tuple[int, Place | None]] = []
    try:
        with program.open("rb") as file:
            elf = ELFFile(file)
            if not elf.has_dwarf_info():
                return []
            dwarf = elf.get_dwarf_info()
            for unit in dwarf.iter_CUs():
                program_lines = dwarf.line_program_for_CU(unit)
                if program_lines is None:
                    continue
                names = _file_names(program_lines)
                for entry in program_lines.get_entries():
                    state = entry.state
                    if state is None:
                        continue
                    place = None
                    if not state.end_sequence:
                        place = Place(names.get(state.file, "?"), state.line)
                    rows.append((state.address, place))
    except (OSError, ELFError, KeyError, ValueError):
        return []
    rows.sort(key=lambda row: (row[0], row[1] is not None))
    return rows


def _file_names(program_lines: object) -> dict[int, str]:
    header = program_lines.header  # type: ignore[attr-defined]
    first = 0 if header["version"] >= 5 else 1
    return {
        number: entry.name.decode("utf-8", "replace")
        for number, entry in enumerate(header["file_entry"], start=first)
    }


def excerpt(path: Path, line: int, around: int = 2) -> list[tuple[int, str]]:
    """A line of a source file with its neighbours; empty if it cannot be read."""
    try:
        text = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    first, last = max(1, line - around), min(len(text), line + around)
    return [(number, text[number - 1]) for number in range(first, last + 1)]
