"""``kevlar run`` and ``kevlar trace``: programs on the kernel, or on this host under strace."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_kevlar import cli_disk, cli_root, hostprofile
from pytest_kevlar.cli_trouble import Trouble, opened
from pytest_kevlar.runners import ENVIRONMENT, Job
from pytest_kevlar.runners import strace as strace_runner
from pytest_kevlar.runners.base import host_architecture
from pytest_kevlar.trace import jsonl, text
from pytest_kevlar.trace.event import Event

if TYPE_CHECKING:
    from pytest_kevlar.kernel import LiveInput, Machine, Result

_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_LEAST_MEMORY = 1 << 20
_UNBOUNDED = 1 << 62
#: Seconds that a program may take which nobody sits before.
_SECONDS = 3600.0
_SECOND_NS = 1_000_000_000
#: What the program learns of the terminal that it gets.
_TERMINAL_VARIABLES = ("TERM", "COLORTERM")


#: Signals that a shell does not mention either.
_QUIET = (signal.SIGINT, signal.SIGPIPE)


class Interrupted(KeyboardInterrupt):
    """The user ended the machine; `events` are what was traced until then."""

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__()
        self.events = events


def run(given: Namespace) -> int:
    """Run a program; its output and exit status are passed on."""
    _check_output(given)
    try:
        result = _run(given, traced=bool(given.output))
    except Interrupted as end:
        if given.output:
            _write(Path(given.output), end.events)
        raise
    if given.output:
        _write(Path(given.output), result.events)
    return _status(result)


def trace(given: Namespace) -> int:
    """Run a program and print what it did."""
    _check_output(given)
    calls = system_calls(given.calls)
    try:
        if given.linux:
            if given.disk:
                raise Trouble("--disk: only for the Python kernel, not with --linux")
            events, status = _on_linux(given)
        else:
            result = _run(given, traced=True)
            events, status = result.events, _status(result)
    except Interrupted as end:
        events, status = end.events, 130
    events = [event for event in events if not calls or event.name in calls]
    sys.stdout.flush()
    if given.output:
        _write(Path(given.output), events, times=given.times)
    else:
        for line in text.lines(events, times=given.times):
            print(line, file=sys.stderr)
    return status


def system_calls(words: str) -> set[str]:
    """Names of system calls as ``strace -e`` takes them; Trouble for one that does not exist."""
    from pytest_kevlar.kernel.arch import get

    calls = {name for name in words.removeprefix("trace=").split(",") if name}
    known = {name for arch in ("x86_64", "arm64") for name in get(arch).names.values()}
    for name in sorted(calls - known):
        raise Trouble(f"-e {words}: there is no system call {name!r}")
    return calls


def _on_linux(given: Namespace) -> tuple[Sequence[Event], int]:
    if given.root:
        raise Trouble("--linux runs programs of this host; --root is for the kernel")
    tree, inside = cli_root.of_program(given.program)
    data = tree.data(inside) or b""
    script = data.startswith(b"#!")
    arch = host_architecture() if script else cli_root.program_of(data, given.program)[0]
    reason = strace_runner.unavailable(arch)
    if reason:
        raise Trouble(reason)
    program = Path(given.program) if Path(given.program).is_file() else _which(given.program)
    if not os.access(program, os.X_OK):
        raise Trouble(f"{given.program}: permission denied (it is not executable)")
    timeout = given.timeout or _SECONDS
    job = Job(program.resolve(), arch, (given.program, *given.arguments), timeout=timeout)
    traced = strace_runner.run(job, "")
    sys.stdout.buffer.write(traced.outcome.stdout)
    sys.stderr.buffer.write(traced.outcome.stderr)
    return traced.events, traced.outcome.code


def _which(name: str) -> Path:
    import shutil

    return Path(shutil.which(name) or name)


def _check_output(given: Namespace) -> None:
    """Better now than after an hour."""
    if not given.output:
        return
    try:
        Path(given.output).open("a").close()
    except OSError as error:
        raise Trouble(f"-o {given.output}: {(error.strerror or '').lower()}") from None


def _write(path: Path, events: Sequence[Event], *, times: bool = False) -> None:
    try:
        with path.open("w", encoding="utf-8", errors="surrogateescape") as file:
            if path.suffix == ".jsonl":
                jsonl.write(file, jsonl.Trace(list(events), {"runner": "kevlar"}))
            else:
                file.writelines(f"{line}\n" for line in text.lines(events, times=times))
    except OSError as error:
        raise Trouble(f"-o {path}: {(error.strerror or '').lower()}") from None


def _show(stream: int, data: bytes) -> None:
    """Pass on what the guest writes. Raises BrokenPipeError if nobody reads it any more."""
    try:
        while data:
            data = data[os.write(stream, data) :]
    except BrokenPipeError:
        raise
    except OSError as error:
        name = ("input", "output", "error")[stream]
        with contextlib.suppress(OSError):
            words = (error.strerror or "").lower()
            os.write(2, f"kevlar: standard {name}: {words}\n".encode())
        raise BrokenPipeError from error


# -- the machine -----------------------------------------------------------------------------


def _run(given: Namespace, *, traced: bool) -> Result:
    tree, program = _program(given)
    arch = tree.architecture(program, given.program)
    if given.arch not in (None, arch):
        raise Trouble(f"{given.program} is for {arch}, not {given.arch}")
    memory = _memory(given.memory)
    tree.check_size(memory)
    environment = _environment(given.env)
    added = [_added(word) for word in given.file]
    from pytest_kevlar.kernel import Limits, LiveTerminal, Machine

    profile = hostprofile.capture()
    if tree.newest >= profile.realtime_ns:  # nothing shall come from the future
        profile = replace(profile, realtime_ns=tree.newest + _SECOND_NS)
    with _standard_input() as stdin:
        live = isinstance(stdin, LiveTerminal)
        if live:
            known = {name: os.environ[name] for name in _TERMINAL_VARIABLES if name in os.environ}
            environment = known | environment
            profile = replace(profile, realtime_ns=time.time_ns())
        seconds = given.timeout or (float("inf") if live else _SECONDS)
        limits = Limits(memory=memory, output=_UNBOUNDED, steps=_UNBOUNDED, seconds=seconds)
        with Machine(
            arch,
            profile=profile,
            seed=given.seed,
            limits=limits,
            trace=traced,
            on_output=_show,
            keep_output=False,
            disks=cli_disk.disks(given.disk),
        ) as machine:
            tree.fill(machine)
            for inside, data in added:
                machine.add_file(inside, data)
            result = _started(machine, [program, *given.arguments], environment, given.cwd, stdin)
            cli_disk.write_back(machine, given.disk)
    for name in result.unknown:
        print(f"kevlar: {name} is not implemented", file=sys.stderr)
    return result


def _started(
    machine: Machine,
    argv: list[str],
    environment: dict[str, str],
    cwd: str,
    stdin: bytes | LiveInput,
) -> Result:
    try:
        return machine.run(argv, env=environment, cwd=cwd, stdin=stdin)
    except KeyboardInterrupt:
        tracer = machine.kernel.tracer
        raise Interrupted(tracer.events if tracer else []) from None


def _program(given: Namespace) -> tuple[cli_root.Tree, str]:
    if given.root:
        tree = cli_root.of_root(given.root)
        return tree, tree.find(given.program)
    return cli_root.of_program(given.program)


def _memory(word: str) -> int:
    unit = word[-1:].upper()
    number = word[:-1] if unit in _UNITS else word
    size = int(number) * _UNITS.get(unit, 1) if number.isdecimal() else 0
    if size < _LEAST_MEMORY:
        raise Trouble(f"--memory {word}: not a size such as 512M")
    return size


def _environment(words: list[str]) -> dict[str, str]:
    """The variables the program gets; NAME alone takes over this process's."""
    environment = dict(ENVIRONMENT)
    for word in words:
        name, equals, value = word.partition("=")
        if not name:
            raise Trouble(f"--env {word}: not NAME=VALUE")
        environment[name] = value if equals else os.environ.get(name, "")
    return environment


