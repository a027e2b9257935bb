"""Pipes and FIFOs: a ring of page-sized buffers, and its two kinds of ends.

Mirrors fs/pipe.c, down to how writes are merged into pages, because that decides when a
pipe is full.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.signals import POLLCODE, SIG
from pytest_kevlar.kernel.errno import EAGAIN, EBUSY, EINVAL, ENOTTY, ENXIO, EPERM, EPIPE
from pytest_kevlar.kernel.fs.fasync import AsyncList
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.pipebuffer import Buffer
from pytest_kevlar.kernel.task.cred import CAP_SYS_RESOURCE
from pytest_kevlar.kernel.task.wait import Interrupted, WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

PAGE = 4096
DEFAULT_SLOTS = 16
#: ``/proc/sys/fs/pipe-max-size``
MAX_SIZE = 1 << 20


class Pipe:
    """The buffers between the ends.

    Attributes:
        buffers: one per page in use.
        slots: pages it may use.
        readers, writers: open ends.
        reader_count, writer_count: ends that were ever opened, for FIFO opens and hang-ups.
        read_wait, write_wait: who waits for data, who for room.
        fasync_readers, fasync_writers: who gets SIGIO for data, who for room.
        opened: woken when an end is opened.
    """

    __slots__ = (
        "buffers",
        "fasync_readers",
        "fasync_writers",
        "opened",
        "read_wait",
        "reader_count",
        "readers",
        "slots",
        "write_wait",
        "writer_count",
        "writers",
    )

    def __init__(self) -> None:
        self.buffers: deque[Buffer] = deque()
        self.slots = DEFAULT_SLOTS
        self.readers = self.writers = 0
        self.reader_count = self.writer_count = 0
        self.read_wait = WaitQueue()
        self.write_wait = WaitQueue()
        self.opened = WaitQueue()
        self.fasync_readers = AsyncList()
        self.fasync_writers = AsyncList()

    @property
    def size(self) -> int:
        """Bytes to read."""
        return sum(buffer.left for buffer in self.buffers)

    @property
    def full(self) -> bool:
        """Whether no page is free."""
        return len(self.buffers) >= self.slots

    def take(self, size: int) -> bytes:
        """Read up to `size` bytes; EAGAIN if there are none but may still come."""
        buffers = self.buffers
        if not size:
            return b""
        if len(buffers) == 1 and self.slots > 1:
            # The common case: one small message.
            only = buffers[0]
            if not only.packet and only.left <= size:
                buffers.popleft()
                data = only.look(size)
                only.release()
                return data
        if not buffers:
            if self.writers:
                raise EAGAIN
            return b""
        was_full = self.full
        parts: list[bytes] = []
        while buffers and size:
            buffer = buffers[0]
            part = buffer.look(size)
            parts.append(part)
            size -= len(part)
            buffer.skip(len(part))
            if not buffer.left or buffer.packet:
                self.drop_first()
                if buffer.packet:
                    break
        if was_full:
            self.made_room()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def look(self, size: int) -> bytes:
        """The first `size` bytes, left where they are; packets lose their bounds."""
        parts: list[bytes] = []
        for buffer in self.buffers:
            if size <= 0:
                break
            parts.append(buffer.look(size))
            size -= len(parts[-1])
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Forget the first `size` bytes, which :meth:`look` has shown."""
        was_full = self.full
        while size:
            buffer = self.buffers[0]
            part = min(size, buffer.left)
            buffer.skip(part)
            size -= part
            if not buffer.left:
                self.drop_first()
        if was_full:
            self.made_room()

    def drop_first(self) -> None:
        """The first buffer is read."""
        self.buffers.popleft().release()

    def made_room(self) -> None:
        """The pipe was full: wake who waits for room, if there is some now."""
        if not self.full:
            self.write_wait.wake(events=POLL.OUT | POLL.WRNORM)

    def push(self, buffer: Buffer) -> None:
        """Put a buffer at the end; the caller saw that there is room and wakes the readers."""
        self.buffers.append(buffer)

    def filled(self) -> None:
        """Wake who waits for data."""
        self.read_wait.wake(events=POLL.IN | POLL.RDNORM)
        if self.fasync_readers.entries:
            self.fasync_readers.kill(POLLCODE.IN)

    def untake(self, data: bytes) -> None:
        """Put back what was read but could not be delivered."""
        self.buffers.appendleft(Buffer(data, merge=False))

    def add(self, data: bytes, *, packet: bool = False) -> int:
        """Write what there is room for; EAGAIN if that is nothing. Someone must read."""
        buffers = self.buffers
        total = len(data)
        done = 0
        tail = total % PAGE
        if tail and buffers and not packet:
            last = buffers[-1]
            if last.merge and len(last.data) + tail <= PAGE:
                last.data += data[:tail]
                done = tail
        while done < total and len(buffers) < self.slots:
            part = data[done : done + PAGE]
            buffers.append(Buffer(part, packet=packet, merge=not packet))
            done += len(part)
        if done:
            self.filled()
        elif total:
            raise EAGAIN
        return done

    def resize(self, task: Task, size: int) -> int:
        """F_SETPIPE_SZ; fs/pipe.c:pipe_set_size()."""
        if size > 1 << 31:
            raise EINVAL
        rounded = max(PAGE, 1 << (size - 1).bit_length() if size else 0)
        slots = rounded // PAGE
        if slots > self.slots and rounded > MAX_SIZE and not task.cred.capable(CAP_SYS_RESOURCE):
            raise EPERM
        if slots < len(self.buffers):
            raise EBUSY
        grown = slots > self.slots
        self.slots = slots
        if grown:
            self.write_wait.wake(events=POLL.OUT | POLL.WRNORM)
        return slots * PAGE


