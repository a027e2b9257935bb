"""inotify(7): a queue of events from the inodes that an instance watches.

Mirrors fs/notify/inotify and, for the queue, fs/notify/notification.c. Where events come
from is :mod:`fsnotify`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import IN, POLL
from pytest_kevlar.kernel.abi.structs import INOTIFY_EVENT
from pytest_kevlar.kernel.errno import EAGAIN, EEXIST, EINVAL, EMFILE, ENOSPC, ENOTTY
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.fsnotify import Group, Mark, mark_of
from pytest_kevlar.kernel.task.wait import WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

#: What an event shows; the rest of its mask is fsnotify's own.
SHOWN = IN.ALL_EVENTS | IN.ISDIR | IN.UNMOUNT | IN.IGNORED | IN.Q_OVERFLOW
#: One watch and two inodes, which is what the default limit counts on.
WATCH_COST = 80 + 2 * 600


class Limits:
    """``/proc/sys/fs/inotify`` and what every user has of it."""

    def __init__(self, memory: int) -> None:
        """Defaults for a machine of `memory` bytes; inotify_user_setup()."""
        self.max_queued_events = 16384
        self.max_user_instances = 128
        self.max_user_watches = min(max(memory // 100 // WATCH_COST, 8192), 1 << 20)
        self.instances: dict[int, int] = {}
        self.watches: dict[int, int] = {}


class Event(NamedTuple):
    """One event that waits to be read."""

    watch: int
    mask: int
    cookie: int
    name: bytes

    @property
    def size(self) -> int:
        """Bytes it takes: the name is padded to whole headers."""
        return INOTIFY_EVENT.size + self.padded

    @property
    def padded(self) -> int:
        """Bytes of the name with its NUL and padding; 0 without a name."""
        return -(-(len(self.name) + 1) // INOTIFY_EVENT.size) * INOTIFY_EVENT.size * bool(self.name)

    def pack(self) -> bytes:
        """``struct inotify_event``."""
        head = INOTIFY_EVENT.pack(
            wd=self.watch, mask=self.mask, cookie=self.cookie, len=self.padded
        )
        return head + self.name.ljust(self.padded, b"\0")


OVERFLOW = Event(-1, IN.Q_OVERFLOW, 0, b"")


class InotifyGroup(Group):
    """The watches of one instance and the events that came of them.

    Attributes:
        watches: by number. events: oldest first.
    """

    __slots__ = ("_last", "_limits", "_most", "_uid", "events", "queue", "watches")

    def __init__(self, limits: Limits, uid: int) -> None:
        """For a user who may have one more; EMFILE."""
        count = limits.instances.get(uid, 0)
        if count >= limits.max_user_instances:
            raise EMFILE
        limits.instances[uid] = count + 1
        self._limits = limits
        self._most = limits.max_queued_events
        self._uid = uid
        self._last = 0
        self.watches: dict[int, Mark] = {}
        self.events: list[Event] = []
        self.queue = WaitQueue()

    def update(self, inode: Inode, mask: int) -> int:
        """inotify_add_watch(2) once the inode is found; returns the watch's number."""
        mark = mark_of(self, inode)
        if mark is None:
            mark = self._add(inode)
        elif mask & IN.MASK_CREATE:
            raise EEXIST
        elif mask & IN.MASK_ADD:
            mask |= mark.mask
            mask |= IN.EXCL_UNLINK if mark.exclude_unlinked else 0
            mask |= IN.ONESHOT if mark.once else 0
        mark.mask = mask & IN.ALL_EVENTS | IN.UNMOUNT
        mark.exclude_unlinked = bool(mask & IN.EXCL_UNLINK)
        mark.once = bool(mask & IN.ONESHOT)
        return mark.number

    def _add(self, inode: Inode) -> Mark:
        count = self._limits.watches.get(self._uid, 0)
        if count >= self._limits.max_user_watches:
            raise ENOSPC
        self._limits.watches[self._uid] = count + 1
        self._last += 1
        mark = self.watches[self._last] = Mark(self, inode, self._last)
        mark.attach()
        return mark

    def remove(self, watch: int) -> None:
        """inotify_rm_watch(2); EINVAL."""
        mark = self.watches.get(watch)
        if mark is None:
            raise EINVAL
        mark.destroy()

    def handle(self, mark: Mark, mask: int, name: bytes, cookie: int) -> None:
        """An event of a watch; what happens to a directory itself is not marked as such."""
        if mask & (IN.MOVE_SELF | IN.DELETE_SELF):
            mask &= ~IN.ISDIR
        self._queue(Event(mark.number, mask & SHOWN, cookie, name))

    def forget(self, mark: Mark) -> None:
        """A watch is gone: IN_IGNORED."""
        del self.watches[mark.number]
        self._limits.watches[self._uid] -= 1
        self._queue(Event(mark.number, IN.IGNORED, 0, b""))

    def _queue(self, event: Event) -> None:
        """fsnotify_insert_event(): an event equal to the last one is dropped."""
        events = self.events
        if len(events) >= self._most:
            if OVERFLOW in events[-1:]:
                return
            event = OVERFLOW
        elif events and events[-1]._replace(cookie=event.cookie) == event:
            return
        events.append(event)
        self.queue.wake(events=POLL.IN | POLL.RDNORM)

    def close(self) -> None:
        """The instance is gone."""
        for mark in list(self.watches.values()):
            mark.destroy()
        self._limits.instances[self._uid] -= 1


class InotifyFile(File):
    """One instance."""

    __slots__ = ("group",)

    async_reads = False
    sleep_read = "inotify_read"

    def __init__(self, vfs: Vfs, uid: int, flags: int) -> None:
        group = InotifyGroup(vfs.inotify, uid)
        super().__init__(vfs.anonymous_place(b"inotify"), O.RDONLY | flags)
        self.group = group

    def read(self, task: Task, size: int) -> bytes:
        """As many whole events as fit; EINVAL if the first does not."""
        events = self.group.events
        if not events:
            raise EAGAIN
        parts: list[bytes] = []
        while len(parts) < len(events) and events[len(parts)].size <= size:
            event = events[len(parts)]
            size -= event.size
            parts.append(event.pack())
        if not parts:
            raise EINVAL
        del events[: len(parts)]
        return b"".join(parts)

    def seek(self, offset: int, whence: int) -> int:
        """No position: lseek succeeds and means nothing (noop_llseek)."""
        return self.pos

    def poll(self) -> int:
        """Readable while events wait."""
        return POLL.IN | POLL.RDNORM if self.group.events else 0

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Woken by each event."""
        return (self.group.queue,)

    @property
    def pollable(self) -> bool:
        """Epoll takes it."""
        return True

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """FIONREAD: bytes that all waiting events take."""
        if request != IOCTL.FIONREAD:
            raise ENOTTY
        argument.write_int(sum(event.size for event in self.group.events), 4)
        return 0

    def release(self) -> None:
        """The last holder is gone."""
        self.group.close()

    def fdinfo(self) -> bytes:
        """A line for each watch; fs/notify/fdinfo.c:inotify_fdinfo()."""
        return b"".join(_describe(mark) for mark in self.group.watches.values())


def _describe(mark: Mark) -> bytes:
    mask = mark.mask & IN.ALL_EVENTS
    mask |= (IN.EXCL_UNLINK if mark.exclude_unlinked else 0) | (IN.ONESHOT if mark.once else 0)
    ino = mark.inode.ino
    return b"inotify wd:%x ino:%x sdev:%x mask:%x ignored_mask:0 \n" % (
        mark.number,
        ino,
        mark.inode.fs.device,
        mask,
    )
