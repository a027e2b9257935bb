"""Writes docs/peers.md from a run of the suite on several targets.

    pytest contracts --kevlar-target=kevlar,qemu-user,runsc --kevlar-trace \\
        --junitxml=peers.xml --kevlar-trace-dir=peers
    python benchmarks/peers.py peers.xml peers > docs/peers.md

The guilty call is the nearest before the first line of output that differs, of those that both
sides were asked for in the same way and that gave another result, or that only one side made; what
the program then wrote is its consequence. Rows are grouped by what kind of difference that is.
"""

from __future__ import annotations

import errno
import platform
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from pytest_kevlar.trace import jsonl
from pytest_kevlar.trace.compare import compare
from pytest_kevlar.trace.finding import BUG, Row
from pytest_kevlar.trace.text import call_text, result_text

#: Differences of arguments may be of notation; these are of behaviour.
BEHAVIOUR = ("errno", "value", "signal", "exit", "name", "order")
#: How a program tells what it saw.
TELLING = ("write", "writev", "ioctl")
WIDTH = 70

HEAD = """# What the peers do otherwise

Written by `benchmarks/peers.py` from a run of all contracts on x86_64; Linux is right by
definition. For each contract that a peer does not hold: the first line of its output that
differs, and the system call just before it that went another way, with what the peer returned and
what Linux did. The rows are grouped by the kind of that difference. See [targets](targets.md) for
how the peers are run. Calls come from a second, recorded run. Of the time-outs some are a busy
host's, and not every row has been looked at by a person.
"""

#: Kinds of differences: how they are called, and what they are.
KINDS = {
    "missing": ("Calls that are not there", "ENOSYS where Linux has the call."),
    "refused": ("Refused", "An error where Linux succeeds."),
    "allowed": ("Allowed", "Success where Linux gives an error."),
    "error": ("Another error", "Both fail, for different reasons."),
    "value": ("Another result", "Both succeed and return or deliver something else."),
    "signal": ("Signals and ends", "Another signal, or a task that ends in another way."),
    "order": ("Calls of one side", "The program takes another way: it has seen something else."),
    "timeout": ("Time-outs", "No end within the time that a contract may take."),
    "content": (
        "No call differs",
        "The calls agree as far as the peer's trace shows them: the difference is in what they "
        "left in memory, in time, or in a fault.",
    ),
}


@dataclass(frozen=True)
class Guilt:
    """Which call went another way."""

    kind: str
    words: str = "-"


@dataclass(frozen=True)
class Item:
    """One contract on one target, as JUnit has it."""

    contract: str
    target: str
    verdict: str
    reason: str


def items(path: Path) -> list[Item]:
    """Every item that was run."""
    found = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        facts = {one.get("name"): one.get("value") or "" for one in case.iter("property")}
        if "kevlar_target" not in facts:
            continue
        failure = case.find("failure")
        reason = failure.get("message", "") if failure is not None else ""
        name = case.get("classname", "").removesuffix(".c").split(".")[-1]
        contract = f"{facts['kevlar_category']}.{name}"
        verdict = facts["kevlar_verdict"]
        line = next(iter(reason.splitlines()), "")
        found.append(Item(contract, facts["kevlar_target"], verdict, line))
    return sorted(found, key=lambda item: item.contract)


def guilty(item: Item, traces: Path) -> Guilt:
    """The call that went another way nearest to what the program then said."""
    if item.verdict == "TIMEOUT":
        return Guilt("timeout")
    label = f"{item.contract}.x86_64.{item.target}".replace("/", ".")
    paths = [traces / f"{label}.{side}.jsonl" for side in ("linux", item.target)]
    if not all(path.is_file() for path in paths):
        return Guilt("content")
    left, right = (jsonl.read_file(path).events for path in paths)
    if len(right) > 20_000:
        return Guilt("content")
    found: Row | None = None
    for row in compare(left, right).rows:
        if _behaves_otherwise(row):
            found = row
        elif found is not None and _says_otherwise(row):
            break
    return Guilt(_kind(found), _words(found)) if found else Guilt("content")


def _behaves_otherwise(row: Row) -> bool:
    if row.event.name in TELLING:
        return False
    unfinished = row.right is not None and row.right.is_call and row.right.result is None
    if unfinished and row.left is not None and row.left.name == row.event.name:
        return False  # the peer's trace does not say how it ended
    return any(one.severity == BUG and one.kind in BEHAVIOUR for one in row.differences)


def _says_otherwise(row: Row) -> bool:
    return row.event.name in TELLING and row.has(BUG)


def _kind(row: Row) -> str:
    """The kind of a difference, a key of `KINDS`."""
    left, right = row.left, row.right
    if right is not None and (right.kind == "unknown" or right.errno == errno.ENOSYS):
        return "missing"
    if left is None or right is None or left.name != right.name:
        return "signal" if row.event.kind in ("signal", "exit") else "order"
    if not left.is_call:
        return "signal"
    if left.errno and right.errno:
        return "error"
    if left.errno or right.errno:
        return "refused" if right.errno else "allowed"
    return "value"


def _words(row: Row) -> str:
    if row.left is None or row.right is None:
        side = "under test" if row.left is None else "on Linux"
        return f"`{_cut(call_text(row.event))}` only {side}"
    if row.left.name != row.right.name:
        return f"`{row.right.name}` in the place of `{row.left.name}`"
    return f"`{_cut(call_text(row.left))}` = {result_text(row.right)}, not {result_text(row.left)}"


def _private(text: str) -> str:
    """Without what is this host's and this run's alone."""
    text = text.replace(platform.release(), "6.x")
    return re.sub(r"(?:/[^\s/'\"]+)*/(?:kevlar-\w+|[0-9a-f]{24,})", "/…", text)


def _cut(text: str) -> str:
    text = _private(text).replace("|", "\\|").replace("`", "'")
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}…"


def main(junit: str, traces: str) -> None:
    """Print the page."""
    found = items(Path(junit))
    print(HEAD)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item in found:
        counts[item.target][item.verdict] += 1
    print("| target | PASS | DIVERGE | TIMEOUT | others |\n|---|---|---|---|---|")
    for target, counted in counts.items():
        main_ones = [counted.pop(name, 0) for name in ("PASS", "DIVERGE", "TIMEOUT")]
        print(f"| {target} | {' | '.join(map(str, main_ones))} | {sum(counted.values())} |")
    for target in counts:
        bad = [item for item in found if item.target == target and item.verdict != "PASS"]
        if bad:
            print(f"\n## {target}")
        _print_kinds(bad, Path(traces))


def _print_kinds(bad: list[Item], traces: Path) -> None:
    """Print the rows of one target, a table for each kind."""
    blamed = [(item, guilty(item, traces)) for item in bad]
    for kind, (title, meaning) in KINDS.items():
        rows = [(item, guilt) for item, guilt in blamed if guilt.kind == kind]
        if not rows:
            continue
        print(f"\n### {title}: {len(rows)}\n\n{meaning}\n")
        print("| contract | what differs | call |\n|---|---|---|")
        for item, guilt in sorted(rows, key=lambda row: (_call_of(row[1]), row[0].contract)):
            reason = _private(item.reason).removeprefix("DIVERGE: ").replace("|", "\\|")
            print(f"| {item.contract} | {reason} | {guilt.words} |")


def _call_of(guilt: Guilt) -> str:
    """The name of the call, by which rows of one kind are sorted."""
    return guilt.words.strip("`").partition("(")[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
