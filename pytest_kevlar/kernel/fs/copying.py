"""Bytes from one open file to another inside the kernel: sendfile(2), copy_file_range(2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EBADF, EINVAL, EISDIR, EOVERFLOW, EXDEV, LinuxError
from pytest_kevlar.kernel.fs import fsnotify
from pytest_kevlar.kernel.fs.pipe import PipeFile
from pytest_kevlar.kernel.fs.regular import size_limit
from pytest_kevlar.kernel.fs.splice import file_to_pipe
from pytest_kevlar.kernel.fs.transfer import write_file
from pytest_kevlar.kernel.task.wait import Interrupted

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.task import Task

CHUNK = 65536
U64 = (1 << 64) - 1


async def send_file(
    task: Task, source: File, target: File, position: int | None, count: int
) -> tuple[int, int | None]:
    """sendfile(2) after its checks.

    Args:
        position: where to read; None for (and then moving) the file's own position.

    Returns:
        Bytes sent, and the position to report.
    """
    if target.flags & O.APPEND:
        raise EINVAL
    if not source.positional or not source.splices_out:
        raise EINVAL
    here = source.pos if position is None else position
    if isinstance(target, PipeFile):
        wait = not target.nonblocking
        done = await file_to_pipe(task, source, here, target.pipe, count, wait=wait)
        if position is None:
            source.pos = here + done
        if done:
            fsnotify.accessed(source)
        return done, here + done
    if not target.splices_in:
        raise EINVAL
    done = 0
    while done < count:
        data = source.pread(task, min(CHUNK, count - done), here)
        if not data:
            break
        try:
            sent = await write_file(task, target, data)
        except (Interrupted, LinuxError):
            if done:
                break
            raise
        if not sent:
            break
        done += sent
        here += sent
    if position is None:
        source.pos = here
    if done:
        fsnotify.accessed(source)
        fsnotify.modified(target)
    return done, here


def copy_range(task: Task, source: File, start: int, target: File, to: int, count: int) -> int:
    """copy_file_range(2) after decoding; fs/read_write.c:generic_copy_file_checks()."""
    for file in (source, target):
        if file.inode.is_dir:
            raise EISDIR
    if not source.inode.is_regular or not target.inode.is_regular:
        raise EINVAL
    if not source.readable or not target.writable or target.flags & O.APPEND:
        raise EBADF
    if source.inode.fs is not target.inode.fs:
        raise EXDEV
    if any((offset & U64) + count > U64 for offset in (start, to)):
        raise EOVERFLOW
    count = max(0, min(count, source.inode.size - start))
    count = min(count, size_limit(task, to) - to)
    if source.inode is target.inode and start < to + count and to < start + count:
        raise EINVAL
    if start < 0 or to < 0:
        raise EINVAL
    done = 0
    while done < count:
        data = source.pread(task, min(CHUNK, count - done), start + done)
        if not data:
            break
        try:
            written = target.pwrite(task, data, to + done)
        except LinuxError:
            if done:
                break
            raise
        done += written
        if written < len(data):
            break
    if done:
        fsnotify.accessed(source)
        fsnotify.modified(target)
    return done
