"""A system call of a traced task: as any other, but it may stop before and after.

What the tracer sees of it is in the registers, so that is where the result goes at once.
Mirrors kernel/entry/common.c:syscall_trace_enter() and syscall_exit_work().
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.ptrace import EVENT, EVENTMSG
from pytest_kevlar.kernel.cpu.engine import OutOfFrames
from pytest_kevlar.kernel.errno import LinuxError
from pytest_kevlar.kernel.signals.deliver import NO_RESULT
from pytest_kevlar.kernel.task.ptrace import event_enabled, event_stop, syscall_exit, syscall_stop
from pytest_kevlar.kernel.task.trace import Mode
from pytest_kevlar.kernel.task.wait import (
    Interrupted,
    InterruptedNoHand,
    InterruptedNoIntr,
    InterruptedRestartBlock,
)

if TYPE_CHECKING:
    from pytest_kevlar.kernel.syscalls.registry import Entry
    from pytest_kevlar.kernel.task.task import Task

ENOSYS_RESULT, ENOMEM_RESULT = -38, -12
#: What stands in the result register until it is decided whether the call is restarted.
RESTART_CODES: dict[type[Interrupted], int] = {
    Interrupted: -512,
    InterruptedNoIntr: -513,
    InterruptedNoHand: -514,
    InterruptedRestartBlock: -516,
}


def put_result(task: Task, value: int) -> None:
    """Set the current task's result register."""
    kernel = task.kernel
    regs = kernel.engine.read_registers()
    kernel.arch.registers.set_result(regs, value)
    kernel.engine.write_registers()


def show_restart(task: Task, kind: type[Interrupted]) -> None:
    """A call was interrupted: the tracer sees how it may be restarted."""
    put_result(task, RESTART_CODES[kind])


async def traced_call(task: Task) -> object:
    """Make the call that the registers ask for, with the stops that the tracer wants."""
    kernel = task.kernel
    arch, engine = kernel.arch, kernel.engine
    task.syscall_number = (task.syscall_number & 0xFFFF_FFFF ^ 1 << 31) - (1 << 31)
    if arch.enosys_at_entry:
        put_result(task, ENOSYS_RESULT)
    trace = task.trace
    if trace is not None and trace.mode is Mode.SYSCALL:
        await syscall_stop(task, EVENTMSG.SYSCALL_ENTRY)
        regs = engine.read_registers()
        task.syscall_args = tuple(arch.registers.argument(regs, index) for index in range(6))
    try:
        result = await _perform(task)
    except Interrupted as kind:
        show_restart(task, type(kind))
        await syscall_exit(task)
        raise
    if result is not NO_RESULT:
        assert isinstance(result, int)
        put_result(task, result)
    await syscall_exit(task)
    if result is NO_RESULT:
        return result
    value = arch.registers.result(engine.read_registers())
    return value - (1 << 64) if value >> 63 else value


def _show_call(task: Task) -> None:
    """Let filters look at what the tracer left."""
    kernel = task.kernel
    raw = kernel.engine.raw
    raw.args = task.syscall_args
    raw.pc = kernel.arch.registers.pc(kernel.engine.read_registers())


def _entry(task: Task, number: int, *, checked: bool) -> Entry | None:
    """The call of a number, or what refuses it."""
    if task.gate is None:
        return task.kernel.table.get(number)
    _show_call(task)
    return task.gate.get(number, checked=checked)


async def _ask_tracer(task: Task) -> bool:
    """Stop for SECCOMP_RET_TRACE; whether the tracer has seen the call."""
    if task.gate is None or not event_enabled(task, EVENT.SECCOMP):
        return False
    kernel = task.kernel
    _show_call(task)
    data = task.gate.traced(task.syscall_number & 0xFFFF_FFFF)
    if data is None:
        return False
    await event_stop(task, EVENT.SECCOMP, data)
    regs = kernel.engine.read_registers()
    registers = kernel.arch.registers
    task.syscall_args = tuple(registers.argument(regs, index) for index in range(6))
    return True


async def _perform(task: Task) -> object:
    kernel = task.kernel
    if task.syscall_number == -1:  # the tracer wants none made; the result is what it left
        return NO_RESULT
    checked = await _ask_tracer(task)
    number = task.syscall_number
    if number == -1:
        return NO_RESULT
    entry = _entry(task, number & 0xFFFF_FFFF, checked=checked)
    if entry is None:
        kernel.unknown_call(task, number & 0xFFFF_FFFF)
        return ENOSYS_RESULT
    try:
        result = entry.call(task, task.syscall_args)
        if inspect.iscoroutine(result):
            result = await result
    except LinuxError as error:
        return -error.number
    except OutOfFrames:
        kernel.out_of_memory(task)
        return ENOMEM_RESULT
    return 0 if result is None else result
