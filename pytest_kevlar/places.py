"""Keeps a runner from running more at once than it can, over all processes on this host.

A place is a file that is locked while somebody runs; the system frees it whatever becomes
of the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

_PAUSE = 0.02


class Places:
    """Places by name, below one directory that all processes share."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextlib.contextmanager
    def one(self, name: str, number: int) -> Iterator[None]:
        """Wait for one of ``number`` places and hold it; 0 is any number, without waiting.

        Raises OSError if the directory cannot be written.
        """
        if not number:
            yield
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        held = self._wait(name.replace("/", "."), number)
        try:
            yield
        finally:
            os.close(held)

    def _wait(self, name: str, number: int) -> int:
        while True:
            for place in range(number):
                path = self._directory / f"{name}.{place}"
                file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(file)
                else:
                    return file
            time.sleep(_PAUSE)
