"""The rules of comparison and how a difference is written down, without any run."""

from __future__ import annotations

import pytest

from pytest_kevlar.compare import WINDOW_LINES, compare, difference, printable
from pytest_kevlar.evidence import KEPT_BYTES, Evidence
from pytest_kevlar.outcome import Ending, Outcome, Status, signal_name

GOOD = Outcome(Ending.EXITED, stdout=b"a: 1\nCONTRACT_PASS\n")


def test_equal_runs_pass() -> None:
    assert compare(GOOD, GOOD).status is Status.PASS


@pytest.mark.parametrize(
    ("candidate", "differs"),
    [
        (Outcome(Ending.EXITED, code=1, stdout=GOOD.stdout), ("exit",)),
        (Outcome(Ending.SIGNALED, signal=9, stdout=GOOD.stdout), ("exit",)),
        (Outcome(Ending.EXITED, stdout=b"a: 2\nCONTRACT_PASS\n"), ("stdout",)),
        (Outcome(Ending.EXITED, stdout=GOOD.stdout, stderr=b"x"), ("stderr",)),
        (Outcome(Ending.EXITED, stdout=GOOD.stdout[:-1]), ("stdout",)),
        (Outcome(Ending.EXITED, code=1), ("exit", "stdout")),
        (Outcome(Ending.NOEXEC, stdout=GOOD.stdout, detail="no ELF"), ("exit",)),
    ],
)
def test_any_part_that_differs_is_a_divergence(candidate, differs) -> None:
    verdict = compare(GOOD, candidate)
    assert (verdict.status, verdict.differs) == (Status.DIVERGE, differs)
    assert verdict.reason and "\n" not in verdict.reason


def test_bytes_that_print_alike_still_differ() -> None:
    left, right = b"\\xff\n", b"\xff\n"
    assert printable(left) == printable(right)
    assert difference(left, right)


def test_terminal_controls_are_escaped() -> None:
    assert printable(b"\x1b[2J\tx\r\n") == ["\\x1b[2J\tx\\r"]


def test_a_missing_newline_shows() -> None:
    assert difference(b"a\n", b"a")[-1] == "+\\ No newline at end of output"


def test_a_difference_in_a_flood_is_found_quickly_and_shown_briefly() -> None:
    same = b"same\n" * 100_000
    lines = difference(same + b"x\n" * 50_000, same + b"y\n" * 50_000)
    assert "(after 99997 equal lines)" in lines
    assert lines[-1].endswith("more lines were not compared line by line)")
    assert len(lines) < 2 * WINDOW_LINES + 10


def test_evidence_survives_the_way_between_processes() -> None:
    candidate = Outcome(
        Ending.CRASH,
        stdout=bytes(range(256)),
        seconds=1.5,
        detail="KeyError",
        state="rip",
        traceback="T",
        notes=("a", "b"),
    )
    evidence = Evidence("a.b", "a", "arm64", "kevlar", "pytest x", "known", "but")
    evidence.verdict, evidence.status = compare(GOOD, candidate), Status.CRASH
    assert Evidence.from_data(evidence.to_data()) == evidence


def test_reports_carry_no_floods() -> None:
    evidence = Evidence("a.b", "a", "arm64", "kevlar", "pytest x")
    evidence.verdict = compare(GOOD, Outcome(Ending.OUTPUT, stdout=b"x" * 10_000_000))
    candidate = Evidence.from_data(evidence.to_data()).verdict.candidate
    assert len(candidate.stdout) < KEPT_BYTES + 100
    assert b"bytes left out" in candidate.stdout


@pytest.mark.parametrize(
    ("number", "name"), [(11, "SIGSEGV (11)"), (36, "SIGRTMIN+2 (36)"), (99, "signal 99")]
)
def test_signals_have_their_names(number, name) -> None:
    assert signal_name(number) == name
