"""The alternate signal stack of a task.

Mirrors kernel/signal.c:do_sigaltstack(). When a handler runs on it is :mod:`deliver`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.signals import SS
from pytest_kevlar.kernel.arch.base import AltStack
from pytest_kevlar.kernel.errno import EINVAL, ENOMEM, EPERM, LinuxError

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task


def stack_flags(altstack: AltStack, sp: int) -> int:
    """``ss_flags`` as ``sigaltstack`` reports it for a task whose stack pointer is `sp`.

    Mirrors include/linux/sched/signal.h:sas_ss_flags().
    """
    if not altstack.size:
        return SS.DISABLE
    return SS.ONSTACK if altstack.holds(sp) else 0


def report(task: Task, sp: int) -> AltStack:
    """What ``sigaltstack`` and ``uc_stack`` show."""
    altstack = AltStack(*task.altstack)
    flags = stack_flags(altstack, sp) | altstack.flags & SS.AUTODISARM
    return AltStack(altstack.sp, flags, altstack.size)


def set_altstack(task: Task, new: AltStack, sp: int) -> None:
    """Install `new`.

    Args:
        sp: the task's stack pointer.

    Raises:
        EPERM: the task runs on the current one. EINVAL: flags. ENOMEM: too small.
    """
    if AltStack(*task.altstack).holds(sp):
        raise EPERM
    mode = new.flags & ~SS.AUTODISARM
    if mode not in (SS.DISABLE, SS.ONSTACK, 0):
        raise EINVAL
    if mode == SS.DISABLE:
        task.altstack = (0, new.flags, 0)
        return
    if tuple(new) == tuple(task.altstack):
        return
    if new.size < task.kernel.arch.minsigstksz:
        raise ENOMEM
    task.altstack = (new.sp, new.flags, new.size)


def restore_altstack(task: Task, saved: AltStack, sp: int) -> None:
    """``rt_sigreturn`` puts back what the frame says; a bad one is ignored."""
    try:
        set_altstack(task, saved, sp)
    except LinuxError:
        return
