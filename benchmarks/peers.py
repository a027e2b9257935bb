"""Writes docs/peers.md: what the peers of our kernel do otherwise than Linux.

Three steps, of which each leaves a file in `peers/TARGET`, so that each can be done by itself, and
for one target while the others stay as they are:

    pytest contracts --kevlar-target=qemu-user --kevlar-arch=all --kevlar-trace \\
        --junitxml=all.xml --kevlar-trace-dir=traces
    python benchmarks/peers.py --results qemu-user traces all.xml alone.xml
    python benchmarks/peers.py --witnesses qemu-user
    python benchmarks/peers.py > docs/peers.md

The first keeps the contracts that do not hold in `results.json`; of several files the later one
wins, so that time-outs can be run again alone. The second builds and runs the small programs that
show a deviation by itself, on Linux and under the peer, and keeps what differs in `witnesses.json`;
with names behind the target, those programs only. The third puts the rows into the groups of
`peers.toml`, which is written by hand. The second and the third fail and say why if a witness does
not differ, or if a row is shown by none.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peers_results as results
import peers_witnesses as witnesses

from pytest_kevlar.build import CompileError
from pytest_kevlar.runners.base import Runner, version
from pytest_kevlar.runners.qemu_user import QemuUserRunner
from pytest_kevlar.runners.runsc import RunscRunner
from pytest_kevlar.toolchain import ToolchainMissing

HANDWRITTEN = Path(__file__).with_name("peers.toml")
RUNNERS = {"qemu-user": QemuUserRunner, "runsc": RunscRunner}

#: The title and the text of rows that no group of `peers.toml` takes.
REST = ("Not looked at", "No cause is known.")


@dataclass(frozen=True)
class Entry:
    """A row of the page: a contract with what differs, and where that is."""

    row: results.Row
    archs: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What patterns may fit: the contract, and with its architecture if it is one."""
        own = [f"{self.row.contract}@{arch}" for arch in self.archs if len(self.archs) == 1]
        return (self.row.contract, *own)


@dataclass(frozen=True)
class Group:
    """Rows that one choice of a peer's explains.

    Attributes:
        contracts: patterns of their names by the witness that shows them; without one, by an
            empty name.
        witnesses: those that show the group as a whole.
        call: what stands for the nearest call, by witness, with ``@`` and an architecture behind
            it or not, or with an empty name for all.
    """

    title: str
    text: str
    contracts: dict[str, tuple[str, ...]]
    witnesses: tuple[str, ...]
    call: dict[str, str]

    @classmethod
    def of(cls, read: dict[str, Any]) -> Group:
        """Make one of a table of `peers.toml`, where names of witnesses may be left out."""
        contracts, call = read["contracts"], read.get("call", "")
        by_witness = contracts if isinstance(contracts, dict) else {"": contracts}
        shown = {name: tuple(patterns) for name, patterns in by_witness.items()}
        whole = tuple(read.get("witnesses", ()))
        calls = call if isinstance(call, dict) else {"": call}
        return cls(read["title"], read["text"], shown, whole, calls)

    def every_witness(self) -> list[str]:
        """The names of all of its witnesses."""
        return [*self.witnesses, *(name for name in self.contracts if name)]

    def call_of(self, witness: str, entry: Entry) -> str:
        """What stands for the nearest call of ``entry``, which ``witness`` shows, or nothing."""
        own = [f"{witness}@{arch}" for arch in entry.archs if len(entry.archs) == 1]
        return next((self.call[key] for key in (*own, witness, "") if key in self.call), "")

    def takes(self, entry: Entry) -> str | None:
        """The witness that shows ``entry``; None if it is none of this group's rows."""
        for witness, patterns in self.contracts.items():
            if any(fnmatch.filter(entry.names, pattern) for pattern in patterns):
                return witness
        return None


