"""epoll(7): a set of files, and the list of those that may be ready.

Mirrors fs/eventpoll.c: readiness is asked of the files when events are collected; the
list only says whom to ask.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import EPOLL, EPOLLCTL, POLL
from pytest_kevlar.kernel.errno import EEXIST, EINTR, EINVAL, ELOOP, ENOENT
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.task.wait import Interrupted, Sleep, WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task

MAX_NESTS = 4
#: Bits of an event word that are options rather than events.
OPTIONS = EPOLL.WAKEUP | EPOLL.ONESHOT | EPOLL.ET | EPOLL.EXCLUSIVE
#: What may be asked together with EPOLLEXCLUSIVE.
EXCLUSIVE_OK = (
    EPOLL.IN | EPOLL.OUT | EPOLL.ERR | EPOLL.HUP | EPOLL.WAKEUP | EPOLL.ET | EPOLL.EXCLUSIVE
)


class EpollItem:
    """One file in one epoll instance; it sits on the file's wait queues.

    Attributes:
        events: ``EPOLL*`` asked for; options alone after EPOLLONESHOT has fired.
        data: the user's 64 bits.
    """

    __slots__ = ("data", "epoll", "events", "fd", "file", "queues")

    def __init__(self, epoll: EpollFile, fd: int, file: File, events: int, data: int) -> None:
        self.epoll = epoll
        self.fd = fd
        self.file = file
        self.events = events
        self.data = data
        self.queues = file.queues(POLL.IN | POLL.OUT | POLL.PRI)
        for queue in self.queues:
            queue.add(self)

    def woken(self, queue: WaitQueue, events: int) -> bool:
        """Something happened to the file."""
        if not self.events & ~OPTIONS:
            return False
        if events and not events & self.events:
            return False
        woke = self.epoll.make_ready(self)
        return woke and bool(self.events & EPOLL.EXCLUSIVE)

    def ready(self) -> int:
        """Events that are asked for and true now."""
        return self.file.poll() & self.events & ~OPTIONS

    def leave(self) -> None:
        """Off the file's queues."""
        for queue in self.queues:
            queue.remove(self)


