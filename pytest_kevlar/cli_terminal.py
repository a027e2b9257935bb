"""The host's side of a running program's standard input: a pipe, or the user's terminal.

The terminal is in raw mode while the program runs, and as it was before whenever it does not:
after its end, a signal, a stop, and a crash of this process.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Iterator
from fcntl import ioctl
from types import FrameType

from pytest_kevlar.kernel import LiveInput, LiveTerminal

#: ^], which typed three times within a second ends the machine.
ESCAPE = b"\x1d"
ESCAPES, ESCAPE_SECONDS = 3, 1.0
CHUNK = 65536
FATAL = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class HostPipe(LiveInput):
    """Whatever standard input is if it is no terminal to work on."""

    def receive(self, seconds: float | None) -> bytes | None:
        """Wait for bytes: empty at their end, None if nothing came in time."""
        try:
            if not select.select([0], [], [], seconds)[0]:
                return None
            return os.read(0, CHUNK)
        except BlockingIOError:
            return None
        except (OSError, ValueError):
            return b""


class HostTerminal(LiveTerminal):
    """The terminal that standard input and output of this process are."""

    def __init__(self) -> None:
        self.has_stderr = os.isatty(2)
        self._bell, self._ring = os.pipe()
        os.set_blocking(self._ring, False)
        self._escapes: list[float] = []
        self.cooked = termios.tcgetattr(0)

    def receive(self, seconds: float | None) -> bytes | None:
        """Wait for keys: empty if the terminal is gone, None if nothing came in time."""
        try:
            ready = select.select([0, self._bell], [], [], seconds)[0]
            if self._bell in ready:
                os.read(self._bell, CHUNK)
            data = os.read(0, CHUNK) if 0 in ready else None
        except (OSError, ValueError):
            return b""
        if data and ESCAPE in data:
            self._note_escapes(data.count(ESCAPE))
        return data

    def _note_escapes(self, count: int) -> None:
        now = time.monotonic()
        recent = [then for then in self._escapes if now - then < ESCAPE_SECONDS]
        self._escapes = recent + [now] * count
        if len(self._escapes) >= ESCAPES:
            raise KeyboardInterrupt

    def window(self) -> bytes:
        """Its ``struct winsize``."""
        try:
            return ioctl(1, termios.TIOCGWINSZ, bytes(8))
        except OSError:
            return bytes(8)

    def show(self, data: bytes) -> None:
        """Write to it; if it is gone, the next read says so."""
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(1, data) :]

    # -- modes --------------------------------------------------------------------------

    def take(self) -> None:
        """Put it into raw mode."""
        tty.setraw(0, termios.TCSADRAIN)

    def give_back(self) -> None:
        """Put it into the modes that it had."""
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSADRAIN, self.cooked)

    def notice(self, signo: int, frame: FrameType | None) -> None:
        """The window has another size."""
        self.resized = True
        with contextlib.suppress(BlockingIOError):
            os.write(self._ring, b"w")

    def stop(self, signo: int, frame: FrameType | None) -> None:
        """This process is to stop."""
        self.give_back()
        os.kill(os.getpid(), signal.SIGSTOP)

    def go_on(self, signo: int, frame: FrameType | None) -> None:
        """It goes on, in the foreground or not."""
        with contextlib.suppress(OSError, termios.error):
            if os.tcgetpgrp(0) == os.getpgrp():
                self.take()
                self.notice(signo, frame)

    def close(self) -> None:
        """Forget it."""
        os.close(self._bell)
        os.close(self._ring)


def _end(signo: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + signo)


@contextlib.contextmanager
def connected() -> Iterator[HostTerminal]:
    """The terminal in raw mode, until the end of the block or of this process."""
    terminal = HostTerminal()
    handlers = {signo: _end for signo in FATAL} | {
        signal.SIGWINCH: terminal.notice,
        signal.SIGTSTP: terminal.stop,
        signal.SIGCONT: terminal.go_on,
    }
    with _guarded(terminal):
        before = {signo: signal.signal(signo, handler) for signo, handler in handlers.items()}
        try:
            terminal.take()
            yield terminal
        finally:
            terminal.give_back()
            for signo, handler in before.items():
                signal.signal(signo, handler)
            terminal.close()


@contextlib.contextmanager
def _guarded(terminal: HostTerminal) -> Iterator[None]:
    """A process that gives the terminal back if this one is killed."""
    read, write = os.pipe()
    sys.stdout.flush()
    guard = os.fork()
    if guard == 0:
        os.close(write)
        _guard(terminal, read)
    os.close(read)
    try:
        yield
    finally:
        os.close(write)
        os.waitpid(guard, 0)


def _guard(terminal: HostTerminal, pipe: int) -> None:
    """Wait for the end of the process that has the pipe's other end; does not return."""
    try:
        for signo in (*FATAL, signal.SIGTSTP, signal.SIGTTOU):
            signal.signal(signo, signal.SIG_IGN)
        while os.read(pipe, 1):
            pass
        _, output, _, local, *_ = termios.tcgetattr(0)
        if not output & termios.OPOST and not local & termios.ISIG:
            terminal.give_back()  # nobody else has done so since
    finally:
        os._exit(0)
