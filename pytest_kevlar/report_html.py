"""What pytest-html shows of contracts: five columns, and what is inside an opened row.

All text is escaped here, because pytest-html takes its cells as they are; without
pytest-html nothing of this is called.
"""

from __future__ import annotations

from html import escape

from pytest_kevlar import report_summary, report_trace
from pytest_kevlar.compare import printable
from pytest_kevlar.evidence import Evidence
from pytest_kevlar.outcome import Outcome
from pytest_kevlar.report import diff_lines

_COLUMNS = (
    ("Category", "category"),
    ("Arch", "arch"),
    ("Verdict", "verdict"),
    ("Linux ms", "linux_ms"),
    ("Kernel ms", "kernel_ms"),
)
#: The columns stand between ``Test`` and ``Duration``.
_PLACE = 2

_STYLE = {
    "-": "background:var(--kevlar-bug);color:var(--kevlar-minus)",
    "+": "background:var(--kevlar-good);color:var(--kevlar-plus)",
    "@": "color:var(--kevlar-soft)",
}
_PRE = (
    "margin:2px 0 8px;padding:6px 8px;background:var(--kevlar-back);"
    "border:1px solid var(--kevlar-line);"
    "white-space:pre-wrap;overflow-wrap:anywhere;font:12px/1.45 monospace;color:var(--kevlar-text);"
    "max-height:30em;overflow-y:auto"
)


_PAGE = """<style>
.logwrapper:has(.kevlar) { max-height: none; overflow-y: visible; background: none; }
.logwrapper:has(.kevlar) .logexpander { display: none; }
.logwrapper:has(.kevlar) .log { top: 0; height: auto; padding: 5px; border: 0;
  font-family: inherit; white-space: normal; }
td[class^="col-kevlar"][class$="_ms"] { text-align: right; }
</style>"""


def summary(prefix: list[str], top: str) -> None:
    """Add the summary, and the style of the rows' insides."""
    prefix.append(f"<style>{report_summary.STYLE}{report_trace.STYLE}</style>{_PAGE}{top}")


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
        values = [evidence.category, evidence.arch, status, *times]
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
    for name in ("stdout", "stderr"):
        lines = diff_lines(evidence, name)
        if lines:
            parts.append(f"<div>difference of {name}</div>{_diff(lines)}")
    runs: list[tuple[str, Outcome]] = [("linux", verdict.reference)]
    if verdict.candidate is not None:
        runs.append((evidence.label, verdict.candidate))
    columns = "".join(_side(name, run) for name, run in runs)
    parts.append(f'<div style="display:flex;gap:12px;align-items:flex-start">{columns}</div>')
    if evidence.trace is not None:
        parts.append(report_trace.section(evidence.trace))
    parts.append(f"<div>run again</div>{_pre(evidence.rerun)}")
    return f'<div class="kevlar" style="padding:4px 12px">{"".join(parts)}</div>'


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
    return f'<div style="flex:1;min-width:0">{"".join(parts)}</div>'


def _diff(lines: list[str]) -> str:
    rows = []
    for line in lines:
        style = (
            "color:var(--kevlar-soft)" if line[:3] in ("---", "+++") else _STYLE.get(line[:1], "")
        )
        rows.append(f'<div style="{style}">{escape(line) or "&nbsp;"}</div>')
    return f'<div class="kevlar-diff" style="{_PRE}">{"".join(rows)}</div>'


def _pre(text: str) -> str:
    return f'<pre style="{_PRE}">{escape(text)}</pre>'
