"""Runs a program natively under ``strace``: the reference trace of a comparison.

The tracer is a daemon in a session of its own, so that the program is the same child of
the same parent as without it; the trace arrives through a FIFO that ends when it ends.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_kevlar.outcome import Outcome
from pytest_kevlar.runners.base import Job, host_architecture
from pytest_kevlar.runners.linux import run_in_private
from pytest_kevlar.trace.event import Event
from pytest_kevlar.trace.strace import StraceReader

#: Numbers with their names, every field of every structure, strings up to 256 bytes.
OPTIONS = ("-DDD", "-f", "-v", "-s", "256", "-X", "verbose", "-q", "-ttt")
#: Seconds that the tracer may take to write the end after the program has ended.
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class TracedRun:
    """One run under strace.

    Attributes:
        aliases: what the program saw here, and what the kernel under test calls it.
    """

    outcome: Outcome
    events: list[Event]
    aliases: tuple[tuple[bytes, bytes], ...]
    skipped: int


def unavailable(arch: str) -> str:
    """Say why there is no trace of ``arch`` on this host; empty if there is."""
    if arch != host_architecture():
        return f"this host is {host_architecture()} and traces no {arch} programs"
    if shutil.which("strace") is None:
        return "no strace on this host (apt-get install strace)"
    return ""


def run(job: Job, working_directory: str) -> TracedRun:
    """Run ``job`` under strace.

    Args:
        working_directory: what the private directory is called under test.

    Raises OSError if strace cannot be started.
    """
    place = Path(tempfile.mkdtemp(prefix="kevlar-trace-"))
    try:
        fifo = place / "trace"
        os.mkfifo(fifo)
        lines: list[str] = []
        reader = threading.Thread(target=_collect, args=(fifo, lines), daemon=True)
        reader.start()
        strace = shutil.which("strace") or "strace"
        argv = (
            strace,
            *OPTIONS,
            *_translation(strace),
            "-o",
            str(fifo),
            "--",
            str(job.program),
            *job.argv[1:],
        )
        try:
            outcome, where = run_in_private(replace(job, program=Path(strace), argv=argv))
        finally:
            _wake(fifo)
        reader.join(_GRACE)
        text = StraceReader()
        text.feed(lines)
        aliases = [
            (str(job.program).encode(), job.argv[0].encode()),
            (where.encode(), working_directory.encode()),
        ]
        return TracedRun(outcome, text.finish(), tuple(aliases), text.skipped)
    finally:
        shutil.rmtree(place, ignore_errors=True)


@functools.cache
def _translation(strace: str) -> tuple[str, ...]:
    """The option that tells who a number of another PID namespace is; strace 5.9 has it."""
    option = "--pidns-translation"
    known = subprocess.run([strace, option, "-V"], capture_output=True, check=False)
    return () if known.returncode else (option,)


def _collect(fifo: Path, lines: list[str]) -> None:
    with fifo.open(encoding="utf-8", errors="surrogateescape") as trace:
        lines.extend(trace)


def _wake(fifo: Path) -> None:
    """Let a reader go whom no writer ever came to."""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return
