"""futex(2).

Thin: who waits on what is :mod:`pytest_kevlar.kernel.task.futex`.
"""

from __future__ import annotations

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

NS = 1_000_000_000


def _deadline(task: Task, command: int, timeout: UserPtr, realtime: bool) -> int | None:
    """Monotonic nanoseconds at which a wait ends: relative for WAIT, absolute otherwise."""
    if not timeout:
        return None
    seconds, nanoseconds = timeout.read_int(8), (timeout + 8).read_int(8)
    if seconds < 0 or not 0 <= nanoseconds < NS:
        raise EINVAL("timeout")
    span = seconds * NS + nanoseconds
    clock = task.kernel.clock
    if command == FUTEX.WAIT:
        return clock.monotonic_ns() + span
    return span - clock.realtime_offset if realtime else span


async def _wait(
    task: Task, address: UserPtr, value: int, bitset: int, deadline: int | None, private: bool
) -> int:
    if not bitset:
        raise EINVAL("bitset")
    futexes = task.kernel.futexes
    key = futexes.key(task.memory, address.address, private)
    if address.read_int(4, signed=False) != value:
        raise EAGAIN
    try:
        woken = await futexes.wait(task, key, bitset, deadline)
    except Interrupted:
        if deadline is None:
            raise
        raise InterruptedRestartBlock(
            lambda again: _wait(again, address, value, bitset, deadline, private)
        ) from None
    if not woken:
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


@syscall(partial="no priority inheritance: the *_PI operations are ENOSYS")
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
    command = op & FUTEX.mask
    private = bool(op & FUTEX.PRIVATE_FLAG)
    realtime = bool(op & FUTEX.CLOCK_REALTIME)
    if realtime and command not in (FUTEX.WAIT, FUTEX.WAIT_BITSET):
        raise ENOSYS
    futexes = task.kernel.futexes
    if command in (FUTEX.WAIT, FUTEX.WAIT_BITSET):
        deadline = _deadline(task, command, timeout, realtime)
        bitset = val3 if command == FUTEX.WAIT_BITSET else ANY
        return await _wait(task, uaddr, val, bitset, deadline, private)
    if command not in (
        FUTEX.WAKE,
        FUTEX.WAKE_BITSET,
        FUTEX.REQUEUE,
        FUTEX.CMP_REQUEUE,
        FUTEX.WAKE_OP,
    ):
        raise ENOSYS
    key = futexes.key(task.memory, uaddr.address, private)
    count = (val ^ 0x8000_0000) - 0x8000_0000
    if command in (FUTEX.WAKE, FUTEX.WAKE_BITSET):
        bitset = val3 if command == FUTEX.WAKE_BITSET else ANY
        if not bitset:
            raise EINVAL("bitset")
        return futexes.wake(key, max(1, count), bitset)
    second = futexes.key(task.memory, uaddr2.address, private)
    count2 = ((timeout.address & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000
    if command == FUTEX.WAKE_OP:
        condition = _wake_op(uaddr2, val3)
        woken = futexes.wake(key, max(1, count))
        return woken + (futexes.wake(second, max(1, count2)) if condition else 0)
    if count < 0 or count2 < 0:
        raise EINVAL("count")
    if command == FUTEX.CMP_REQUEUE and uaddr.read_int(4, signed=False) != val3:
        raise EAGAIN
    return futexes.requeue(key, second, count, count2)
