"""One QEMU process: its serial console in and out, what it says itself, and its end.

It knows bytes and time only; what they mean is for others.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from pytest_kevlar.outcome import first_line, signal_name

_CHUNK = 1 << 16
#: Bytes of a console that are kept; the rest of one gone wild is thrown away.
KEPT_BYTES = 64 << 20
#: Name of the file, in the directory of a machine, that its port writes.
PORT = "port"
#: ``<sys/prctl.h>``: be killed when the parent dies.
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Ended(Exception):
    """QEMU is not running any more; the message says how it ended, in one line."""


class Emulator:
    """A QEMU with its console on its standard input and output.

    Args:
        command: program and arguments.
        log: file that keeps the console as it came.
        place: directory of what it reads, removed when it is stopped.

    Attributes:
        started: host time of the start, as `time.monotonic` counts.
        port: file with what the machine has written on its port, if it has one.

    Raises OSError if it cannot be started.
    """

    def __init__(
        self, command: Sequence[str], log: Path, place: tempfile.TemporaryDirectory[str]
    ) -> None:
        self.program = Path(command[0]).name
        self.log = log
        self._kept = 0
        self._place = place
        self.port = Path(place.name) / PORT
        self._errors: IO[bytes] = (Path(place.name) / "errors").open("w+b")
        self._file = log.open("wb")
        self.started = time.monotonic()
        try:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        except OSError:
            self._file.close()
            self._errors.close()
            raise

    def send(self, data: bytes) -> None:
        """Type ``data`` on the console. Raises Ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except OSError:
            raise Ended(self.obituary()) from None

    def read(self, deadline: float) -> bytes:
        """Return what the console shows next, or nothing if that is not before ``deadline``.

        Raises Ended when there will be nothing more.
        """
        assert self._process.stdout is not None
        output = self._process.stdout.fileno()
        ready, _, _ = select.select([output], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return b""
        data = os.read(output, _CHUNK)
        if not data:
            raise Ended(self.obituary())
        if self._kept < KEPT_BYTES:
            self._file.write(data)
            self._file.flush()
            self._kept += len(data)
        return data

    def obituary(self) -> str:
        """Say how QEMU ended, with its own last words if it has said any."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.poll()
        if code is None:
            return f"{self.program} closed its console"
        if code < 0:
            return f"{self.program} was killed by {signal_name(-code)}"
        self._errors.seek(0)
        said = self._errors.read(_CHUNK).decode("utf-8", "replace").splitlines()
        last = first_line("\n".join(reversed(said)))
        ending = f"{self.program} ended with exit status {code}"
        return f"{ending}: {last}" if last else ending

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    def stop(self) -> None:
        """Kill it, if it is alive, and let go of everything; may be called again."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._file, self._errors):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._place.cleanup()


def _die_with_parent() -> None:
    """In the child: nobody is left to stop it if this process is killed."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
