"""io_setup(2), io_submit(2), io_getevents(2) and their relatives; the objects are ``fs/aio.py``."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.structs import IOCB, SIGSET_ARGPACK
from pytest_kevlar.kernel.errno import EFAULT, EINPROGRESS, EINTR, EINVAL, LinuxError
from pytest_kevlar.kernel.fs.aio import AioTable, context_of
from pytest_kevlar.kernel.fs.aiocb import submit
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.signals.mask import recalc, temporary_mask
from pytest_kevlar.kernel.syscalls.pointers import InTimespec
from pytest_kevlar.kernel.syscalls.poll import read_mask, read_timespec
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Address, Long, OutPtr, Ptr, UInt
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.task.wait import Interrupted, InterruptedNoHand
from pytest_kevlar.kernel.time.units import KTIME_MAX


@syscall()
def io_setup(task: Task, nr_reqs: UInt, ctx_idp: OutPtr) -> int:
    """io_setup(2). Mirrors fs/aio.c:SYSCALL_DEFINE2(io_setup)."""
    if ctx_idp.read_int(8) or not nr_reqs:
        raise EINVAL
    space = task.memory
    if space.aio is None:
        space.aio = AioTable()
    context = space.aio.add(task, nr_reqs)
    try:
        ctx_idp.write_int(context.base, 8)
    except EFAULT:
        space.aio.remove(space, context)
        raise
    return 0


@syscall()
async def io_destroy(task: Task, ctx_id: Address) -> int:
    """io_destroy(2): waits for transfers that other threads are submitting."""
    context = context_of(task, ctx_id)
    table = task.memory.aio
    if table is not None:
        table.remove(task.memory, context)
    while context.pending:
        await context.idle.wait("io_destroy", interruptible=False)
    return 0


@syscall()
async def io_submit(task: Task, ctx_id: Address, nr: Long, iocbpp: Ptr) -> int:
    """io_submit(2): how many were submitted, or what is wrong with the first."""
    if nr < 0:
        raise EINVAL
    context = context_of(task, ctx_id)
    for done in range(min(nr, context.events)):
        try:
            address = (iocbpp + 8 * done).read_int(8, signed=False)
            await submit(task, context, UserPtr(task.memory, address))
        except LinuxError:
            if done:
                return done
            raise
    return min(nr, context.events)


@syscall()
def io_cancel(task: Task, ctx_id: Address, iocb: Ptr, result: OutPtr) -> int:
    """io_cancel(2): the event comes through the ring, so that success is EINPROGRESS."""
    if (iocb + IOCB.offset("aio_key")).read_int(4):
        raise EINVAL
    context = context_of(task, ctx_id)
    for request in context.waiting:
        if request.obj == iocb.address:
            request.cancel()
            raise EINPROGRESS
    raise EINVAL


async def _get_events(
    task: Task, ctx_id: int, least: int, most: int, events: UserPtr, duration: int | None
) -> int:
    """fs/aio.c:do_io_getevents(). Raises Interrupted if there is nothing but a signal."""
    context = context_of(task, ctx_id)
    if not 0 <= least <= most:
        raise EINVAL
    deadline = None
    if duration is not None:
        deadline = min(task.kernel.clock.monotonic_ns() + duration, KTIME_MAX)
    found = await context.read_events(events, least, most, deadline, at_once=duration == 0)
    if not found and task.interrupt_pending and recalc(task):
        raise Interrupted
    return found


@syscall()
async def io_getevents(
    task: Task, ctx_id: Address, min_nr: Long, nr: Long, events: OutPtr, timeout: InTimespec
) -> int:
    """io_getevents(2): never restarted."""
    try:
        return await _get_events(task, ctx_id, min_nr, nr, events, read_timespec(timeout))
    except Interrupted:
        raise EINTR from None


@syscall()
async def io_pgetevents(
    task: Task,
    ctx_id: Address,
    min_nr: Long,
    nr: Long,
    events: OutPtr,
    timeout: InTimespec,
    usig: Ptr,
) -> int:
    """io_getevents(2) under another signal mask; fs/aio.c:SYSCALL_DEFINE6(io_pgetevents)."""
    duration = read_timespec(timeout)
    mask = None
    if usig:
        pair = SIGSET_ARGPACK.unpack(usig.read(SIGSET_ARGPACK.size))
        mask = read_mask(UserPtr(task.memory, pair.p), pair.size)
    with temporary_mask(task, mask):
        try:
            return await _get_events(task, ctx_id, min_nr, nr, events, duration)
        except Interrupted:
            raise InterruptedNoHand from None
