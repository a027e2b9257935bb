"""The top of the HTML page: counts by category and architecture, what is slow, what is stale.

Drawn from evidence; the rows below it are ``report_html.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from pytest_kevlar.evidence import Evidence
from pytest_kevlar.outcome import Status

STYLE = """
:root { color-scheme: light dark; --kevlar-text: #1f2328; --kevlar-back: #f6f8fa;
  --kevlar-line: #d0d7de; --kevlar-bug: #ffebe9; --kevlar-good: #dafbe1;
  --kevlar-soft: #59636e; --kevlar-plus: #055d20; --kevlar-minus: #82071e;
  --kevlar-page: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --kevlar-text: #e6edf3; --kevlar-back: #161b22; --kevlar-line: #3d444d;
    --kevlar-bug: #67060c66; --kevlar-good: #033a1666; --kevlar-soft: #9198a1;
    --kevlar-plus: #7ee787; --kevlar-minus: #ffa198; --kevlar-page: #0d1117; }
  body, .kevlar { background: var(--kevlar-page); color: var(--kevlar-text); }
  body h1, body h2, body h4, body p, body label, body .kevlar p, .run-count, .filter {
    color: var(--kevlar-text); }
  #results-table th, #environment td, #results-table td { border-color: var(--kevlar-line);
    color: var(--kevlar-text); background: var(--kevlar-page); }
  #environment tr:nth-child(odd) { background: var(--kevlar-back); }
  a { color: #58a6ff; } .logwrapper, .log { background: var(--kevlar-page);
    color: var(--kevlar-text); } span.passed, .passed .col-result { color: #3fb950; }
  .filters button, .collapse button { color: var(--kevlar-text); }
}
body { max-width: 100%; min-width: 0; box-sizing: border-box; }
.kevlar-matrix { border-collapse: collapse; margin: 8px 0; font-size: 13px; }
.kevlar-matrix th, .kevlar-matrix td { border: 1px solid var(--kevlar-line); padding: 3px 9px;
  text-align: right; }
.kevlar-matrix th:first-child, .kevlar-matrix td:first-child { text-align: left; }
.kevlar-matrix .good { background: var(--kevlar-good); }
.kevlar-matrix .bad { background: var(--kevlar-bug); font-weight: bold; }
.kevlar-top { display: flex; flex-wrap: wrap; gap: 8px 32px; }
.kevlar-top > div { max-width: 100%; overflow-x: auto; }
@media (max-width: 700px) {
  body { padding: 8px; } #results-table { display: block; overflow-x: auto; font-size: 11px; }
  .summary { display: block; } .col-kevlar_linux_ms, .col-kevlar_category { display: none; }
  th[data-column-type="kevlar_linux_ms"], th[data-column-type="kevlar_category"] {
    display: none; }
  .kevlar > div[style*="flex"] { display: block !important; }
  .kevlar { max-width: calc(100vw - 70px); } .filters, .collapse { display: block; }
}
"""
#: What counts as good in the matrix.
_GOOD = (Status.PASS, Status.SKIP, Status.XFAIL)
#: Contracts listed as slow.
_SLOW = 8


def top(items: Sequence[Evidence], line: str, notes: Iterable[str]) -> str:
    """The whole summary.

    Args:
        line: the counts as the terminal shows them.
        notes: stale divergences, coverage; one line each.
    """
    parts = [f"<p><b>kevlar:</b> {escape(line)}</p>", '<div class="kevlar-top">']
    parts.append(f"<div>{_matrix(items)}</div><div>{_slowest(items)}</div></div>")
    parts += [f'<p class="kevlar-line">{escape(note)}</p>' for note in notes]
    return "".join(parts)


def _matrix(items: Sequence[Evidence]) -> str:
    archs = sorted({item.arch for item in items}, reverse=True)
    categories = sorted({item.category for item in items})
    counted = Counter((item.category, item.arch, item.status) for item in items)
    head = "".join(f"<th>{escape(arch)}</th>" for arch in archs)
    rows = []
    for category in categories:
        cells = "".join(_cell(counted, category, arch) for arch in archs)
        rows.append(f"<tr><td>{escape(category)}</td>{cells}</tr>")
    return (
        f'<table class="kevlar-matrix"><thead><tr><th>category</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _cell(counted: Counter[tuple[str, str, Status | None]], category: str, arch: str) -> str:
    found = [(status, counted[category, arch, status]) for status in Status]
    texts = [f"{count} {status.value}" for status, count in found if count]
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
        f"<tr><td>{escape(item.contract)}</td><td>{escape(item.arch)}</td>"
        f"<td>{seconds * 1000:.0f} ms</td></tr>"
        for seconds, item in timed[:_SLOW]
    )
    return (
        '<table class="kevlar-matrix"><thead><tr><th>slowest</th><th>arch</th><th>time</th></tr>'
        f"</thead><tbody>{rows}</tbody></table>"
    )
