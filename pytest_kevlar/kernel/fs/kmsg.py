"""The kernel's log, and /dev/kmsg. Mirrors kernel/printk/printk.c."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.files import SEEK
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL, ENODEV, ENOTTY, EPIPE, ESPIPE
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.task.wait import WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

#: Bytes that one record may have, and what the buffer holds; PRINTKRB_RECORD_MAX, log_buf_len.
RECORD_MAX = 1024
LOG_SIZE = 1 << 17
#: Priority of what has none: facility "user", level "warning".
DEFAULT_PRIORITY = 1 << 3 | 4
NOTICE, INFO = 5, 6


class Record(NamedTuple):
    """One message: when it came, in microseconds since boot, and its ``syslog`` priority."""

    sequence: int
    priority: int
    time: int
    text: bytes


class KernelLog:
    """The records there are, oldest first.

    Attributes:
        next: sequence number of the next record. cleared: first one after the last clearing.
        queue: who waits for a record.
    """

    __slots__ = ("_records", "_size", "cleared", "next", "queue")

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._size = 0
        self.next = 0
        self.cleared = 0
        self.queue = WaitQueue()

    @property
    def first(self) -> int:
        """Sequence number of the oldest record, or of the next one."""
        return self._records[0].sequence if self._records else self.next

    def append(self, text: bytes, priority: int, time_ns: int) -> None:
        """Add a record; the oldest make room for it."""
        self._records.append(Record(self.next, priority, time_ns // 1000, text.rstrip(b"\n")))
        self.next += 1
        self._size += len(text)
        while self._size > LOG_SIZE:
            self._size -= len(self._records.pop(0).text)
        self.queue.wake(events=POLL.IN)

    def since(self, sequence: int) -> list[Record]:
        """The records from `sequence` on."""
        return self._records[max(0, sequence - self.first) :]

    def text(self, size: int) -> bytes:
        """For syslog(2): the last lines since the log was cleared that fit into `size` bytes."""
        kept: list[bytes] = []
        for record in reversed(self.since(self.cleared)):
            seconds, rest = divmod(record.time, 1_000_000)
            line = b"<%d>[%5d.%06d] %s\n" % (record.priority, seconds, rest, record.text)
            size -= len(line)
            if size < 0:
                break
            kept.append(line)
        return b"".join(reversed(kept))


class KernelLogFile(File):
    """An open /dev/kmsg: reads give one record each, writes add one."""

    __slots__ = ("_log", "_sequence")

    sleep_read = "devkmsg_read"

    def __init__(self, path: VfsPath, flags: int) -> None:
        super().__init__(path, flags)
        self._log = path.inode.fs.kernel.log
        self._sequence = self._log.first

    def read(self, task: Task, size: int) -> bytes:
        """The next record; EINVAL if it has no room, EPIPE if it is gone: both go past it."""
        log = self._log
        if self._sequence < log.first:
            self._sequence = log.first
            raise EPIPE
        records = log.since(self._sequence)
        if not records:
            raise EAGAIN
        record = records[0]
        self._sequence += 1
        text = b"".join(
            b"%c" % code if 32 <= code < 127 and code != 0x5C else b"\\x%02x" % code
            for code in record.text
        )
        line = b"%d,%d,%d,-;%s\n" % (record.priority, record.sequence, record.time, text)
        if len(line) > size:
            raise EINVAL
        return line

    def write(self, task: Task, data: bytes) -> int:
        """Add a record, whose priority may be in front: ``<12>``; devkmsg_write()."""
        if len(data) > RECORD_MAX:
            raise EINVAL
        priority, text = DEFAULT_PRIORITY, bytes(data)
        number, closed, rest = text[1:].partition(b">")
        if text.startswith(b"<") and closed and number.isdigit():
            given = int(number)
            facility = given >> 3 or DEFAULT_PRIORITY >> 3
            priority, text = facility << 3 | given & 7, rest
        self._log.append(text, priority, task.kernel.clock.now)
        return len(data)

    def seek(self, offset: int, whence: int) -> int:
        """To the first record, the first that was not cleared, or behind the last."""
        if offset:
            raise ESPIPE
        if whence == SEEK.SET:
            self._sequence = self._log.first
        elif whence == SEEK.DATA:
            self._sequence = self._log.cleared
        elif whence == SEEK.END:
            self._sequence = self._log.next
        else:
            raise EINVAL
        return 0

    def poll(self) -> int:
        """What is ready; never room to write, which is always there."""
        if not self.readable:
            return POLL.ERR | POLL.NVAL
        if self._sequence < self._log.first:
            return POLL.IN | POLL.RDNORM | POLL.ERR | POLL.PRI
        return POLL.IN | POLL.RDNORM if self._sequence < self._log.next else 0

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Who is woken when that changes."""
        return (self._log.queue,)

    def allocate(self, task: Task, mode: int, offset: int, length: int) -> None:
        """fallocate(2)."""
        raise ENODEV

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """Requests of this kind of file."""
        raise ENOTTY
