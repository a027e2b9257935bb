"""Sharing of extents between files: none of the file systems here can, and all say so.

What is told before that is as on Linux: fs/remap_range.c and the requests of fs/ioctl.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EBADF, EINVAL, EISDIR, ENOMEM, EOPNOTSUPP, EXDEV

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

REQUESTS = (IOCTL.FICLONE, IOCTL.FICLONERANGE, IOCTL.FIDEDUPERANGE)
RANGE_SIZE = 32  # struct file_clone_range
#: ``struct file_dedupe_range`` and one ``struct file_dedupe_range_info``.
DEDUPE_SIZE, INFO_SIZE, PAGE = 24, 32, 4096


def refuse(task: Task, file: File, request: int, argument: UserPtr) -> NoReturn:
    """FICLONE, FICLONERANGE or FIDEDUPERANGE on `file`."""
    if request == IOCTL.FICLONE:
        number = argument.address & 0xFFFF_FFFF
        _refuse_clone(task.files.get(number), file)
    if request == IOCTL.FICLONERANGE:
        given = argument.read(RANGE_SIZE)
        _refuse_clone(task.files.get(int.from_bytes(given[:4], "little")), file)
    _refuse_deduplication(file, argument)


def _refuse_clone(source: File, target: File) -> NoReturn:
    """fs/remap_range.c:vfs_clone_file_range()."""
    if source.inode.fs is not target.inode.fs:
        raise EXDEV
    if source.inode.is_dir or target.inode.is_dir:
        raise EISDIR
    if not source.inode.is_regular or not target.inode.is_regular:
        raise EINVAL
    if not source.readable or not target.writable or target.flags & O.APPEND:
        raise EBADF
    raise EOPNOTSUPP


def _refuse_deduplication(file: File, argument: UserPtr) -> NoReturn:
    """fs/ioctl.c:ioctl_file_dedupe_range(), fs/remap_range.c:vfs_dedupe_file_range()."""
    count = (argument + 16).read_int(2, signed=False)
    size = DEDUPE_SIZE + count * INFO_SIZE
    if size > PAGE:
        raise ENOMEM
    given = argument.read(size)
    if not file.readable or any(given[18:24]):
        raise EINVAL
    if file.inode.is_dir:
        raise EISDIR
    if not file.inode.is_regular:
        raise EINVAL
    raise EOPNOTSUPP
