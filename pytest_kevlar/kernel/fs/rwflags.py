"""``RWF_*``: what preadv2(2), pwritev2(2) and io_submit(2) change about a file for one transfer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import RWF
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EINVAL, EOPNOTSUPP

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File

RW_FLAGS = RWF.HIPRI | RWF.DSYNC | RWF.SYNC | RWF.NOWAIT | RWF.APPEND | RWF.NOAPPEND


def check_rw_flags(file: File, flags: int) -> None:
    """include/linux/fs.h:kiocb_set_rw_flags(); nothing here writes atomically."""
    if flags & ~RW_FLAGS:
        raise EOPNOTSUPP
    if flags & RWF.APPEND and flags & RWF.NOAPPEND:
        raise EINVAL
    if flags & RWF.NOWAIT and not file.nowait:
        raise EOPNOTSUPP


@contextmanager
def with_rw_flags(file: File, flags: int) -> Iterator[None]:
    """The file as `flags` want it while the block runs."""
    before = file.flags
    if flags & RWF.APPEND:
        file.flags |= O.APPEND
    elif flags & RWF.NOAPPEND:
        file.flags &= ~O.APPEND
    if flags & RWF.NOWAIT:
        file.flags |= O.NONBLOCK
    try:
        yield
    finally:
        file.flags = before
