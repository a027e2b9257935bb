"""The registers of a stopped tracee, read and changed from another task's system call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.task.tracedcall import RESTART_CODES
from pytest_kevlar.kernel.task.wait import Interrupted, InterruptedRestartBlock

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

_KINDS = {code & (1 << 64) - 1: kind for kind, code in RESTART_CODES.items()}


@contextmanager
def look(task: Task, *, change: bool = False) -> Iterator[Any]:
    """The register structure of a task that does not run.

    Args:
        change: put it back into the task afterwards.
    """
    engine = task.kernel.engine
    with engine.visiting(task.context):
        regs = engine.read_registers()
        yield regs
        if change:
            engine.write_registers()


def get_general(task: Task) -> bytes:
    """NT_PRSTATUS."""
    with look(task) as regs:
        return task.kernel.arch.register_sets.general(regs, task.syscall_number)


def set_general(task: Task, data: bytes) -> None:
    """NT_PRSTATUS, from the first byte on. Raises EIO or EINVAL."""
    with look(task, change=True) as regs:
        sets = task.kernel.arch.register_sets
        task.syscall_number = sets.set_general(regs, task.syscall_number, data)
        _settle_restart(task, regs)


def _settle_restart(task: Task, regs: Any) -> None:
    """Whether a call is restarted is in the registers, so the tracer decides.

    Mirrors what arch/x86/kernel/signal.c:arch_do_signal_or_restart() looks at.
    """
    kind: type[Interrupted] | None = None
    if task.syscall_number >= 0 and task.trace is not None and not task.coroutine:
        kind = _KINDS.get(task.kernel.arch.registers.result(regs))
        if kind is not None and issubclass(kind, InterruptedRestartBlock) and task.restart is None:
            kind = None
    if not task.coroutine:
        task.restart_kind = kind


def get_fpu(task: Task) -> bytes:
    """NT_PRFPREG."""
    engine = task.kernel.engine
    with engine.visiting(task.context):
        return task.kernel.arch.register_sets.fpu(engine.read_fpu())


def set_fpu(task: Task, data: bytes) -> None:
    """NT_PRFPREG, from the first byte on. Raises EINVAL."""
    engine = task.kernel.engine
    with engine.visiting(task.context):
        engine.write_fpu(task.kernel.arch.register_sets.set_fpu(engine.read_fpu(), data))


def get_special(task: Task, kind: int) -> bytes | None:
    """Another register set, None if there is none of that number."""
    with look(task) as regs:
        return task.kernel.arch.register_sets.special(kind, regs, task.syscall_number)


def set_special(task: Task, kind: int, data: bytes) -> None:
    """Another register set. Raises EINVAL."""
    with look(task, change=True) as regs:
        sets = task.kernel.arch.register_sets
        task.syscall_number = sets.set_special(kind, regs, task.syscall_number, data)
