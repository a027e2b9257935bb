"""futex(2).

Thin: who waits on what is :mod:`pytest_kevlar.kernel.task.futex`, and
:mod:`pytest_kevlar.kernel.task.futex_pi` for locks. The newer calls are :mod:`futex2`.
"""

from __future__ import annotations

from collections.abc import Hashable

from pytest_kevlar.kernel.abi.sched import FUTEX, FUTEXOP
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL, ENOSYS, ETIMEDOUT
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.futexargs import (
    FutexAddress2,
    FutexTimeout,
    FutexValue,
    FutexValue3,
)
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import FutexOperation, Ptr
from pytest_kevlar.kernel.task.futex import ANY
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.task.wait import Interrupted, InterruptedRestartBlock
from pytest_kevlar.kernel.time.units import read_timespec

WAITS = (
    FUTEX.WAIT,
    FUTEX.WAIT_BITSET,
    FUTEX.LOCK_PI,
    FUTEX.LOCK_PI2,
    FUTEX.WAIT_REQUEUE_PI,
)
#: Operations whose timeout may be on CLOCK_REALTIME.
ON_EITHER_CLOCK = (FUTEX.WAIT_BITSET, FUTEX.WAIT_REQUEUE_PI, FUTEX.LOCK_PI2)
MOVES = (FUTEX.REQUEUE, FUTEX.CMP_REQUEUE, FUTEX.CMP_REQUEUE_PI)


def _deadline(task: Task, command: int, timeout: UserPtr, realtime: bool) -> int | None:
    """Monotonic nanoseconds at which a wait ends: relative for WAIT, absolute otherwise."""
    if not timeout:
        return None
    span = read_timespec(timeout)
    clock = task.kernel.clock
    if command == FUTEX.WAIT:
        return clock.monotonic_ns() + span
    return (
        span - clock.realtime_offset
        if realtime or command == FUTEX.LOCK_PI
        else span - task.time.monotonic
    )


async def _wait(
    task: Task, address: UserPtr, value: int, bitset: int, deadline: int | None, private: bool
) -> int:
    try:
        return await wait_on(task, address, value, bitset, deadline, private)
    except Interrupted:
        if deadline is None:
            raise
        raise InterruptedRestartBlock(
            lambda again: _wait(again, address, value, bitset, deadline, private)
        ) from None


async def wait_on(
    task: Task, address: UserPtr, value: int, bitset: int, deadline: int | None, private: bool
) -> int:
    """Sleep while a word holds `value`; kernel/futex/waitwake.c:__futex_wait().

    Raises:
        EAGAIN: it holds another. ETIMEDOUT: the deadline passed.
    """
    if not bitset:
        raise EINVAL("bitset")
    futexes = task.kernel.futexes
    key = futexes.key(task.memory, address.address, private)
    if address.read_int(4, signed=False) != value:
        raise EAGAIN
    if not await futexes.wait(task, key, bitset, deadline):
        raise ETIMEDOUT
    return 0


def _wake_op(address: UserPtr, code: int) -> bool:
    """FUTEX_WAKE_OP: change the second word; whether its old value meets the condition."""
    operation, comparison = code >> 28 & 7, code >> 24 & 15
    argument = ((code >> 12 & 0xFFF) ^ 0x800) - 0x800
    against = ((code & 0xFFF) ^ 0x800) - 0x800
    if code >> 28 & FUTEXOP.OPARG_SHIFT:
        argument = 1 << (argument & 31)
    old = address.read_int()
    results = {
        FUTEXOP.SET: argument,
        FUTEXOP.ADD: old + argument,
        FUTEXOP.OR: old | argument,
        FUTEXOP.ANDN: old & ~argument,
        FUTEXOP.XOR: old ^ argument,
    }
    if operation not in results:
        raise ENOSYS
    address.write_int(results[operation])
    verdicts = {
        FUTEXOP.CMP_EQ: old == against,
        FUTEXOP.CMP_NE: old != against,
        FUTEXOP.CMP_LT: old < against,
        FUTEXOP.CMP_LE: old <= against,
        FUTEXOP.CMP_GT: old > against,
        FUTEXOP.CMP_GE: old >= against,
    }
    if comparison not in verdicts:
        raise ENOSYS
    return verdicts[comparison]


