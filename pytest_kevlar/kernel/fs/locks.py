"""Advisory locks: flock(2), POSIX record locks and open-file-description locks.

One table per inode. Mirrors fs/locks.c; it keeps leases, too, which are :mod:`leases`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.fcntl import FLOCK
from pytest_kevlar.kernel.abi.files import LOCK, SEEK
from pytest_kevlar.kernel.errno import EAGAIN, EDEADLK, EINVAL, EOVERFLOW
from pytest_kevlar.kernel.fs.file import MAX_OFFSET
from pytest_kevlar.kernel.task.wait import WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.leases import Lease
    from pytest_kevlar.kernel.task.pidns import PidNamespace
    from pytest_kevlar.kernel.task.task import Task


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A locked range of bytes, both ends included.

    Attributes:
        owner: the descriptor table (POSIX) or the open file (OFD) that holds it.
        pid: for F_GETLK, the kernel's own id; -1 for OFD locks.
    """

    owner: object
    kind: int
    start: int
    end: int
    pid: int

    def conflicts(self, other: Record) -> bool:
        """Whether the two cannot both be held."""
        return (
            self.owner is not other.owner
            and (self.kind == FLOCK.WRLCK or other.kind == FLOCK.WRLCK)
            and self.start <= other.end
            and other.start <= self.end
        )

    def describe(self, reader: PidNamespace) -> dict[str, int]:
        """As ``struct flock`` for somebody in a PID namespace; locks_translate_pid()."""
        length = 0 if self.end == MAX_OFFSET else self.end - self.start + 1
        return {
            "l_type": self.kind,
            "l_whence": SEEK.SET,
            "l_start": self.start,
            "l_len": length,
            "l_pid": self.pid if self.pid < 0 else reader.number(self.pid),
        }


class LockTable:
    """The locks of one inode.

    Attributes:
        records: POSIX and OFD locks, by start.
        whole: flock locks by open file. leases: see :mod:`leases`.
        freed: woken when one of them changes.
    """

    __slots__ = ("freed", "leases", "records", "whole")

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.whole: dict[File, int] = {}
        self.leases: list[Lease] = []
        self.freed = WaitQueue()

    def conflict(self, request: Record) -> Record | None:
        """The first record that stands in the way."""
        return next((one for one in self.records if one.conflicts(request)), None)

    def set(self, request: Record) -> None:
        """Apply a request that nothing stands in the way of; neighbours split and merge."""
        kept: list[Record] = []
        start, end = request.start, request.end
        for one in self.records:
            if one.owner is not request.owner:
                kept.append(one)
            elif one.kind == request.kind and one.start <= end + 1 and start <= one.end + 1:
                start, end = min(start, one.start), max(end, one.end)
            elif one.end < start or one.start > end:
                kept.append(one)
            else:
                if one.start < start:
                    kept.append(replace(one, end=start - 1))
                if one.end > end:
                    kept.append(replace(one, start=end + 1))
        if request.kind != FLOCK.UNLCK:
            kept.append(replace(request, start=start, end=end))
        kept.sort(key=lambda one: one.start)
        self.records = kept
        self.freed.wake()

    def release_owner(self, owner: object) -> None:
        """A descriptor was closed: all POSIX locks of its table on this inode go."""
        before = len(self.records)
        self.records = [one for one in self.records if one.owner is not owner]
        if len(self.records) != before:
            self.freed.wake()

    def release_file(self, file: File) -> None:
        """The open file is gone, and with it its lease, flock and OFD locks."""
        if self.leases:
            from pytest_kevlar.kernel.fs.leases import release_lease

            release_lease(self, file)
        self.release_owner(file)
        if self.whole.pop(file, None) is not None:
            self.freed.wake()


def table_of(file: File) -> LockTable:
    """The lock table of the file's inode."""
    table = file.inode.locks
    if table is None:
        table = file.inode.locks = LockTable()
    return table


async def flock(file: File, kind: int, *, wait: bool) -> None:
    """LOCK_SH, LOCK_EX or LOCK_UN; a conversion gives up the old lock first."""
    table = table_of(file)
    if kind == LOCK.UN:
        if table.whole.pop(file, None) is not None:
            table.freed.wake()
        return
    if table.whole.get(file) == kind:
        return
    if table.whole.pop(file, None) is not None:
        table.freed.wake()
    while any(other is not file and LOCK.EX in (kind, held) for other, held in table.whole.items()):
        if not wait:
            raise EAGAIN
        await table.freed.wait("flock_lock_inode_wait")
    table.whole[file] = kind


def decode(task: Task, file: File, raw: Any, *, of_file: bool) -> Record:
    """``struct flock`` to a request; fs/locks.c:flock64_to_posix_lock()."""
    if raw.l_whence == SEEK.SET:
        base = 0
    elif raw.l_whence == SEEK.CUR:
        base = file.pos
    elif raw.l_whence == SEEK.END:
        base = file.inode.size
    else:
        raise EINVAL
    start = base + raw.l_start
    if start > MAX_OFFSET:
        raise EOVERFLOW
    if start < 0:
        raise EINVAL
    end = MAX_OFFSET
    if raw.l_len > 0:
        end = start + raw.l_len - 1
        if end > MAX_OFFSET:
            raise EOVERFLOW
    elif raw.l_len < 0:
        start, end = start + raw.l_len, start - 1
        if start < 0:
            raise EINVAL
    if raw.l_type not in (FLOCK.RDLCK, FLOCK.WRLCK, FLOCK.UNLCK):
        raise EINVAL
    if of_file:
        return Record(file, raw.l_type, start, end, -1)
    return Record(task.files, raw.l_type, start, end, task.process.pid)


def test(file: File, request: Record) -> Record | None:
    """F_GETLK: what stands in the way."""
    return table_of(file).conflict(request)


async def lock(task: Task, file: File, request: Record, *, wait: bool) -> None:
    """F_SETLK and F_SETLKW; EAGAIN, or EDEADLK if waiting could not end."""
    table = table_of(file)
    while request.kind != FLOCK.UNLCK:
        blocker = table.conflict(request)
        if blocker is None:
            break
        if not wait:
            raise EAGAIN
        waits = task.fs.vfs.lock_waits
        if request.owner is task.files and _would_deadlock(waits, request, blocker):
            raise EDEADLK
        entry = (request, blocker)
        waits.append(entry)
        try:
            await table.freed.wait("locks_lock_inode_wait")
        finally:
            waits.remove(entry)
    table.set(request)


def _would_deadlock(waits: list[tuple[Record, Record]], request: Record, blocker: Record) -> bool:
    """Whether the holder waits, directly or not, for the one who asks."""
    owner = blocker.owner
    for _ in range(10):
        following = next((held for asked, held in waits if asked.owner is owner), None)
        if following is None:
            return False
        owner = following.owner
        if owner is request.owner:
            return True
    return False
