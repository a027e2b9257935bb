"""Standard input that is still to come: a pipe somebody writes to, or a terminal.

The guest asks the host for nothing; the scheduler turns here when every task waits, and now
and then while they run. Hosts implement :class:`LiveInput` or :class:`LiveTerminal`; without
one of them nothing of this is used, and a run depends on its program and seed alone.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EAGAIN
from pytest_kevlar.kernel.fs.pipe import PipeFile
from pytest_kevlar.kernel.task.wait import WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.fs.pipe import Pipe
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.tty.files import MasterFile

NS = 1_000_000_000
#: Bytes without a newline that reach the guest together: what a pipe holds.
BLOCK = 65536
#: Seconds after which the beginning of a line reaches the guest without its end.
PAUSE = 0.1


class LiveInput(ABC):
    """Where bytes come from while the guest runs."""

    @abstractmethod
    def receive(self, seconds: float | None) -> bytes | None:
        """Wait for bytes: empty at their end, None if nothing came in time."""


class LiveTerminal(LiveInput):
    """A terminal in raw mode, with somebody before it.

    Attributes:
        resized: its window has another size than the guest knows; reset by who tells it.
        has_stderr: the guest's standard error belongs on it too.
    """

    resized = False
    has_stderr = True

    @abstractmethod
    def window(self) -> bytes:
        """Its ``struct winsize``."""

    @abstractmethod
    def show(self, data: bytes) -> None:
        """Write to it."""


class Link(ABC):
    """What the scheduler knows of live input."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    @abstractmethod
    def idle(self, deadline: int | None, seconds: float) -> bool:
        """Every task waits: wait for the host as well.

        Args:
            deadline: of the next timer. seconds: of host time, at most.

        Returns:
            False if nothing came until the deadline, or nothing can come.
        """

    @abstractmethod
    def glance(self) -> None:
        """Tasks run: take what is there."""

    def _patience(self, deadline: int | None, seconds: float) -> float | None:
        """How long to wait in host seconds, if the guest's clock is to keep pace."""
        if deadline is not None:
            seconds = min(seconds, max(0.0, (deadline - self.kernel.clock.now) / NS))
        return None if seconds == float("inf") else max(0.0, seconds)


class PipeLink(Link):
    """Feeds a pipe line by line, so that what a read gives does not depend on the writer's pace.

    Attributes:
        asked: somebody looked at the pipe without waiting, and found nothing.
    """

    def __init__(self, kernel: Kernel, source: LiveInput, pipe: Pipe, writer: PipeFile) -> None:
        super().__init__(kernel)
        self.asked = False
        self._source = source
        self._pipe = pipe
        self._writer: PipeFile | None = writer
        self._pending = bytearray()

    def idle(self, deadline: int | None, seconds: float) -> bool:
        """Wait if a task waits for input; other sleeps take no time."""
        if not self._pipe.read_wait and not self.asked:
            return False
        return self._feed(self._patience(deadline, seconds)) or (deadline is None and self._open)

    def glance(self) -> None:
        """Take what is there if a task looks for it without ever waiting."""
        if self.asked and not self._pipe.buffers:
            self._feed(0.0)

    @property
    def _open(self) -> bool:
        return self._writer is not None and len(self._pipe.buffers) < self._pipe.slots

    def _feed(self, seconds: float | None) -> bool:
        """Give the guest a line, or the end of its input; False if there is none."""
        if not self._open:
            return False
        size = self._line(seconds)
        if size:
            done = self._pipe.add(bytes(self._pending[:size]))
            del self._pending[:done]
        elif self._writer is not None:
            return False
        self.asked = False
        return True

    def _line(self, seconds: float | None) -> int:
        """The length of what comes next; 0 at the end of the input or if nothing came."""
        pending = self._pending
        while self._writer is not None:
            size = pending.find(b"\n", 0, BLOCK) + 1
            if size or len(pending) >= BLOCK:
                return size or BLOCK
            data = self._source.receive(PAUSE if pending else seconds)
            if data is None:
                break
            pending += data
            if not data:
                if pending:
                    break  # the end comes again when the guest wants more
                self._writer.put()
                self._writer = None
        return len(pending)


class LiveFile(PipeFile):
    """The read end of such a pipe."""

    __slots__ = ("link",)

    def __init__(self, path: VfsPath, flags: int, pipe: Pipe, link: PipeLink) -> None:
        super().__init__(path, flags, pipe)
        self.link = link

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        try:
            return super().read(task, size)
        except EAGAIN:
            self.link.asked = self.nonblocking
            raise

    def poll(self) -> int:
        """What is ready."""
        events = super().poll()
        self.link.asked = self.link.asked or not events
        return events


class TerminalLink(Link):
    """Joins a terminal of the host and the master of one of the guest.

    The guest's clock goes at least as fast as the host's: sleeps last as long as they say.
    """

    def __init__(self, kernel: Kernel, host: LiveTerminal, master: MasterFile) -> None:
        super().__init__(kernel)
        self._host = host
        self._master = master
        self._terminal = master.terminal
        self._typed = b""
        self._connected = True
        self._terminal.window = host.window()
        self._terminal.master_read.add(self)

    def woken(self, queue: WaitQueue, events: int) -> bool:
        """The guest wrote: show it."""
        while self._connected and self._terminal.output:
            self._host.show(self._terminal.fetch(BLOCK))
        return False

    def idle(self, deadline: int | None, seconds: float) -> bool:
        """Wait for a key, as long as the guest sleeps."""
        if not self._connected:
            return False
        clock = self.kernel.clock
        start = time.monotonic()
        came = self._take(self._patience(deadline, seconds))
        passed = int((time.monotonic() - start) * NS)
        if deadline is not None:
            if not came and clock.now + passed >= deadline:
                return False
            passed = min(passed, deadline - clock.now)
        clock.advance(max(0, passed))
        return True

    def glance(self) -> None:
        """Take what was typed."""
        if self._connected:
            self._take(0.0)

    def _take(self, seconds: float | None) -> bool:
        """Give the guest what was typed; False if nothing was."""
        if self._typed:
            seconds = 0.0 if self._terminal.typing_room else seconds
        data = self._host.receive(seconds) if len(self._typed) < BLOCK else None
        if self._host.resized:
            self._host.resized = False
            self._terminal.resize(self._host.window())
        if data == b"":
            self._connected = False
            self._master.put()
            return True
        self._typed += data or b""
        done = self._terminal.type(self._typed) if self._typed else 0
        self._typed = self._typed[done:]
        return bool(done)
