"""Runs a contract on the kernel in this package, a fresh machine for each run.

The only place where the plugin and the kernel meet; the kernel is imported when the first
contract runs, because its engine takes long to load.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_kevlar import __version__, hostprofile
from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners.base import ARCHITECTURES, Capabilities, Job
from pytest_kevlar.trace_options import CHANNELS

if TYPE_CHECKING:
    from pytest_kevlar.kernel import HostProfile, Result, Tuning

#: The private, empty directory a contract starts in, as the guest sees it.
WORKING_DIRECTORY = "/tmp/contract"


class KevlarRunner:
    """The kernel under test that this package brings."""

    name = "kevlar"
    capabilities = Capabilities(
        records=CHANNELS,
        settings={
            "checks": ("none", "calls"),
            "history": ("on", "off"),
            "counting": ("on", "off"),
        },
        silent=("checks", "history"),
        judges=True,  # whatever a contract may require is there
    )

    def __init__(self) -> None:
        self._profile: HostProfile | None = None

    def unavailable(self, arch: str) -> str:
        """Return a sentence if ``arch`` is none the kernel knows."""
        if arch in ARCHITECTURES:
            return ""
        return f"the kevlar kernel does not run {arch}"

    def run(self, job: Job) -> Outcome:
        """Boot a machine, run the program as its first process, and report how it ended."""
        from pytest_kevlar.kernel import Limits, Machine

        profile = job.profile or self._profile
        if profile is None:
            profile = self._profile = hostprofile.capture()
        limits = Limits(memory=job.memory, output=job.output, seconds=job.timeout)
        start = time.perf_counter()
        machine = Machine(
            job.arch,
            profile=profile,
            seed=job.seed,
            limits=limits,
            trace=job.trace,
            tuning=_tuning(job),
        )
        try:
            machine.add_file(job.argv[0], job.program.read_bytes(), mode=0o755)
            machine.add_directory(WORKING_DIRECTORY, mode=0o700)
            result = machine.run(job.argv, env=job.environment, cwd=WORKING_DIRECTORY, stdin=b"")
        finally:
            machine.close()
        return _outcome(result, time.perf_counter() - start)

    def version(self) -> str:
        """Return the version of this package, and of the engine where it is known."""
        from importlib import metadata

        return f"{__version__} on unicorn {metadata.version('unicorn')}"

    def close(self) -> None:
        """Nothing outlives a run."""


def _tuning(job: Job) -> Tuning:
    """What the profile in use sets."""
    from pytest_kevlar.kernel import Checks, Tuning

    settings = job.settings
    return Tuning(
        checks=Checks(settings.get("checks", "none")),
        history=settings.get("history") != "off",
        counting=settings.get("counting") != "off",
    )


def _outcome(result: Result, seconds: float) -> Outcome:
    notes = tuple(f"{name} is not implemented" for name in result.unknown)
    return Outcome(
        ending=Ending(result.end.value),
        code=result.code,
        signal=result.signal,
        stdout=result.stdout,
        stderr=result.stderr,
        seconds=seconds,
        detail=result.detail,
        state=result.state,
        traceback=result.traceback,
        notes=notes,
        events=result.events,
    )