def _signed(value: int) -> int:
    return ((value & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000


@syscall()
async def futex(
    task: Task,
    uaddr: Ptr,
    op: FutexOperation,
    val: FutexValue,
    timeout: FutexTimeout,
    uaddr2: FutexAddress2,
    val3: FutexValue3,
) -> int:
    """futex(2). Mirrors kernel/futex/syscalls.c:do_futex()."""
    command = op & ~(FUTEX.PRIVATE_FLAG | FUTEX.CLOCK_REALTIME)
    private = bool(op & FUTEX.PRIVATE_FLAG)
    realtime = bool(op & FUTEX.CLOCK_REALTIME)
    deadline = _deadline(task, command, timeout, realtime) if command in WAITS else None
    if realtime and command not in ON_EITHER_CLOCK:
        raise ENOSYS
    if command in (FUTEX.WAIT, FUTEX.WAIT_BITSET):
        bitset = val3 if command == FUTEX.WAIT_BITSET else ANY
        return await _wait(task, uaddr, val, bitset, deadline, private)
    if command in (FUTEX.LOCK_PI, FUTEX.LOCK_PI2, FUTEX.TRYLOCK_PI):
        key = task.kernel.futexes.key(task.memory, uaddr.address, private)
        wait = command != FUTEX.TRYLOCK_PI
        return await task.kernel.locks.lock(task, uaddr, key, deadline, wait=wait)
    if command == FUTEX.WAIT_REQUEUE_PI:
        return await _wait_requeue(task, uaddr, val, uaddr2, deadline, private)
    if command in (FUTEX.WAKE, FUTEX.WAKE_BITSET):
        bitset = val3 if command == FUTEX.WAKE_BITSET else ANY
        if not bitset:
            raise EINVAL("bitset")
        key = task.kernel.futexes.key(task.memory, uaddr.address, private)
        return task.kernel.futexes.wake(key, max(1, _signed(val)), bitset)
    if command == FUTEX.UNLOCK_PI:
        key = task.kernel.futexes.key(task.memory, uaddr.address, private)
        task.kernel.locks.unlock(task, uaddr, key)
        return 0
    count2 = _signed(timeout.address)
    if command == FUTEX.WAKE_OP:
        first, second = _keys(task, uaddr, uaddr2, private)
        condition = _wake_op(uaddr2, val3)
        woken = task.kernel.futexes.wake(first, max(1, _signed(val)))
        return woken + (task.kernel.futexes.wake(second, max(1, count2)) if condition else 0)
    if command not in MOVES:
        raise ENOSYS
    return _requeue(task, command, uaddr, uaddr2, _signed(val), count2, val3, private)


def _keys(task: Task, first: UserPtr, second: UserPtr, private: bool) -> tuple[Hashable, Hashable]:
    key = task.kernel.futexes.key
    return key(task.memory, first.address, private), key(task.memory, second.address, private)


def _requeue(
    task: Task,
    command: int,
    uaddr: UserPtr,
    uaddr2: UserPtr,
    wake: int,
    move: int,
    expected: int,
    private: bool,
) -> int:
    """FUTEX_REQUEUE and its like; kernel/futex/requeue.c:futex_requeue()."""
    inherit = command == FUTEX.CMP_REQUEUE_PI
    if wake < 0 or move < 0:
        raise EINVAL("count")
    if inherit and (uaddr.address == uaddr2.address or wake != 1):
        raise EINVAL
    source, target = _keys(task, uaddr, uaddr2, private)
    if inherit and source == target:
        raise EINVAL("the same futex")
    if command != FUTEX.REQUEUE and uaddr.read_int(4, signed=False) != expected:
        raise EAGAIN
    if inherit:
        return task.kernel.locks.requeue(source, target, uaddr2, move)
    return task.kernel.futexes.requeue(source, target, wake, move)


async def _wait_requeue(
    task: Task,
    uaddr: UserPtr,
    value: int,
    uaddr2: UserPtr,
    deadline: int | None,
    private: bool,
) -> int:
    """FUTEX_WAIT_REQUEUE_PI; kernel/futex/requeue.c:futex_wait_requeue_pi()."""
    if uaddr.address == uaddr2.address:
        raise EINVAL
    second, first = _keys(task, uaddr2, uaddr, private)
    if uaddr.read_int(4, signed=False) != value:
        raise EAGAIN
    if first == second:
        raise EINVAL("the same futex")
    return await task.kernel.locks.wait_requeue(task, first, second, uaddr2, deadline)
