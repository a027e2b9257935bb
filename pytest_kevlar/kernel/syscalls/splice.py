"""splice(2), tee(2), vmsplice(2), sendfile(2), copy_file_range(2): from descriptor to descriptor.

What moves is ``fs/splice.py`` and ``fs/copying.py``.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.files import SPLICE
from pytest_kevlar.kernel.errno import EBADF, EINVAL, ESPIPE
from pytest_kevlar.kernel.fs import splice as moving
from pytest_kevlar.kernel.fs.copying import copy_range, send_file
from pytest_kevlar.kernel.fs.pipe import PipeFile
from pytest_kevlar.kernel.fs.transfer import MAX_COUNT, pieces_of
from pytest_kevlar.kernel.syscalls.pointers import InOffset, InVectors
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Fd, Ptr, Size, SpliceFlags, UInt, ULong
from pytest_kevlar.kernel.task.task import Task

FLAGS = SPLICE.MOVE | SPLICE.NONBLOCK | SPLICE.MORE | SPLICE.GIFT


@syscall()
async def splice(
    task: Task,
    fd_in: Fd,
    off_in: InOffset,
    fd_out: Fd,
    off_out: InOffset,
    length: Size,
    flags: SpliceFlags,
) -> int:
    """splice(2). Mirrors fs/splice.c:__do_splice()."""
    if not length:
        return 0
    if flags & ~FLAGS:
        raise EINVAL
    source, target = task.files.get(fd_in), task.files.get(fd_out)
    for file, pointer in ((source, off_in), (target, off_out)):
        if isinstance(file, PipeFile) and pointer:
            raise ESPIPE
    to = off_out.read_int(8) if off_out else None
    start = off_in.read_int(8) if off_in else None
    wait = not flags & SPLICE.NONBLOCK
    size = min(length, MAX_COUNT)
    done = await moving.splice(task, source, start, target, to, size, wait=wait)
    if to is not None:
        off_out.write_int(to + done, 8)
    if start is not None:
        off_in.write_int(start + done, 8)
    return done


@syscall()
async def tee(task: Task, fd_in: Fd, fd_out: Fd, length: Size, flags: SpliceFlags) -> int:
    """tee(2). Mirrors fs/splice.c:do_tee()."""
    if flags & ~FLAGS:
        raise EINVAL
    if not length:
        return 0
    source, target = task.files.get(fd_in), task.files.get(fd_out)
    wait = not flags & SPLICE.NONBLOCK
    return await moving.copy_between(task, source, target, min(length, MAX_COUNT), wait=wait)


@syscall()
async def vmsplice(task: Task, fd: Fd, iov: InVectors, count: ULong, flags: SpliceFlags) -> int:
    """vmsplice(2): a write end takes pages, a read end gives bytes."""
    if flags & ~FLAGS:
        raise EINVAL
    file = task.files.get(fd)
    if not file.readable and not file.writable:
        raise EBADF
    pieces = pieces_of(task, iov, count)
    if not pieces:
        return 0
    wait = not flags & SPLICE.NONBLOCK
    pipe = moving.pipe_of(file)
    if file.writable:
        return await moving.user_to_pipe(task, pieces, pipe, wait=wait)
    return await moving.pipe_to_user(task, pipe, pieces, wait=wait)


@syscall()
async def sendfile(task: Task, out_fd: Fd, in_fd: Fd, offset: Ptr, count: Size) -> int:
    """sendfile(2). Mirrors fs/read_write.c:do_sendfile()."""
    position: int | None = None
    if offset:
        position = offset.read_int(8)
    source = task.files.get(in_fd)
    if not source.readable:
        raise EBADF
    if position is not None and not source.positional:
        raise ESPIPE
    if position is not None and position < 0:
        raise EINVAL
    target = task.files.get(out_fd)
    if not target.writable:
        raise EBADF
    done, position = await send_file(task, source, target, position, min(count, MAX_COUNT))
    if offset and position is not None:
        offset.write_int(position, 8)
    return done


@syscall()
def copy_file_range(
    task: Task, fd_in: Fd, off_in: Ptr, fd_out: Fd, off_out: Ptr, length: Size, flags: UInt
) -> int:
    """copy_file_range(2). Mirrors fs/read_write.c:vfs_copy_file_range()."""
    source, target = task.files.get(fd_in), task.files.get(fd_out)
    position_in = off_in.read_int(8) if off_in else source.pos
    position_out = off_out.read_int(8) if off_out else target.pos
    if flags:
        raise EINVAL
    done = copy_range(task, source, position_in, target, position_out, min(length, MAX_COUNT))
    if off_in:
        off_in.write_int(position_in + done, 8)
    else:
        source.pos = position_in + done
    if off_out:
        off_out.write_int(position_out + done, 8)
    else:
        target.pos = position_out + done
    return done
