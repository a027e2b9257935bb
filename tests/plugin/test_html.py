"""What pytest-html's report holds, and that nothing depends on pytest-html."""

from __future__ import annotations

import html
import json
import re

import pytest

pytest.importorskip("pytest_html")

TRICKY = """
/* Contract: markup is text. */
#include "contract.h"
int main(void) { puts("</script><b>bold</b> & more"); contract_pass(); }
"""


def rows(pytester) -> dict[str, dict]:
    """Return the rows of the report by test id, as the page's own script gets them."""
    text = (pytester.path / "report.html").read_text()
    blob = re.search(r'data-jsonblob="([^"]*)"', text)
    assert blob
    tests = json.loads(html.unescape(blob[1]))["tests"]
    return {name: entries[0] for name, entries in tests.items()}


def cell(row: dict, name: str) -> str:
    found = re.search(rf'<td class="col-kevlar_{name}">(.*?)</td>', str(row["resultsTableRow"]))
    assert found
    return found[1].strip()


def test_columns_and_details(tree, run, pytester) -> None:
    tree("a/one", "b/diverges", b__broken="int main(")
    run("contracts", "--html=report.html", "--self-contained-html")
    text = (pytester.path / "report.html").read_text()
    for title in ("Category", "Arch", "Target", "Verdict", "Linux ms", "Kernel ms"):
        assert f">{title}</th>" in text
    assert "<b>kevlar:</b> 1 PASS | 1 DIVERGE | 1 ERROR" in text
    found = rows(pytester)
    passed = found["contracts/a/one.c::x86_64"]
    assert [cell(passed, name) for name in ("category", "arch", "verdict", "kernel_ms")] == [
        "a",
        "x86_64",
        "PASS",
        "12.3",
    ]
    assert "answer: 42" in passed["log"]
    diverged = found["contracts/b/diverges.c::x86_64"]
    assert cell(diverged, "verdict") == "DIVERGE"
    assert ">-answer: 42</div>" in diverged["log"]
    assert ">+answer: 41</div>" in diverged["log"]
    assert "pytest contracts/b/diverges.c::x86_64" in diverged["log"]
    broken = found["contracts/b/broken.c::x86_64"]
    assert cell(broken, "verdict") == "ERROR"
    assert "does not compile" in broken["log"]


def test_the_top_leads_to_the_rows(tree, run, pytester) -> None:
    root = tree("a/one", "b/diverges", "b/fine")
    (root / "known-divergences.json").write_text('{"b.fine": "was wrong"}')
    run("contracts", "--html=report.html", "--self-contained-html")
    text = (pytester.path / "report.html").read_text()
    assert '<input type="search" id="kevlar-search"' in text
    assert 'data-find="b/ ::x86_64 DIVERGE">1 DIVERGE</button>' in text
    assert 'data-find="a/one. ::x86_64">a.one</button>' in text
    assert "<summary><b>1 stale known divergence</b></summary>" in text
    assert not re.findall(r"""(?:src|href)=["']?(?!https://pypi)\w*:?//""", text)


def test_columns_sort_times_as_numbers(tree, run, pytester) -> None:
    tree("a/one")
    run("contracts", "--html=report.html", "--self-contained-html")
    row = rows(pytester)["contracts/a/one.c::x86_64"]
    assert row["kevlar_kernel_ms"] == "12.3".rjust(10)
    assert row["kevlar_verdict"] == "PASS"


def test_what_a_contract_prints_is_text_not_markup(tree, run, pytester) -> None:
    tree(a__one=TRICKY)
    run("contracts", "--html=report.html", "--self-contained-html")
    log = rows(pytester)["contracts/a/one.c::x86_64"]["log"]
    assert "<b>bold</b>" not in log
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in log


def test_rows_come_from_workers_too(tree, run, pytester) -> None:
    tree("a/one", "b/diverges")
    run("contracts", "--html=report.html", "-n2", subprocess=True)
    found = rows(pytester)
    assert cell(found["contracts/b/diverges.c::x86_64"], "verdict") == "DIVERGE"
    assert ">+answer: 41</div>" in found["contracts/b/diverges.c::x86_64"]["log"]


def test_other_tests_keep_their_rows(tree, run, pytester) -> None:
    tree("a/one")
    pytester.makepyfile(test_it="def test_it(): assert 0")
    run("--html=report.html").assert_outcomes(passed=1, failed=1)
    row = rows(pytester)["test_it.py::test_it"]
    assert cell(row, "verdict") == ""
    assert "assert 0" in row["log"]


@pytest.mark.parametrize("name", ["html", "xdist", "terminal", "cacheprovider", "skipping"])
def test_no_other_plugin_is_needed(tree, run, name, monkeypatch, tmp_path) -> None:
    tree("a/one")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert run("contracts", "-p", f"no:{name}").ret == 0