class Section:
    """All that the page says of one target."""

    def __init__(self, target: str, read: dict[str, Any]) -> None:
        self.target = target
        self.about: str = read.get("about", {}).get(target, "")
        self.notes: dict[str, str] = read.get("notes", {}).get(target, {})
        self.results = results.Results.read(witnesses.PLACE / target / "results.json")
        self.said = witnesses.read(target)
        self.groups = [Group.of(one) for one in read.get(target, ())]
        self.entries = list(_entries(self.results))
        self.trouble: list[str] = []
        self.unshown: set[str] = set()

    def lines(self) -> Iterator[str]:
        """The section; what is wrong with it is in ``trouble`` when it is done."""
        yield f"## {self.target}\n\n{self.about}"
        if len(self.results.runs) > 1:
            yield from self._architectures()
        body = list(self._groups())
        if self.unshown:
            yield f"No witness shows these ({len(self.unshown)}): {_list(self.unshown)}.\n"
        yield from body

    def _groups(self) -> Iterator[str]:
        self._look_for_strangers()
        left = self.entries
        for group in [*self.groups, Group(*REST, {"": ("*",)}, (), {})]:
            taken = [entry for entry in left if group.takes(entry) is not None]
            left = [entry for entry in left if entry not in taken]
            if taken:
                yield from self._group(group, taken)
            else:
                self._wrong(group.title != REST[0], f"no row is of the group {group.title!r}")

    def _architectures(self) -> Iterator[str]:
        """How the sets of rows of two architectures differ, by what is behind them."""
        first, second = self.results.runs
        rows = {arch: {row.contract for row in run.rows} for arch, run in self.results.runs.items()}
        both = rows[first] & rows[second]
        parted = [entry for entry in self.entries if len(entry.archs) == 1]
        apart = [entry for entry in parted if entry.row.contract in both]
        number = len({entry.row.contract for entry in apart})
        yield (
            f"{len(both)} contracts diverge on both architectures, "
            f"{number} of them by another line,\n"
            "not to speak of numbers in it; a row that is not the same on both names its own.\n"
            "What is behind those that differ:\n"
        )
        yield "| | contracts |\n|---|---|"
        for arch in (first, second):
            yield from self._by_group(f"{arch}, by another line", apart, arch)
        for arch in (first, second):
            alone = [entry for entry in parted if entry not in apart]
            yield from self._by_group(f"{arch} only", alone, arch)
        yield ""

    def _by_group(self, words: str, entries: list[Entry], arch: str) -> Iterator[str]:
        """A line of a table for each group that has some of ``entries`` on ``arch``."""
        names: dict[str, list[str]] = {}
        for entry in entries:
            if arch in entry.archs:
                title = next((one.title for one in self.groups if one.takes(entry) is not None), "")
                names.setdefault(title or REST[0], []).append(entry.row.contract)
        for title, found in names.items():
            yield _table([f"{words}: {title} ({len(found)})", _list(found)])

    def _group(self, group: Group, entries: list[Entry]) -> Iterator[str]:
        count = len({entry.row.contract for entry in entries})
        yield f"### {group.title}: {count}\n\n{group.text.strip()}\n"
        shown = [name for name in group.every_witness() if self.said.get(name)]
        if shown:
            yield f"| witness | what | Linux | {self.target} |\n|---|---|---|---|"
            for name in shown:
                yield from self._witness(name)
            yield ""
        parted = any(group.contracts)
        column, rule = ("| witness ", "|---") if parted else ("", "")
        yield f"| contract | what differs | call {column}|\n|---|---|---{rule}|"
        for entry in entries:
            yield self._row(group, entry, parted)
        yield ""

    def _row(self, group: Group, entry: Entry, parted: bool) -> str:
        row = entry.row
        witness = group.takes(entry) or ""
        self._look_for_proof(group, entry, witness)
        note = next((self.notes[name] for name in entry.names[::-1] if name in self.notes), "")
        call = note or group.call_of(witness, entry)
        where = "" if len(entry.archs) == len(self.results.runs) else f" ({entry.archs[0]})"
        cells = [f"{row.contract}{where}", row.reason, call or row.call, *[witness] * parted]
        return _table(cells)

    def _witness(self, name: str) -> Iterator[str]:
        """The lines of one witness, those of all architectures once."""
        by_arch = self.said[name]
        link = f"[{name}](../benchmarks/peers/{self.target}/{name}.c)"
        every = {line: None for lines in by_arch.values() for line in lines}
        for line in every:
            having = [arch for arch, lines in by_arch.items() if line in lines]
            where = "" if len(having) == len(by_arch) else f" ({having[0]})"
            yield _table([link, f"{line.what}{where}", line.linux, line.peer])

    def _look_for_proof(self, group: Group, entry: Entry, witness: str) -> None:
        """One of the row's witnesses differs on each of its architectures."""
        names = [witness] if witness else group.witnesses
        for arch in entry.archs:
            shown = any(self.said.get(name, {}).get(arch) for name in names)
            if not shown:
                self.unshown.add(entry.row.contract)
                self._wrong(True, f"no witness shows {entry.row.contract} on {arch}")

    def _look_for_strangers(self) -> None:
        """Every witness is one of a group, every name is that of a witness."""
        named = {name for group in self.groups for name in group.every_witness()}
        for name in sorted(named ^ set(self.said)):
            other = "has not been run" if name in named else "belongs to no group"
            self._wrong(True, f"the witness {name} {other}")
        known = {name for entry in self.entries for name in entry.names}
        for name in sorted(set(self.notes) - known):
            self._wrong(True, f"the note on {name} is about no row")

    def _wrong(self, wrong: bool, words: str) -> None:
        if wrong:
            self.trouble.append(f"{self.target}: {words}")


