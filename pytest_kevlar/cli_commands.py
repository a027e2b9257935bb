"""What the commands of ``kevlar`` do.

Thin: machines, traces and contracts know how; this joins them to files and the terminal.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tarfile
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from pytest_kevlar import hostprofile
from pytest_kevlar.contract import all_contracts
from pytest_kevlar.runners import ARCHITECTURES, ENVIRONMENT, Job
from pytest_kevlar.runners import strace as strace_runner
from pytest_kevlar.toolchain import ToolchainMissing, Toolchains
from pytest_kevlar.trace import jsonl, render, strace, text
from pytest_kevlar.trace.compare import compare
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.explain import explain
from pytest_kevlar.trace.finding import BUG
from pytest_kevlar.trace.neutral import neutral
from pytest_kevlar.trace.source import lines_of

if TYPE_CHECKING:
    from pytest_kevlar.kernel import Machine, Result

_MACHINES = {0x3E: "x86_64", 0xB7: "arm64"}
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Trouble(Exception):
    """A command cannot do what is asked; the message is one line."""


# -- run and trace --------------------------------------------------------------------------


def run(given: Namespace) -> int:
    """Run a program; its output and exit status are passed on."""
    result = _run(given, traced=bool(given.output))
    if given.output:
        _write(Path(given.output), result.events)
    return _status(result)


def trace(given: Namespace) -> int:
    """Run a program and print what it did."""
    calls = {name for name in given.calls.split(",") if name}
    if given.linux:
        reason = strace_runner.unavailable(_architecture(given))
        if reason:
            raise Trouble(reason)
        job = Job(
            Path(given.program).resolve(),
            _architecture(given),
            (given.program, *given.arguments),
            timeout=given.timeout,
        )
        traced = strace_runner.run(job, "")
        sys.stdout.buffer.write(traced.outcome.stdout)
        sys.stderr.buffer.write(traced.outcome.stderr)
        events, status = traced.events, traced.outcome.code
    else:
        result = _run(given, traced=True)
        events, status = list(result.events), _status(result)
    events = [event for event in events if not calls or event.name in calls]
    sys.stdout.flush()
    if given.output:
        _write(Path(given.output), events, times=given.times)
    else:
        for line in text.lines(events, times=given.times):
            print(line, file=sys.stderr)
    return status


def _write(path: Path, events: Sequence[Event], *, times: bool = False) -> None:
    try:
        with path.open("w", encoding="utf-8", errors="surrogateescape") as file:
            if path.suffix == ".jsonl":
                jsonl.write(file, jsonl.Trace(list(events), {"runner": "kevlar"}))
            else:
                file.writelines(f"{line}\n" for line in text.lines(events, times=times))
    except OSError as error:
        raise Trouble(f"{path}: {error.strerror}") from None


def _show(stream: int, data: bytes) -> None:
    """Pass on what the guest writes; nobody reading any more is not the guest's business."""
    target = (sys.stdout if stream == 1 else sys.stderr).buffer
    with contextlib.suppress(BrokenPipeError):
        target.write(data)
        target.flush()


def _run(given: Namespace, *, traced: bool) -> Result:
    from pytest_kevlar.kernel import Limits, Machine

    size = given.memory[:-1] if given.memory[-1:].upper() in _UNITS else given.memory
    if not size.isdigit():
        raise Trouble(f"--memory: {given.memory!r} is not a size such as 512M")
    memory = int(size) * _UNITS.get(given.memory[-1:].upper(), 1)
    limits = Limits(memory=memory, output=64 << 20, seconds=given.timeout)
    environment = dict(ENVIRONMENT)
    for word in given.env:
        name, _, value = word.partition("=")
        environment[name] = value
    program = given.program
    with Machine(
        _architecture(given),
        profile=hostprofile.capture(),
        seed=given.seed,
        limits=limits,
        trace=traced,
        on_output=_show,
    ) as machine:
        if given.root:
            _fill(machine, Path(given.root))
        else:
            path = Path(program)
            program = f"/{path.name}"
            machine.add_file(program, path.read_bytes())
        stdin = b"" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.buffer.read()
        result = machine.run(
            [program, *given.arguments], env=environment, cwd=given.cwd, stdin=stdin
        )
    for name in result.unknown:
        print(f"kevlar: {name} is not implemented", file=sys.stderr)
    return result


