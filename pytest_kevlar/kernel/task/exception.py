"""What ends a run of guest code other than a call: page faults, and the processor's exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.cpu.engine import EngineError, OutOfFrames, lib
from pytest_kevlar.kernel.errno import LinuxError
from pytest_kevlar.kernel.mm.fault import SEGV_ACCERR, MemoryFault
from pytest_kevlar.kernel.signals.send import force_fault

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch.base import Trap
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.task import Task


def exception(kernel: Kernel, task: Task, reason: int) -> None:
    """Bring a page in, do an instruction in software, or force a signal on `task`.

    Args:
        reason: the engine's ``KV_EXIT_*``, a call or the end of the budget excepted.

    Raises:
        EngineError: the engine itself failed.
    """
    raw = kernel.engine.raw
    try:
        if reason == lib.KV_EXIT_FAULT and raw.access:
            task.memory.fault(raw.address, raw.access)
            if kernel.tracer is not None:
                kernel.tracer.note(task, "mm", f"page brought in at {raw.address:#x}")
            return
    except MemoryFault as fault:
        task.last_fault = kernel.arch.traps.page_fault(
            fault.address,
            raw.access == lib.KV_WRITE,
            raw.access == lib.KV_EXEC,
            fault.code == SEGV_ACCERR,
        )
        _force(kernel, task, fault.signal, fault.code, fault.address)
        return
    except OutOfFrames:
        kernel.out_of_memory(task)
        return
    if reason == lib.KV_EXIT_NOMEM:
        kernel.out_of_memory(task)
        return
    if reason != lib.KV_EXIT_FAULT and _emulated(kernel, task):
        return
    trap = _trap(kernel, reason)
    task.last_fault = trap.fault
    _force(kernel, task, trap.signal, trap.code, trap.address)


def _trap(kernel: Kernel, reason: int) -> Trap:
    """The architecture's word for an exception."""
    raw, traps = kernel.engine.raw, kernel.arch.traps
    if reason == lib.KV_EXIT_FAULT:
        return traps.no_address()
    if reason == lib.KV_EXIT_EXCEPTION:
        return traps.exception(raw.vector, raw.pc)
    if reason == lib.KV_EXIT_ILLEGAL:
        return traps.illegal(raw.pc)
    if reason == lib.KV_EXIT_HALT:
        return traps.privileged(raw.pc)
    raise EngineError(f"the CPU engine failed with error {raw.vector}")


def _emulated(kernel: Kernel, task: Task) -> bool:
    """Whether the instruction that trapped could be done in software."""
    regs = kernel.engine.read_registers()
    try:
        done = kernel.arch.traps.emulate(regs, task.memory.read, kernel.clock.now)
    except LinuxError:
        return False
    if done:
        kernel.engine.write_registers()
    return done


def _force(kernel: Kernel, task: Task, signal: int, code: int, address: int) -> None:
    kernel.record_fault(task, signal, code, address)
    force_fault(task, signal, code, address)
