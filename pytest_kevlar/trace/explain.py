"""Turns a comparison into what people are shown: a sentence, a window, the source, the rest.

Plain data that travels with a report; how it is drawn is the business of ``render.py`` and
of the HTML report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pytest_kevlar.trace.compare import Comparison
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.finding import BUG, BUG_KINDS, NOISE, NOISE_KINDS, Difference, Row
from pytest_kevlar.trace.source import Lines, Place, excerpt
from pytest_kevlar.trace.text import call_text, result_text

#: Rows before and after the first difference.
WINDOW = 6
#: Rows that travel with a report, and characters of one call.
KEPT_ROWS = 600
KEPT_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Shown:
    """One row as it is shown.

    Attributes:
        mark: ``BUG``, ``NOISE`` or empty.
        task: of the side under test, or of Linux.
        left, right: the calls; left_result, right_result: what they gave.
        notes: what differs, one line each.
        place: ``brk.c:33``, or empty.
        window: whether it is shown before anything is unfolded.
    """

    mark: str
    task: int
    left: str
    left_result: str
    right: str
    right_result: str
    notes: tuple[str, ...] = ()
    place: str = ""
    window: bool = False


@dataclass(slots=True)
class Explanation:
    """What a comparison of traces says about one contract.

    Attributes:
        summary: one line to search for.
        sentence: the first thing that went another way; empty if nothing did.
        call, where, kind: of that: the call's name, the field, the kind of difference.
        reference: what the trace on the left is of.
        bugs, noise: differences of either class.
        rows: the window, and the rest around it.
        source: lines of the contract around the call: number, text.
        place: ``brk.c:33``; line: its number.
        files: where the traces were written.
        trouble: why there is no comparison.
    """

    summary: str = ""
    sentence: str = ""
    call: str = ""
    where: str = ""
    kind: str = ""
    reference: str = ""
    bugs: int = 0
    noise: int = 0
    rows: list[Shown] = field(default_factory=list)
    left_out: int = 0
    source: list[tuple[int, str]] = field(default_factory=list)
    place: str = ""
    line: int = 0
    files: list[str] = field(default_factory=list)
    trouble: str = ""

    def to_data(self) -> dict[str, Any]:
        """Everything as dictionaries, lists, texts and numbers."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Explanation:
        """Rebuild what `to_data` took apart."""
        fields = dict(data)
        fields["rows"] = [Shown(**{**row, "notes": tuple(row["notes"])}) for row in data["rows"]]
        fields["source"] = [(int(number), str(text)) for number, text in data["source"]]
        return cls(**fields)


def explain(
    comparison: Comparison, label: str, lines: Lines | None = None, source: Path | None = None
) -> Explanation:
    """Say what a comparison found.

    Args:
        label: contract and architecture, for the summary line.
        lines: line table of the program under test.
        source: the contract.
    """
    found = Explanation(bugs=comparison.total(BUG), noise=comparison.total(NOISE))
    first = comparison.first()
    if first is not None and not first.has(BUG):
        first = None  # names that differ explain nothing
    place: Place | None = None
    if first is not None:
        worst = first.differences[0]
        place = _place(first, comparison.rows, lines)
        found.call = first.event.name
        found.where, found.kind = worst.where, worst.kind
        found.place = str(place) if place else ""
        found.sentence = sentence(first, worst, _ordinal(first, comparison.rows), found.place)
        if place and source is not None:
            found.line = place.line
            path = source if source.name == Path(place.file).name else source.parent / place.file
            found.source = excerpt(path, place.line)
    found.rows, found.left_out = _rows(comparison, first, lines)
    found.summary = summary(comparison, label, found)
    return found


def summary(comparison: Comparison, label: str, found: Explanation) -> str:
    """``kevlar-trace vm.brk x86_64: 1 BUG (errno 1), 12 NOISE (…), 40 of 41 calls; first …``."""
    parts = []
    for severity, kinds in ((BUG, BUG_KINDS), (NOISE, NOISE_KINDS)):
        counted = [(kind, comparison.counts[severity, kind]) for kind in kinds]
        inner = ", ".join(f"{kind} {count}" for kind, count in counted if count)
        total = comparison.total(severity)
        parts.append(f"{total} {severity}" + (f" ({inner})" if inner else ""))
    both = [row for row in comparison.rows if row.left and row.right]
    alike = sum(1 for row in both if not row.has(BUG))
    parts.append(f"{alike} of {len(comparison.rows)} events alike")
    first = f"; first: {found.call} {found.where}" if found.sentence else ""
    return f"kevlar-trace {label}: {', '.join(parts)}{first}"


