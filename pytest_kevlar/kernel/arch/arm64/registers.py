"""The roles of arm64's registers in system calls and in new programs.

``regs`` is a ``struct kv_regs_arm64``; the engine fills and loads it.
"""

from __future__ import annotations

from typing import Any, Final

MASK: Final = (1 << 64) - 1
SVC_SIZE: Final = 4  # bytes of the ``svc`` instruction
PSTATE_USER: Final = 0xF000_0000  # N, Z, C and V; the rest is the engine's


class Roles:
    """The system call ABI: number in x8, arguments in x0 to x5, result in x0."""

    def number(self, regs: Any) -> int:
        """The system call asked for."""
        number: int = regs.x[8]
        return number

    def argument(self, regs: Any, index: int) -> int:
        """One of its six arguments, unsigned."""
        argument: int = regs.x[index]
        return argument

    def result(self, regs: Any) -> int:
        """What user space will see as the result, unsigned."""
        result: int = regs.x[0]
        return result

    def set_result(self, regs: Any, value: int) -> None:
        """Set it, from a signed or an unsigned 64-bit value."""
        regs.x[0] = value & MASK

    def pc(self, regs: Any) -> int:
        """The address of the next instruction."""
        pc: int = regs.pc
        return pc

    def set_pc(self, regs: Any, value: int) -> None:
        """Jump."""
        regs.pc = value

    def sp(self, regs: Any) -> int:
        """The stack pointer."""
        sp: int = regs.sp
        return sp

    def set_sp(self, regs: Any, value: int) -> None:
        """Move the stack pointer."""
        regs.sp = value

    def tls(self, regs: Any) -> int:
        """The thread pointer."""
        tpidr: int = regs.tpidr
        return tpidr

    def set_tls(self, regs: Any, value: int) -> None:
        """Set the thread pointer, as CLONE_SETTLS does."""
        regs.tpidr = value

    def rewind(self, regs: Any, number: int, argument0: int) -> None:
        """Make the system call just left start again, as call ``number``.

        The result overwrote the first argument, which therefore comes back too.
        """
        regs.x[0] = argument0
        regs.x[8] = number
        regs.pc = (regs.pc - SVC_SIZE) & MASK

    def start(self, regs: Any, pc: int, sp: int) -> None:
        """Registers of a program that begins. Mirrors asm/processor.h:start_thread()."""
        regs.x = (0,) * 31
        regs.pc = pc
        regs.sp = sp
        regs.pstate &= ~PSTATE_USER & MASK
        regs.tpidr = 0
