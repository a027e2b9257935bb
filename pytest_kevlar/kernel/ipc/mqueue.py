"""POSIX message queues: messages by priority, who waits for them, and who is told.

Mirrors ipc/mqueue.c. Names and inodes are :mod:`mqueuefs`.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.signals import SIGEV
from pytest_kevlar.kernel.errno import EAGAIN, EBUSY, EINVAL, EMSGSIZE, ETIMEDOUT
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.send import send_to_process
from pytest_kevlar.kernel.task.wait import Sleep, WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.ipc.mqueuefs import QueueInode
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task

#: Last byte of the cookie that a SIGEV_THREAD notification sends; include/uapi/linux/mqueue.h.
WOKEN_UP, REMOVED = 1, 2
COOKIE_SIZE = 32
#: Where ``SCHED_OTHER`` begins among the kernel's own priorities, smaller being better.
DEFAULT_PRIORITY = 120
READABLE, WRITABLE = POLL.IN | POLL.RDNORM, POLL.OUT | POLL.WRNORM


class Message(NamedTuple):
    """One message; those of higher priority come first, then the older."""

    order: tuple[int, int]
    data: bytes

    @property
    def priority(self) -> int:
        """0..32767."""
        return -self.order[0]


class CookieSocket(Protocol):
    """The netlink socket that a SIGEV_THREAD notification goes to."""

    def kernel_sends(self, data: bytes) -> None:
        """Queue a message from the kernel."""

    def put(self) -> None:
        """Drop the hold that ``mq_notify`` has on it."""


class Notification(NamedTuple):
    """What ``mq_notify`` registered; one for each queue."""

    owner: Process
    how: int
    signo: int
    value: int
    socket: CookieSocket | None
    cookie: bytes


class Waiter:
    """A sleeping sender or receiver: ``struct ext_wait_queue``."""

    def __init__(self, task: Task, message: Message | None = None) -> None:
        self.priority = 99 - task.rt_priority if task.rt_priority else DEFAULT_PRIORITY + task.nice
        self.message = message
        self.done = False
        self.queue = WaitQueue()

    def finish(self) -> None:
        """Its message is where it should be."""
        self.done = True
        self.queue.wake()


def _take_first(waiters: list[Waiter]) -> Waiter | None:
    """The waiter of the best priority that has waited longest."""
    if not waiters:
        return None
    first = min(waiters, key=lambda waiter: waiter.priority)
    waiters.remove(first)
    return first


class Queue:
    """One queue.

    Attributes:
        max_messages, max_size: how many, and of how many bytes each.
        changed: woken when polling may see something else.
    """

    def __init__(self, max_messages: int, max_size: int) -> None:
        self.max_messages = max_messages
        self.max_size = max_size
        self.messages: list[Message] = []
        self.notification: Notification | None = None
        self.changed = WaitQueue()
        self._senders: list[Waiter] = []
        self._receivers: list[Waiter] = []
        self._serial = 0

    @property
    def full(self) -> bool:
        """Whether a sender has to wait."""
        return len(self.messages) >= self.max_messages

    @property
    def stored(self) -> int:
        """Bytes of all messages."""
        return sum(len(message.data) for message in self.messages)

    def message(self, priority: int, data: bytes) -> Message:
        """A message in its place among the others."""
        self._serial += 1
        return Message((-priority, self._serial), data)

    async def send(self, task: Task, message: Message, deadline: int | None, *, wait: bool) -> None:
        """``mq_timedsend``; `deadline` is on CLOCK_REALTIME."""
        if self.full:
            if not wait:
                raise EAGAIN
            await self._sleep(task, Waiter(task, message), self._senders, deadline)
            return
        receiver = _take_first(self._receivers)
        if receiver is not None:
            receiver.message = message
            receiver.finish()
            return
        insort(self.messages, message)
        self._notify(task)

    async def receive(self, task: Task, deadline: int | None, *, wait: bool) -> Message:
        """``mq_timedreceive``."""
        if not self.messages:
            if not wait:
                raise EAGAIN
            waiter = Waiter(task)
            await self._sleep(task, waiter, self._receivers, deadline)
            assert waiter.message is not None
            return waiter.message
        message = self.messages.pop(0)
        sender = _take_first(self._senders)
        if sender is not None and sender.message is not None:
            insort(self.messages, sender.message)
            sender.finish()
        self.changed.wake(events=WRITABLE)
        return message

    async def _sleep(
        self, task: Task, waiter: Waiter, waiters: list[Waiter], deadline: int | None
    ) -> None:
        """ipc/mqueue.c:wq_sleep(): restarted by SA_RESTART, since its end is absolute."""
        clock = task.kernel.clock
        end = None if deadline is None else deadline - clock.realtime_offset
        waiters.append(waiter)
        try:
            while not waiter.done:
                woken = await Sleep((waiter.queue,), "wq_sleep", end)
                if not waiter.done and not woken:
                    raise ETIMEDOUT
        finally:
            if waiter in waiters:
                waiters.remove(waiter)

    # -- notification -------------------------------------------------------------------

    def watch(self, notification: Notification) -> None:
        """``mq_notify``: EBUSY if somebody else is to be told."""
        if self.notification is not None:
            raise EBUSY
        self.notification = notification

    def unwatch(self, process: Process) -> None:
        """The process wants to be told no longer; ipc/mqueue.c:remove_notification()."""
        notification = self.notification
        if notification is None or notification.owner is not process:
            return
        self.notification = None
        if notification.socket is not None:
            notification.socket.kernel_sends(notification.cookie[:-1] + bytes([REMOVED]))
            notification.socket.put()

    def _notify(self, task: Task) -> None:
        """The queue was empty and is no longer; ipc/mqueue.c:__do_notify()."""
        notification = self.notification
        if notification is not None and len(self.messages) == 1:
            self.notification = None
            if notification.how == SIGEV.SIGNAL and notification.signo:
                info = SigInfo.of_queue(
                    notification.signo, task.process.vpid, task.cred.uid, notification.value
                )
                send_to_process(notification.owner, notification.signo, info)
            elif notification.socket is not None:
                notification.socket.kernel_sends(notification.cookie[:-1] + bytes([WOKEN_UP]))
                notification.socket.put()
        self.changed.wake(events=READABLE)


class QueueFile(File):
    """An open queue: ``read`` tells its state, messages go by calls of their own."""

    __slots__ = ()

    async_reads = False

    positional = True
    notes_closing = True
    inode: QueueInode

    @property
    def queue(self) -> Queue:
        """What was opened."""
        return self.inode.queue

    def read(self, task: Task, size: int) -> bytes:
        """ipc/mqueue.c:mqueue_read_file()."""
        data = self.pread(task, size, self.pos)
        self.pos += len(data)
        return data

    def pread(self, task: Task, size: int, offset: int) -> bytes:
        """The state, from `offset` on."""
        told = self.queue.notification
        number = task.pid_ns.number
        how, signo, pid = (told.how, told.signo, number(told.owner.pid)) if told else (0, 0, 0)
        if how != SIGEV.SIGNAL:
            signo = 0
        text = b"QSIZE:%-10d NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n" % (
            self.queue.stored,
            how,
            signo,
            pid,
        )
        self.inode.atime = self.inode.ctime = self.inode.fs.now()
        return text[offset : offset + size]

    def unread(self, data: bytes) -> None:
        """Go back."""
        self.pos -= len(data)

    def closed_by(self, process: Process) -> None:
        """A descriptor was closed: its process is told no longer (mqueue_flush_file())."""
        self.queue.unwatch(process)

    def poll(self) -> int:
        """What is ready."""
        queue = self.queue
        return (READABLE if queue.messages else 0) | (0 if queue.full else WRITABLE)

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Who is woken when that changes."""
        return (self.queue.changed,)

    @property
    def pollable(self) -> bool:
        """Whether epoll takes it."""
        return True

    def seek(self, offset: int, whence: int) -> int:
        """Set the position."""
        from pytest_kevlar.kernel.fs.file import seek_to

        return seek_to(self, offset, whence, self.inode.size)

    def release(self) -> None:
        """The last holder is gone."""
        self.inode.opened -= 1
        self.inode.forget()


def check_size(queue: Queue, size: int, *, receiving: bool) -> None:
    """EMSGSIZE if a message is too long, or the room for one too small."""
    if (size < queue.max_size) if receiving else (size > queue.max_size):
        raise EMSGSIZE


def check_event(how: int, signo: int) -> None:
    """EINVAL for a ``sigevent`` that ``mq_notify`` does not know."""
    if how not in (SIGEV.NONE, SIGEV.SIGNAL, SIGEV.THREAD):
        raise EINVAL("sigev_notify")
    if how == SIGEV.SIGNAL and not 0 <= signo <= 64:
        raise EINVAL("sigev_signo")
