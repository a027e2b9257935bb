"""process_vm_readv(2), process_vm_writev(2), process_madvise(2): the memory of others.

Mirrors mm/process_vm_access.c: copies go as far as both sides do, a remote page at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mm import MADV
from pytest_kevlar.kernel.errno import EACCES, EFAULT, EINVAL, EPERM, ESRCH, LinuxError
from pytest_kevlar.kernel.fs.procfs.subject import inspected, may_inspect
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.mm.vma import PAGE, PAGE_MASK
from pytest_kevlar.kernel.syscalls.memory import advise
from pytest_kevlar.kernel.syscalls.pidfd import pid_file
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Advice, Bits, Fd, LongBits, Pid, Ptr, ULong
from pytest_kevlar.kernel.task.cred import CAP_SYS_NICE
from pytest_kevlar.kernel.task.task import Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_kevlar.kernel.mm.space import AddressSpace

MAX_VECTORS, VECTOR_SIZE = 1024, 16
MAX_TOTAL = 0x7FFF_F000
ADDRESS_END = 1 << 47

#: Address and length.
Part = tuple[int, int]


def _vectors(pointer: UserPtr, count: int, *, local: bool) -> list[Part]:
    """``struct iovec`` [count]; lib/iov_iter.c:import_iovec(), iovec_from_user()."""
    if count > MAX_VECTORS:
        raise EINVAL("too many")
    raw = pointer.read(count * VECTOR_SIZE) if count else b""
    parts = []
    total = 0
    for at in range(0, len(raw), VECTOR_SIZE):
        base = int.from_bytes(raw[at : at + 8], "little")
        size = int.from_bytes(raw[at + 8 : at + 16], "little")
        if size >> 63:
            raise EINVAL("a negative length")
        if local:
            if base + size > ADDRESS_END:
                raise EFAULT
            size = min(size, MAX_TOTAL - total)
            total += size
        parts.append((base, size))
    return parts


def _pieces(remote: list[Part]) -> Iterator[Part]:
    """The remote parts, none across the end of a page."""
    for base, length in remote:
        address, size = base, length
        while size:
            piece = min(size, PAGE - (address & PAGE_MASK))
            yield address, piece
            address += piece
            size -= piece


class _Local:
    """The caller's parts, taken from the front."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts

    def take(self, size: int) -> Iterator[Part]:
        """The next `size` bytes' places, fewer if there are no more."""
        while size and self.parts:
            base, length = self.parts[0]
            used = min(size, length)
            if used == length:
                self.parts.pop(0)
            else:
                self.parts[0] = (base + used, length - used)
            size -= used
            if used:
                yield base, used


def _read(task: Task, target: AddressSpace, local: _Local, address: int, size: int) -> int:
    data = target.read_partial(address, size)
    done = 0
    for base, used in local.take(len(data)):
        written = task.memory.write_partial(base, data[done : done + used])
        done += written
        if written < used:
            break
    return done


def _write(task: Task, target: AddressSpace, local: _Local, address: int, size: int) -> int:
    done = 0
    for base, used in local.take(size):
        data = task.memory.read_partial(base, used)
        written = target.write_partial(address + done, data)
        done += written
        if written < used:
            break
    return done


def _transfer(
    task: Task,
    pid: int,
    vectors: tuple[UserPtr, int, UserPtr, int],
    flags: int,
    *,
    write: bool,
) -> int:
    if flags:
        raise EINVAL
    local = _vectors(vectors[0], vectors[1], local=True)
    left = sum(size for _, size in local)
    if not left:
        return 0
    remote = _vectors(vectors[2], vectors[3], local=False)
    if not any(size for _, size in remote):
        return 0
    target = inspected(task, pid)
    places = _Local(local)
    done = 0
    for address, size in _pieces(remote):
        wanted = min(size, left - done)
        if not wanted:
            break
        moved = (_write if write else _read)(task, target.memory, places, address, wanted)
        done += moved
        if moved < wanted:
            break
    if not done:
        raise EFAULT
    return done


@syscall()
def process_vm_readv(
    task: Task,
    pid: Pid,
    local_iov: Ptr,
    liovcnt: ULong,
    remote_iov: Ptr,
    riovcnt: ULong,
    flags: LongBits,
) -> int:
    """process_vm_readv(2). Mirrors mm/process_vm_access.c:process_vm_rw()."""
    return _transfer(task, pid, (local_iov, liovcnt, remote_iov, riovcnt), flags, write=False)


@syscall()
def process_vm_writev(
    task: Task,
    pid: Pid,
    local_iov: Ptr,
    liovcnt: ULong,
    remote_iov: Ptr,
    riovcnt: ULong,
    flags: LongBits,
) -> int:
    """process_vm_writev(2). Mirrors mm/process_vm_access.c:process_vm_rw()."""
    return _transfer(task, pid, (local_iov, liovcnt, remote_iov, riovcnt), flags, write=True)


#: Advice that changes no content, and so may be given to others.
HARMLESS = frozenset((MADV.COLD, MADV.PAGEOUT, MADV.WILLNEED, MADV.COLLAPSE))


@syscall()
def process_madvise(
    task: Task, pidfd: Fd, iov: Ptr, count: ULong, advice: Advice, flags: Bits
) -> int:
    """process_madvise(2): how many bytes got the advice. Mirrors mm/madvise.c."""
    if flags:
        raise EINVAL
    parts = _vectors(iov, count, local=True)
    target = pid_file(task, pidfd).target()
    if not target.alive:
        raise ESRCH
    if not may_inspect(task, target):
        raise EACCES
    if target.memory is not task.memory:
        if advice not in HARMLESS:
            raise EINVAL("changes what is there")
        if not task.cred.capable(CAP_SYS_NICE):
            raise EPERM
    done = 0
    for address, size in parts:
        try:
            advise(target, address, size, advice)
        except LinuxError:
            if done:
                break
            raise
        done += size
    return done


@syscall()
def process_mrelease(task: Task, pidfd: Fd, flags: Bits) -> int:
    """process_mrelease(2): who dies gives its memory back by itself here.

    Mirrors mm/oom_kill.c:SYSCALL_DEFINE2(process_mrelease).
    """
    if flags:
        raise EINVAL
    target = pid_file(task, pidfd).target()
    if not any(thread.alive for thread in target.process.threads.values()):
        raise ESRCH
    if target.process.group_exit is None:
        raise EINVAL("it lives")
    return 0
