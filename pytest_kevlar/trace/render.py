"""Draws an explanation for a terminal or as plain text: side by side, in a given width.

Colours are pytest's markup; without them every mark is a letter.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_kevlar.trace.explain import Explanation, Shown
from pytest_kevlar.trace.finding import BUG, NOISE

Line = tuple[str, dict[str, bool]]

#: The narrowest page that is drawn side by side.
MINIMUM = 60
#: Rows beyond the window that are listed when everything is asked for.
LISTED = 400


def draw(found: Explanation, width: int = 80, *, everything: bool = False) -> list[Line]:
    """Lines of an explanation, none longer than `width`."""
    width = max(MINIMUM, width)
    lines: list[Line] = []
    if found.trouble:
        return [(f"no comparison of system calls: {found.trouble}", {"yellow": True})]
    if found.sentence:
        lines += [(text, {"bold": True}) for text in wrap(f"first: {found.sentence}", width, 7)]
    else:
        lines.append(("the system calls are the same on both sides", {"green": True}))
    for number, text in found.source:
        own = number == found.line
        mark = ">" if own else " "
        lines.append((f"{mark} {number:>5}  {text}"[:width], {"bold": True} if own else {}))
    window = [row for row in found.rows if row.window]
    if window:
        lines += [("", {}), *_header(found, width)]
        for row in window:
            lines += side_by_side(row, width)
    rest = [row for row in found.rows if not row.window]
    bugs = [row for row in rest if row.mark == BUG]
    if everything and rest:
        lines += [("", {}), (f"all {len(found.rows)} events:", {"bold": True})]
        for row in found.rows[:LISTED]:
            lines += side_by_side(row, width)
    elif bugs:
        lines.append(("", {}))
        lines.append((f"further differences ({len(bugs)} rows; all with -vv):", {"bold": True}))
        for row in bugs[:5]:
            lines += [(text, {}) for text in wrap(f"  {_headline(row)}", width, 4)]
    lines.append(("", {}))
    lines += [(text, {"cyan": True}) for text in wrap(found.summary, width, 4)]
    lines += [(f"trace: {path}", {}) for path in found.files]
    return lines


def plain(found: Explanation, width: int = 100) -> str:
    """The same as text, for reports without colour."""
    return "\n".join(text.rstrip() for text, _ in draw(found, width))


def _headline(row: Shown) -> str:
    head = row.right or row.left
    name = head.split("(", 1)[0]
    note = row.notes[0] if row.notes else ""
    place = f" ({row.place})" if row.place else ""
    return f"{name}{place}: {note}"


def _header(found: Explanation, width: int) -> list[Line]:
    column = (width - 5) // 2
    left = found.reference or "linux"
    return [
        (f"  {left[:column]:<{column}} | under test", {"bold": True}),
        ("-" * width, {}),
    ]


def side_by_side(row: Shown, width: int) -> list[Line]:
    """One row: both calls, and under them what differs."""
    column = (width - 5) // 2
    sign = {BUG: "!", NOISE: "~"}.get(row.mark, " ")
    left = _cell(row.left, row.left_result, column)
    right = _cell(row.right, row.right_result, column)
    height = max(len(left), len(right))
    left += [""] * (height - len(left))
    right += [""] * (height - len(right))
    markup = {BUG: {"red": True}, NOISE: {"light": True}}.get(row.mark, {})
    lines: list[Line] = []
    for at in range(height):
        head = sign if at == 0 else " "
        lines.append((f"{head} {left[at]:<{column}} | {right[at]:<{column}}".rstrip(), markup))
    for note in row.notes:
        place = f" [{row.place}]" if row.place else ""
        texts = wrap(f"^ {note}{place}", width - 4, 2)
        lines += [(f"    {text}", {"red": True, "bold": True}) for text in texts]
    return lines


def _cell(call: str, result: str, column: int) -> list[str]:
    """A call in a column, its result at the end; a long one keeps head and result."""
    if not call:
        return ["-"]
    text = f"{call} = {result}" if result else call
    if len(text) <= column:
        return [text]
    if len(text) <= 2 * column:
        return [text[:column], text[column:]]
    tail = f" = {result}" if result else ""
    room = 2 * column - len(tail) - 3
    cut = call[: max(room, 8)] + "..." + tail
    return [cut[:column], cut[column : 2 * column]]


def wrap(text: str, width: int, indent: int) -> list[str]:
    """Break a line at spaces; further lines are indented."""
    lines: list[str] = []
    rest = text
    while len(rest) > width:
        cut = rest.rfind(" ", indent + 8, width)
        cut = cut if cut > 0 else width
        lines.append(rest[:cut])
        rest = " " * indent + rest[cut:].lstrip()
    return [*lines, rest]


def counts(rows: Sequence[Shown]) -> tuple[int, int]:
    """Rows that differ, and rows that differ in names only."""
    marks = [row.mark for row in rows]
    return marks.count(BUG), marks.count(NOISE)
