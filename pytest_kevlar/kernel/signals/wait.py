"""Sleeping for signals: ``sigsuspend``, ``pause`` and ``sigtimedwait``.

How the sleep is ended is :mod:`mask`; what then runs is :mod:`deliver`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EAGAIN, EINTR
from pytest_kevlar.kernel.signals.deliver import next_due
from pytest_kevlar.kernel.signals.mask import recalc, set_blocked
from pytest_kevlar.kernel.signals.pending import ALL, UNBLOCKABLE
from pytest_kevlar.kernel.task.wait import Interrupted, InterruptedNoHand, Sleep

if TYPE_CHECKING:
    from pytest_kevlar.kernel.signals.info import SigInfo
    from pytest_kevlar.kernel.task.task import Task


async def pause(task: Task) -> None:
    """Sleep until a handler runs; kernel/signal.c:pause()."""
    try:
        while True:
            await Sleep((), "pause")
    except Interrupted:
        raise InterruptedNoHand from None


async def suspend(task: Task, mask: int) -> None:
    """Sleep under `mask` until a handler runs; kernel/signal.c:sigsuspend()."""
    task.saved_mask = task.blocked
    set_blocked(task, mask)
    try:
        while True:
            await Sleep((), "sigsuspend")
    except Interrupted:
        task.interrupt_pending = True
        raise InterruptedNoHand from None


async def wait_for(task: Task, wanted: int, timeout_ns: int | None) -> tuple[int, SigInfo]:
    """Take off one of the signals in `wanted`; kernel/signal.c:do_sigtimedwait().

    Args:
        timeout_ns: 0 only looks, None waits for ever.

    Raises:
        EAGAIN: timed out. EINTR: another signal came first.
    """
    wanted &= ~UNBLOCKABLE
    others = ALL & ~wanted
    found = next_due(task, others)
    if found is not None:
        return found
    if timeout_ns == 0:
        raise EAGAIN
    clock = task.kernel.clock
    deadline = None if timeout_ns is None else clock.now + timeout_ns
    interrupted = True
    task.real_blocked = task.blocked
    task.blocked &= others
    recalc(task)
    try:
        await Sleep((), "sigtimedwait", deadline)
        interrupted = False
    except Interrupted:
        pass
    finally:
        real, task.real_blocked = task.real_blocked, 0
        set_blocked(task, real)
        recalc(task)
    found = next_due(task, others)
    recalc(task)
    if found is not None:
        return found
    raise EINTR if interrupted else EAGAIN