class PipeFile(File):
    """One end of a pipe or FIFO, or both (a FIFO opened O_RDWR)."""

    __slots__ = ("_seen_writers", "pipe")

    stream = True
    sleep_read = "pipe_read"
    sleep_write = "pipe_write"

    def __init__(self, path: VfsPath, flags: int, pipe: Pipe) -> None:
        super().__init__(path, flags)
        self.pipe = pipe
        self._seen_writers = -1
        if self.readable:
            pipe.readers += 1
            pipe.reader_count += 1
        if self.writable:
            pipe.writers += 1
            pipe.writer_count += 1
        if pipe.opened:
            pipe.opened.wake()

    def release(self) -> None:
        """The last holder is gone."""
        pipe = self.pipe
        if self.readable:
            pipe.readers -= 1
        if self.writable:
            pipe.writers -= 1
        if not pipe.readers or not pipe.writers:
            pipe.read_wait.wake()
            pipe.write_wait.wake()
        if pipe.readers or pipe.writers:
            pipe.fasync_readers.kill(POLLCODE.IN)
            pipe.fasync_writers.kill(POLLCODE.OUT)
        if not pipe.readers and not pipe.writers:
            while pipe.buffers:
                pipe.drop_first()
            pipe.slots = DEFAULT_SLOTS

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        data = self.pipe.take(size)
        if data:
            inode = self.inode
            inode.atime = inode.fs.now()
        if self.pipe.fasync_writers.entries:
            self.pipe.fasync_writers.kill(POLLCODE.OUT)
        return data

    def unread(self, data: bytes) -> None:
        """Go back."""
        self.pipe.untake(data)

    def write(self, task: Task, data: bytes) -> int:
        """Write at the position."""
        if not data:
            return 0
        pipe = self.pipe
        check_readers(task, pipe)
        done = pipe.add(data, packet=bool(self.flags & O.DIRECT))
        self.inode.modified()
        return done

    def acceptable(self, data: bytes) -> bytes:
        """A page of the buffer is filled whole or not at all; fs/pipe.c:anon_pipe_write()."""
        return data[: len(data) // PAGE * PAGE]

    def poll(self) -> int:
        """What is ready."""
        pipe = self.pipe
        events = 0
        if self.readable:
            if pipe.buffers:
                events |= POLL.IN | POLL.RDNORM
            if not pipe.writers and pipe.writer_count != self._seen_writers:
                events |= POLL.HUP
        if self.writable:
            if len(pipe.buffers) < pipe.slots:
                events |= POLL.OUT | POLL.WRNORM
            if not pipe.readers:
                events |= POLL.ERR
        return events

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Who is woken when that changes."""
        pipe = self.pipe
        if not self.writable:
            return (pipe.read_wait,)
        if not self.readable:
            return (pipe.write_wait,)
        if not events & POLL.OUT:
            return (pipe.read_wait,)
        if not events & POLL.IN:
            return (pipe.write_wait,)
        return (pipe.read_wait, pipe.write_wait)

    def fasync(self) -> tuple[AsyncList, ...]:
        """fs/pipe.c:pipe_fasync()."""
        pipe = self.pipe
        readers = (pipe.fasync_readers,) if self.readable else ()
        return (*readers, pipe.fasync_writers) if self.writable else readers

    @property
    def pollable(self) -> bool:
        """Whether epoll takes it."""
        return True

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """Requests of this kind of file."""
        if request == IOCTL.FIONREAD:
            argument.write_int(self.pipe.size, 4)
            return 0
        raise ENOTTY

    def check_flags(self, flags: int) -> None:
        """O_DIRECT is packet mode; FIFOs and pipes both have it."""

    @property
    def fifo_unopened(self) -> bool:
        """A FIFO end whose partner has to be waited for; that of a pipe, in /proc, has not."""
        pipe = self.pipe
        if self.flags & O.RDWR or self.nonblocking or _is_pipe(self.inode):
            return False
        return not (pipe.writers if self.readable else pipe.readers)

    async def wait_partner(self) -> None:
        """Sleep in open(2) until the other end is opened; fs/pipe.c:wait_for_partner().

        The file is closed if a signal comes first.
        """
        pipe = self.pipe
        readable = self.readable
        before = pipe.writer_count if readable else pipe.reader_count
        try:
            while (pipe.writer_count if readable else pipe.reader_count) == before:
                await pipe.opened.wait("wait_for_partner")
        except (Interrupted, GeneratorExit):
            self.put()
            raise

    def forget_earlier_writers(self) -> None:
        """No hang-up is reported for writers that came and went before this open."""
        self._seen_writers = self.pipe.writer_count


def check_readers(task: Task, pipe: Pipe) -> None:
    """SIGPIPE and EPIPE if nobody is left who could read."""
    if not pipe.readers:
        raise_sigpipe(task)
        raise EPIPE


def raise_sigpipe(task: Task) -> None:
    """SIGPIPE for the task that wrote to nobody."""
    from pytest_kevlar.kernel.signals.info import SigInfo
    from pytest_kevlar.kernel.signals.send import send_to_task

    send_to_task(task, SIG.PIPE, SigInfo.user(SIG.PIPE, task.process.vpid, task.cred.uid))


def make_pipe(vfs: Vfs, uid: int, gid: int, flags: int = 0) -> tuple[PipeFile, PipeFile]:
    """pipe2(2): the read end and the write end; `flags` of O_NONBLOCK and O_DIRECT."""
    inode = Inode(vfs.pipes, S.IFIFO | 0o600, uid, gid)
    place = vfs.pipes.place(inode, b"pipe:[%d]" % inode.ino)
    pipe = Pipe()
    inode.special = pipe
    return (
        PipeFile(place, O.RDONLY | flags & O.NONBLOCK, pipe),
        PipeFile(place, O.WRONLY | flags & (O.NONBLOCK | O.DIRECT), pipe),
    )


def _is_pipe(inode: Inode) -> bool:
    """Whether it came from pipe(2) and has no name."""
    return inode.fs is inode.fs.vfs.pipes


def open_fifo(path: VfsPath, flags: int) -> PipeFile:
    """Open one end of a FIFO, or of a pipe by its link in /proc; fs/pipe.c:fifo_open().

    ENXIO: a FIFO without reader, and O_NONBLOCK.
    """
    inode = path.inode
    pipe = inode.special
    if not isinstance(pipe, Pipe):
        pipe = inode.special = Pipe()
    mode = flags & O.ACCMODE
    named = not _is_pipe(inode)
    if named and mode == O.WRONLY and flags & O.NONBLOCK and not pipe.readers:
        raise ENXIO
    file = PipeFile(path, flags, pipe)
    if named and mode == O.RDONLY and not pipe.writers and flags & O.NONBLOCK:
        file.forget_earlier_writers()
    return file
