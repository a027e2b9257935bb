"""The matrix of contracts and targets, where there is more than one target or profile.

Texts for the terminal and cells for the HTML page; what the verdicts are was decided before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from pytest_kevlar.evidence import Evidence
from pytest_kevlar.outcome import Status

#: One column: a target, or a profile of it, on an architecture.
Column = tuple[str, str]

_GOOD = (Status.PASS, Status.SKIP, Status.XFAIL)


def columns(items: Iterable[Evidence]) -> list[Column]:
    """Return architectures and targets in the order in which they came up first."""
    found = dict.fromkeys((item.arch, place(item)) for item in items)
    archs, targets = ([*dict.fromkeys(pair[at] for pair in found)] for at in (0, 1))
    # Workers report in any order; the names do not.
    return sorted(found, key=lambda pair: (sorted(targets).index(pair[1]), -archs.index(pair[0])))


def place(item: Evidence) -> str:
    """Return what the target is called where there are several, or several profiles."""
    return item.column or item.target


def names(found: Sequence[Column]) -> list[str]:
    """Return the headings: the target, with the architecture where there are several."""
    several = len({arch for arch, _ in found}) > 1
    return [f"{target} {arch}" if several else target for arch, target in found]


def rows(items: Sequence[Evidence]) -> dict[str, dict[Column, Status | None]]:
    """Return the verdicts by contract and column, contracts in order."""
    found: dict[str, dict[Column, Status | None]] = {}
    for item in sorted(items, key=lambda item: item.contract):
        found.setdefault(item.contract, {})[item.arch, place(item)] = item.status
    return found


def differing(row: dict[Column, Status | None]) -> bool:
    """Whether a contract did not simply hold everywhere."""
    return any(status not in (Status.PASS, Status.SKIP) for status in row.values())


def table(items: Sequence[Evidence], verbose: bool = False) -> list[str]:
    """Return the matrix as lines; none if there was one target only.

    Contracts that hold everywhere are counted together unless ``verbose``.
    """
    found = columns(items)
    if len({target for _, target in found}) < 2:
        return []
    contracts = rows(items)
    shown = {name: row for name, row in contracts.items() if verbose or differing(row)}
    lines = [("contract", names(found))]
    lines += [(name, [_word(row.get(column)) for column in found]) for name, row in shown.items()]
    if len(shown) < len(contracts):
        count = len(contracts) - len(shown)
        lines.append((f"{count} more hold", ["PASS"] * len(found)))
    lines.append(("all", [_total(items, column) for column in found]))
    wide = max(len(name) for name, _ in lines)
    widths = [max(len(cells[at]) for _, cells in lines) for at in range(len(found))]
    return [
        "  ".join(
            [name.ljust(wide), *(c.ljust(w) for c, w in zip(cells, widths, strict=True))]
        ).rstrip()
        for name, cells in lines
    ]


def page(items: Sequence[Evidence]) -> str:
    """Return the matrix as HTML, folded; empty if there was one target only."""
    found = columns(items)
    if len({target for _, target in found}) < 2:
        return ""
    contracts = rows(items)
    head = "".join(f"<th>{escape(name)}</th>" for name in names(found))
    body = []
    for name, row in contracts.items():
        cells = "".join(_cell(name, column, row) for column in found)
        body.append(f"<tr><td>{escape(name)}</td>{cells}</tr>")
    differ = sum(map(differing, contracts.values()))
    return (
        f"<details><summary><b>contracts and targets</b>: {differ} of {len(contracts)} differ "
        'somewhere</summary><table class="kevlar-matrix"><thead><tr><th>contract</th>'
        f"{head}</tr></thead><tbody>{''.join(body)}</tbody></table></details>"
    )


def _cell(name: str, column: Column, row: dict[Column, Status | None]) -> str:
    if column not in row:
        return "<td>-</td>"
    status, (arch, target) = row[column], column
    kind = "good" if status in _GOOD else "bad"
    category, _, short = name.rpartition(".")
    words = escape(f"{category}/{short}. ::{arch}-{target}")
    return (
        f'<td class="{kind}"><button class="kevlar-find" data-find="{words}">'
        f"{_word(status)}</button></td>"
    )


def _total(items: Iterable[Evidence], column: Column) -> str:
    counted = Counter(item.status for item in items if (item.arch, place(item)) == column)
    return " ".join(f"{counted[status]} {status.value}" for status in Status if counted[status])


def _word(status: Status | None) -> str:
    return status.value if status else "-"
