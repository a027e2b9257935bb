"""Runs the witnesses of docs/peers.md: small programs each of which shows one deviation of a peer.

A witness is `peers/TARGET/NAME.c`: C without any header of ours, which prints lines `what: result`
and says on Linux something else than on the peer. It writes them with `dprintf`, so that what was
said before it hangs or dies is there. Not to end, and to die, is a result, too.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_kevlar.build import BuildCache
from pytest_kevlar.contract import Contract
from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners.base import ARCHITECTURES, Job, Runner, host_architecture
from pytest_kevlar.runners.linux import LinuxRunner
from pytest_kevlar.toolchain import ToolchainMissing, Toolchains

#: The directories of the targets, with witnesses and with what is kept of runs.
PLACE = Path(__file__).with_name("peers")
#: Seconds after which a witness is said not to end.
SECONDS = 10.0
#: A line that one side did not say.
UNSAID = "—"


@dataclass(frozen=True)
class Line:
    """One line of a witness that differs."""

    what: str
    linux: str
    peer: str


#: Lines by architecture, by the name of the witness.
Said = dict[str, dict[str, list[Line]]]


def sources(target: str) -> dict[str, Path]:
    """The witnesses for ``target`` by name."""
    return {path.stem: path for path in sorted((PLACE / target).glob("*.c"))}


def run(runner: Runner, paths: dict[str, Path]) -> Iterator[tuple[str, dict[str, list[Line]]]]:
    """Run each witness on Linux and under ``runner``; gives its name and the lines that differ.

    Linux runs the very binary that the peer runs where the architecture is the host's, and one of
    the host's own otherwise. Raises ToolchainMissing or CompileError.
    """
    toolchains = Toolchains()
    host = host_architecture()
    usable = [arch for arch in ARCHITECTURES if not runner.unavailable(arch)]
    if not usable:
        raise ToolchainMissing(runner.unavailable(host))
    with tempfile.TemporaryDirectory(prefix="kevlar-witnesses-") as place:
        cache = BuildCache(Path(place))
        for name, path in paths.items():
            witness = Contract(path, path.parent)
            builds = {host: cache.build(witness, toolchains.reference()).path}
            for arch in set(usable) - {host}:
                builds[arch] = cache.build(witness, toolchains.target(arch)).path
            linux = _said(LinuxRunner(), builds[host], host)
            yield (
                name,
                {arch: _differences(linux, _said(runner, builds[arch], arch)) for arch in usable},
            )


def _said(runner: Runner, program: Path, arch: str) -> dict[str, str]:
    job = Job(program, arch, (f"/kevlar/{program.name}",), timeout=SECONDS)
    outcome = runner.run(job)
    text = outcome.stdout.decode("utf-8", "backslashreplace")
    lines = dict(line.partition(": ")[::2] for line in text.splitlines())
    return {**lines, "it ends": _end(outcome)}


def _end(outcome: Outcome) -> str:
    return outcome.detail if outcome.ending is Ending.TIMEOUT else outcome.describe()


def _differences(linux: dict[str, str], peer: dict[str, str]) -> list[Line]:
    return [
        Line(what, linux.get(what, UNSAID), peer.get(what, UNSAID))
        for what in {**linux, **peer}
        if linux.get(what) != peer.get(what)
    ]


def write(said: Said, target: str) -> None:
    """Keep the lines that differ in the target's directory."""
    kept = {
        name: {
            arch: [[line.what, line.linux, line.peer] for line in lines]
            for arch, lines in by_arch.items()
        }
        for name, by_arch in said.items()
    }
    lines = (f'"{name}": {json.dumps(one, ensure_ascii=False)}' for name, one in kept.items())
    text = ",\n".join(lines)
    (PLACE / target / "witnesses.json").write_text(f"{{\n{text}\n}}\n", "utf-8")


def read(target: str) -> Said:
    """What was kept of ``target``; nothing if nothing was."""
    path = PLACE / target / "witnesses.json"
    kept = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    return {
        name: {arch: [Line(*line) for line in lines] for arch, lines in by_arch.items()}
        for name, by_arch in kept.items()
    }
