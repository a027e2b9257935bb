"""futex_waitv(2) and the calls that have their flags beside the operation: ``FUTEX2_*``.

Thin: who waits on what is :mod:`pytest_kevlar.kernel.task.futex`.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.sched import FUTEX2
from pytest_kevlar.kernel.abi.structs import FUTEX_WAITV
from pytest_kevlar.kernel.abi.time import CLOCK
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL, ETIMEDOUT
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.futex import wait_on
from pytest_kevlar.kernel.syscalls.pointers import InTimespec
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.time import ClockId
from pytest_kevlar.kernel.syscalls.types import Bits, Int, LongBits, Ptr, UInt
from pytest_kevlar.kernel.task.futex import ANY, FutexWaiter
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.task.wait import WaitQueue
from pytest_kevlar.kernel.time.units import read_timespec

MAX_WORDS = 128
KNOWN = FUTEX2.SIZE_MASK | FUTEX2.PRIVATE
NO_NODES = "FUTEX2_NUMA and FUTEX2_MPOL are EINVAL"


def _is_private(flags: int) -> bool:
    """Whether the futex is private: EINVAL for flags or sizes that are not there."""
    if flags & ~KNOWN or flags & FUTEX2.SIZE_MASK != FUTEX2.SIZE_U32:
        raise EINVAL("flags")
    return bool(flags & FUTEX2.PRIVATE)


def _deadline(task: Task, timeout: UserPtr, clock_id: int) -> int | None:
    """Monotonic nanoseconds of an absolute time on either clock."""
    if not timeout:
        return None
    if clock_id not in (CLOCK.REALTIME, CLOCK.MONOTONIC):
        raise EINVAL("clockid")
    end = read_timespec(timeout)
    realtime = clock_id == CLOCK.REALTIME
    return end - (task.kernel.clock.realtime_offset if realtime else task.time.monotonic)


def _words(task: Task, array: UserPtr, count: int) -> list[tuple[UserPtr, int, bool]]:
    """Address, value and whether it is private; kernel/futex/syscalls.c:futex_parse_waitv()."""
    words = []
    for at in range(count):
        given = FUTEX_WAITV.unpack((array + at * FUTEX_WAITV.size).read(FUTEX_WAITV.size))
        private = _is_private(given.flags)
        if given._pad0 or given.val > ANY:
            raise EINVAL
        words.append((UserPtr(task.memory, given.uaddr), given.val, private))
    return words


@syscall(partial=NO_NODES)
async def futex_waitv(
    task: Task, waiters: Ptr, nr_futexes: UInt, flags: Bits, timeout: InTimespec, clockid: ClockId
) -> int:
    """futex_waitv(2): which of several words was woken. Mirrors kernel/futex/waitwake.c."""
    if flags or not 0 < nr_futexes <= MAX_WORDS or not waiters:
        raise EINVAL
    deadline = _deadline(task, timeout, clockid)
    words = _words(task, waiters, nr_futexes)
    futexes, queue = task.kernel.futexes, WaitQueue()
    keys = [futexes.key(task.memory, word.address, private) for word, _, private in words]
    if any(word.read_int(4, signed=False) != value for word, value, _ in words):
        raise EAGAIN
    waiting = [FutexWaiter(task, key, ANY, queue) for key in keys]
    woken = await futexes.wait_any(waiting, deadline)
    if woken is None:
        raise ETIMEDOUT
    return woken


@syscall(partial=NO_NODES)
def futex_wake(task: Task, uaddr: Ptr, mask: LongBits, nr: Int, flags: Bits) -> int:
    """futex_wake(2). Mirrors kernel/futex/syscalls.c."""
    private = _is_private(flags)
    if mask > ANY or not mask:
        raise EINVAL("mask")
    key = task.kernel.futexes.key(task.memory, uaddr.address, private)
    return task.kernel.futexes.wake(key, max(1, nr), mask) if nr else 0


@syscall(partial=NO_NODES)
async def futex_wait(
    task: Task,
    uaddr: Ptr,
    val: LongBits,
    mask: LongBits,
    flags: Bits,
    timeout: InTimespec,
    clockid: ClockId,
) -> int:
    """futex_wait(2); `timeout` is absolute. Mirrors kernel/futex/syscalls.c."""
    private = _is_private(flags)
    if val > ANY or mask > ANY:
        raise EINVAL
    deadline = _deadline(task, timeout, clockid)
    return await wait_on(task, uaddr, val, mask, deadline, private)


@syscall(partial=NO_NODES)
def futex_requeue(task: Task, waiters: Ptr, flags: Bits, nr_wake: Int, nr_requeue: Int) -> int:
    """futex_requeue(2): the first of two words holds what it should. kernel/futex/syscalls.c."""
    if flags or not waiters:
        raise EINVAL
    (source, expected, one), (target, _, two) = _words(task, waiters, 2)
    if nr_wake < 0 or nr_requeue < 0:
        raise EINVAL("count")
    futexes = task.kernel.futexes
    first = futexes.key(task.memory, source.address, one)
    second = futexes.key(task.memory, target.address, two)
    if source.read_int(4, signed=False) != expected:
        raise EAGAIN
    return futexes.requeue(first, second, nr_wake, nr_requeue)
