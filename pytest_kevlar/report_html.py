"""What pytest-html shows of contracts: six columns, and what is inside an opened row.

All text is escaped here, because pytest-html takes its cells as they are; without
pytest-html nothing of this is called.
"""

from __future__ import annotations

from html import escape

from pytest_kevlar import report_page, report_trace
from pytest_kevlar.compare import printable
from pytest_kevlar.evidence import Evidence
from pytest_kevlar.outcome import Outcome
from pytest_kevlar.report import diff_lines

_COLUMNS = (
    ("Category", "category"),
    ("Arch", "arch"),
    ("Target", "target"),
    ("Verdict", "verdict"),
    ("Linux ms", "linux_ms"),
    ("Kernel ms", "kernel_ms"),
)
#: The columns stand between ``Test`` and ``Duration``.
_PLACE = 2

_KINDS = {"-": "minus", "+": "plus", "@": "hunk"}


def summary(prefix: list[str], top: str) -> None:
    """Add the summary, the search, and the style of everything."""
    style = f"{report_page.head()}<style>{report_trace.STYLE}</style>"
    prefix.append(style + top + report_page.search())


def header_cells(cells: list[str]) -> None:
    """Add the headings of our columns."""
    for offset, (title, name) in enumerate(_COLUMNS):
        kind = f"kevlar_{name}"
        cells.insert(
            _PLACE + offset, f'<th class="sortable" data-column-type="{kind}">{title}</th>'
        )


def row_cells(cells: list[str], evidence: Evidence | None) -> None:
    """Add our columns to a row; they are empty for what is no contract."""
    values = [""] * len(_COLUMNS)
    if evidence is not None:
        status = evidence.status.value if evidence.status else ""
        # pytest-html sorts texts; with spaces before them, numbers sort as numbers.
        times = [time.rjust(10) if time else "" for time in evidence.milliseconds()]
        values = [
            evidence.category,
            evidence.arch,
            evidence.column or evidence.target,
            status,
            *times,
        ]
    for offset, ((_, name), value) in enumerate(zip(_COLUMNS, values, strict=True)):
        cells.insert(_PLACE + offset, f'<td class="col-kevlar_{name}">{escape(value)}</td>')


def details(evidence: Evidence) -> str:
    """Return the inside of an opened row: reason, diffs, both sides, how to rerun."""
    verdict = evidence.verdict
    if verdict is None:
        return ""
    parts = []
    if evidence.reason() and verdict.reason:
        parts.append(f"<p><b>{escape(evidence.reason())}</b></p>")
    if evidence.known:
        parts.append(f"<p>known divergence: {escape(evidence.known)}</p>")
    if evidence.schedule():
        parts.append(f"<p>seed {escape(evidence.schedule())}</p>")
    for name in ("stdout", "stderr"):
        lines = diff_lines(evidence, name)
        if lines:
            parts.append(f"<div>difference of {name}</div>{_diff(lines)}")
    runs: list[tuple[str, Outcome]] = [(evidence.reference, verdict.reference)]
    if verdict.candidate is not None:
        runs.append((evidence.label, verdict.candidate))
    columns = "".join(_side(name, run) for name, run in runs)
    parts.append(f'<div class="kevlar-sides">{columns}</div>')
    if evidence.trace is not None:
        parts.append(report_trace.section(evidence.trace))
    parts.append(f"<div>run again</div>{_pre(evidence.rerun)}")
    return f'<div class="kevlar">{"".join(parts)}</div>'


def _side(name: str, run: Outcome) -> str:
    parts = [f"<div><b>{escape(name)}</b>: {escape(run.describe())}</div>"]
    for stream in ("stdout", "stderr"):
        data = getattr(run, stream)
        if data:
            text = "\n".join(printable(data))
            parts.append(f"<div>{stream}</div>{_pre(text)}")
    parts += [f"<div>{escape(note)}</div>" for note in run.notes]
    if run.state:
        parts.append(f"<div>state of the machine</div>{_pre(run.state)}")
    if run.traceback:
        parts.append(f"<details><summary>traceback</summary>{_pre(run.traceback)}</details>")
    return f"<div>{''.join(parts)}</div>"


def _diff(lines: list[str]) -> str:
    rows = []
    for line in lines:
        kind = "hunk" if line[:3] in ("---", "+++") else _KINDS.get(line[:1], "")
        rows.append(f'<div class="{kind}">{escape(line) or "&nbsp;"}</div>')
    return f'<div class="kevlar-diff kevlar-pre">{"".join(rows)}</div>'


def _pre(text: str) -> str:
    return f'<pre class="kevlar-pre">{escape(text)}</pre>'
