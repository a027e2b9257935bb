"""The page cache of what is kept elsewhere: a block device, or a file of a disk file system.

``read`` and ``write`` go to the backing store at once; frames exist for pages that somebody
maps, and stores into them reach the backing store by :meth:`BackedCache.write_back`.
"""

from __future__ import annotations

from typing import Protocol

from pytest_kevlar.kernel.cpu.engine import Engine
from pytest_kevlar.kernel.errno import EOPNOTSUPP
from pytest_kevlar.kernel.mm.pagecache import PAGE, PageCache


class Backing(Protocol):
    """Where the bytes are."""

    def fetch(self, offset: int, size: int) -> bytes:
        """Exactly `size` bytes; zeros where there is nothing. EIO if it cannot be read."""

    def put(self, offset: int, data: bytes) -> None:
        """Keep `data`; EIO, ENOSPC."""


class BackedCache(PageCache):
    """Pages by index over a backing store.

    Attributes:
        backing: where bytes come from and go to.
    """

    __slots__ = ("backing",)
    disk = True

    def __init__(self, engine: Engine, backing: Backing, size: int = 0) -> None:
        super().__init__(engine, size)
        self.backing = backing

    def frame(self, index: int, *, create: bool = True, write: bool = False) -> int:
        """The frame of page `index`, filled from the backing store when it is made."""
        frame = self._frames.get(index)
        if frame:
            return frame
        if not create and not write:
            return 0
        data = self.backing.fetch(index * PAGE, PAGE)
        frame = self.engine.alloc_cached(disk=True)
        self.engine.write_frame(frame, 0, data)
        self._frames[index] = frame
        return frame

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`: of frames where there are any."""
        if not self._frames:
            return self.backing.fetch(offset, size)
        parts = []
        while size > 0:
            part = min(size, PAGE - offset % PAGE)
            frame = self._frames.get(offset // PAGE)
            if frame:
                parts.append(self.engine.read_frame(frame, offset % PAGE, part))
            else:
                parts.append(self.backing.fetch(offset, part))
            offset += part
            size -= part
        return b"".join(parts)

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Store `data` at `offset`, in frames as well where there are any."""
        self.backing.put(offset, bytes(data))
        if not self._frames:
            return
        view = memoryview(data)
        while view:
            start = offset % PAGE
            part = view[: PAGE - start]
            frame = self._frames.get(offset // PAGE)
            if frame:
                self.engine.write_frame(frame, start, part)
            offset += len(part)
            view = view[len(part) :]

    def write_back(self) -> None:
        """Bring what was stored into mapped pages to the backing store."""
        for index in sorted(self._frames):
            start = index * PAGE
            length = PAGE if self.size is None else min(PAGE, self.size - start)
            if length <= 0:
                continue
            data = self.engine.read_frame(self._frames[index], 0, length)
            if data != self.backing.fetch(start, length):
                self.backing.put(start, data)

    def drop_clean(self) -> None:
        """Free the frames, which were written back, unless somebody maps them."""
        if not self._mappers:
            for frame in self._frames.values():
                self._free(frame)
            self._frames.clear()

    def punch(self, offset: int, length: int) -> None:
        """Holes are made by truncation only."""
        raise EOPNOTSUPP
