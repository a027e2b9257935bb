"""What the commands of ``kevlar`` do.

Thin: machines, traces and contracts know how; this joins them to files and the terminal.
"""

from __future__ import annotations

import shutil
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from pathlib import Path

from pytest_kevlar import cli_run
from pytest_kevlar.cli_trouble import Trouble
from pytest_kevlar.contract import BadHeader, all_contracts
from pytest_kevlar.runners import ARCHITECTURES
from pytest_kevlar.toolchain import ToolchainMissing, Toolchains
from pytest_kevlar.trace import jsonl, render, strace
from pytest_kevlar.trace.compare import compare
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.explain import explain
from pytest_kevlar.trace.finding import BUG
from pytest_kevlar.trace.neutral import neutral
from pytest_kevlar.trace.source import lines_of

# -- diff -----------------------------------------------------------------------------------


def diff(given: Namespace) -> int:
    """Compare two traces and say where they part."""
    left, right = _read(Path(given.left)), _read(Path(given.right))
    if given.neutral:
        left, right = neutral(left), neutral(right)
    only = tuple(sorted(cli_run.system_calls(given.calls)))
    if given.program and not Path(given.program).is_file():
        raise Trouble(f"--program {given.program}: no such file")
    comparison = compare(left, right, only=only, across=given.neutral)
    lines = lines_of(Path(given.program)) if given.program else None
    found = explain(comparison, f"{Path(given.left).name} {Path(given.right).name}", lines)
    found.reference = Path(given.left).name
    width = given.width or shutil.get_terminal_size().columns
    colour = sys.stdout.isatty()
    for line, markup in render.draw(found, width, everything=given.all):
        print(_coloured(line, markup) if colour else line)
    return 1 if comparison.total(BUG) else 0


def _read(path: Path) -> list[Event]:
    """A trace in whatever form it is."""
    if path.is_dir():
        raise Trouble(f"{path}: is a directory")
    try:
        if path.is_file():
            head = path.open(encoding="utf-8", errors="replace").read(4096)
            if head.lstrip().startswith("{") or "DBG" in head:
                events = jsonl.read_file(path).events
            else:
                events = strace.read(path)
        else:
            events = strace.read(path)
    except OSError as error:
        raise Trouble(f"{path}: {(error.strerror or str(error)).lower()}") from None
    if not events:
        if path.is_file() and not path.stat().st_size:
            raise Trouble(f"{path}: is empty")
        raise Trouble(f"{path}: no trace (neither JSON lines, nor strace's text, nor DBG lines)")
    return events


_CODES = {"bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36", "light": "2"}


def _coloured(line: str, markup: dict[str, bool]) -> str:
    codes = ";".join(_CODES[name] for name in markup if name in _CODES)
    return f"\x1b[{codes}m{line}\x1b[0m" if codes else line


# -- contracts and doctor -------------------------------------------------------------------


def contracts(given: Namespace) -> int:
    """List contracts."""
    root = Path(given.directory)
    if not root.is_dir():
        raise Trouble(f"{root}: {'not a' if root.exists() else 'no such'} directory")
    shown = 0
    for contract in all_contracts(root):
        promise = _promise(contract.path)
        if given.word.lower() not in f"{contract.key} {promise}".lower():
            continue
        shown += 1
        try:
            needs = ", ".join(contract.requirements())
        except BadHeader as error:
            raise Trouble(f"{contract.path}:{error}") from None
        print(f"{contract.key}" + (f" [{needs}]" if needs else ""))
        print(f"    {promise}")
    if not shown:
        what = f"no contract with {given.word!r}" if given.word else "no contracts"
        raise Trouble(f"{root}: {what}")
    return 0


def _promise(path: Path) -> str:
    """The opening comment in one line, without its keyword."""
    source = path.read_text("utf-8", "replace").lstrip()
    comment = source.removeprefix("/*").partition("*/")[0] if source.startswith("/*") else ""
    words = " ".join(part.strip().lstrip("*").strip() for part in comment.splitlines())
    return words.removeprefix("Contract:").partition("Requires:")[0].strip()


def doctor(given: Namespace) -> int:
    """Say what is there and what is missing."""
    bad = 0
    for good, line in _checks():
        print(f"{'ok     ' if good else 'missing'}  {line}")
        bad += not good
    return 1 if bad else 0


def _checks() -> Iterable[tuple[bool, str]]:
    yield sys.version_info >= (3, 11), f"Python {sys.version.split()[0]} (3.11 or later)"
    try:
        from pytest_kevlar.kernel import Machine

        for arch in ARCHITECTURES:
            Machine(arch).close()
        yield True, "the kernel and its CPU engine, x86_64 and arm64"
    except Exception as error:  # whatever is wrong with it is the answer
        yield False, f"the kernel: {error} (pip install --force-reinstall pytest-kevlar)"
    toolchains = Toolchains()
    for arch in ("", *ARCHITECTURES):
        try:
            compiler = toolchains.target(arch) if arch else toolchains.reference()
            yield True, f"compiler for {arch or 'the reference'}: {compiler.describe()}"
        except ToolchainMissing as error:
            yield False, str(error)
    found = shutil.which("strace")
    yield bool(found), f"strace: {found or 'needed for --kevlar-trace (apt-get install strace)'}"
    for module, use in (("pytest_html", "--html"), ("xdist", "-n")):
        import importlib.util

        there = importlib.util.find_spec(module) is not None
        name = {"pytest_html": "pytest-html", "xdist": "pytest-xdist"}[module]
        yield there, f"{name}, for {use}" + ("" if there else f" (pip install {name})")


COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "run": cli_run.run,
    "trace": cli_run.trace,
    "diff": diff,
    "contracts": contracts,
    "doctor": doctor,
}
