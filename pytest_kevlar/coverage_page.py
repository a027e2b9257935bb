"""The coverage of the interface as a JSON file and a page of its own."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from pytest_kevlar.coverage import headline

_STYLE = """
:root { color-scheme: light dark; }
body { font: 14px/1.5 system-ui, sans-serif; margin: 1.5em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 3px 10px; border-bottom: 1px solid #8884;
  vertical-align: top; overflow-wrap: anywhere; }
td.n { text-align: right; }
tr.none td { opacity: .65; }
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
    for name, call in found["calls"].items():
        kind = "" if call["count"] else ' class="none"'
        partial = (
            f"<br><small>partial: {escape(call['partial'])}</small>" if call["partial"] else ""
        )
        if not call["declared"]:
            partial = "<br><small>not implemented</small>"
        rows.append(
            f"<tr{kind}><td><b>{escape(name)}</b>{partial}</td>"
            f'<td class="n">{call["count"]}</td><td class="n">{call["contracts"]}</td>'
            f"<td><code>{escape(' '.join(call['errnos']))}</code></td>"
            f"<td><code>{escape(' '.join(call['names']))}</code></td>"
            f"<td>{escape(', '.join(call['sides']))}</td></tr>"
        )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Coverage of the interface</title><style>{_STYLE}</style>"
        f"<h1>Coverage of the interface</h1><p>{escape(headline(found))}</p>"
        f'<input type="search" placeholder="find a call, a flag, an errno" oninput="{_SEARCH}">'
        "<table><thead><tr><th>call</th><th>made</th><th>contracts</th><th>errnos</th>"
        f"<th>names</th><th>on</th></tr></thead><tbody>{''.join(rows)}</tbody></table></html>\n"
    )
