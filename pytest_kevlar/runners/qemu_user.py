"""Runs a contract under qemu-user, which translates the program and hands its system calls on.

The kernel that answers is this host's; what is under test is qemu's translation of calls,
structures and signals. For another architecture than the host's it may serve as reference.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.runners.base import Capabilities, Job
from pytest_kevlar.runners.linux import run_in_private
from pytest_kevlar.trace.qemu import QemuReader

PROGRAMS = {"x86_64": "qemu-x86_64", "arm64": "qemu-aarch64"}

#: qemu's own words about a guest's process that died; the program did not write them.
_OBITUARY = re.compile(
    rb"^qemu: uncaught target signal \d+ \([^)\n]*\) - (?:core dumped|exiting)\n", re.MULTILINE
)


class QemuUserRunner:
    """qemu-x86_64 and qemu-aarch64."""

    name = "qemu-user"
    capabilities = Capabilities(records=("syscall", "signal"), reference=True)

    def unavailable(self, arch: str) -> str:
        """Return a sentence if there is no qemu for ``arch``."""
        program = PROGRAMS.get(arch)
        if program is None:
            return f"qemu-user is not known to run {arch}"
        if shutil.which(program) is None:
            return f"no {program} on this host (apt-get install qemu-user)"
        return ""

    def version(self) -> str:
        """Return the version of whichever qemu is there."""
        program = next(filter(None, map(shutil.which, PROGRAMS.values())), None)
        if program is None:
            return "not installed"
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10)
        found = re.search(r"version (\S+)", done.stdout)
        return found[1] if found else "version unknown"

    def run(self, job: Job) -> Outcome:
        """Run ``job`` under qemu, with ``-strace`` if it is to be recorded."""
        program = shutil.which(PROGRAMS[job.arch]) or PROGRAMS[job.arch]
        with tempfile.TemporaryDirectory(prefix="kevlar-trace-") as place:
            log = Path(place) / "log"
            options, environment = _recording(log) if job.trace else ((), {})
            argv = (program, *options, "-0", job.argv[0], str(job.program), *job.argv[1:])
            environment = {**job.environment, **environment}
            outcome, directory = run_in_private(
                replace(job, program=Path(program), argv=argv, environment=environment)
            )
            lines = _lines(log) if job.trace else []
        outcome = replace(outcome, stderr=_OBITUARY.sub(b"", outcome.stderr), directory=directory)
        if not job.trace:
            return outcome
        reader = QemuReader(_parameters())
        reader.feed(lines)
        killed = outcome.signal if outcome.ending is Ending.SIGNALED else 0
        return replace(outcome, events=reader.finish(killed))

    def close(self) -> None:
        """Nothing outlives a run but one library."""
        if _library.cache_info().currsize:
            library = _library()
            _library.cache_clear()
            if library:
                shutil.rmtree(Path(library).parent, ignore_errors=True)


def _recording(log: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """Options and environment with which qemu writes calls to `log`, away from the guest."""
    library = _library()
    options = ("-strace", "-D", str(log))
    if not library:
        return options, {}
    environment = {"LD_PRELOAD": library, "KEVLAR_QEMU_LOG": str(log)}
    hidden = [word for name in environment for word in ("-U", name)]
    return (*options, *hidden), environment


@functools.cache
def _library() -> str:
    """Build what keeps qemu's log out of the guest's descriptors; empty without a compiler.

    A qemu that is linked statically is not touched by it.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return ""
    place = Path(tempfile.mkdtemp(prefix="kevlar-qemu-"))
    library = place / "qemu_log.so"
    source = Path(__file__).with_name("qemu_log.c")
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
    if subprocess.run(command, capture_output=True).returncode == 0:
        return str(library)
    shutil.rmtree(place, ignore_errors=True)
    return ""


def _lines(log: Path) -> list[str]:
    try:
        return log.read_text("utf-8", "backslashreplace").splitlines()
    except OSError:
        return []


@functools.cache
def _parameters() -> dict[str, int]:
    from pytest_kevlar.kernel import interface

    return {name: len(found) for name, found in interface.parameters().items()}
