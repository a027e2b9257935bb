"""Runs a contract natively on this host, as the reference or as a target.

Each run is a session and process group of its own in a private empty directory, with its
own time-out and a bound on its output; nothing of it is left behind when it is over.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pytest_kevlar.outcome import Ending, Outcome
from pytest_kevlar.requirements import tmpfs_directory
from pytest_kevlar.runners.base import Capabilities, Job, host_architecture

_CHUNK = 1 << 16
_OCTAL = re.compile(rb"\\([0-7]{3})")
#: ``<sys/mount.h>``: unmount now, whoever still uses it.
MNT_DETACH = 2
_libc = ctypes.CDLL(None)
#: Seconds that output left in the pipes may take to arrive after the program has ended.
_GRACE = 0.2


class LinuxRunner:
    """The host itself."""

    name = "linux"
    capabilities = Capabilities(reference=True)

    def unavailable(self, arch: str) -> str:
        """Return a sentence if ``arch`` is not the host's own."""
        host = host_architecture()
        return "" if arch == host else f"this host is {host} and runs no {arch} programs itself"

    def run(self, job: Job) -> Outcome:
        """Run ``job`` natively; its process group is killed when its first process ends."""
        return run_in_private(job)[0]

    def version(self) -> str:
        """Return the release of this host's kernel."""
        return os.uname().release

    def close(self) -> None:
        """Nothing outlives a run."""


def run_in_private(job: Job, *, pipe_input: bool = False) -> tuple[Outcome, str]:
    """Run ``job`` in a new directory; gives the directory's name, too, which is gone then.

    With ``pipe_input`` its empty standard input is a pipe instead of ``/dev/null``, for programs
    that give their descriptors to another user, as gVisor does.
    """
    parent = tmpfs_directory() if "tmpfs" in job.requires else None
    directory = tempfile.mkdtemp(prefix="kevlar-", dir=parent)
    try:
        return _Run(job, directory, pipe_input).outcome(), directory
    finally:
        _remove(directory)


