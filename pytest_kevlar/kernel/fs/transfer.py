"""Moving bytes between open files and user memory: the one place where reads and writes wait.

Files never sleep by themselves; whether a short user buffer, a signal or a full pipe ends
a transfer early is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.errno import EAGAIN, EBADF, EFAULT, EINVAL, ESPIPE, LinuxError
from pytest_kevlar.kernel.fs import fsnotify
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.mm.vma import TASK_SIZE
from pytest_kevlar.kernel.task.wait import Interrupted, Sleep

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.task import Task

MAX_COUNT = 0x7FFF_F000
IOV_MAX = 1024
#: Bytes that a long transfer moves at a time: the host's memory stays out of the guest's reach.
CHUNK = 1 << 20

#: Address and length pieces of one transfer.
Pieces = list[tuple[int, int]]


async def read_file(task: Task, file: File, size: int) -> bytes:
    """Read from the position, waiting for data unless O_NONBLOCK."""
    try:
        return file.read(task, size)
    except EAGAIN:
        if file.nonblocking:
            raise
    return await wait_and_read(task, file, size)


async def wait_and_read(task: Task, file: File, size: int) -> bytes:
    """Sleep until there is something to read, after a first attempt found nothing."""
    if file.own_waits:
        return await file.wait_and_read(task, size)
    file.get()
    try:
        while True:
            await Sleep(file.queues(POLL.IN), file.sleep_read)
            try:
                return file.read(task, size)
            except EAGAIN:
                if file.nonblocking:
                    raise
    finally:
        file.put()


async def write_file(task: Task, file: File, data: bytes) -> int:
    """Write at the position, waiting for room unless O_NONBLOCK.

    A stream takes everything before the call returns; an interrupted or failing one
    reports what it took.
    """
    try:
        done = file.write(task, data)
    except EAGAIN:
        if file.nonblocking:
            raise
        done = 0
        if not data:
            return 0
    else:
        if done == len(data) or not file.stream or file.nonblocking:
            return done
    return await wait_and_write(task, file, data, done)


async def wait_and_write(task: Task, file: File, data: bytes, done: int) -> int:
    """Sleep until there is room for what a first attempt left, `done` bytes being written."""
    if file.own_waits:
        return await file.wait_and_write(task, data, done)
    size = len(data)
    file.get()
    try:
        while done < size:
            try:
                await Sleep(file.queues(POLL.OUT), file.sleep_write)
                done += file.write(task, data[done:] if done else data)
                if not file.stream:
                    break
            except EAGAIN:
                if file.nonblocking:
                    if done:
                        return done
                    raise
            except (Interrupted, LinuxError):
                if done:
                    return done
                raise
    finally:
        file.put()
    return done


def check_buffer(address: int, size: int) -> None:
    """access_ok(): EFAULT for a range that leaves user space, whatever is mapped there."""
    if address + size > TASK_SIZE:
        raise EFAULT


def pieces_of(task: Task, iov: UserPtr, count: int) -> Pieces:
    """Decode an iovec array; lib/iov_iter.c:import_iovec(). EINVAL, EFAULT."""
    if count < 0 or count > IOV_MAX:
        raise EINVAL
    raw = iov.read(16 * count) if count else b""
    pieces: Pieces = []
    total = 0
    for at in range(0, len(raw), 16):
        base = int.from_bytes(raw[at : at + 8], "little")
        size = int.from_bytes(raw[at + 8 : at + 16], "little")
        if size >> 63:
            raise EINVAL
        check_buffer(base, size)
        size = min(size, MAX_COUNT - total)
        total += size
        if size:
            pieces.append((base, size))
    return pieces


def total_of(pieces: Sequence[tuple[int, int]]) -> int:
    """Bytes in all pieces."""
    return sum(size for _, size in pieces)


def gather(task: Task, pieces: Pieces) -> bytes:
    """Copy in up to the first fault; EFAULT if nothing could be read."""
    if len(pieces) == 1:
        address, size = pieces[0]
        data = task.memory.read_partial(address, size)
        if not data and size:
            raise EFAULT
        return data
    parts: list[bytes] = []
    for address, size in pieces:
        part = task.memory.read_partial(address, size)
        parts.append(part)
        if len(part) < size:
            break
    data = b"".join(parts)
    if not data and pieces:
        raise EFAULT
    return data


def scatter(task: Task, pieces: Pieces, data: bytes) -> int:
    """Copy out up to the first fault; returns how many bytes arrived."""
    if len(pieces) == 1:
        return task.memory.write_partial(pieces[0][0], data)
    done = 0
    for address, size in pieces:
        part = data[done : done + size]
        if not part:
            break
        copied = task.memory.write_partial(address, part)
        done += copied
        if copied < len(part):
            break
    return done


def deliver(task: Task, file: File, pieces: Pieces, data: bytes, *, positional: bool) -> int:
    """Copy what was read out to the user; what did not arrive goes back to the file."""
    done = scatter(task, pieces, data) if data else 0
    if done < len(data):
        if not positional:
            file.unread(data[done:])
        if not done:
            raise EFAULT
    return done


def chunks_of(pieces: Pieces) -> Iterator[Pieces]:
    """The same bytes in groups of at most CHUNK."""
    group: Pieces = []
    room = CHUNK
    for address, size in pieces:
        while size:
            part = min(size, room)
            group.append((address, part))
            address, size, room = address + part, size - part, room - part
            if not room:
                yield group
                group, room = [], CHUNK
    if group:
        yield group


async def _in_chunks(
    task: Task,
    file: File,
    pieces: Pieces,
    offset: int | None,
    move: Callable[[Task, File, Pieces, int | None], Awaitable[int]],
) -> int:
    """A long transfer, ended by the first chunk that is not whole."""
    done = 0
    for chunk in chunks_of(pieces):
        try:
            moved = await move(task, file, chunk, None if offset is None else offset + done)
        except (Interrupted, LinuxError):
            if done:
                break
            raise
        done += moved
        if moved < total_of(chunk):
            break
    return done


async def read_pieces(task: Task, file: File, pieces: Pieces, offset: int | None = None) -> int:
    """``read`` and its relatives; `offset` None reads at the position."""
    done = await _read_pieces(task, file, pieces, offset)
    task.process.io.read(done)
    if done:
        fsnotify.accessed(file)
    return done


async def _read_pieces(task: Task, file: File, pieces: Pieces, offset: int | None = None) -> int:
    if offset is not None and not file.positional:
        raise ESPIPE
    if not file.readable:
        raise EBADF
    size = total_of(pieces)
    if size > CHUNK and file.positional:
        return await _in_chunks(task, file, pieces, offset, _read_pieces)
    if offset is None:
        data = await read_file(task, file, size)
    else:
        data = file.pread(task, size, offset)
    return deliver(task, file, pieces, data, positional=offset is not None)


async def write_pieces(task: Task, file: File, pieces: Pieces, offset: int | None = None) -> int:
    """``write`` and its relatives; `offset` None writes at the position."""
    done = await _write_pieces(task, file, pieces, offset)
    task.process.io.write(done)
    if done:
        fsnotify.modified(file)
    return done


async def _write_pieces(task: Task, file: File, pieces: Pieces, offset: int | None = None) -> int:
    if offset is not None and not file.positional:
        raise ESPIPE
    if not file.writable:
        raise EBADF
    size = total_of(pieces)
    if size > CHUNK and (file.positional or file.stream):
        return await _in_chunks(task, file, pieces, offset, _write_pieces)
    data = bytes(size) if file.discards else gather(task, pieces)
    if len(data) < size:
        data = file.acceptable(data)
        if not data:
            raise EFAULT
    if offset is None:
        return await write_file(task, file, data)
    return file.pwrite(task, data, offset)
