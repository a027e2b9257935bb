"""The protocol between the plugin and a place where a contract can run.

A third party implements `Runner` and hands an instance in through the hook
``pytest_kevlar_runners``; nothing else of the plugin needs to know about it.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pytest_kevlar.outcome import Outcome, first_line

if TYPE_CHECKING:
    from pytest_kevlar.kernel import HostProfile

#: The architectures a contract can be built for.
ARCHITECTURES = ("x86_64", "arm64")

#: The whole environment of a contract, the same on every side.
ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/",
    "LANG": "C",
    "LC_ALL": "C",
    "TZ": "UTC",
}

#: Bytes that a contract may write to standard output and standard error together.
OUTPUT_BYTES = 8 << 20


def host_architecture() -> str:
    """Return the name this project uses for the architecture of this machine."""
    machine = platform.machine().lower()
    return {"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine)


@dataclass(frozen=True, slots=True)
class Job:
    """One program to run once, and everything it may see.

    Attributes:
        program: the built, static binary on this host.
        arch: architecture it was built for.
        argv: its arguments. ``argv[0]`` is the same text on every side and need not be a
            path of this host: start ``program``, and pass ``argv`` as it is.
        environment: all of its environment.
        timeout: seconds of host time it may take.
        output: bytes it may write on standard output and standard error together.
        seed: where a deterministic runner takes its chance from.
        memory: bytes of memory that a runner with its own memory gives the program.
        requires: words of the contract's ``Requires:`` line; the runner may rely on the
            host having been asked for each.
        profile: the host that a machine of ours mirrors, if it is another than this one.
        settings: those of the runner that the profile in use sets, by name.
        trace: channels to record as events of the outcome; a runner that records nothing
            ignores it.
        callers: what is recorded should tell the line of the contract that made a call.

    The working directory is private and empty, standard input is empty, signals are at
    their defaults and no other descriptor is open: the runner sees to that.
    """

    program: Path
    arch: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    timeout: float = 30.0
    output: int = OUTPUT_BYTES
    seed: int = 0
    memory: int = 512 << 20
    requires: frozenset[str] = frozenset()
    trace: tuple[str, ...] = ()
    callers: bool = True
    profile: HostProfile | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Runner(Protocol):
    """A place where contracts run. It may be `Capable` and `Versioned`, too."""

    #: What ``--kevlar-target`` calls it.
    name: str

    def unavailable(self, arch: str) -> str:
        """Return a sentence saying what is missing to run ``arch``, or an empty string."""
        ...

    def run(self, job: Job) -> Outcome:
        """Run ``job`` to its end and say what it left behind.

        Whatever the program does is an `Outcome`, never an exception. An exception is
        taken for a bug of the runner and reported as a crash.
        """
        ...

    def close(self) -> None:
        """Let go of everything; called once, at the end of the session."""
        ...


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a runner can do beyond running one program; the default is what is always true.

    Attributes:
        records: channels of a `Job` that it records as events; none by default.
        parallel: how many runs there may be at once on this host, over all processes of
            a session and of others; 0 for any number.
        reference: whether it does what Linux does well enough to be compared with.
        witness: whether what it records as a reference is the whole of what Linux did; if not,
            system calls are compared with those on this host.
        judges: whether it judges the requirements of a contract itself, because its room is
            another than this host; it then raises `Unmet`.
        settings: what profiles can set of it, and to what; any value if there are none.
        silent: those of them that no guest can notice, by the time that things take either.
    """

    records: tuple[str, ...] = ()
    parallel: int = 0
    reference: bool = False
    witness: bool = False
    judges: bool = False
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    silent: tuple[str, ...] = ()


class Unmet(Exception):
    """The place lacks what the contract requires; the message is the sentence that says so."""


@runtime_checkable
class Batching(Protocol):
    """A runner for which it is cheaper to know what will be run later."""

    def run_among(self, job: Job, coming: Callable[[], Iterable[Job]]) -> Outcome:
        """Run ``job`` as `Runner.run` does.

        Args:
            coming: gives the jobs that will probably follow, in order; it builds them, so
                that asking for more than are used is a waste.
        """
        ...


@runtime_checkable
class Capable(Protocol):
    """A runner that says what it can do."""

    #: Asked once, when pytest starts.
    capabilities: Capabilities


@runtime_checkable
class Versioned(Protocol):
    """A runner that knows the version of what it runs contracts on."""

    def version(self) -> str:
        """Return one line for the header of the report; empty if it cannot be found out."""
        ...


def capabilities(runner: Runner) -> Capabilities:
    """Return what ``runner`` can do, whether it says so or not."""
    found = runner.capabilities if isinstance(runner, Capable) else Capabilities()
    return found if isinstance(found, Capabilities) else Capabilities()


def version(runner: Runner) -> str:
    """Return the version of ``runner`` in one line; empty if it does not say."""
    if not isinstance(runner, Versioned):
        return ""
    try:
        return first_line(str(runner.version()))
    except Exception as error:  # a third party's; a header is no place to fall over
        return f"version unknown: {type(error).__name__}"
