"""The top of the HTML page: counts by category and architecture, what is slow, what is stale.

Drawn from evidence; the rows below it are ``report_html.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from pytest_kevlar import report_matrix
from pytest_kevlar.evidence import Evidence
from pytest_kevlar.outcome import Status

#: What counts as good in the matrix.
_GOOD = (Status.PASS, Status.SKIP, Status.XFAIL)
#: Contracts listed as slow.
_SLOW = 8


#: Stale entries shown without being asked for.
_FEW = 3


def top(items: Sequence[Evidence], line: str, stale: Sequence[str], notes: Iterable[str]) -> str:
    """The whole summary.

    Args:
        line: the counts as the terminal shows them.
        stale: what is said of stale divergences, one line each.
        notes: coverage and the like; one line each.
    """
    parts = [f"<p><b>kevlar:</b> {escape(line)}</p>"]
    if stale:
        lines = "".join(f'<div class="kevlar-line">{escape(text)}</div>' for text in stale)
        opened = " open" if len(stale) <= _FEW else ""
        count = f"{len(stale)} stale known divergence{'s' if len(stale) > 1 else ''}"
        parts.append(f"<details{opened}><summary><b>{count}</b></summary>{lines}</details>")
    parts.append(f'<div class="kevlar-top"><div>{_matrix(items)}</div>')
    parts.append(f"<div>{_slowest(items)}</div></div>")
    parts.append(report_matrix.page(items))
    parts += [f'<p class="kevlar-line">{escape(note)}</p>' for note in notes]
    return "".join(parts)


def _matrix(items: Sequence[Evidence]) -> str:
    sides = report_matrix.columns(items)
    several = len({target for _, target in sides}) > 1
    names = [f"{arch}-{target}" if several else arch for arch, target in sides]
    categories = sorted({item.category for item in items})
    counted: Counter[tuple[str, str, Status | None]] = Counter()
    for item in items:
        name = f"{item.arch}-{report_matrix.place(item)}" if several else item.arch
        counted[item.category, name, item.status] += 1
        counted["", name, item.status] += 1
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = []
    for category in (*categories, ""):
        cells = "".join(_cell(counted, category, name) for name in names)
        text = _find(escape(category), f"{category}/") if category else "all"
        kind = "" if category else ' class="total"'
        rows.append(f"<tr{kind}><td>{text}</td>{cells}</tr>")
    return (
        f'<table class="kevlar-matrix"><thead><tr><th>category</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _find(text: str, words: str) -> str:
    """Something that looks its words up among the rows when it is pressed."""
    return f'<button class="kevlar-find" data-find="{escape(words)}">{text}</button>'


def _cell(counted: Counter[tuple[str, str, Status | None]], category: str, arch: str) -> str:
    found = [(status, counted[category, arch, status]) for status in Status]
    place = f"{category}/ ::{arch}" if category else f"::{arch}"
    texts = [
        _find(f"{count} {status.value}", f"{place} {status.value}")
        for status, count in found
        if count
    ]
    bad = any(count for status, count in found if count and status not in _GOOD)
    kind = "bad" if bad else "good" if texts else ""
    return f'<td class="{kind}">{"<br>".join(texts) or "-"}</td>'


def _slowest(items: Sequence[Evidence]) -> str:
    timed = [
        (run.seconds, item)
        for item in items
        if item.verdict is not None and (run := item.verdict.candidate) is not None
    ]
    timed.sort(key=lambda pair: -pair[0])
    rows = "".join(
        f"<tr><td>{_find(escape(item.contract), _row(item))}</td><td>{escape(item.arch)}</td>"
        f"<td>{seconds * 1000:.0f} ms</td></tr>"
        for seconds, item in timed[:_SLOW]
    )
    return (
        '<table class="kevlar-matrix"><thead><tr><th>slowest</th><th>arch</th><th>time</th></tr>'
        f"</thead><tbody>{rows}</tbody></table>"
    )


def _row(item: Evidence) -> str:
    name = item.contract.removeprefix(f"{item.category}.")
    return f"{item.category}/{name}. ::{item.arch}"
