"""Sleeping until a clock shows a time: ``nanosleep`` and ``clock_nanosleep``.

Mirrors kernel/time/hrtimer.c:hrtimer_nanosleep() and its restart.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.task.wait import (
    Interrupted,
    InterruptedNoHand,
    InterruptedRestartBlock,
    WaitQueue,
)
from pytest_kevlar.kernel.time.units import pack_timespec

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.time.clocks import TimerClock


async def _until(clock: TimerClock, expires: int, *, relative: bool) -> None:
    queue = WaitQueue()
    armed = clock.arm(expires, queue.wake, relative=relative)
    try:
        while clock.now() < expires:
            await queue.wait("hrtimer_nanosleep")
    finally:
        armed.cancel()


async def sleep_until(clock: TimerClock, expires: int) -> None:
    """An absolute sleep; restarted unless a handler runs."""
    try:
        await _until(clock, expires, relative=False)
    except Interrupted:
        raise InterruptedNoHand from None


async def sleep_for(clock: TimerClock, span: int, remainder: UserPtr | None) -> None:
    """A relative sleep of `span` nanoseconds, continued after a stop.

    Args:
        remainder: where to tell what is left when a signal ends it.

    Raises:
        EFAULT: `remainder`.
    """
    await _rest(clock, clock.now() + span, remainder)


async def _rest(clock: TimerClock, expires: int, remainder: UserPtr | None) -> None:
    try:
        await _until(clock, expires, relative=True)
    except Interrupted:
        left = expires - clock.now()
        if left <= 0:
            return
        if remainder is not None:
            remainder.write(pack_timespec(left))

        def again(task: Task) -> Awaitable[None]:
            return _rest(clock, expires, remainder)

        raise InterruptedRestartBlock(again) from None
