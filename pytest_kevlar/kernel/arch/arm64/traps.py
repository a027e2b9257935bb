"""CPU exceptions of arm64 as signals. Mirrors arch/arm64/kernel/traps.c and mm/fault.c."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.arch.base import Fault, Trap

#: The engine's exception numbers (QEMU's EXCP_*).
UNDEFINED, PREFETCH_ABORT, DATA_ABORT, BREAKPOINT = 1, 3, 4, 7
ILL_ILLOPC, TRAP_BRKPT, BUS_ADRALN, SEGV_MAPERR = 1, 1, 1, 1
#: Exception classes of ESR_EL1, and its fields.
EC_UNKNOWN, EC_INSTRUCTION_ABORT, EC_PC_ALIGNMENT, EC_DATA_ABORT, EC_BRK = 0, 0x20, 0x22, 0x24, 0x3C
EC_SHIFT, IL = 26, 1 << 25
WNR = 1 << 6
#: ``mrs x0, …`` as instructions; the register is in the low five bits.
MRS, MRS_MASK = 0xD530_0000, 0xFFF0_0000
MRS_CNTFRQ_EL0, MRS_CNTVCT_EL0 = 0xD53B_E000, 0xD53B_E040
#: op1 = 0, CRn = 0: identification registers; those not listed read as zero.
MRS_ID, MRS_ID_MASK = 0xD538_0000, 0xFFFF_F000
IDENTIFICATION = {
    0xD538_0000: 0x410F_D083,  # MIDR_EL1: Cortex-A72
    0xD538_00A0: 0x8000_0000,  # MPIDR_EL1
    0xD538_0400: 0x11,  # ID_AA64PFR0_EL1: AArch64 at EL0 and EL1, FP, ASIMD
}
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

    def emulate(self, regs: Any, read: Callable[[int, int], bytes], now: int) -> bool:
        """MRS of the virtual counter and of identification registers.

        Mirrors arch/arm64/kernel/cpufeature.c:do_emulate_mrs(). The counter is virtual time,
        one tick a nanosecond.
        """
        word = int.from_bytes(read(regs.pc, 4), "little")
        if word & MRS_MASK != MRS:
            return False
        system, target = word & ~0x1F, word & 0x1F
        if system == MRS_CNTVCT_EL0:
            value = now
        elif system == MRS_CNTFRQ_EL0:
            value = 1_000_000_000
        elif system & MRS_ID_MASK == MRS_ID:
            value = IDENTIFICATION.get(system, 0)
        else:
            return False
        if target != 31:
            regs.x[target] = value
        regs.pc += 4
        return True

    def page_fault(self, address: int, write: bool, fetch: bool, present: bool) -> Fault:
        """ESR_EL1 and the address of an abort from EL0."""
        kind = EC_INSTRUCTION_ABORT if fetch else EC_DATA_ABORT
        syndrome = kind << EC_SHIFT | IL | (PERMISSION_3 if present else TRANSLATION_3)
        return Fault(0, syndrome | (WNR if write else 0), address)
