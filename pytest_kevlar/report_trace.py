"""What pytest-html shows of a comparison of system calls, inside a row that can be opened.

Every mark is a letter, too, so that the page can be read without colour; all text is
escaped here.
"""

from __future__ import annotations

from html import escape

from pytest_kevlar.trace.explain import Explanation, Shown

STYLE = """
.kevlar-calls { border-collapse: collapse; width: 100%; table-layout: fixed;
  font: 12px/1.45 monospace; color: var(--kevlar-text); background: var(--kevlar-back); }
.kevlar-calls td, .kevlar-calls th { border: 1px solid var(--kevlar-line); padding: 2px 6px;
  text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.kevlar-calls td:first-child, .kevlar-calls th:first-child { width: 1.2em; text-align: center; }
.kevlar-calls .BUG td { background: var(--kevlar-bug); }
.kevlar-calls .NOISE td { color: var(--kevlar-soft); }
.kevlar-calls .note td { font-weight: bold; background: var(--kevlar-bug); }
.kevlar-source { font: 12px/1.45 monospace; margin: 4px 0; padding: 6px 8px; overflow-x: auto;
  background: var(--kevlar-back); border: 1px solid var(--kevlar-line); white-space: pre; }
.kevlar-source b { background: var(--kevlar-bug); }
.kevlar input[type=search] { font: inherit; width: 100%; max-width: 30em; margin: 4px 0; }
.kevlar-sentence { font-weight: bold; font-size: 1.1em; }
.kevlar-line { font: 12px/1.45 monospace; overflow-wrap: anywhere; }
"""

_SEARCH = (
    "for(const r of this.parentElement.querySelectorAll('tbody tr'))"
    "r.hidden=!r.textContent.toLowerCase().includes(this.value.toLowerCase())"
)
_SIGN = {"BUG": "!", "NOISE": "~"}


def section(found: Explanation) -> str:
    """The comparison as HTML: sentence, source, window; the rest folded."""
    if found.trouble:
        return f"<p>no comparison of system calls: {escape(found.trouble)}</p>"
    parts = ["<h4>system calls</h4>"]
    text = found.sentence or "the same on both sides"
    parts.append(f'<p class="kevlar-sentence">{escape(text)}</p>')
    if found.source:
        lines = []
        for number, line in found.source:
            shown = escape(f"{'>' if number == found.line else ' '} {number:>5}  {line}")
            lines.append(f"<b>{shown}</b>" if number == found.line else shown)
        parts.append(f'<div class="kevlar-source">{chr(10).join(lines)}</div>')
    window = [row for row in found.rows if row.window]
    if window:
        parts.append(_table(found, window))
    if len(found.rows) > len(window):
        left_out = f", {found.left_out} left out" if found.left_out else ""
        parts.append(
            f"<details><summary>all {len(found.rows)} events{left_out}</summary>"
            f'<input type="search" placeholder="find a call" oninput="{_SEARCH}">'
            f"{_table(found, found.rows)}</details>"
        )
    parts.append(f'<p class="kevlar-line">{escape(found.summary)}</p>')
    parts += [f'<p class="kevlar-line">trace: {escape(path)}</p>' for path in found.files]
    return "".join(parts)


def _table(found: Explanation, rows: list[Shown]) -> str:
    head = (
        f"<thead><tr><th></th><th>{escape(found.reference or 'linux')}</th>"
        "<th>under test</th></tr></thead>"
    )
    return f'<table class="kevlar-calls">{head}<tbody>{"".join(map(_row, rows))}</tbody></table>'


def _row(row: Shown) -> str:
    left = _cell(row.left, row.left_result)
    right = _cell(row.right, row.right_result)
    text = f'<tr class="{row.mark}"><td>{_SIGN.get(row.mark, "")}</td>{left}{right}</tr>'
    place = f" [{row.place}]" if row.place else ""
    for note in row.notes:
        text += f'<tr class="note"><td></td><td colspan="2">^ {escape(note + place)}</td></tr>'
    return text


def _cell(call: str, result: str) -> str:
    if not call:
        return "<td>-</td>"
    return f"<td>{escape(call)}{' = ' + escape(result) if result else ''}</td>"
