"""CPU exceptions of arm64 as signals. Mirrors arch/arm64/kernel/traps.c and mm/fault.c."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.arch.base import Fault, Trap

#: The engine's exception numbers (QEMU's EXCP_*).
UNDEFINED, PREFETCH_ABORT, DATA_ABORT, BREAKPOINT = 1, 3, 4, 7
ILL_ILLOPC, TRAP_BRKPT, BUS_ADRALN, SEGV_MAPERR = 1, 1, 1, 1
#: Exception classes of ESR_EL1, and its fields.
EC_UNKNOWN, EC_INSTRUCTION_ABORT, EC_PC_ALIGNMENT, EC_DATA_ABORT, EC_BRK = 0, 0x20, 0x22, 0x24, 0x3C
EC_SHIFT, IL = 26, 1 << 25
WNR = 1 << 6
TRANSLATION_3, PERMISSION_3 = 0x07, 0x0F


class Exceptions:
    """What ends in a signal rather than in a system call."""

    def exception(self, vector: int, pc: int) -> Trap:
        """A numbered exception; `pc` is where the engine stopped."""
        if vector == BREAKPOINT:
            return Trap(SIG.TRAP, TRAP_BRKPT, pc, Fault(0, EC_BRK << EC_SHIFT | IL, 0))
        if vector == DATA_ABORT:
            return Trap(SIG.BUS, BUS_ADRALN, pc, Fault(0, EC_DATA_ABORT << EC_SHIFT | IL, 0))
        if vector == PREFETCH_ABORT:
            return Trap(SIG.BUS, BUS_ADRALN, pc, Fault(0, EC_PC_ALIGNMENT << EC_SHIFT | IL, pc))
        return self.illegal(pc)

    def illegal(self, pc: int) -> Trap:
        """An instruction that does not exist."""
        return Trap(SIG.ILL, ILL_ILLOPC, pc, Fault(0, EC_UNKNOWN << EC_SHIFT | IL, 0))

    def privileged(self, pc: int) -> Trap:
        """An instruction that user code may not run."""
        return self.illegal(pc)

    def no_address(self) -> Trap:
        """Never asked for: every address reaches the page tables."""
        return Trap(SIG.SEGV, SEGV_MAPERR, 0, Fault())

    def page_fault(self, address: int, write: bool, fetch: bool, present: bool) -> Fault:
        """ESR_EL1 and the address of an abort from EL0."""
        kind = EC_INSTRUCTION_ABORT if fetch else EC_DATA_ABORT
        syndrome = kind << EC_SHIFT | IL | (PERMISSION_3 if present else TRANSLATION_3)
        return Fault(0, syndrome | (WNR if write else 0), address)
