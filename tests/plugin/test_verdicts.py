"""Every verdict, as the terminal, JUnit and a distributed run show it."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

FAILS_ON_LINUX = """
/* Contract: never. */
#include "contract.h"
int main(void) { step("answer", "%d", 42); contract_fail("answer", "it is %d", 42); }
"""


def test_a_contract_that_agrees_passes(tree, run) -> None:
    tree("signals/kill")
    result = run("contracts")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["kevlar: x86_64 on fake, compared with Linux * x86_64"])
    result.stdout.fnmatch_lines(["kevlar compilers: linux * | x86_64 *"])
    result.stdout.fnmatch_lines(["1 PASS"])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "diverges",
            "DIVERGE: stdout line 1: Linux 'answer: 42', under test 'answer: 41'",
        ),
        (
            "dies",
            "DIVERGE: stdout line 2: Linux 'CONTRACT_PASS', under test has ended "
            "(killed by SIGSEGV (11))",
        ),
        ("hangs", "HANG: task 1 waits for pipe"),
        ("spins", "TIMEOUT: no end after 30 s"),
        ("writes", "DIVERGE: stopped for writing too much: more than 8388608 bytes"),
        ("crashes", "CRASH: KeyError: 'vma'"),
        ("raises", "CRASH: the fake runner raised RuntimeError: the engine fell over"),
    ],
)
def test_every_way_to_fail_has_its_verdict_and_one_line(tree, run, name, reason) -> None:
    tree(f"signals/{name}")
    result = run("contracts", "-v")
    result.assert_outcomes(failed=1)
    verdict = reason.split(":")[0]
    lines = result.outlines
    assert reason in lines
    assert f"1 {verdict}" in lines
    assert any(line.startswith(f"FAILED contracts/signals/{name}.c::x86_64 - ") for line in lines)
    assert "stdout on linux:" in lines
    assert "INTERNALERROR" not in result.stdout.str()


def test_a_divergence_shows_diff_states_outputs_and_how_to_rerun(tree, run) -> None:
    tree("signals/diverges")
    result = run("contracts", "--kevlar-seed=7")
    result.stdout.fnmatch_lines(
        [
            "*signals.diverges on x86_64*",
            "DIVERGE: *",
            "linux:      exit status 0",
            "fake:       exit status 0",
            "--- linux/stdout",
            "+++ fake/stdout",
            "-answer: 42",
            "+answer: 41",
            " CONTRACT_PASS",
            "stdout on linux:",
            "    answer: 42",
            "stdout on fake:",
            "    answer: 41",
            "stderr on both sides: nothing",
            "run again: pytest contracts/signals/diverges.c::x86_64 --kevlar-arch=x86_64 "
            "--kevlar-target=fake --kevlar-seed=7",
            "contracts/signals/diverges.c:1: DIVERGE: *",
            "*short test summary info*",
            "*contracts/signals/diverges.c::x86_64 - DIVERGE: *",
        ]
    )


def test_a_crash_shows_state_and_keeps_the_traceback_for_vv(tree, run) -> None:
    tree("signals/crashes")
    result = run("contracts")
    result.stdout.fnmatch_lines(
        [
            "CRASH: KeyError: 'vma'",
            "            syscall_999 is not implemented",
            "state of the machine:",
            "    rip 0x401000",
            "      brk(0) = 0x1000",
            "(the traceback of fake is shown with -vv)",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    run("contracts", "-vv").stdout.fnmatch_lines(["    Traceback (most recent call last):"])


def test_a_contract_that_fails_on_linux_is_fail(tree, run) -> None:
    tree(signals__wrong=FAILS_ON_LINUX)
    result = run("contracts")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["FAIL: the contract does not hold on Linux: exit status 1: CONTRACT_FAIL answer: it is 42"]
    )
    both = run("contracts", target="linux")
    both.stdout.fnmatch_lines(["FAIL: the contract holds on neither side: exit status 1: *"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return 0;", "it exited with status 0, but its last line is not CONTRACT_PASS"),
        ('puts("CONTRACT_PASS"); return 3;', "exit status 3"),
        ('puts("CONTRACT_FAIL a: b"); puts("CONTRACT_PASS"); return 0;', "it printed CONTRACT_*"),
        ("abort();", "killed by SIGABRT (6)"),
    ],
)
def test_what_does_not_count_as_holding(tree, run, body, reason) -> None:
    tree(signals__odd=f'#include "contract.h"\nint main(void) {{ {body} }}\n')
    result = run("contracts")
    result.stdout.fnmatch_lines([f"FAIL: the contract does not hold on Linux: {reason}*"])


def test_counts_come_in_one_line(tree, run) -> None:
    tree("a/one", "a/two", "b/diverges", "b/hangs", b__broken="int main(")
    result = run("contracts")
    result.stdout.fnmatch_lines(["2 PASS | 1 DIVERGE | 1 HANG | 1 ERROR"])


def test_distributed_runs_say_the_same(tree, run) -> None:
    tree("a/one", "a/two", "b/diverges", "b/crashes")
    result = run("contracts", "--kevlar-arch=all", "-n2", subprocess=True)
    result.assert_outcomes(passed=4, failed=4)
    result.stdout.fnmatch_lines(["4 PASS | 2 DIVERGE | 2 CRASH"])
    result.stdout.fnmatch_lines(["*contracts/b/diverges.c::arm64 - DIVERGE: stdout line 1*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_failures_from_workers_keep_their_colours(tree, run) -> None:
    tree("b/diverges")
    result = run("contracts", "-n1", "--color=yes", subprocess=True)
    assert "\x1b[32m+answer: 41\x1b[0m" in result.outlines


def test_junit_has_the_reason_as_message_and_our_properties(tree, run, pytester) -> None:
    tree("a/one", "b/diverges")
    run("contracts", "--junitxml=out.xml", "-o", "junit_family=xunit2")
    cases = ElementTree.parse(pytester.path / "out.xml").iter("testcase")
    found = {case.get("classname"): case for case in cases}
    diverged = found["contracts.b.diverges.c"]
    failure = diverged.find("failure")
    assert failure is not None
    message = failure.get("message") or ""
    assert message == "DIVERGE: stdout line 1: Linux 'answer: 42', under test 'answer: 41'"
    assert "-answer: 42\n+answer: 41" in (failure.text or "")
    properties = {p.get("name"): p.get("value") for p in diverged.iter("property")}
    assert properties["kevlar_verdict"] == "DIVERGE"
    assert properties["kevlar_arch"] == "x86_64"
    assert properties["kevlar_kernel_ms"] == "12.3"
    assert found["contracts.a.one.c"].find("failure") is None


def test_runners_are_closed(tree, run) -> None:
    tree("a/one")
    assert "fake closed" in run("contracts", "-s").stdout.str()


def test_the_musl_build_runs_natively_too(tree, run) -> None:
    tree("signals/kill", "signals/raise")
    result = run("contracts", target="linux")
    result.assert_outcomes(passed=2)
    other = run("contracts", "--kevlar-arch=arm64", "-rs", target="linux")
    other.assert_outcomes(skipped=2)
    other.stdout.fnmatch_lines(["*target runner linux: this host is x86_64*"])
    other.stdout.fnmatch_lines(["2 SKIP"])
