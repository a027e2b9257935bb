"""Requests of asynchronous I/O: how each is checked, started and ended.

As on Linux, transfers are done while they are submitted, even if that means to wait; only
polling goes on alone. Mirrors fs/aio.c:io_submit_one().
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.aio import IOCB as OPERATION
from pytest_kevlar.kernel.abi.aio import IOCBFLAG
from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.structs import IOCB
from pytest_kevlar.kernel.errno import EBADF, EINTR, EINVAL, ESPIPE, LinuxError
from pytest_kevlar.kernel.fs.eventfd import EventFile
from pytest_kevlar.kernel.fs.file import MAX_OFFSET, File
from pytest_kevlar.kernel.fs.rwflags import check_rw_flags, with_rw_flags
from pytest_kevlar.kernel.fs.transfer import (
    MAX_COUNT,
    Pieces,
    check_buffer,
    pieces_of,
    read_pieces,
    total_of,
    write_pieces,
)
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.task.ioprio import check_priority
from pytest_kevlar.kernel.task.wait import Interrupted

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pytest_kevlar.kernel.fs.aio import AioContext
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.wait import WaitQueue

TRANSFERS = (OPERATION.PREAD, OPERATION.PWRITE, OPERATION.PREADV, OPERATION.PWRITEV)
VECTORED = (OPERATION.PREADV, OPERATION.PWRITEV)


class Request:
    """One request that was accepted; as a waiter it polls its file.

    Attributes:
        obj: the address of its ``struct iocb``. data: what the event repeats of it.
        events: ``POLL*`` bits that it waits for.
    """

    __slots__ = ("_context", "_counter", "_queues", "data", "events", "file", "obj")

    def __init__(
        self, context: AioContext, obj: int, data: int, file: File, counter: EventFile | None
    ) -> None:
        self._context = context
        self._counter = counter
        self._queues: tuple[WaitQueue, ...] = ()
        self.obj = obj
        self.data = data
        self.file = file.get()
        self.events = 0
        if counter is not None:
            counter.get()

    def forget(self) -> None:
        """Let go of the files."""
        self.file.put()
        if self._counter is not None:
            self._counter.put()

    def finish(self, result: int) -> None:
        """Its event is there: tell everybody."""
        context = self._context
        context.complete(self.data, self.obj, result)
        if self._counter is not None:
            self._counter.add_one()
        context.queue.wake()
        self.forget()

    # -- polling -------------------------------------------------------------------------

    def poll(self, events: int) -> None:
        """Finish when one of `events` is true; EINVAL for a file that nothing wakes."""
        self.events = events | POLL.ERR | POLL.HUP
        ready = self.file.poll() & self.events
        if ready:
            self.finish(ready)
            return
        if not self.file.pollable:
            raise EINVAL
        self._queues = self.file.queues(self.events)
        self._context.waiting[self] = None
        for queue in self._queues:
            queue.add(self)

    def woken(self, queue: WaitQueue, events: int) -> bool:
        """fs/aio.c:aio_poll_wake(): the result is what woke it, if that was said."""
        if events and not events & self.events:
            return False
        ready = events or self.file.poll() & self.events
        if ready:
            self._stop()
            self.finish(ready)
        return False

    def cancel(self) -> None:
        """Finish without anything being ready."""
        self._stop()
        self.finish(0)

    def _stop(self) -> None:
        del self._context.waiting[self]
        for queue in self._queues:
            queue.remove(self)


async def submit(task: Task, context: AioContext, pointer: UserPtr) -> None:
    """Check and start one request, or raise what io_submit(2) returns for it."""
    iocb = IOCB.unpack(pointer.read(IOCB.size))
    if iocb.aio_reserved2 or iocb.aio_nbytes >> 63:
        raise EINVAL
    context.take_place()
    try:
        file = task.files.get(iocb.aio_fildes)
        counter = None
        if iocb.aio_flags & IOCBFLAG.RESFD:
            counter = _event_file(task, iocb.aio_resfd)
        (pointer + IOCB.offset("aio_key")).write_int(0)
        request = Request(context, pointer.address, iocb.aio_data, file, counter)
        try:
            await _start(task, request, iocb)
        except LinuxError:
            request.forget()
            raise
    except LinuxError:
        context.give_back()
        raise


def _event_file(task: Task, fd: int) -> EventFile:
    file = task.files.get(fd)
    if not isinstance(file, EventFile):
        raise EINVAL
    return file


async def _start(task: Task, request: Request, iocb: Any) -> None:
    operation = iocb.aio_lio_opcode
    if operation in TRANSFERS:
        await _transfer(task, request, iocb)
    elif operation in (OPERATION.FSYNC, OPERATION.FDSYNC):
        if iocb.aio_buf or iocb.aio_offset or iocb.aio_nbytes or iocb.aio_rw_flags:
            raise EINVAL
        request.finish(_synchronize(request.file))
    elif operation == OPERATION.POLL:
        if iocb.aio_buf >> 16 or iocb.aio_offset or iocb.aio_nbytes or iocb.aio_rw_flags:
            raise EINVAL
        request.poll(iocb.aio_buf)
    else:
        raise EINVAL


def _synchronize(file: File) -> int:
    """What the event of a sync tells; EINVAL for what cannot be synchronised."""
    try:
        file.sync()
    except EINVAL:
        raise
    except LinuxError as error:
        return -error.number
    return 0


async def _transfer(task: Task, request: Request, iocb: Any) -> None:
    """fs/aio.c:aio_read() and aio_write()."""
    file, offset, flags = request.file, iocb.aio_offset, iocb.aio_rw_flags & 0xFFFF_FFFF
    if iocb.aio_flags & IOCBFLAG.IOPRIO:
        check_priority(task, iocb.aio_reqprio & 0xFFFF)
    if flags:
        check_rw_flags(file, flags)
    move = _method(file, reads=iocb.aio_lio_opcode in (OPERATION.PREAD, OPERATION.PREADV))
    pieces = _pieces(task, iocb)
    if offset < 0 or offset + total_of(pieces) > MAX_OFFSET:
        raise EINVAL  # fs/read_write.c:rw_verify_area()
    try:
        if offset and file.inode.kind == S.IFSOCK:
            raise ESPIPE
        place = offset if file.positional else None
        if flags:
            with with_rw_flags(file, flags):
                result = await move(task, file, pieces, place)
        else:
            result = await move(task, file, pieces, place)
    except Interrupted:
        result = -EINTR.number  # others of the list may run already: it cannot be restarted
    except LinuxError as error:
        result = -error.number
    request.finish(result)


def _method(file: File, *, reads: bool) -> Callable[..., Awaitable[int]]:
    if reads:
        if not file.readable:
            raise EBADF
        if not file.async_reads or type(file).read is File.read:
            raise EINVAL
        return read_pieces
    if not file.writable:
        raise EBADF
    if not file.async_writes or type(file).write is File.write:
        raise EINVAL
    return write_pieces


def _pieces(task: Task, iocb: Any) -> Pieces:
    if iocb.aio_lio_opcode in VECTORED:
        return pieces_of(task, UserPtr(task.memory, iocb.aio_buf), iocb.aio_nbytes)
    check_buffer(iocb.aio_buf, iocb.aio_nbytes)
    return [(iocb.aio_buf, min(iocb.aio_nbytes, MAX_COUNT))]
