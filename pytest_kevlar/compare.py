"""The rules by which two runs of one contract are compared.

Exit state, standard output and standard error are compared byte for byte; nothing is
normalised away, and nothing here knows how the runs came about.
"""

from __future__ import annotations

import difflib
from itertools import zip_longest

from pytest_kevlar.outcome import Ending, Outcome, Status, Verdict, first_line

#: Lines of either side that a difference looks at, from the first line that differs.
WINDOW_LINES = 400
#: Characters of one line that are shown.
LINE_CHARACTERS = 2000

_UNFINISHED = {
    Ending.TIMEOUT: Status.TIMEOUT,
    Ending.DEADLOCK: Status.HANG,
    Ending.CRASH: Status.CRASH,
    Ending.PANIC: Status.PANIC,
}


def broken_promise(outcome: Outcome) -> str:
    """Say why ``outcome`` does not show a contract that holds; empty if it does.

    A contract holds if it exits with status 0 and its last line is ``CONTRACT_PASS``.
    """
    lines = outcome.stdout.decode("utf-8", "backslashreplace").splitlines()
    failed = next((line for line in lines if line.startswith("CONTRACT_FAIL")), "")
    if outcome.ending is not Ending.EXITED:
        return outcome.describe()
    if outcome.code != 0:
        return f"{outcome.describe()}: {failed}" if failed else outcome.describe()
    if failed:
        return f"it printed {failed}"
    if not lines or lines[-1] != "CONTRACT_PASS":
        return "it exited with status 0, but its last line is not CONTRACT_PASS"
    return ""


def exit_differs(reference: Outcome, candidate: Outcome) -> bool:
    """Tell whether the two runs ended in different exit states."""
    return not same_ending(reference, candidate)


def same_ending(one: Outcome, other: Outcome) -> bool:
    """Tell whether two runs ended in the same exit state."""
    return (one.ending, one.code, one.signal) == (other.ending, other.code, other.signal)


def compare(reference: Outcome, candidate: Outcome | None) -> Verdict:
    """Compare the run on Linux with the run under test.

    A contract that does not hold on Linux itself is FAIL, whatever the other side did.
    """
    differs = _differing_parts(reference, candidate) if candidate else ()
    broken = broken_promise(reference)
    if broken:
        reason = f"the contract does not hold on Linux: {broken}"
        if candidate is not None:
            other = broken_promise(candidate)
            if not differs:
                reason = f"the contract holds on neither side: {broken}"
            elif other:
                reason += f"; under test: {other}"
        return Verdict(Status.FAIL, reason, reference, candidate, differs)
    assert candidate is not None
    if candidate.ending in _UNFINISHED:
        reason = first_line(candidate.detail) or candidate.describe()
        return Verdict(_UNFINISHED[candidate.ending], reason, reference, candidate, differs)
    if differs:
        return Verdict(
            Status.DIVERGE, first_difference(reference, candidate), reference, candidate, differs
        )
    return Verdict(Status.PASS, "", reference, candidate)


def _differing_parts(reference: Outcome, candidate: Outcome) -> tuple[str, ...]:
    parts = (
        ("exit", exit_differs(reference, candidate)),
        ("stdout", reference.stdout != candidate.stdout),
        ("stderr", reference.stderr != candidate.stderr),
    )
    return tuple(name for name, differ in parts if differ)


def first_difference(
    reference: Outcome, candidate: Outcome, names: tuple[str, str] = ("Linux", "under test")
) -> str:
    """Say the first thing that differs, in one line.

    Args:
        names: of the two sides, in a sentence.
    """
    if candidate.ending not in (Ending.EXITED, Ending.SIGNALED):
        return candidate.describe()
    for name in ("stdout", "stderr"):
        left, right = getattr(reference, name), getattr(candidate, name)
        if left == right:
            continue
        pairs = zip_longest(printable(left), printable(right))
        for number, (ours, theirs) in enumerate(pairs, start=1):
            if ours != theirs:
                return (
                    f"{name} line {number}: {names[0]} {_quote(ours)}, {names[1]} {_quote(theirs)}"
                    + (f" ({candidate.describe()})" if exit_differs(reference, candidate) else "")
                )
        return f"{name} differs in bytes that print alike"
    return f"exit: {names[0]} {reference.describe()}, {names[1]} {candidate.describe()}"


def _quote(line: str | None) -> str:
    if line is None:
        return "has ended"
    return f"'{line[:80]}…'" if len(line) > 80 else f"'{line}'"


def printable(data: bytes) -> list[str]:
    """Return the lines of ``data`` with everything a terminal would act on escaped.

    A last line without a newline gets a line of its own that says so, as in ``diff``.
    """
    text = data.decode("utf-8", "backslashreplace")
    lines = text.split("\n")
    unfinished = lines.pop()
    shown = [_escape(line) for line in lines]
    if unfinished:
        shown += [_escape(unfinished), "\\ No newline at end of output"]
    return shown


def _escape(line: str) -> str:
    if not line.isprintable():
        line = "".join(
            character
            if character.isprintable() or character == "\t"
            else character.encode("unicode_escape").decode("ascii")
            for character in line
        )
    if len(line) > LINE_CHARACTERS:
        line = f"{line[:LINE_CHARACTERS]}… ({len(line)} characters)"
    return line


def difference(
    reference: bytes, candidate: bytes, names: tuple[str, str] = ("linux", "under test")
) -> list[str]:
    """Return a unified diff of two outputs as lines; empty if they are equal.

    Only `WINDOW_LINES` lines from the first difference are looked at, so that the
    output of a program gone wild costs no more than an ordinary one.
    """
    if reference == candidate:
        return []
    left, right = printable(reference), printable(candidate)
    if left == right:  # the bytes differ where the text does not
        left, right = [repr(reference)[:LINE_CHARACTERS]], [repr(candidate)[:LINE_CHARACTERS]]
    start = 0
    for ours, theirs in zip(left, right, strict=False):
        if ours != theirs:
            break
        start += 1
    start = max(0, start - 3)
    window = slice(start, start + WINDOW_LINES)
    lines = list(difflib.unified_diff(left[window], right[window], *names, n=3, lineterm=""))
    if start:
        lines.insert(2, f"(after {start} equal lines)")
    beyond = max(len(left), len(right)) - (start + WINDOW_LINES)
    if beyond > 0:
        lines.append(f"({beyond} more lines were not compared line by line)")
    return lines


def changed_lines(reference: Outcome, candidate: Outcome) -> list[str]:
    """Return the changed lines of standard output only, each with its ``-`` or ``+``."""
    lines = difference(reference.stdout, candidate.stdout)
    return [line for line in lines[2:] if line.startswith(("-", "+"))]
