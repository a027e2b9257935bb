"""Several targets at once: items, matrix, bound entries, places, versions."""

from __future__ import annotations

import json
import re
import threading
import time

import pytest

from pytest_kevlar.places import Places

TWO = """
import time
from pathlib import Path
from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners.base import Capabilities

GOOD = b"answer: 42\\nCONTRACT_PASS\\n"


class One:
    name = "one"

    def unavailable(self, arch):
        return ""

    def run(self, job):
        bad = job.program.name == "diverges"
        return Outcome(Ending.EXITED, stdout=GOOD.replace(b"42", b"41") if bad else GOOD)

    def close(self):
        pass


class Two(One):
    name = "two"
    capabilities = Capabilities(parallel=1)

    def version(self):
        return "2.0\\nand more"

    def run(self, job):
        held = Path("running")
        held.mkdir()  # fails if there is another
        time.sleep(0.05)
        held.rmdir()
        return Outcome(Ending.EXITED, stdout=GOOD)


class Broken(One):
    name = "broken"

    def version(self):
        raise OSError("no")


def pytest_kevlar_runners(config):
    return [One(), Two(), Broken()]
"""


@pytest.fixture
def two(tree, pytester):
    def write(*names: str):
        root = tree(*names)
        pytester.makeconftest(TWO)
        return root

    return write


def ids(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line and " " not in line]


def test_one_item_per_contract_architecture_and_target(two, run) -> None:
    two("a/kill")
    found = run("contracts", "--collect-only", "-q", "--kevlar-arch=all", target="one,two")
    assert ids(found) == [
        "contracts/a/kill.c::x86_64-one",
        "contracts/a/kill.c::x86_64-two",
        "contracts/a/kill.c::arm64-one",
        "contracts/a/kill.c::arm64-two",
    ]
    one = run("contracts/a/kill.c::arm64-two", "--collect-only", "-q", target="one,two")
    assert ids(one) == ["contracts/a/kill.c::arm64-two"]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("one,", "'one,' names a runner that has no name"),
        ("one,one", "'one' is there twice"),
        ("one,none", "unknown runner 'none'; known are *"),
    ],
)
def test_a_wrong_list_is_one_usage_line(two, run, target, words) -> None:
    two("a/kill")
    result = run("contracts", target=target)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--kevlar-target: {words}"])


def test_the_matrix_counts_what_holds_and_shows_what_does_not(two, run) -> None:
    two("a/kill", "a/diverges")
    result = run("contracts", target="one,two")
    result.stdout.fnmatch_lines(
        [
            "kevlar targets: one | two 2.0",
            "contract * one * two",
            "a.diverges * DIVERGE * PASS",
            "1 more hold * PASS * PASS",
            "all *1 PASS 1 DIVERGE  2 PASS",
            "3 PASS | 1 DIVERGE",
        ]
    )
    result.stdout.no_fnmatch_line("a.kill *PASS *PASS")
    run("contracts", "-v", target="one,two").stdout.fnmatch_lines(["a.kill *PASS *PASS"])
    rerun = "run again: pytest contracts/a/diverges.c::x86_64 * --kevlar-target=one"
    result.stdout.fnmatch_lines([rerun])


def test_one_target_has_no_matrix(two, run) -> None:
    two("a/diverges")
    run("contracts", target="one").stdout.no_fnmatch_line("contract *")


def test_the_page_shows_the_matrix(two, run, pytester) -> None:
    pytest.importorskip("pytest_html")
    two("a/kill", "a/diverges")
    run("contracts", "--html=r.html", "--self-contained-html", target="one,two")
    text = (pytester.path / "r.html").read_text()
    assert "<b>contracts and targets</b>: 1 of 2 differ somewhere" in text
    assert 'data-find="a/diverges. ::x86_64-one">DIVERGE</button>' in text
    assert re.search(r'data-find="a/ ::x86_64-two PASS">2 PASS<', text)


def test_a_runner_without_a_version_is_named_all_the_same(two, run) -> None:
    two("a/kill")
    run("contracts", target="broken").stdout.fnmatch_lines(
        ["kevlar targets: broken version unknown: OSError"]
    )


def test_an_entry_may_bind_to_a_target(two, run) -> None:
    root = two("a/diverges")
    entry = {"contract": "a.diverges", "target": "one", "reason": "off by one"}
    (root / "known-divergences.json").write_text(json.dumps([entry]))
    run("contracts", target="one,two").assert_outcomes(passed=1, xfailed=1)
    (root / "known-divergences.json").write_text(json.dumps([entry | {"target": ["one", "two"]}]))
    result = run("contracts", target="one,two")
    result.assert_outcomes(failed=1, xfailed=1)
    result.stdout.fnmatch_lines(
        ["stale * a.diverges: passes on x86_64 of two; bind the entry to x86_64 of one"]
    )


def test_an_entry_for_the_target_goes_before_one_for_all(two, run) -> None:
    root = two("a/diverges")
    entries = [
        {"contract": "a.diverges", "reason": "everywhere"},
        {"contract": "a.diverges", "target": "one", "reason": "here"},
    ]
    (root / "known-divergences.json").write_text(json.dumps(entries))
    run("contracts", "-rx", target="one").stdout.fnmatch_lines(["XFAIL * - here"])


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"target": 1}], "'target' must be a text or a list of texts, not 1"),
        ([{"target": "one"}, {"target": ["one"]}], "is there twice for x86_64 on one"),
    ],
)
def test_what_is_wrong_with_a_bound_entry(two, run, entries, words) -> None:
    root = two("a/diverges")
    full = [{"contract": "a.diverges", "reason": "r"} | entry for entry in entries]
    (root / "known-divergences.json").write_text(json.dumps(full))
    run("contracts", target="one").stderr.fnmatch_lines([f"*{words}"])


def test_workers_share_the_places_of_a_runner(two, run) -> None:
    two(*(f"a/c{number}" for number in range(6)))
    run("contracts", "-n3", target="two", subprocess=True).assert_outcomes(passed=6)


def test_a_place_is_free_again(tmp_path) -> None:
    places, times = Places(tmp_path), []

    def hold() -> None:
        with places.one("a/b", 2):
            start = time.monotonic()
            time.sleep(0.1)
            times.append((start, time.monotonic()))

    threads = [threading.Thread(target=hold) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for start, _ in times:
        assert sum(begin <= start < end for begin, end in times) <= 2
