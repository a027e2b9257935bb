"""What one slot of a pipe holds: bytes that were written, or a page of somebody else's.

A write copies its bytes; splice(2) and vmsplice(2) put the page itself into the pipe, so that a
store to it is seen by whoever reads the pipe later. The ring is :mod:`pipe`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cpu.engine import Engine


class Buffer:
    """Bytes of one page of a pipe.

    Attributes:
        data: what was written. start: what of it was read.
        packet: one read takes it, whole or cut.
        merge: the next write may be added to it.
    """

    __slots__ = ("data", "merge", "packet", "start")

    def __init__(
        self, data: bytes | bytearray, *, packet: bool = False, merge: bool = True
    ) -> None:
        self.data = bytearray(data)
        self.start = 0
        self.packet = packet
        self.merge = merge

    @property
    def left(self) -> int:
        """Bytes to read."""
        return len(self.data) - self.start

    def look(self, size: int) -> bytes:
        """The first `size` bytes, or all there are."""
        return bytes(self.data[self.start : self.start + size])

    def skip(self, size: int) -> None:
        """Forget the first `size` bytes."""
        self.start += size

    def share(self, size: int) -> Buffer:
        """A buffer for another pipe with the same first `size` bytes; it takes no more."""
        return Buffer(self.look(size), packet=self.packet, merge=False)

    def release(self) -> None:
        """It leaves the pipe."""


class PageBuffer(Buffer):
    """Part of a page that a file or a process still has."""

    __slots__ = ("_end", "_engine", "_frame")

    def __init__(
        self, engine: Engine, frame: int, start: int, end: int, *, packet: bool = False
    ) -> None:
        """Hold bytes `start` to `end` of `frame`."""
        self.data = bytearray()
        self.start = start
        self.packet = packet
        self.merge = False
        self._end = end
        self._engine = engine
        self._frame = frame
        engine.pin(frame)

    @property
    def left(self) -> int:
        """Bytes to read."""
        return self._end - self.start

    def look(self, size: int) -> bytes:
        """What the page holds now."""
        return self._engine.read_frame(self._frame, self.start, min(size, self.left))

    def share(self, size: int) -> Buffer:
        """The same page once more."""
        end = self.start + min(size, self.left)
        return PageBuffer(self._engine, self._frame, self.start, end, packet=self.packet)

    def release(self) -> None:
        """Let the page go."""
        self._engine.unpin(self._frame)
