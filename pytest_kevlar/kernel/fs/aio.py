"""Contexts of asynchronous I/O: rings of events that the program sees in its memory.

Mirrors fs/aio.c. What is asked for and how it is done is :mod:`aiocb`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.mm import MAP, PROT
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.structs import AIO_RING, IO_EVENT
from pytest_kevlar.kernel.errno import EAGAIN, EFAULT, EINVAL, ENOMEM, LinuxError
from pytest_kevlar.kernel.fs.regular import RegularFile
from pytest_kevlar.kernel.fs.tmpfs import RegularInode
from pytest_kevlar.kernel.mm.mapping import do_mmap, page_align
from pytest_kevlar.kernel.task.wait import Interrupted, Sleep, WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.aiocb import Request
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.mm.space import AddressSpace
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

MAGIC, COMPATIBLE = 0xA10A10A1, 1
#: No ring has as many events, whatever fs.aio-max-nr says.
MOST_EVENTS = 0x1000_0000 // IO_EVENT.size


class RingFile(RegularFile):
    """What a ring is mapped from; mapped elsewhere, the context has another name."""

    __slots__ = ("context",)

    merges = False
    expands = False

    def __init__(self, path: VfsPath, context: AioContext) -> None:
        super().__init__(path, O.RDWR)
        self.context = context

    def remapped(self, space: AddressSpace, old: int, new: int) -> None:
        """fs/aio.c:aio_ring_mremap()."""
        context = self.context
        if space.aio is not None and space.aio.contexts.get(context.number) is context:
            context.base = new


class AioContext:
    """One context.

    Attributes:
        number: its place in the table. base: where its ring is mapped: what programs call it.
        room: requests that it counts for in fs.aio-nr. events: places of the ring.
        queue: who waits for events. waiting: requests that wait for readiness, oldest first.
        pending: requests that are not done. dead: it is being destroyed.
    """

    def __init__(self, task: Task, number: int, count: int) -> None:
        limits = task.fs.vfs.aio
        cpus = task.kernel.profile.cpus
        room = count
        count = max(count, cpus * 4) * 2
        if count > MOST_EVENTS:
            raise EINVAL
        if not room or room > limits.most:
            raise EAGAIN("aio-max-nr")
        self.number = number
        self.room = room
        self._limits = limits
        self.size = page_align(AIO_RING.size + (count + 2) * IO_EVENT.size)
        self.events = (self.size - AIO_RING.size) // IO_EVENT.size
        # Requests are handed to processors in batches; of a part of one nothing is left over.
        batch = max(1, (self.events - 1) // (cpus * 4))
        self._available = (self.events - 1) // batch * batch
        self._completed = self._tail = 0
        self.queue = WaitQueue()
        self.idle = WaitQueue()
        self.waiting: dict[Request, None] = {}
        self.pending = 0
        self.dead = False
        rings = task.fs.vfs.aio_rings
        inode = RegularInode(rings, S.IFREG | 0o600, task.cred.fsuid, task.cred.fsgid)
        inode.nlink = 0
        inode.truncate(self.size)
        self._file = RingFile(rings.place(inode, b"/[aio] (deleted)"), self)
        self._pages = inode.pages
        try:
            flags = MAP.SHARED
            self.base = do_mmap(task, 0, self.size, PROT.READ | PROT.WRITE, flags, self._file, 0)
            if limits.used + room > limits.most:
                task.memory.unmap(self.base, self.base + self.size)
                raise EAGAIN("aio-max-nr")
        except LinuxError as error:
            self._file.put()
            raise error if isinstance(error, EAGAIN) else ENOMEM from None
        limits.used += room
        header = AIO_RING.pack(
            id=number,
            nr=self.events,
            magic=MAGIC,
            compat_features=COMPATIBLE,
            header_length=AIO_RING.size,
        )
        self._pages.write(0, header)

    # -- the ring, which the program may write into --------------------------------------

    def _index(self, field: str) -> int:
        raw = self._pages.read(AIO_RING.offset(field), 4)
        return int.from_bytes(raw, "little") % self.events

    def _set_index(self, field: str, value: int) -> None:
        self._pages.write(AIO_RING.offset(field), value.to_bytes(4, "little"))

    def unread(self) -> int:
        """Events between head and tail."""
        return (self._index("tail") - self._index("head")) % self.events

    # -- requests -----------------------------------------------------------------------------

    def take_place(self) -> None:
        """A place for the event of one more request; EAGAIN. fs/aio.c:aio_get_req()."""
        if not self._available:
            self._refill()
        if not self._available:
            raise EAGAIN
        self._available -= 1
        self.pending += 1

    def give_back(self) -> None:
        """A request was not submitted after all."""
        self._available += 1
        self._done()

    def _done(self) -> None:
        self.pending -= 1
        if not self.pending:
            self.idle.wake()

    def _refill(self) -> None:
        """Places of events that were taken are free; fs/aio.c:refill_reqs_available()."""
        free = max(0, self._completed - (self._tail - self._index("head")) % self.events)
        self._completed -= free
        self._available += free

    def complete(self, data: int, obj: int, result: int) -> None:
        """Put an event into the ring; fs/aio.c:aio_complete()."""
        place = AIO_RING.size + self._tail * IO_EVENT.size
        self._pages.write(place, IO_EVENT.pack(data=data, obj=obj, res=result))
        self._tail = (self._tail + 1) % self.events
        self._set_index("tail", self._tail)
        self._completed += 1
        if self._completed > 1:
            self._refill()
        self._done()

    # -- events ---------------------------------------------------------------------------------

    def take_events(self, target: UserPtr, most: int) -> int:
        """Copy up to `most` events out; fs/aio.c:aio_read_events_ring().

        Raises:
            EFAULT: and none is taken. EINVAL: the context is being destroyed.
        """
        head, count = self._index("head"), min(most, self.unread())
        for at in range(count):
            place = AIO_RING.size + (head + at) % self.events * IO_EVENT.size
            (target + at * IO_EVENT.size).write(self._pages.read(place, IO_EVENT.size))
        if count:
            self._set_index("head", (head + count) % self.events)
        if self.dead and not count:
            raise EINVAL
        return count

    async def read_events(
        self, target: UserPtr, least: int, most: int, deadline: int | None, *, at_once: bool
    ) -> int:
        """Wait for `least` events or the deadline; fs/aio.c:read_events().

        Raises:
            Interrupted: by a signal before the first event.
        """
        done = self.take_events(target, most)
        if at_once or done >= least:
            return done
        interrupted = False
        while not self.dead and self.unread() < least - done:
            try:
                if not await Sleep((self.queue,), "read_events", deadline):
                    break
            except Interrupted:
                interrupted = True
                break
        try:
            done += self.take_events(target + done * IO_EVENT.size, most - done)
        except (EFAULT, EINVAL):
            if not done:
                raise
        if interrupted and not done:
            raise Interrupted
        return done

    def destroy(self) -> None:
        """Cancel what waits and let the ring go; fs/aio.c:kill_ioctx()."""
        self.dead = True
        for request in list(self.waiting):
            request.cancel()
        self._limits.used -= self.room
        self.queue.wake()
        self._file.put()


class AioTable:
    """The contexts of one address space, by number."""

    def __init__(self) -> None:
        self.contexts: dict[int, AioContext] = {}

    def add(self, task: Task, count: int) -> AioContext:
        """A new context for `count` requests; fs/aio.c:ioctx_alloc()."""
        number = 0
        while number in self.contexts:
            number += 1
        context = self.contexts[number] = AioContext(task, number, count)
        return context

    def find(self, space: AddressSpace, name: int) -> AioContext:
        """The context whose ring is at address `name`; EINVAL. fs/aio.c:lookup_ioctx()."""
        try:
            number = space.read_word(name, 4)
        except EFAULT:
            raise EINVAL from None
        context = self.contexts.get(number)
        if context is None or context.base != name:
            raise EINVAL
        return context

    def remove(self, space: AddressSpace, context: AioContext) -> None:
        """io_destroy(2): the ring is unmapped, too."""
        del self.contexts[context.number]
        context.destroy()
        space.unmap(context.base, context.base + context.size)

    def destroy_all(self) -> None:
        """The address space is gone; fs/aio.c:exit_aio()."""
        for context in self.contexts.values():
            context.destroy()
        self.contexts.clear()


def context_of(task: Task, name: int) -> AioContext:
    """The context that the task calls `name`; EINVAL."""
    table = task.memory.aio
    if table is None:
        raise EINVAL
    return table.find(task.memory, name)