class EpollFile(File):
    """One epoll instance.

    Attributes:
        items: by descriptor number and file, as one number may come to mean another file.
    """

    __slots__ = ("_ready", "_waiting", "_watching", "items")

    sleep_read = "ep_poll"

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs.anonymous_place(b"[eventpoll]"), O.RDWR)
        self.items: dict[tuple[int, File], EpollItem] = {}
        #: Taken from the front, which a plain dict would look for further and further in.
        self._ready: OrderedDict[EpollItem, None] = OrderedDict()
        self._waiting = WaitQueue()  # tasks in epoll_wait
        self._watching = WaitQueue()  # poll and other epolls

    # -- the set ----------------------------------------------------------------------

    def control(self, operation: int, fd: int, file: File, events: int, data: int) -> None:
        """epoll_ctl(2) once both descriptors are found; fs/eventpoll.c:do_epoll_ctl()."""
        if file is self:
            raise EINVAL
        if events & EPOLL.EXCLUSIVE:
            if operation == EPOLLCTL.MOD:
                raise EINVAL
            if operation == EPOLLCTL.ADD and (
                isinstance(file, EpollFile) or events & ~EXCLUSIVE_OK
            ):
                raise EINVAL
        if operation == EPOLLCTL.ADD and isinstance(file, EpollFile):
            self._check_nesting(file)
        item = self.items.get((fd, file))
        events |= EPOLL.ERR | EPOLL.HUP
        if operation == EPOLLCTL.ADD:
            if item is not None:
                raise EEXIST
            self._add(EpollItem(self, fd, file, events, data))
        elif operation == EPOLLCTL.DEL:
            if item is None:
                raise ENOENT
            self.drop(item)
        elif operation == EPOLLCTL.MOD:
            if item is None:
                raise ENOENT
            if item.events & EPOLL.EXCLUSIVE:
                raise EINVAL
            item.events, item.data = events, data
            if item.ready():
                self.make_ready(item)
        else:
            raise EINVAL

    def _add(self, item: EpollItem) -> None:
        self.items[item.fd, item.file] = item
        if item.file.epolls is None:
            item.file.epolls = {}
        item.file.epolls[item] = None
        if item.ready():
            self.make_ready(item)

    def target(self, fd: int, index: int) -> File:
        """The `index`-th of the files that were added as `fd`; ENOENT if there are not so many."""
        found = [item.file for item in self.items.values() if item.fd == fd]
        if index >= len(found):
            raise ENOENT
        return found[index]

    def drop(self, item: EpollItem) -> None:
        """Take one file out of the set."""
        item.leave()
        self.items.pop((item.fd, item.file), None)
        self._ready.pop(item, None)
        if item.file.epolls is not None:
            item.file.epolls.pop(item, None)

    def _nested(self) -> Iterator[EpollFile]:
        for item in self.items.values():
            if isinstance(item.file, EpollFile):
                yield item.file

    def _check_nesting(self, target: EpollFile) -> None:
        """ELOOP if `target` leads back here, or the chain would be too long."""
        if target.depth(self) + self._height() > MAX_NESTS + 1:
            raise ELOOP

    def depth(self, forbidden: EpollFile | None = None, level: int = 0) -> int:
        """Levels of epolls below, this one included; ELOOP if `forbidden` is among them."""
        if self is forbidden or level > MAX_NESTS:
            raise ELOOP
        return 1 + max((one.depth(forbidden, level + 1) for one in self._nested()), default=0)

    def _height(self) -> int:
        """Levels of epolls that watch this one."""
        above = [item.epoll for item in self.epolls or ()]
        return 1 + max((one._height() for one in above), default=0)

    # -- events -----------------------------------------------------------------------

    def make_ready(self, item: EpollItem) -> bool:
        """Put `item` on the list and wake one waiter; whether anybody was woken."""
        self._ready[item] = None
        woken = self._waiting.wake(1, POLL.IN)
        if self._watching:
            self._watching.wake(events=POLL.IN)
        return woken > 0

    def collect(self, maximum: int) -> list[tuple[int, int]]:
        """Up to `maximum` pairs of events and data; fs/eventpoll.c:ep_send_events().

        Level-triggered files go back to the end of the list, to be asked again. The rest of
        the list is left alone: a call costs what it finds, not what is ready.
        """
        ready = self._ready
        left = len(ready)
        found: list[tuple[int, int]] = []
        while left and len(found) < maximum:
            left -= 1
            item = ready.popitem(last=False)[0]
            events = item.ready()
            if not events:
                continue
            found.append((events, item.data))
            if item.events & EPOLL.ONESHOT:
                item.events &= OPTIONS
            elif not item.events & EPOLL.ET:
                ready[item] = None
        return found

    async def wait(self, task: Task, maximum: int, deadline: int | None) -> list[tuple[int, int]]:
        """epoll_wait(2): never restarted after a signal."""
        while True:
            found = self.collect(maximum)
            if found:
                return found
            if deadline is not None and deadline <= task.kernel.clock.monotonic_ns():
                return []
            try:
                await Sleep((self._waiting,), "ep_poll", deadline, first=True)
            except Interrupted:
                raise EINTR from None

    # -- as a file --------------------------------------------------------------------

    def seek(self, offset: int, whence: int) -> int:
        """No position: lseek succeeds and means nothing (noop_llseek)."""
        return self.pos

    def poll(self) -> int:
        """What is ready."""
        if any(item.ready() for item in list(self._ready)):
            return POLL.IN | POLL.RDNORM
        return 0

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Who is woken when that changes."""
        return (self._watching,)

    @property
    def pollable(self) -> bool:
        """Whether epoll takes it."""
        return True

    def release(self) -> None:
        """The last holder is gone."""
        for item in list(self.items.values()):
            self.drop(item)

    def fdinfo(self) -> bytes:
        """For `/proc/PID/fdinfo`."""
        return b"".join(
            b"tfd: %8d events: %8x data: %16x  pos:%d ino:%x sdev:%x\n"
            % (
                item.fd,
                item.events,
                item.data,
                item.file.pos,
                item.file.inode.ino,
                item.file.inode.fs.device,
            )
            for item in self.items.values()
        )
