"""The page cache of one file or shared mapping: what read, write and mmap all see.

Holds frames by page index. A cache made from an image shares the image's frames and
copies a page the first time that it is written.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.cpu.engine import Engine, Image, OutOfFrames
from pytest_kevlar.kernel.errno import ENOMEM, ENOSPC, LinuxError

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.space import AddressSpace

PAGE = 4096


class Quota:
    """How many pages the files of one file system may hold together; None is no bound."""

    __slots__ = ("limit", "used")

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.used = 0

    def check(self) -> None:
        """ENOSPC if there is no room for one more page."""
        if self.limit is not None and self.used >= self.limit:
            raise ENOSPC


class PageCache:
    """Pages by index; a page that is not there reads as zeros.

    Attributes:
        quota: what its pages count against; see :meth:`count_against`.
        ino: inode number of shared anonymous memory, which has no inode to tell it.
        size: bytes beyond which a mapped access is SIGBUS; None for no such end (shared
            anonymous memory). Kept by the file.
        unwritten: pages that fallocate(2) made and nobody has touched: they take room, and
            lseek(2) takes them for holes.
    """

    __slots__ = (
        "_frames",
        "_image",
        "_mappers",
        "_pins",
        "_released",
        "engine",
        "ino",
        "quota",
        "size",
        "unwritten",
    )

    #: Whether its pages are kept elsewhere, too.
    disk = False

    def __init__(self, engine: Engine, size: int | None = 0, image: Image | None = None) -> None:
        self.engine = engine
        self.size = size
        self.ino = 0
        self.quota: Quota | None = None
        self.unwritten: set[int] = set()
        self._frames: dict[int, int] = {}
        self._image = image
        self._mappers: dict[AddressSpace, int] = {}
        self._pins = 1
        self._released = False
        engine.caches[self] = None

    @classmethod
    def from_image(cls, engine: Engine, data: bytes) -> PageCache:
        """A cache over `data`, whose frames stay warm for the next machine."""
        image = engine.image(hashlib.sha256(data).digest(), data)
        return cls(engine, len(data), image)

    def count_against(self, quota: Quota) -> None:
        """From now on its pages, those of an image too, are some of `quota`."""
        self.quota = quota
        quota.used += self.taken

    @property
    def taken(self) -> int:
        """Pages that it has room for: resident, but for holes."""
        image = self._image.frames if self._image else ()
        kept = sum(1 for at, frame in enumerate(image) if frame and at not in self._frames)
        return kept + sum(1 for frame in self._frames.values() if frame)

    @property
    def pages(self) -> int:
        """Resident pages."""
        image = len(self._image.frames) if self._image else 0
        return image + sum(1 for index in self._frames if index >= image)

    def _lookup(self, index: int) -> int:
        """The frame of a page, 0 if there is none."""
        frame = self._frames.get(index)
        if frame is not None:
            return frame
        image = self._image
        if image is not None and index < len(image.frames):
            return image.frames[index]
        return 0

    def frame(self, index: int, *, create: bool = True, write: bool = False) -> int:
        """The frame behind page `index`, 0 if there is none and `create` is false.

        Args:
            create: make a page of zeros for a hole.
            write: the frame will be written: an image's page is copied first.

        Raises:
            OutOfFrames: no memory left. ENOSPC: the file system is full.
        """
        frame = self._frames.get(index)
        if self.unwritten and (create or write):
            self.unwritten.discard(index)
        if frame is not None and (frame or not (create or write)):
            return frame
        shared = self._lookup(index)
        if shared and not write:
            return shared
        if not shared and not create and not write:
            return 0
        # A copy of an image's page takes the room of that page.
        quota = None if shared else self.quota
        if quota is not None:
            quota.check()
        frame = self.engine.alloc_cached(disk=self.disk)
        if quota is not None:
            quota.used += 1
        if shared:
            self.engine.write_frame(frame, 0, self.engine.read_frame(shared, 0, PAGE))
            self.zap(index * PAGE, (index + 1) * PAGE)
        self._frames[index] = frame
        return frame

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`; holes are zeros. The caller clips at the file's end."""
        first = offset % PAGE
        if first + size <= PAGE:
            frame = self._lookup(offset // PAGE)
            return self.engine.read_frame(frame, first, size) if frame else bytes(size)
        parts = []
        while size > 0:
            part = min(size, PAGE - offset % PAGE)
            frame = self._lookup(offset // PAGE)
            parts.append(
                self.engine.read_frame(frame, offset % PAGE, part) if frame else bytes(part)
            )
            offset += part
            size -= part
        return b"".join(parts)

    def write(self, offset: int, data: bytes | bytearray | memoryview) -> None:
        """Store `data` at `offset`.

        Raises:
            ENOSPC, ENOMEM: no memory left; the pages before stay written.
        """
        view = memoryview(data)
        while view:
            start = offset % PAGE
            part = view[: PAGE - start]
            try:
                frame = self.frame(offset // PAGE, write=True)
            except OutOfFrames:
                raise self._no_room() from None
            self.engine.write_frame(frame, start, part)
            offset += len(part)
            view = view[len(part) :]

    def reserve(self, index: int) -> None:
        """Make a page without content; one that is there already counts as written then.

        Raises:
            ENOSPC, ENOMEM: no memory left.
        """
        missing = not self._lookup(index)
        try:
            self.frame(index)
        except OutOfFrames:
            raise self._no_room() from None
        if missing:
            self.unwritten.add(index)

    def _no_room(self) -> LinuxError:
        """What to raise as there is no memory: ENOMEM if a control group has too much."""
        return ENOMEM() if self.engine.raw.refused else ENOSPC()

    def _holds(self, index: int) -> bool:
        """Whether a page counts as data for lseek(2)."""
        return bool(self._lookup(index)) and index not in self.unwritten

    def truncate(self, size: int) -> None:
        """Forget what lies beyond `size`, zero the rest of its last page, unmap the rest."""
        self.size = size
        self._drop(size, None)

    def punch(self, offset: int, length: int) -> None:
        """Make a hole: whole pages go, the edges become zero."""
        self._drop(offset, offset + length)

    def _drop(self, start: int, end: int | None) -> None:
        first_page = -(-start // PAGE)
        last_page = None if end is None else end // PAGE
        if start % PAGE and (end is None or start // PAGE < -(-end // PAGE)):
            stop = first_page * PAGE if end is None else min(first_page * PAGE, end)
            self._zero(start, stop)
        if end is not None and end % PAGE and end // PAGE >= first_page:
            self._zero(end // PAGE * PAGE, end)
        image = self._image
        if image is not None:
            for index in range(first_page, len(image.frames)):
                if last_page is not None and index >= last_page:
                    break
                if index not in self._frames:
                    self._frames[index] = 0
                    if self.quota is not None and image.frames[index]:
                        self.quota.used -= 1
        for index in [
            index
            for index in self._frames
            if index >= first_page and (last_page is None or index < last_page)
        ]:
            frame = self._frames[index]
            self.unwritten.discard(index)
            if frame:
                self._free(frame)
            if image is not None and index < len(image.frames):
                self._frames[index] = 0  # hides the image's page
            else:
                del self._frames[index]
        self.zap(first_page * PAGE, None if last_page is None else last_page * PAGE)

    def _free(self, frame: int) -> None:
        self.engine.unref(frame)
        if self.quota is not None:
            self.quota.used -= 1

    def _zero(self, start: int, end: int) -> None:
        if start < end and self._holds(start // PAGE):
            frame = self.frame(start // PAGE, write=True)
            self.engine.zero_frame(frame, start % PAGE, end - start)

    def next_data(self, offset: int) -> int | None:
        """First offset at or after `offset` that holds data; None if there is none."""
        index = offset // PAGE
        image = self._image
        candidates = [page for page in self._frames if page >= index and self._holds(page)]
        if image is not None:
            candidates += [
                page
                for page in range(index, len(image.frames))
                if page not in self._frames and image.frames[page]
            ][:1]
        return max(offset, min(candidates) * PAGE) if candidates else None

    def resident(self, first: int, last: int | None) -> int:
        """Resident pages from number `first` up to, and not with, `last`; None: to the end."""
        image = len(self._image.frames) if self._image else 0
        own = sum(
            1
            for index, frame in self._frames.items()
            if frame and index >= first and (last is None or index < last)
        )
        stop = image if last is None else min(image, last)
        return own + sum(1 for index in range(first, stop) if index not in self._frames)

    def next_hole(self, offset: int) -> int:
        """First offset at or after `offset` that holds no data."""
        index = offset // PAGE
        while self._holds(index):
            index += 1
        return max(offset, index * PAGE)

    # -- who maps it ------------------------------------------------------------

    def attach(self, space: AddressSpace) -> None:
        """A mapping of `space` begins to use this cache."""
        self._mappers[space] = self._mappers.get(space, 0) + 1
        self._pins += 1

    def detach(self, space: AddressSpace) -> None:
        """A mapping of `space` ends."""
        count = self._mappers[space] - 1
        if count:
            self._mappers[space] = count
        else:
            del self._mappers[space]
        self._unpin()

    def zap(self, start: int, end: int | None) -> None:
        """Unmap the pages of ``[start, end)`` wherever they are mapped."""
        for space in list(self._mappers):
            space.zap_cache(self, start, end)

    def release(self) -> None:
        """The owner is gone; frames go when the last mapping is."""
        if not self._released:
            self._released = True
            self._unpin()

    def _unpin(self) -> None:
        self._pins -= 1
        if not self._pins:
            self.destroy()

    def destroy(self) -> None:
        """Free every frame, whoever still holds the cache: the machine is switched off."""
        if self.quota is not None:
            self.quota.used -= self.taken
        for frame in self._frames.values():
            if frame:
                self.engine.unref(frame)
        self._frames.clear()
        self._image = None
        self.engine.caches.pop(self, None)