def sentence(row: Row, worst: Difference, ordinal: str, place: str) -> str:
    """What went another way, in one sentence."""
    event = row.event
    name = event.name
    at = f" ({place})" if place else ""
    if row.left is None:
        return f"Linux does not make {_short(worst.right)} here{at}; the kernel under test does"
    if row.right is None:
        return f"Linux makes {_short(worst.left)} here; the kernel under test does not{at}"
    if worst.kind == "name":
        return f"the program makes {worst.right}{at} where on Linux it makes {worst.left}"
    if event.kind == "signal":
        if worst.where == "signal":
            return f"signal {worst.right} is delivered where Linux delivers {worst.left}"
        return (
            f"{name}: {worst.where} is {_short(worst.right)} where Linux has {_short(worst.left)}"
        )
    if event.kind == "exit":
        return f"the task {worst.right} where on Linux it {worst.left}"
    head = f"the {ordinal} {name}{at}"
    if worst.where == "result":
        return f"{head} returned {worst.right} where Linux returned {worst.left}"
    return f"{head}: {worst.where} is {_short(worst.right)} where Linux has {_short(worst.left)}"


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "..."


def _ordinal(row: Row, rows: Sequence[Row]) -> str:
    """Which call of its name in its task it is."""
    event = row.event
    side = "right" if row.right is not None else "left"
    same = [
        other
        for one in rows
        if (other := getattr(one, side)) is not None
        and other.task == event.task
        and other.name == event.name
    ]
    number = next((at for at, other in enumerate(same, start=1) if other is event), 1)
    if 10 < number % 100 < 14:
        return f"{number}th"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _place(row: Row, rows: Sequence[Row], lines: Lines | None) -> Place | None:
    """The line of a row's call; of what came before where there is none under test."""
    if lines is None:
        return None
    if row.right is not None and row.right.is_call:
        return lines.of(row.right)
    at = next(position for position, one in enumerate(rows) if one is row)
    for one in reversed(rows[:at]):
        if one.right is not None and one.right.is_call:
            return lines.of(one.right)
    return None


def _rows(
    comparison: Comparison, first: Row | None, lines: Lines | None
) -> tuple[list[Shown], int]:
    """The rows to show, and how many were left out."""
    rows = comparison.rows
    chosen: set[int] = set()
    if first is not None:
        task = first.event.task if first.right is not None else None
        partner = first.left.task if first.left is not None else None
        own = [
            at
            for at, row in enumerate(rows)
            if (row.right is not None and row.right.task == task)
            or (row.left is not None and row.left.task == partner)
        ]
        centre = next(at for at, index in enumerate(own) if rows[index] is first)
        chosen = set(own[max(0, centre - WINDOW) : centre + WINDOW + 1])
    shown = [_shown(row, at in chosen, lines) for at, row in enumerate(rows)]
    if len(shown) <= KEPT_ROWS:
        return shown, 0
    middle = min(chosen) if chosen else 0
    start = max(0, min(middle - KEPT_ROWS // 3, len(shown) - KEPT_ROWS))
    return shown[start : start + KEPT_ROWS], len(shown) - KEPT_ROWS


def _shown(row: Row, window: bool, lines: Lines | None) -> Shown:
    mark = BUG if row.has(BUG) else NOISE if row.has(NOISE) else ""
    notes = tuple(_note(row, one) for one in row.differences if one.severity == BUG)
    place = None
    if lines is not None and row.right is not None and (window or mark == BUG):
        place = lines.of(row.right)
    return Shown(
        mark,
        row.event.task,
        _cut(row.left),
        result_text(row.left) if row.left else "",
        _cut(row.right),
        result_text(row.right) if row.right else "",
        notes,
        str(place) if place else "",
        window,
    )


def _note(row: Row, one: Difference) -> str:
    if row.left is None or row.right is None:
        return f"{one.kind}: only {'under test' if row.left is None else 'on linux'}"
    return f"{one.kind}: {one.where}: linux {_short(one.left)} | under test {_short(one.right)}"


def _cut(event: Event | None) -> str:
    if event is None:
        return ""
    text = call_text(event)
    return text if len(text) <= KEPT_CHARACTERS else text[: KEPT_CHARACTERS - 3] + "..."