def _status(result: Result) -> int:
    if result.end.value == "exited":
        return result.code
    if result.end.value == "signaled":
        return 128 + result.signal
    print(f"kevlar: {result.end.value}: {result.detail}", file=sys.stderr)
    if result.state:
        print(result.state, file=sys.stderr)
    return 125


def _architecture(given: Namespace) -> str:
    """What the program is for, from its ELF header."""
    if given.arch:
        return str(given.arch)
    try:
        head = _head(given)
    except (OSError, KeyError, tarfile.TarError):
        raise Trouble(f"{given.program}: no such file") from None
    if head[:4] == b"#!":
        return "x86_64"
    machine = int.from_bytes(head[18:20], "little")
    if head[:4] != b"\x7fELF" or machine not in _MACHINES:
        raise Trouble(f"{given.program}: no Linux program for x86_64 or arm64")
    return _MACHINES[machine]


def _head(given: Namespace) -> bytes:
    if not given.root:
        with Path(given.program).open("rb") as file:
            return file.read(20)
    root = Path(given.root)
    inside = str(given.program).lstrip("/")
    for _ in range(8):  # links inside the root lead to paths inside the root
        if root.is_dir():
            path = root / inside
            if path.is_symlink():
                inside = _target(inside, str(path.readlink()))
                continue
            with path.open("rb") as opened:
                return opened.read(20)
        with tarfile.open(root) as archive:
            names = {member.name.removeprefix("./"): member for member in archive}
            member = names[inside]
            if member.issym():
                inside = _target(inside, member.linkname)
                continue
            extracted = archive.extractfile(member)
            return bytes(extracted.read(20)) if extracted else b""
    raise OSError("too many links")


def _target(path: str, link: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath("/") / PurePosixPath(path).parent / link).parts[1:]:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _fill(machine: Machine, root: Path) -> None:
    """Copy a directory or an archive into the machine; devices and the like are left out."""
    if root.is_dir():
        for path in sorted(root.rglob("*")):
            inside = "/" + path.relative_to(root).as_posix()
            if path.is_symlink():
                machine.add_link(inside, str(path.readlink()))
            elif path.is_dir():
                machine.add_directory(inside, path.stat().st_mode & 0o7777)
            elif path.is_file():
                machine.add_file(inside, path.read_bytes(), path.stat().st_mode & 0o7777)
        return
    try:
        archive = tarfile.open(root)  # noqa: SIM115 -- closed by the with below
    except (OSError, tarfile.TarError) as error:
        raise Trouble(f"--root {root}: {error}") from None
    with archive:
        for member in archive:
            inside = "/" + member.name.removeprefix("./").strip("/")
            if member.isdir() and inside not in ("/", "/."):
                machine.add_directory(inside, member.mode & 0o7777)
            elif member.issym():
                machine.add_link(inside, member.linkname)
            elif member.isfile() or member.islnk():
                file = archive.extractfile(member)
                if file is not None:
                    machine.add_file(inside, file.read(), member.mode & 0o7777)


# -- diff -----------------------------------------------------------------------------------


def diff(given: Namespace) -> int:
    """Compare two traces and say where they part."""
    left, right = _read(Path(given.left)), _read(Path(given.right))
    if given.neutral:
        left, right = neutral(left), neutral(right)
    only = tuple(name for name in given.calls.split(",") if name)
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
        raise Trouble(f"{path}: {error.strerror or error}") from None
    if not events:
        raise Trouble(f"{path}: no trace that can be read")
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
        raise Trouble(f"{root}: no such directory")
    for contract in all_contracts(root):
        promise = _promise(contract.path)
        if given.word.lower() not in f"{contract.key} {promise}".lower():
            continue
        needs = ", ".join(contract.requirements())
        print(f"{contract.key}" + (f" [{needs}]" if needs else ""))
        print(f"    {promise}")
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
    "run": run,
    "trace": trace,
    "diff": diff,
    "contracts": contracts,
    "doctor": doctor,
}
