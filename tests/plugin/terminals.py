"""A terminal with a user before it: runs a command on a pseudo-terminal and types."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from types import TracebackType


class User:
    """Somebody who started a command from a shell-like parent and reads the screen.

    Attributes:
        screen: everything that the command wrote. process: the command.
    """

    def __init__(self, command: list[str], cwd: str, rows: int = 24, columns: int = 80) -> None:
        self.master, self.slave = pty.openpty()
        self.screen = b""
        self.resize(rows, columns)
        self.before = self.modes()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env={**os.environ, "TERM": "vt102"},
            preexec_fn=self._own_session,
        )

    def _own_session(self) -> None:
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def __enter__(self) -> User:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.slave)
        os.close(self.master)

    def modes(self) -> list[object]:
        """What the terminal is set to."""
        return termios.tcgetattr(self.slave)

    def resize(self, rows: int, columns: int) -> None:
        """Change the window's size; Linux tells the command."""
        size = struct.pack("4H", rows, columns, 0, 0)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, size)

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.master, keys)

    def read(self, seconds: float) -> bool:
        """Look at what comes; False if nothing did."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self.screen += os.read(self.master, 65536)
        return True

    def sees(self, text: bytes, seconds: float = 30.0) -> bytes:
        """Wait for a text on the screen; forgets and returns what came up to its end."""
        end = time.monotonic() + seconds
        while text not in self.screen:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} did not come, only {self.screen!r}"
            self.read(min(left, 0.2))
        before, _, self.screen = self.screen.partition(text)
        return before + text

    def ends(self, seconds: float = 30.0) -> int:
        """Wait for the end of the command; gives its status."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it does not end: {self.screen!r}"
            self.read(0.05)
        while self.read(0.05):
            pass
        return self.process.returncode
