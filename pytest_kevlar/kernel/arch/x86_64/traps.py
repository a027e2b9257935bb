"""CPU exceptions of x86_64 as signals. Mirrors arch/x86/kernel/traps.c and mm/fault.c."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kevlar.kernel.abi.signals import SI, SIG
from pytest_kevlar.kernel.arch.base import Fault, Trap

DIVIDE, DEBUG, BREAKPOINT, OVERFLOW, BOUNDS, INVALID = 0, 1, 3, 4, 5, 6
PROTECTION, PAGE_FAULT, X87, ALIGNMENT, SIMD = 13, 14, 16, 17, 19
FPE_INTDIV, FPE_FLTINV, ILL_ILLOPN, BUS_ADRALN, TRAP_BRKPT = 1, 7, 2, 1, 1
ERROR_PRESENT, ERROR_WRITE, ERROR_USER, ERROR_FETCH = 1, 2, 4, 16


class Exceptions:
    """Vector numbers are the hardware's."""

    def exception(self, vector: int, pc: int) -> Trap:
        """A numbered exception; `pc` is where the engine stopped."""
        fault = Fault(vector, 0, 0)
        if vector == DIVIDE:
            return Trap(SIG.FPE, FPE_INTDIV, pc, fault)
        if vector in (X87, SIMD):
            return Trap(SIG.FPE, FPE_FLTINV, pc, fault)
        if vector == BREAKPOINT:
            return Trap(SIG.TRAP, SI.KERNEL, 0, fault)
        if vector == DEBUG:
            return Trap(SIG.TRAP, TRAP_BRKPT, pc, fault)
        if vector == INVALID:
            return self.illegal(pc)
        if vector == ALIGNMENT:
            return Trap(SIG.BUS, BUS_ADRALN, 0, fault)
        return Trap(SIG.SEGV, SI.KERNEL, 0, Fault(vector, 0, 0))

    def illegal(self, pc: int) -> Trap:
        """An instruction that does not exist."""
        return Trap(SIG.ILL, ILL_ILLOPN, pc, Fault(INVALID, 0, 0))

    def privileged(self, pc: int) -> Trap:
        """An instruction that user code may not run: a general protection fault."""
        return Trap(SIG.SEGV, SI.KERNEL, 0, Fault(PROTECTION, 0, 0))

    def no_address(self) -> Trap:
        """A non-canonical address: a general protection fault without an address."""
        return Trap(SIG.SEGV, SI.KERNEL, 0, Fault(PROTECTION, 0, 0))

    def emulate(self, regs: Any, read: Callable[[int, int], bytes], now: int) -> bool:
        """Nothing is trapped that programs may do."""
        return False

    def page_fault(self, address: int, write: bool, fetch: bool, present: bool) -> Fault:
        """CR2 and the error code of a page fault in user mode."""
        error = ERROR_USER | (ERROR_PRESENT if present else 0)
        error |= (ERROR_WRITE if write else 0) | (ERROR_FETCH if fetch else 0)
        return Fault(PAGE_FAULT, error, address)
