"""The coverage of the interface as a JSON file and a page of its own."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from pytest_kevlar.coverage import headline, one_sided, seen, untouched

_STYLE = """
:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 1.5em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 3px 10px; border-bottom: 1px solid #8884;
  vertical-align: top; }
td:nth-child(1) { min-width: 12em; } td:nth-child(4) { width: 30%; } td:nth-child(5) { width: 40%; }
td:last-child { white-space: nowrap; } code { overflow-wrap: anywhere; }
td.n, th.n { text-align: right; }
tr.none td, code.none { color: #777; }
@media (prefers-color-scheme: dark) { tr.none td, code.none { color: #999; } }
@media (max-width: 700px) { body { margin: .6em; } table, tbody, tr { display: block; }
  thead { display: none; } tr { padding: 5px 0; border-bottom: 1px solid #8884; }
  tr[hidden] { display: none; }
  td:nth-child(n) { display: block; border: 0; padding: 0; text-align: left; width: auto; }
  td:empty, td:not(:has(*)):empty { display: none; } td.n:nth-child(n) { display: inline; }
  td[data-what]::before { content: attr(data-what) " "; color: #888; font-size: 12px; } }
tr.none td:first-child::after { content: " (untouched)"; }
code { font-size: 12px; }
input { width: 100%; padding: 6px; margin: 1em 0; box-sizing: border-box; font-size: 16px; }
"""
_SEARCH = (
    "for(const r of document.querySelectorAll('tbody tr'))"
    "r.hidden=!r.textContent.toLowerCase().includes(this.value.toLowerCase())"
)


def write(path: Path, found: dict[str, Any]) -> None:
    """Write ``path.json`` and ``path.html``."""
    base = path.with_suffix("") if path.suffix in (".json", ".html") else path
    base.parent.mkdir(parents=True, exist_ok=True)
    base.with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    base.with_suffix(".html").write_text(page(found), "utf-8")


def page(found: dict[str, Any]) -> str:
    """The whole page."""
    rows = []
    references = found["references"]
    for name, call in found["calls"].items():
        kind = "" if call["count"] else ' class="none"'
        partial = (
            f"<br><small>partial: {escape(call['partial'])}</small>" if call["partial"] else ""
        )
        if not call["declared"]:
            partial = "<br><small>not implemented</small>"
        rows.append(
            f"<tr{kind}><td><b>{escape(name)}</b>{partial}</td>"
            f'<td class="n" data-what="made">{call["count"]}</td>'
            f'<td class="n" data-what="&ensp;contracts">{call["contracts"]}</td>'
            f"<td><code>{escape(' '.join(seen(call, 'errnos', references)))}</code></td>"
            f"<td><code>{escape(' '.join(seen(call, 'names', references)))}</code>"
            f"{_never_given(found['untouched_names'].get(name, []))}</td>"
            f"<td>{'<br>'.join(map(escape, call['sides']))}</td></tr>"
        )
    lists = "".join(
        f"<details><summary>{escape(title)}: {len(names)}</summary>"
        f"<p><code>{escape(' '.join(names))}</code></p></details>"
        for title, names in untouched(found) + one_sided(found)
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Coverage of the interface</title><style>{_STYLE}</style>"
        f"<h1>Coverage of the interface</h1><p>{escape(headline(found))}</p>{lists}"
        f'<input type="search" placeholder="find a call, a flag, an errno" oninput="{_SEARCH}">'
        "<table><thead><tr><th>call</th><th class='n'>made</th>"
        f"<th class='n'>contracts</th><th>errnos</th><th>names</th>"
        f"<th>on</th></tr></thead><tbody>{''.join(rows)}</tbody></table></html>\n"
    )


def _never_given(names: list[str]) -> str:
    if not names:
        return ""
    return f'<br><small>untouched: <code class="none">{escape(" ".join(names))}</code></small>'
