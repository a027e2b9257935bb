"""Writes docs/peers.md from a run of the suite on several targets.

    pytest contracts --kevlar-target=kevlar,qemu-user,runsc --kevlar-trace \\
        --junitxml=peers.xml --kevlar-trace-dir=peers
    python benchmarks/peers.py peers.xml peers > docs/peers.md

The first guilty call is the first that both sides were asked for in the same way and that
gave another result, or that only one side made; what the program then wrote is its
consequence and is passed over.
"""

from __future__ import annotations

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
differs, and the first system call that went another way, with what Linux returned. A `-` in its
place: the calls agree as far as the peer's trace shows them, and the difference is in what they
left in memory, in time, or in a fault. See [targets](targets.md) for how the peers are run.
Verdicts and calls may come from two runs, and not every row has been looked at by a person.
"""


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


def guilty(item: Item, traces: Path) -> str:
    """The first call that went another way, in a few words."""
    label = f"{item.contract}.x86_64.{item.target}".replace("/", ".")
    paths = [traces / f"{label}.{side}.jsonl" for side in ("linux", item.target)]
    if not all(path.is_file() for path in paths):
        return "-"
    left, right = (jsonl.read_file(path).events for path in paths)
    if len(right) > 20_000:
        return "-"
    for row in compare(left, right).rows:
        if _behaves_otherwise(row):
            return _words(row)
    return "-"


def _behaves_otherwise(row: Row) -> bool:
    if row.event.name in TELLING:
        return False
    return any(one.severity == BUG and one.kind in BEHAVIOUR for one in row.differences)


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
            print(f"\n## {target}\n\n| contract | what differs | first call |\n|---|---|---|")
        for item in bad:
            reason = _private(item.reason).removeprefix("DIVERGE: ").replace("|", "\\|")
            print(f"| {item.contract} | {reason} | {guilty(item, Path(traces))} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
