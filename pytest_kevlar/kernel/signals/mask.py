"""The signal mask of a task, and whether the task has something to do about signals.

Changing the mask may make signals deliverable, or leave signals of the process to another
thread; both are settled here. What is done with them is :mod:`deliver`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EINTR
from pytest_kevlar.kernel.signals.pending import UNBLOCKABLE
from pytest_kevlar.kernel.task.task import State
from pytest_kevlar.kernel.task.wait import Interrupted

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task


def deliverable(task: Task) -> int:
    """Pending signals, of the task and of its process, that the mask lets through."""
    return (task.pending.mask | task.process.pending.mask) & ~task.blocked


def recalc(task: Task) -> bool:
    """Set and return ``task.interrupt_pending``; kernel/signal.c:recalc_sigpending()."""
    process = task.process
    if task.trace is None:
        stopping = process.stop_signal != 0 and task.state is not State.STOPPED
    else:
        stopping = task.trace.traps_due
    stopping = stopping or (task.cgroup.freezing and task.state is not State.FROZEN)
    pending = bool(deliverable(task)) or stopping or process.stop_notify != 0
    pending = pending or task.injected is not None or task.exiting is not None
    task.interrupt_pending = pending
    return pending


def wake(task: Task, *, fatal: bool = False) -> None:
    """Make the task look at its signals soon; kernel/signal.c:signal_wake_up().

    Args:
        task: a sleep of it ends with :class:`Interrupted` if it may be interrupted.
        fatal: SIGKILL: ends uninterruptible sleeps and stops as well.
    """
    task.interrupt_pending = True
    if task.halted:
        traced = task.state is State.FROZEN and task.trace is not None and task.trace.traps_due
        if fatal or traced:
            task.kernel.scheduler.resume(task)
        return
    sleep = task.sleep
    if sleep is not None and (fatal or sleep.interruptible):
        task.kernel.scheduler.interrupt(task)


def retarget(task: Task, mask: int) -> None:
    """Leave the process's pending signals in `mask` to threads that take them.

    Call it when `task` blocks them or ends. Mirrors
    kernel/signal.c:retarget_shared_pending().
    """
    process = task.process
    mask &= process.pending.mask
    for thread in list(process.threads.values()):
        if not mask:
            break
        if thread is task or not thread.alive or not mask & ~thread.blocked:
            continue
        mask &= thread.blocked
        if not thread.interrupt_pending:
            wake(thread)


def set_blocked(task: Task, mask: int) -> None:
    """Replace the mask (SIGKILL and SIGSTOP stay out); kernel/signal.c:set_current_blocked()."""
    mask &= ~UNBLOCKABLE
    if mask == task.blocked:
        return
    if not (task.pending.mask | task.process.pending.mask or task.interrupt_pending):
        task.blocked = mask  # nothing is pending, so nothing can become deliverable
        return
    newly_blocked = mask & ~task.blocked
    if newly_blocked & task.process.pending.mask and len(task.process.threads) > 1:
        retarget(task, newly_blocked)
    task.blocked = mask
    recalc(task)


@contextmanager
def temporary_mask(task: Task, mask: int | None) -> Iterator[None]:
    """Run a ``ppoll``-like wait under another signal mask.

    If a signal ends the wait, the handler still runs under `mask` and the old mask comes
    back with its return; :func:`deliver` sees to that. Otherwise the old mask is back when
    the block ends. Mirrors kernel/signal.c:set_user_sigmask() and
    restore_saved_sigmask_unless().

    Args:
        mask: None leaves the mask alone.
    """
    if mask is None:
        yield
        return
    task.saved_mask = task.blocked
    set_blocked(task, mask)
    try:
        yield
    except (Interrupted, EINTR):
        task.interrupt_pending = True
        raise
    except BaseException:
        restore_saved_mask(task)
        raise
    else:
        restore_saved_mask(task)


def restore_saved_mask(task: Task) -> None:
    """Put back the mask that ``sigsuspend`` or ``ppoll`` replaced, if there is one."""
    saved, task.saved_mask = task.saved_mask, None
    if saved is not None:
        set_blocked(task, saved)
        recalc(task)