def _added(word: str) -> tuple[str, bytes]:
    """A file that --file brings: where to, and what is in it."""
    name, equals, inside = word.partition("=")
    path = Path(name)
    with opened(path, f"--file {name}") as file:
        data = file.read()
    return (inside if inside.startswith("/") else f"/{inside}") if equals else f"/{path.name}", data


@contextlib.contextmanager
def _standard_input() -> Iterator[bytes | LiveInput]:
    """A file as a whole, the terminal if there is one, else what comes, as it comes."""
    from pytest_kevlar import cli_terminal

    try:
        mode = os.fstat(0).st_mode
    except OSError:  # it is closed
        yield b""
        return
    if os.isatty(0) and os.isatty(1):
        with cli_terminal.connected() as terminal:
            yield terminal
    elif stat.S_ISREG(mode):
        yield sys.stdin.buffer.read()
    else:
        yield cli_terminal.HostPipe()


def _status(result: Result) -> int:
    end = result.end.value
    if end == "exited":
        return result.code
    if end == "signaled":
        if result.signal not in _QUIET:
            name = signal.strsignal(result.signal) or f"signal {result.signal}"
            print(f"kevlar: {name}", file=sys.stderr)
        return 128 + result.signal
    what = "cannot start " if end == "noexec" else f"{end}: "
    print(f"kevlar: {what}{result.detail}", file=sys.stderr)
    if end == "crash":
        print(result.state, file=sys.stderr)
    return 125
