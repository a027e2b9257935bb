"""Reads what runs of the suite said of a peer, and finds the call behind each row of docs/peers.md.

The nearest guilty call is that before the first line of output that differs, of those that both
sides were asked for in the same way and that gave another result, or that only one side made.
"""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from pytest_kevlar.trace import jsonl
from pytest_kevlar.trace.compare import compare
from pytest_kevlar.trace.finding import BUG
from pytest_kevlar.trace.finding import Row as Aligned
from pytest_kevlar.trace.text import call_text, result_text

#: Differences of arguments may be of notation; these are of behaviour.
BEHAVIOUR = ("errno", "value", "signal", "exit", "name", "order")
#: How a program tells what it saw.
TELLING = ("write", "writev", "ioctl")
#: What a contract says when a call of its own, or a condition with one, is not as it must be.
REFUSED = re.compile(
    r"^[+ ]*CONTRACT_FAIL .*?: (?P<call>.+) returned (?P<value>-?\d+), "
    r"errno (?P<error>\w+); expected -1, (?P<wanted>\w+)$",
    re.MULTILINE,
)
UNMET = re.compile(
    r"^[+ ]*CONTRACT_FAIL .*?: (?P<call>.+) is false \(errno (?P<error>[A-Z]\w+), line \d+\)$",
    re.MULTILINE,
)
#: Characters of a call in the page.
WIDTH = 70
#: Events of a trace beyond which it is not compared.
ENDLESS = 20_000


@dataclass(frozen=True)
class Row:
    """A contract that does not hold.

    Attributes:
        reason: the first line of its output that differs, or that it does not end.
        call: the guilty one that the contract itself names, or the nearest, or ``-``.
    """

    contract: str
    verdict: str
    reason: str
    call: str = "-"


@dataclass(frozen=True)
class Run:
    """All contracts on one target and one architecture; ``rows`` are those that do not hold."""

    contracts: int
    verdicts: dict[str, int]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Results:
    """What is kept of the runs on one target, by architecture."""

    version: str
    runs: dict[str, Run]

    def write(self, path: Path) -> None:
        """Keep them in ``path``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=0, ensure_ascii=False) + "\n", "utf-8")

    @classmethod
    def read(cls, path: Path) -> Results:
        """Read what was written."""
        kept = json.loads(path.read_text("utf-8"))
        runs = {
            arch: Run(**{**run, "rows": tuple(Row(**row) for row in run["rows"])})
            for arch, run in kept["runs"].items()
        }
        return cls(kept["version"], runs)


def collect(target: str, version: str, traces: Path, junits: Sequence[Path]) -> Results:
    """Make results of runs with ``--junitxml`` and ``--kevlar-trace-dir``.

    A later file replaces what an earlier one says of the same contract and architecture: that is
    how time-outs that were run alone come in.
    """
    asked: dict[str, set[str]] = {}
    found: dict[str, dict[str, Row]] = {}
    for junit in junits:
        for arch, contract, row in _items(junit, target):
            asked.setdefault(arch, set()).add(contract)
            if row is not None:
                found.setdefault(arch, {})[contract] = row
    runs = {
        arch: _run(len(asked[arch]), [rows[name] for name in sorted(rows)], arch, target, traces)
        for arch, rows in found.items()
    }
    return Results(version, runs)


def _run(contracts: int, rows: list[Row], arch: str, target: str, traces: Path) -> Run:
    verdicts = dict(sorted(Counter(row.verdict for row in rows).items()))
    bad = [
        row if row.call != "-" else replace(row, call=_nearest_call(row, arch, target, traces))
        for row in rows
        if row.verdict != "PASS"
    ]
    return Run(contracts, verdicts, tuple(bad))


def _items(path: Path, target: str) -> Iterator[tuple[str, str, Row | None]]:
    """Architecture, contract and row of every item on ``target``; no row if it was skipped."""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        facts = {one.get("name"): one.get("value") or "" for one in case.iter("property")}
        arch, _, named = case.get("name", "").partition("-")
        if facts.get("kevlar_target", named or target) != target:
            continue
        contract = ".".join(case.get("classname", "").removesuffix(".c").split(".")[-2:])
        if "kevlar_verdict" not in facts:
            yield arch, contract, None
            continue
        failure = case.find("failure")
        message = failure.get("message", "") if failure is not None else ""
        reason = _private(next(iter(message.splitlines()), "")).removeprefix("DIVERGE: ")
        said = failure.text or "" if failure is not None else ""
        call = _named_call(said) if "under test 'CONTRACT_FAIL" in reason else "-"
        yield arch, contract, Row(contract, facts["kevlar_verdict"], reason, call)


def _named_call(said: str) -> str:
    """The call that the contract says failed it, from the whole of a failure; ``-`` if none."""
    refused, unmet = REFUSED.search(said), UNMET.search(said)
    if refused:
        error = "" if refused["value"] != "-1" else f" {refused['error']}"
        return f"`{_cut(refused['call'])}` = {refused['value']}{error}, not -1 {refused['wanted']}"
    return f"`{_cut(unmet['call'])}` is false, {unmet['error']}" if unmet else "-"


def _nearest_call(row: Row, arch: str, target: str, traces: Path) -> str:
    """The call that went another way nearest to what the program then said."""
    if row.verdict == "TIMEOUT":
        return "-"
    name = f"{row.contract}.{arch}"
    labels = (f"{name}.{target}", name)  # of a run with several targets, and with one
    choices = [[traces / f"{label}.{side}.jsonl" for side in ("linux", target)] for label in labels]
    paths = next((some for some in choices if all(path.is_file() for path in some)), None)
    if paths is None:
        return "-"
    left, right = (jsonl.read_file(path).events for path in paths)
    if len(right) > ENDLESS:
        return "-"
    found: Aligned | None = None
    for aligned in compare(left, right).rows:
        if _behaves_otherwise(aligned):
            found = aligned
        elif found is not None and _says_otherwise(aligned):
            break
    return _words(found) if found else "-"


def _behaves_otherwise(row: Aligned) -> bool:
    if row.event.name in TELLING:
        return False
    unfinished = row.right is not None and row.right.is_call and row.right.result is None
    if unfinished and row.left is not None and row.left.name == row.event.name:
        return False  # the peer's trace does not say how it ended
    return any(one.severity == BUG and one.kind in BEHAVIOUR for one in row.differences)


def _says_otherwise(row: Aligned) -> bool:
    return row.event.name in TELLING and row.has(BUG)


def _words(row: Aligned) -> str:
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
    text = _private(text).replace("`", "'")
    return text if len(text) <= WIDTH else f"{text[:WIDTH]}…"