class _Run:
    """One process, its pipes, and the bounds it runs into."""

    def __init__(self, job: Job, directory: str, pipe_input: bool) -> None:
        self.job = job
        self.pipe_input = pipe_input
        self.directory = directory
        self.output = {"stdout": bytearray(), "stderr": bytearray()}
        self.open: set[str] = set()

    def outcome(self) -> Outcome:
        start = time.monotonic()
        try:
            process = self._start()
        except OSError as error:
            return Outcome(Ending.NOEXEC, detail=f"{error.strerror}: {self.job.program}")
        try:
            bound = self._watch(process, start + self.job.timeout)
        finally:
            code = self._end(process)
        return self._judge(bound, code, time.monotonic() - start)

    def _start(self) -> subprocess.Popen[bytes]:
        with _default_signals():
            process = subprocess.Popen(
                list(self.job.argv),
                executable=self.job.program,
                cwd=self.directory,
                env=dict(self.job.environment),
                stdin=subprocess.PIPE if self.pipe_input else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                close_fds=True,
                restore_signals=True,
                start_new_session=True,
            )
        if process.stdin is not None:
            process.stdin.close()
        return process

    def _watch(self, process: subprocess.Popen[bytes], deadline: float) -> Ending | None:
        """Collect output until the process ends (None) or runs into a bound."""
        assert process.stdout is not None and process.stderr is not None
        exited = os.pidfd_open(process.pid)
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(exited, selectors.EVENT_READ, None)
                self._register(selector, process.stdout, "stdout")
                self._register(selector, process.stderr, "stderr")
                while True:
                    remaining = deadline - time.monotonic()
                    if remaining <= 0:
                        return Ending.TIMEOUT
                    ready = selector.select(remaining)
                    for key, _ in ready:
                        if key.data is not None:
                            self._read(selector, key)
                    if self._written() > self.job.output:
                        return Ending.OUTPUT
                    if any(key.data is None for key, _ in ready):
                        _kill_group(process.pid)
                        selector.unregister(exited)
                        return self._drain(selector)
        finally:
            os.close(exited)

    def _register(self, selector: selectors.BaseSelector, pipe: IO[bytes], name: str) -> None:
        os.set_blocking(pipe.fileno(), False)
        selector.register(pipe, selectors.EVENT_READ, name)
        self.open.add(name)

    def _read(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        try:
            data = os.read(key.fd, _CHUNK)
        except BlockingIOError:
            return
        if data:
            self.output[key.data] += data
        else:
            selector.unregister(key.fileobj)
            self.open.discard(key.data)

    def _drain(self, selector: selectors.BaseSelector) -> Ending | None:
        """Read what the dead process left in its pipes; a survivor cannot hold them open."""
        deadline = time.monotonic() + _GRACE
        while self.open and self._written() <= self.job.output:
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                break
            for key, _ in ready:
                self._read(selector, key)
        return Ending.OUTPUT if self._written() > self.job.output else None

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        """Kill whatever of the run is alive, reap its first process, return its status."""
        _kill_group(process.pid)
        code = process.wait()
        if self.open:  # somebody who left the process group holds a pipe
            _kill_inhabitants(self.directory)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        return code

    def _written(self) -> int:
        return sum(map(len, self.output.values()))

    def _judge(self, bound: Ending | None, code: int, seconds: float) -> Outcome:
        ending, detail = bound, ""
        if bound is Ending.TIMEOUT:
            detail = f"no end after {self.job.timeout:g} s"
        elif bound is Ending.OUTPUT:
            detail = f"more than {self.job.output} bytes"
        elif bound is None:
            ending = Ending.SIGNALED if code < 0 else Ending.EXITED
        assert ending is not None
        return Outcome(
            ending,
            code=code if ending is Ending.EXITED else 0,
            signal=-code if ending is Ending.SIGNALED else 0,
            stdout=bytes(self.output["stdout"][: self.job.output]),
            stderr=bytes(self.output["stderr"][: self.job.output]),
            seconds=seconds,
            detail=detail,
        )


@contextlib.contextmanager
def _default_signals() -> Iterator[None]:
    """Let a child started meanwhile inherit no blocked and no ignored signal.

    `subprocess` resets only what Python itself ignores. What the shell or ``nohup`` made
    this process ignore is at its default for the moment; only the main thread may do that.
    """
    ignored = []
    if threading.current_thread() is threading.main_thread():
        candidates = signal.valid_signals() - {signal.SIGPIPE, signal.SIGXFSZ}
        ignored = [number for number in candidates if signal.getsignal(number) is signal.SIG_IGN]
    blocked = signal.pthread_sigmask(signal.SIG_SETMASK, ())
    try:
        for number in ignored:
            signal.signal(number, signal.SIG_DFL)
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _kill_group(group: int) -> None:
    # The leader has not been reaped when this is called, so the number is still its own.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _kill_inhabitants(directory: str) -> None:
    """Kill every process whose working directory is, or was, inside ``directory``.

    It finds those who made a session of their own; the directory is this run's alone.
    """
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            where = os.readlink(entry / "cwd").removesuffix(" (deleted)")
            if where == directory or where.startswith(directory + "/"):
                os.kill(int(entry.name), signal.SIGKILL)


def _mounted_below(directory: str) -> list[bytes]:
    """Return what is mounted in ``directory``, the last mounted first; mountinfo(5)."""
    top = os.fsencode(os.path.realpath(directory))
    with open("/proc/self/mountinfo", "rb") as table:
        places = [
            _OCTAL.sub(lambda code: bytes([int(code[1], 8)]), line.split()[4]) for line in table
        ]
    return [place for place in reversed(places) if place == top or place.startswith(top + b"/")]


def _remove(directory: str) -> None:
    """Remove ``directory`` whatever permissions the contract left in it.

    What it left mounted there is somebody else's: it is unmounted first, and if that cannot
    be done everything stays as it is.
    """
    for place in _mounted_below(directory):
        _libc.umount2(place, MNT_DETACH)
    if _mounted_below(directory):
        return
    if not os.path.islink(directory):
        for path, directories, _ in os.walk(directory):
            for name in directories:
                with contextlib.suppress(OSError):
                    if not os.path.islink(os.path.join(path, name)):
                        os.chmod(os.path.join(path, name), 0o700)
    with contextlib.suppress(OSError):
        os.chmod(directory, 0o700)
    shutil.rmtree(directory, ignore_errors=True)
