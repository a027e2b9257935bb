"""The writer of docs/peers.md: witnesses are run and judged, every row needs one of them."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_kevlar.runners.linux import LinuxRunner

if not shutil.which("gcc"):
    pytest.skip("gcc is not installed", allow_module_level=True)

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
peers = importlib.import_module("peers")
witnesses = importlib.import_module("peers_witnesses")
sys.path.remove(str(ROOT / "benchmarks"))

DIFFERS = r"""
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    int peer = getenv("PEER") != NULL;
    dprintf(1, "always: 1\nseen: %s\n", peer ? "a|b" : "no");
    return peer ? 3 : 0;
}
"""
AGREES = r"""
#include <stdio.h>
int main(void) { dprintf(1, "always: 1\n"); return 0; }
"""
WAITS = r"""
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void)
{
    dprintf(1, "begun: 1\n");
    if (getenv("PEER"))
        pause();
    dprintf(1, "ended: 1\n");
}
"""
WORDS = """
[about]
page = "Of all."
peer = "Of one."
[notes.peer]
"a.two" = "`two()`"
[[peer]]
title = "A group"
text = "It is so."
contracts = {differs = ["a.*"]}
call = {differs = "`one()`"}
[[peer]]
title = "Another"
text = "It is not."
contracts = ["b.*"]
witnesses = ["waits"]
"""
JUNIT = """
<testsuites><testsuite>{cases}</testsuite></testsuites>
"""
CASE = """
<testcase classname="contracts.{name}.c" name="{arch}">
<properties>
<property name="kevlar_category" value="a"/><property name="kevlar_target" value="peer"/>
<property name="kevlar_verdict" value="{verdict}"/>
</properties>{failure}</testcase>
"""


class Peer(LinuxRunner):
    """Linux, but for a variable by which a program knows that it is not."""

    name = "peer"

    def run(self, job):
        return super().run(replace(job, environment={**job.environment, "PEER": "1"}))


def case(name: str, reason: str = "", arch: str = "x86_64") -> str:
    verdict = reason.partition(":")[0] or "PASS"
    failure = f'<failure message="{reason}"/>' if reason else ""
    return CASE.format(name=name, arch=arch, verdict=verdict, failure=failure)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Writes witnesses and a file of results for the target `peer`."""
    monkeypatch.setattr(witnesses, "PLACE", tmp_path / "peers")
    monkeypatch.setattr(witnesses, "SECONDS", 1.0)
    monkeypatch.setattr(peers, "HANDWRITTEN", tmp_path / "peers.toml")
    monkeypatch.setattr(peers, "RUNNERS", {"peer": Peer})
    (tmp_path / "peers" / "peer").mkdir(parents=True)

    def install(*cases: str, **programs: str) -> None:
        (tmp_path / "peers.toml").write_text(WORDS)
        for name, text in programs.items():
            (tmp_path / "peers" / "peer" / f"{name}.c").write_text(text)
        junit = tmp_path / "junit.xml"
        junit.write_text(JUNIT.format(cases="".join(cases)))
        assert peers.main(["--results", "peer", str(tmp_path / "none"), str(junit)]) == 0

    return install


def test_a_witness_is_run_on_both_sides_and_what_differs_is_kept(place, capsys) -> None:
    place(case("a.one"), differs=DIFFERS, waits=WAITS)
    assert peers.main(["--witnesses", "peer"]) == 0
    kept = witnesses.read("peer")
    assert [(line.what, line.linux, line.peer) for line in kept["differs"]["x86_64"]] == [
        ("seen", "no", "a|b"),
        ("it ends", "exit status 0", "exit status 3"),
    ]
    assert [(line.what, line.linux, line.peer) for line in kept["waits"]["x86_64"]] == [
        ("ended", "1", witnesses.UNSAID),
        ("it ends", "exit status 0", "no end after 1 s"),
    ]


def test_a_witness_that_does_not_differ_is_an_error(place, capsys) -> None:
    place(case("a.one"), differs=DIFFERS, agrees=AGREES)
    assert peers.main(["--witnesses", "peer"]) == 1
    assert capsys.readouterr().err == "the witness agrees does not differ on peer\n"
    assert peers.main(["--witnesses", "peer", "differs"]) == 0
    assert peers.main(["--witnesses", "peer", "nobody"]) == 1


@pytest.mark.parametrize("words", [["--witnesses", "nobody"], ["--results", "peer", "traces"]])
def test_what_makes_no_sense_is_a_usage_line(place, words, capsys) -> None:
    place(case("a.one"))
    with pytest.raises(SystemExit, match="2"):
        peers.main(words)
    assert capsys.readouterr().err.startswith("usage: ")


def test_the_page_has_a_table_of_lines_and_one_of_rows(place, capsys) -> None:
    first = case("a.one", "DIVERGE: line 1: x|y")
    others = [case("a.two", "DIVERGE: z"), case("b.three", "TIMEOUT: no end"), case("b.four")]
    place(first, *others, differs=DIFFERS, waits=WAITS)
    peers.main(["--witnesses", "peer"])
    capsys.readouterr()
    assert peers.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    release = Peer().version()
    assert f"| peer {release}, x86_64 | 4 | 1 | 2 | 1 | 0 | 0 |" in lines
    assert "### A group: 2" in lines
    link = "[differs](../benchmarks/peers/peer/differs.c)"
    assert f"| {link} | seen | no | a\\|b |" in lines
    assert "| a.one | line 1: x\\|y | `one()` | differs |" in lines
    assert "| a.two | z | `two()` | differs |" in lines
    assert "| b.three | TIMEOUT: no end | - |" in lines


