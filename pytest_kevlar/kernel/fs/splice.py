"""Moving the buffers of pipes: splice(2), tee(2), vmsplice(2) after their arguments are decoded.

Mirrors fs/splice.c. Pages of files and of processes go into a pipe as they are; everything else
is copied page by page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EAGAIN, EBADF, EFAULT, EINVAL, LinuxError
from pytest_kevlar.kernel.fs import fsnotify
from pytest_kevlar.kernel.fs.pipe import PAGE, Pipe, PipeFile, check_readers
from pytest_kevlar.kernel.fs.pipebuffer import Buffer, PageBuffer
from pytest_kevlar.kernel.fs.regular import RegularFile
from pytest_kevlar.kernel.fs.transfer import Pieces, read_file, scatter, write_file
from pytest_kevlar.kernel.mm.pin import frame_of
from pytest_kevlar.kernel.task.wait import Interrupted

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.task import Task


async def wait_for_space(task: Task, pipe: Pipe, *, wait: bool) -> None:
    """Until a buffer is free: EPIPE, EAGAIN; fs/splice.c:wait_for_space()."""
    check_readers(task, pipe)
    while pipe.full:
        if not wait:
            raise EAGAIN
        await pipe.write_wait.wait("pipe_wait_writable")
        check_readers(task, pipe)


async def wait_for_data(pipe: Pipe, *, wait: bool) -> bool:
    """Until there is something to read; False at the end: EAGAIN."""
    while not pipe.buffers:
        if not pipe.writers:
            return False
        if not wait:
            raise EAGAIN
        await pipe.read_wait.wait("pipe_wait_readable")
    return True


# -- between pipes ------------------------------------------------------------------------


async def pipe_to_pipe(task: Task, source: Pipe, target: Pipe, size: int, *, wait: bool) -> int:
    """Move buffers whole, but for the last one; fs/splice.c:splice_pipe_to_pipe()."""
    while True:
        if not await wait_for_data(source, wait=wait):
            return 0
        await wait_for_space(task, target, wait=wait)
        if source.buffers:
            break
    was_full = source.full
    done = 0
    while source.buffers and not target.full and done < size:
        buffer = source.buffers[0]
        left = size - done
        if left >= buffer.left:
            done += buffer.left
            target.push(source.buffers.popleft())
        else:
            target.push(buffer.share(left))
            buffer.skip(left)
            done = size
    if was_full:
        source.made_room()
    target.filled()
    return done


async def copy_pipe(task: Task, source: Pipe, target: Pipe, size: int, *, wait: bool) -> int:
    """tee(2); fs/splice.c:do_tee() and link_pipe()."""
    if not await wait_for_data(source, wait=wait):
        return 0
    await wait_for_space(task, target, wait=wait)
    done = 0
    for buffer in list(source.buffers):
        if target.full or done == size:
            break
        shared = buffer.share(size - done)
        done += shared.left
        target.push(shared)
    if done:
        target.filled()
    return done


# -- out of a pipe ------------------------------------------------------------------------


async def pipe_to_file(
    task: Task, source: Pipe, target: File, position: int | None, size: int, *, wait: bool
) -> int:
    """Write what is in the pipe; fs/splice.c:iter_file_splice_write().

    Args:
        position: where to write, None for the target's own offset.
    """
    if not target.splices_in:
        raise EINVAL
    done = 0
    while done < size:
        if not source.buffers and done:
            break
        if not await wait_for_data(source, wait=wait):
            break
        data = source.look(size - done)
        try:
            if position is None:
                moved = await _write(task, target, data, wait=wait)
            else:
                moved = target.pwrite(task, data, position + done)
        except (Interrupted, LinuxError):
            if done:
                break
            raise
        if not moved:
            break
        source.skip(moved)
        done += moved
    return done


async def _write(task: Task, target: File, data: bytes, *, wait: bool) -> int:
    return await write_file(task, target, data) if wait else target.write(task, data)


async def pipe_to_user(task: Task, source: Pipe, pieces: Pieces, *, wait: bool) -> int:
    """Copy out to user memory; fs/splice.c:vmsplice_to_user()."""
    done = 0
    left = [*pieces]
    while left:
        if not source.buffers and done:
            break
        if not await wait_for_data(source, wait=wait):
            break
        address, size = left[0]
        data = source.buffers[0].look(size)
        if scatter(task, [(address, size)], data) < len(data):
            if done:
                break
            raise EFAULT
        source.skip(len(data))
        done += len(data)
        if len(data) == size:
            left.pop(0)
        else:
            left[0] = (address + len(data), size - len(data))
    return done


# -- into a pipe ----------------------------------------------------------------------------


async def file_to_pipe(
    task: Task, source: File, position: int | None, target: Pipe, size: int, *, wait: bool
) -> int:
    """Read as much as the pipe has room for; fs/splice.c:splice_file_to_pipe().

    Args:
        position: where to read, None for the source's own offset, which then moves.
    """
    await wait_for_space(task, target, wait=wait)
    if not source.splices_out:
        raise EINVAL
    slots = target.slots - len(target.buffers)
    size = min(size, slots * PAGE)
    if isinstance(source, RegularFile):
        done = _pages_to_pipe(task, source, position, target, slots, size)
    else:
        done = await _bytes_to_pipe(task, source, position, target, size, wait=wait)
    if done:
        target.filled()
    return done


def _pages_to_pipe(
    task: Task, source: RegularFile, position: int | None, target: Pipe, slots: int, size: int
) -> int:
    """mm/shmem.c:shmem_file_splice_read(): one buffer per page of the file."""
    here = source.pos if position is None else position
    end = min(here + size, source.inode.size)
    start = here
    engine = task.kernel.engine
    while here < end and slots:
        offset = here % PAGE
        part = min(PAGE - offset, end - here)
        frame = source.inode.pages.frame(here // PAGE, create=False)
        if frame:
            target.push(PageBuffer(engine, frame, offset, offset + part))
        else:
            target.push(Buffer(bytes(part), merge=False))
        here += part
        slots -= 1
    if here > start:
        source.accessed()
    if position is None:
        source.pos = here
    return here - start


async def _bytes_to_pipe(
    task: Task, source: File, position: int | None, target: Pipe, size: int, *, wait: bool
) -> int:
    """fs/splice.c:copy_splice_read()."""
    if position is not None:
        data = source.pread(task, size, position)
    elif wait:
        data = await read_file(task, source, size)
    else:
        data = source.read(task, size)
    for at in range(0, len(data), PAGE):
        target.push(Buffer(data[at : at + PAGE], merge=False))
    return len(data)


async def user_to_pipe(task: Task, pieces: Pieces, target: Pipe, *, wait: bool) -> int:
    """Put the pages behind user memory into the pipe; fs/splice.c:vmsplice_to_pipe()."""
    await wait_for_space(task, target, wait=wait)
    done = 0
    engine = task.kernel.engine
    for address, size in pieces:
        while size and not target.full:
            offset = address % PAGE
            part = min(PAGE - offset, size)
            try:
                frame = frame_of(task.memory, address)
            except EFAULT:
                if not done:
                    raise
                target.filled()
                return done
            target.push(PageBuffer(engine, frame, offset, offset + part))
            address, size, done = address + part, size - part, done + part
        if size:
            break
    if done:
        target.filled()
    return done


# -- which of them ------------------------------------------------------------------------


async def splice(
    task: Task,
    source: File,
    start: int | None,
    target: File,
    to: int | None,
    size: int,
    *,
    wait: bool,
) -> int:
    """splice(2) between two open files, one of them a pipe; fs/splice.c:do_splice().

    Args:
        start, to: offsets; None for (and then moving) the file's own. wait: may sleep.
    """
    if not source.readable or not target.writable:
        raise EBADF
    if isinstance(source, PipeFile) and isinstance(target, PipeFile):
        if source.pipe is target.pipe:
            raise EINVAL
        wait = wait and not source.nonblocking and not target.nonblocking
        return await pipe_to_pipe(task, source.pipe, target.pipe, size, wait=wait)
    if isinstance(source, PipeFile):
        _check_offset(target, to)
        if target.flags & O.APPEND:
            raise EINVAL
        wait = wait and not source.nonblocking
        done = await pipe_to_file(task, source.pipe, target, to, size, wait=wait)
        if done:
            fsnotify.modified(target)
        return done
    if isinstance(target, PipeFile):
        _check_offset(source, start)
        wait = wait and not target.nonblocking
        done = await file_to_pipe(task, source, start, target.pipe, size, wait=wait)
        if done:
            fsnotify.accessed(source)
        return done
    raise EINVAL


def _check_offset(file: File, offset: int | None) -> None:
    if offset is not None and (offset < 0 or not file.positional):
        raise EINVAL


async def copy_between(task: Task, source: File, target: File, size: int, *, wait: bool) -> int:
    """tee(2) between two open files; fs/splice.c:do_tee()."""
    if not source.readable or not target.writable:
        raise EBADF
    if (
        not isinstance(source, PipeFile)
        or not isinstance(target, PipeFile)
        or source.pipe is target.pipe
    ):
        raise EINVAL
    wait = wait and not source.nonblocking and not target.nonblocking
    return await copy_pipe(task, source.pipe, target.pipe, size, wait=wait)


def pipe_of(file: File) -> Pipe:
    """The pipe that vmsplice(2) wants; EBADF for everything else."""
    if not isinstance(file, PipeFile):
        raise EBADF
    return file.pipe