def _entries(found: results.Results) -> Iterator[Entry]:
    """The rows of all architectures by name; what is the same on several is one."""
    by_reason: dict[tuple[str, str], list[tuple[str, results.Row]]] = {}
    for arch, run in found.runs.items():
        for row in run.rows:
            by_reason.setdefault((row.contract, _line(row.reason)), []).append((arch, row))
    for _, rows in sorted(by_reason.items(), key=lambda item: item[0][0]):
        yield Entry(rows[0][1], tuple(arch for arch, _ in rows))


def _line(reason: str) -> str:
    """The line that differs, without numbers, which may be chance, and without what came later."""
    return re.sub(r"\d+", "0", re.sub(r" \(exit status \d+\)$", "", reason))


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _table(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def page() -> list[str]:
    """Print the page; gives what is wrong with it."""
    read = tomllib.loads(HANDWRITTEN.read_text("utf-8"))
    kept = [target for target in RUNNERS if (witnesses.PLACE / target / "results.json").is_file()]
    sections = [Section(target, read) for target in kept]
    print(f"# What the peers do otherwise\n\n{read['about']['page']}")
    print("| target | contracts | PASS | DIVERGE | TIMEOUT | others | skipped |")
    print("|---|---|---|---|---|---|---|")
    for section in sections:
        for arch, run in section.results.runs.items():
            print(_table([f"{section.target} {section.results.version}, {arch}", *_counts(run)]))
    print()
    for section in sections:
        print("\n".join(section.lines()))
    return [words for section in sections for words in section.trouble]


def _counts(run: results.Run) -> list[str]:
    main = [run.verdicts.get(name, 0) for name in ("PASS", "DIVERGE", "TIMEOUT")]
    ran = sum(run.verdicts.values())
    return [str(count) for count in (run.contracts, *main, ran - sum(main), run.contracts - ran)]


def keep_results(target: str, traces: str, *junits: str) -> list[str]:
    """Write `results.json` of ``target``."""
    runner = RUNNERS[target]()
    found = results.collect(target, version(runner), Path(traces), [Path(one) for one in junits])
    found.write(witnesses.PLACE / target / "results.json")
    return [] if found.runs else [f"nothing in these files is about {target}"]


def keep_witnesses(target: str, *names: str) -> list[str]:
    """Run the witnesses of ``target``, or some of them, and write `witnesses.json`."""
    runner: Runner = RUNNERS[target]()
    paths = witnesses.sources(target)
    unknown = [f"there is no witness {name} for {target}" for name in names if name not in paths]
    said = {name: found for name, found in witnesses.read(target).items() if name in paths}
    chosen = {name: path for name, path in paths.items() if name in names or not names}
    trouble = []
    for name, by_arch in witnesses.run(runner, chosen):
        said[name] = by_arch
        for line in {line: None for lines in by_arch.values() for line in lines}:
            where = " ".join(arch for arch, lines in by_arch.items() if line in lines)
            print(f"{name} ({where}): {line.what}: Linux {line.linux}, {target} {line.peer}")
        if not any(by_arch.values()):
            trouble.append(f"the witness {name} does not differ on {target}")
    witnesses.write(dict(sorted(said.items())), target)
    return [*unknown, *trouble]


def main(arguments: list[str] | None = None) -> int:
    """Do one of the three steps; returns 1 if something is wrong."""
    parser = argparse.ArgumentParser(description="Write docs/peers.md.")
    parser.add_argument("--results", nargs="+", metavar="TARGET TRACES JUNIT", default=())
    parser.add_argument("--witnesses", nargs="+", metavar="TARGET NAME", default=())
    chosen = parser.parse_args(arguments)
    if 0 < len(chosen.results) < 3:
        parser.error("--results wants a target, a directory of traces, and files of JUnit")
    for words in (chosen.results, chosen.witnesses):
        if words and words[0] not in RUNNERS:
            parser.error(f"{words[0]} is none of {', '.join(RUNNERS)}")
    try:
        if chosen.results:
            trouble = keep_results(*chosen.results)
        elif chosen.witnesses:
            trouble = keep_witnesses(*chosen.witnesses)
        else:
            trouble = page()
    except (ToolchainMissing, CompileError, OSError) as error:
        trouble = [str(error)]
    for line in trouble:
        print(line, file=sys.stderr)
    return 1 if trouble else 0


if __name__ == "__main__":
    raise SystemExit(main())