def test_the_page_in_the_documentation_is_what_the_files_say(capsys) -> None:
    peers.main([])
    assert capsys.readouterr().out == (ROOT / "docs" / "peers.md").read_text("utf-8")


def test_a_later_file_of_results_wins(place, tmp_path) -> None:
    place(case("a.one", "TIMEOUT: no end"), case("a.two", "DIVERGE: z"))
    later = tmp_path / "later.xml"
    later.write_text(JUNIT.format(cases=case("a.one")))
    junits = [str(tmp_path / "junit.xml"), str(later)]
    assert peers.main(["--results", "peer", str(tmp_path), *junits]) == 0
    kept = json.loads((tmp_path / "peers" / "peer" / "results.json").read_text())
    run = kept["runs"]["x86_64"]
    assert (run["contracts"], run["verdicts"]) == (2, {"DIVERGE": 1, "PASS": 1})
    assert [row["contract"] for row in run["rows"]] == ["a.two"]


def test_a_row_that_nothing_shows_is_an_error_and_so_is_what_shows_no_row(place, capsys) -> None:
    rows = case("a.one", "DIVERGE: x"), case("c.alone", "DIVERGE: y")
    place(*rows, differs=DIFFERS, strange=DIFFERS)
    peers.main(["--witnesses", "peer", "strange"])
    capsys.readouterr()
    assert peers.main([]) == 1
    said = capsys.readouterr()
    assert "No witness shows these (2): a.one, c.alone." in said.out.splitlines()
    assert said.err.splitlines() == [
        "peer: the witness differs has not been run",
        "peer: the witness strange belongs to no group",
        "peer: the witness waits has not been run",
        "peer: the note on a.two is about no row",
        "peer: no witness shows a.one on x86_64",
        "peer: no row is of the group 'Another'",
        "peer: no witness shows c.alone on x86_64",
    ]


@pytest.mark.parametrize(
    ("said", "call"),
    [
        ("x: setuid(0) returned 0, errno 0; expected -1, EPERM", "`setuid(0)` = 0, not -1 EPERM"),
        ("x: f(1) returned -1, errno EIO; expected -1, EPERM", "`f(1)` = -1 EIO, not -1 EPERM"),
        ("x: f(1) == 0 is false (errno EPERM, line 5)", "`f(1) == 0` is false, EPERM"),
        ("x: f(1) == 0 is false (errno 0, line 5)", "-"),
        ("x: it is not so", "-"),
    ],
)
def test_the_call_that_a_contract_names_is_the_guilty_one(place, tmp_path, said, call) -> None:
    place(case("a.one"))
    line = f"CONTRACT_FAIL {said}"
    reason = f"line 1: Linux 'x: 1', under test '{line[:20]}…'"
    shown = f'<failure message="{reason}">+{line}\n</failure>'
    one = CASE.format(name="a.one", arch="x86_64", verdict="DIVERGE", failure=shown)
    junit = tmp_path / "failed.xml"
    junit.write_text(JUNIT.format(cases=one))
    assert peers.main(["--results", "peer", str(tmp_path), str(junit)]) == 0
    kept = json.loads((tmp_path / "peers" / "peer" / "results.json").read_text())
    assert [row["call"] for row in kept["runs"]["x86_64"]["rows"]] == [call]


def test_architectures_that_say_the_same_share_a_row(place, capsys) -> None:
    rows = (
        case("a.one", "DIVERGE: pid 77"),
        case("a.one", "DIVERGE: pid 8 (exit status 1)", "arm64"),
    )
    place(*rows, case("a.two", "DIVERGE: z", "arm64"), differs=DIFFERS)
    peers.main([])
    lines = capsys.readouterr().out.splitlines()
    assert "| a.one | pid 77 | `one()` | differs |" in lines
    assert "| a.two (arm64) | z | `two()` | differs |" in lines
    assert "| arm64 only: A group (1) | a.two |" in lines


def test_a_row_of_one_architecture_has_a_cause_of_its_own(place, tmp_path, capsys) -> None:
    rows = [case("a.one", f"DIVERGE: on {arch}", arch) for arch in ("x86_64", "arm64")]
    place(*rows, differs=DIFFERS, waits=WAITS)
    words = WORDS.replace("contracts = {", 'contracts = {waits = ["a.*@arm64"], ').replace(
        "call = {", 'call = {"waits@arm64" = "`three()`", '
    )
    (tmp_path / "peers.toml").write_text(words)
    peers.main([])
    lines = capsys.readouterr().out.splitlines()
    assert "| x86_64, by another line: A group (1) | a.one |" in lines
    assert "| arm64, by another line: A group (1) | a.one |" in lines
    assert "| a.one (x86_64) | on x86_64 | `one()` | differs |" in lines
    assert "| a.one (arm64) | on arm64 | `three()` | waits |" in lines
