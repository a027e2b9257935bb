"""Traces in pytest: what a failure shows, what strict finds, what is written where."""

from __future__ import annotations

import json
import shutil

import pytest

from pytest_kevlar.runners.base import host_architecture

pytestmark = [
    pytest.mark.skipif(not shutil.which("strace"), reason="no strace"),
    pytest.mark.skipif(host_architecture() != "x86_64", reason="compared with x86_64 Linux"),
]

#: A runner on the real kernel, with a bug: brk fails with ENOMEM. What contracts print is right.
BROKEN = """
from dataclasses import replace
from pytest_kevlar.kernel import kernel
from pytest_kevlar.kernel.errno import ENOMEM

table_for = kernel.table_for


def broken(arch):
    table = dict(table_for(arch))
    number = arch.numbers["brk"]
    entry = table[number]

    def brk(task, raw):
        asked, got = raw[0], entry.call(task, raw)
        if asked and got != asked:
            raise ENOMEM
        return got

    table[number] = replace(entry, call=brk)
    return table


kernel.table_for = broken
"""

SILENT = """
/* Contract: brk that fails returns the old break. */
#include "contract.h"
int main(void)
{
    long old = syscall(SYS_brk, 0);
    syscall(SYS_brk, old + (1L << 47));
    contract_pass();
}
"""
LOUD = SILENT.replace(
    "syscall(SYS_brk, old + (1L << 47));",
    'step("brk", "%d", syscall(SYS_brk, old + (1L << 47)) == old);',
)


@pytest.fixture
def broken(pytester: pytest.Pytester, tree):
    """A tree of contracts beside a kernel whose brk is wrong."""

    def make(**sources: str) -> None:
        tree(**sources)
        pytester.makeconftest(BROKEN)

    return make


def test_a_failure_is_explained(broken, run, pytester) -> None:
    broken(vm__brk=LOUD)
    result = run("contracts", "--kevlar-trace", target="kevlar", subprocess=True)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "first: the 2nd brk (brk.c:7) returned -1 ENOMEM where Linux returned 0x*",
            ">     7 *step(*",
            "! brk(*",
            "    ^ errno: result: linux 0x* | under test -1 ENOMEM*",
            "kevlar-trace vm.brk x86_64: * BUG (errno 1*",
        ]
    )


def test_without_the_option_nothing_is_traced(broken, run) -> None:
    broken(vm__brk=LOUD)
    result = run("contracts", target="kevlar", subprocess=True)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*kevlar-trace*")


def test_strict_finds_what_the_output_hides(broken, run) -> None:
    broken(vm__brk=SILENT)
    run("contracts", target="kevlar", subprocess=True).assert_outcomes(passed=1)
    result = run("contracts", "--kevlar-strict", target="kevlar", subprocess=True)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["DIVERGE: system calls: the 2nd brk (brk.c:7) returned*"])


def test_strict_is_content_with_the_same_calls(tree, run) -> None:
    tree("vm/brk")
    result = run("contracts", "--kevlar-strict", target="kevlar", subprocess=True)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kevlar-trace vm.brk x86_64: 0 BUG*"])


def test_traces_junit_and_html(broken, run, pytester) -> None:
    pytest.importorskip("pytest_html")
    broken(
        vm__brk=LOUD, vm__fine=SILENT.replace("syscall(SYS_brk, old + (1L << 47));", "(void)old;")
    )
    run(
        "contracts",
        "--kevlar-trace=all",
        "--junitxml=junit.xml",
        "--html=out/report.html",
        "-n2",
        target="kevlar",
        subprocess=True,
    ).assert_outcomes(passed=1, failed=1)
    names = sorted(path.name for path in (pytester.path / "out/kevlar-traces").iterdir())
    assert names == [
        "vm.brk.x86_64.kevlar.jsonl",
        "vm.brk.x86_64.linux.jsonl",
        "vm.fine.x86_64.kevlar.jsonl",
        "vm.fine.x86_64.linux.jsonl",
    ]
    junit = (pytester.path / "junit.xml").read_text()
    assert "kevlar-trace vm.brk x86_64:" in junit
    assert "returned -1 ENOMEM where Linux returned" in junit
    page = (pytester.path / "out/report.html").read_text()
    assert "kevlar-matrix" in page
    assert "kevlar-calls" in page


def test_only_some_calls(broken, run) -> None:
    broken(vm__brk=LOUD)
    result = run(
        "contracts", "--kevlar-trace", "--kevlar-trace-filter=getpid,mmap", target="kevlar",
        subprocess=True,
    )  # fmt: skip
    result.stdout.fnmatch_lines(["kevlar-trace vm.brk x86_64: 0 BUG*"])


def test_the_other_architecture_names_its_reference(tree, run) -> None:
    tree(vm__brk=SILENT)
    result = run(
        "contracts", "--kevlar-trace=all", "--kevlar-arch=arm64", target="kevlar", subprocess=True
    )
    if result.parseoutcomes().get("skipped"):
        pytest.skip("no compiler for arm64")
    result.stdout.fnmatch_lines(["kevlar-trace vm.brk arm64: *"])


def test_coverage(tree, run, pytester) -> None:
    tree("vm/brk")
    result = run("contracts", "--kevlar-coverage=cover", target="kevlar", subprocess=True)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kevlar-coverage: * calls exercised*", "writev *", "untouched: *"])
    found = json.loads((pytester.path / "cover.json").read_text())
    sides = ["kevlar x86_64", "linux x86_64"]
    assert found["references"] == ["linux x86_64"]
    assert found["calls"]["ioctl"]["errnos"] == {"ENOTTY": sides}
    assert found["calls"]["ioctl"]["names"] == {"TIOCGWINSZ": sides}
    assert found["calls"]["writev"]["contracts"] == 1
    assert found["calls"]["writev"]["sides"] == sides
    assert "FIONREAD" in found["untouched_names"]["ioctl"]
    assert "TIOCGWINSZ" not in found["untouched_names"]["ioctl"]
    assert "mremap" in found["untouched"]
    assert "<h1>Coverage" in (pytester.path / "cover.html").read_text()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--kevlar-trace=some", "'some' is neither fail nor all"),
        ("--kevlar-debug=noise", "unknown channel 'noise'"),
    ],
)
def test_bad_values_are_usage_errors(tree, run, option, message) -> None:
    tree("vm/brk")
    result = run("contracts", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{message}*"])


def test_a_runner_that_records_nothing_is_named(tree, run) -> None:
    tree("b/diverges")
    result = run("contracts", "--kevlar-trace")
    result.stdout.fnmatch_lines(
        ["no comparison of system calls: the fake runner records no events"]
    )
