"""eventfd(2): a counter that can be waited for. Mirrors fs/eventfd.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.task.wait import WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task

MAXIMUM = (1 << 64) - 1


class EventFile(File):
    """One counter, 0 .. 2**64 - 2."""

    __slots__ = ("count", "number", "queue", "semaphore")

    async_writes = False
    sleep_read = "eventfd_read"
    sleep_write = "eventfd_write"

    def __init__(self, vfs: Vfs, count: int, *, semaphore: bool, flags: int) -> None:
        super().__init__(vfs.anonymous_place(b"[eventfd]"), O.RDWR | flags)
        self.count = count
        self.semaphore = semaphore
        self.queue = WaitQueue()
        self.number = vfs.new_eventfd_id()

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        if size < 8:
            raise EINVAL
        if not self.count:
            raise EAGAIN
        value = 1 if self.semaphore else self.count
        self.count -= value
        self.queue.wake(events=POLL.OUT)
        return value.to_bytes(8, "little")

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        if len(data) < 8:
            raise EINVAL
        value = int.from_bytes(data[:8], "little")
        if value == MAXIMUM:
            raise EINVAL
        if value >= MAXIMUM - self.count:
            raise EAGAIN
        self.count += value
        self.queue.wake(events=POLL.IN)
        return 8

    def add_one(self) -> None:
        """Something happened; as far as there is room. fs/eventfd.c:eventfd_signal()."""
        if self.count < MAXIMUM:
            self.count += 1
        self.queue.wake(events=POLL.IN)

    def seek(self, offset: int, whence: int) -> int:
        """No position: lseek succeeds and means nothing (noop_llseek)."""
        return self.pos

    def poll(self) -> int:
        """What is ready."""
        events = POLL.IN if self.count else 0
        if self.count == MAXIMUM:
            events |= POLL.ERR
        if self.count < MAXIMUM - 1:
            events |= POLL.OUT
        return events

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Who is woken when that changes."""
        return (self.queue,)

    @property
    def pollable(self) -> bool:
        """Whether epoll takes it."""
        return True

    def fdinfo(self) -> bytes:
        """For `/proc/PID/fdinfo`."""
        return b"eventfd-count: %16x\neventfd-id: %d\neventfd-semaphore: %d\n" % (
            self.count,
            self.number,
            self.semaphore,
        )
