"""Writes docs/peers.md from runs of the suite on one target or several.

    pytest contracts --kevlar-target=qemu-user,runsc --kevlar-trace \\
        --junitxml=peers.xml --kevlar-trace-dir=peers
    python benchmarks/peers.py peers peers.xml alone.xml > docs/peers.md

A later file of results replaces what an earlier one says of the same contract: that is how time-
outs that were run alone come in. The nearest guilty call is that before the first line of output
that differs, of those that both sides were asked for in the same way and that gave another
result, or that only one side made. What stands behind a row is written by hand in `peers.toml`.
"""

from __future__ import annotations

import fnmatch
import platform
import re
import sys
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
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

Written by `benchmarks/peers.py` from runs of all contracts on x86_64, with qemu-user 7.2 and the
gVisor of December 2022; Linux is right by definition. For each contract that a peer does not
hold: the first line of its output that differs, and the system call that went another way, with
what the peer returned and what Linux did. See [targets](targets.md) for how the peers are run. A
contract is skipped where it asks for what the peer does not claim to have, a release of Linux or
cgroup2.

The rows were put into groups by their first difference and call; the words on a group are by hand
(`benchmarks/peers.toml`). What they say of qemu-user's frames, signal numbers, `execve`, TIOCGSID
and `msg_lrpid` was seen with programs of a few lines, the rest in the traces; not every row was
reproduced by itself. A call comes from a second, recorded run and is the nearest that differs
before the line, unless a note by hand or the group names the one behind it; `-` is a difference
in what a call left in memory, or in a fault. What ran out of time was run again with more of it.

On arm64 half of the contracts were run under qemu-user. They differ in the same groups, except
that frames of signals are aligned there, that `execve` of a program for arm64 is ENOEXEC unless
the host has it registered with binfmt_misc, and that one contract (ipc.msg_types_select) ends in
an assertion of qemu itself.
"""

#: The title and the text of rows that no group of `peers.toml` takes.
REST = (
    "Not looked at one by one",
    "The call is the nearest one.",
)


@dataclass(frozen=True)
class Group:
    """Rows that one choice of a peer's explains.

    Attributes:
        contracts: patterns of their names.
        call: what stands for the nearest call; empty for that itself.
    """

    title: str
    text: str
    contracts: tuple[str, ...] = ("*",)
    call: str = ""

    def takes(self, item: Item) -> bool:
        """Whether the row of ``item`` is one of these."""
        return any(fnmatch.fnmatchcase(item.contract, pattern) for pattern in self.contracts)


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


def _run(path: Path) -> set[str]:
    """The contracts that were asked for, those that were skipped among them."""
    cases = ElementTree.parse(path).getroot().iter("testcase")
    return {name for case in cases if (name := case.get("classname"))}


def guilty(item: Item, traces: Path) -> str:
    """The call that went another way nearest to what the program then said."""
    if item.verdict == "TIMEOUT":
        return "-"
    name = f"{item.contract}.x86_64".replace("/", ".")
    labels = (f"{name}.{item.target}", name)  # of a run with several targets, and with one
    choices = [
        [traces / f"{label}.{side}.jsonl" for side in ("linux", item.target)] for label in labels
    ]
    paths = next((some for some in choices if all(path.is_file() for path in some)), None)
    if paths is None:
        return "-"
    left, right = (jsonl.read_file(path).events for path in paths)
    if len(right) > 20_000:
        return "-"
    found: Row | None = None
    for row in compare(left, right).rows:
        if _behaves_otherwise(row):
            found = row
        elif found is not None and _says_otherwise(row):
            break
    return _words(found) if found else "-"


def _behaves_otherwise(row: Row) -> bool:
    if row.event.name in TELLING:
        return False
    unfinished = row.right is not None and row.right.is_call and row.right.result is None
    if unfinished and row.left is not None and row.left.name == row.event.name:
        return False  # the peer's trace does not say how it ended
    return any(one.severity == BUG and one.kind in BEHAVIOUR for one in row.differences)


def _says_otherwise(row: Row) -> bool:
    return row.event.name in TELLING and row.has(BUG)


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


def groups(read: dict[str, Any], target: str) -> list[Group]:
    """What `peers.toml` says of ``target``, and the rest."""
    found = [Group(**{**one, "contracts": tuple(one["contracts"])}) for one in read.get(target, ())]
    return [*found, Group(*REST)]


def main(traces: str, *junits: str) -> None:
    """Print the page."""
    newest = {(item.target, item.contract): item for junit in junits for item in items(Path(junit))}
    found = [newest[key] for key in sorted(newest)]
    contracts = set().union(*(_run(Path(junit)) for junit in junits))
    read = tomllib.loads(Path(__file__).with_name("peers.toml").read_text())
    print(HEAD)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for item in found:
        counts[item.target][item.verdict] += 1
    print("| target | PASS | DIVERGE | TIMEOUT | skipped | others |\n|---|---|---|---|---|---|")
    for target, counted in counts.items():
        main_ones = [counted.pop(name, 0) for name in ("PASS", "DIVERGE", "TIMEOUT")]
        rest = sum(counted.values())
        skipped = len(contracts) - sum(main_ones) - rest
        print(f"| {target} | {' | '.join(map(str, main_ones))} | {skipped} | {rest} |")
    for target in counts:
        bad = [item for item in found if item.target == target and item.verdict != "PASS"]
        if bad:
            print(f"\n## {target}")
        notes = read["notes"].get(target, {})
        calls = {
            item.contract: notes.get(item.contract) or guilty(item, Path(traces)) for item in bad
        }
        _print_groups(bad, groups(read, target), calls, set(notes))


def _print_groups(
    bad: list[Item], explained: list[Group], calls: dict[str, str], noted: set[str]
) -> None:
    """Print the rows of one target, a table for each group."""
    left = bad
    for group in explained:
        rows = [item for item in left if group.takes(item)]
        left = [item for item in left if not group.takes(item)]
        if not rows:
            continue
        print(f"\n### {group.title}: {len(rows)}\n\n{group.text}\n")
        print("| contract | what differs | call |\n|---|---|---|")
        for item in rows:
            reason = _private(item.reason).removeprefix("DIVERGE: ").replace("|", "\\|")
            call = "" if item.contract in noted else group.call
            print(f"| {item.contract} | {reason} | {call or calls[item.contract]} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
