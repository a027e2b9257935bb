"""cachestat(2): how much of a file is in memory."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.structs import CACHESTAT, CACHESTAT_RANGE
from pytest_kevlar.kernel.errno import EINVAL, EPERM
from pytest_kevlar.kernel.fs.inode import MAY_WRITE
from pytest_kevlar.kernel.mm.vma import PAGE
from pytest_kevlar.kernel.syscalls.pointers import InCachestatRange, OutCachestat
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Bits, Fd
from pytest_kevlar.kernel.task.task import Task


@syscall(partial="no page is dirty, none is written back")
def cachestat(
    task: Task, fd: Fd, range: InCachestatRange, result: OutCachestat, flags: Bits
) -> int:
    """cachestat(2). Mirrors mm/filemap.c:SYSCALL_DEFINE4(cachestat)."""
    file = task.files.get(fd)
    asked = CACHESTAT_RANGE.unpack(range.read(CACHESTAT_RANGE.size))
    inode, cred = file.inode, task.cred
    if not (file.writable or inode.owned_by(cred) or inode.permits(cred, MAY_WRITE)):
        raise EPERM
    if flags:
        raise EINVAL
    end = (asked.off + asked.len - 1) & ((1 << 64) - 1)
    last = end // PAGE + 1 if asked.len else None
    pages = inode.pages
    found = pages.resident(asked.off // PAGE, last) if pages is not None else 0
    result.write(CACHESTAT.pack(nr_cache=found))
    return 0
