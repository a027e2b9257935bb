"""The roles of x86_64's registers in system calls and in new programs.

``regs`` is a ``struct kv_regs_x86_64``; the engine fills and loads it.
"""

from __future__ import annotations

from typing import Any, Final

MASK: Final = (1 << 64) - 1
SYSCALL_SIZE: Final = 2  # bytes of the ``syscall`` instruction
RFLAGS_INITIAL: Final = 0x202  # interrupts enabled, and the bit that is always set


class Roles:
    """The system call ABI: number in rax, arguments in rdi, rsi, rdx, r10, r8, r9."""

    def number(self, regs: Any) -> int:
        """The system call asked for."""
        number: int = regs.rax
        return number

    def argument(self, regs: Any, index: int) -> int:
        """One of its six arguments, unsigned."""
        arguments: tuple[int, ...] = (regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9)
        return arguments[index]

    def result(self, regs: Any) -> int:
        """What user space will see as the result, unsigned."""
        result: int = regs.rax
        return result

    def set_result(self, regs: Any, value: int) -> None:
        """Set it, from a signed or an unsigned 64-bit value."""
        regs.rax = value & MASK

    def pc(self, regs: Any) -> int:
        """The address of the next instruction."""
        rip: int = regs.rip
        return rip

    def set_pc(self, regs: Any, value: int) -> None:
        """Jump."""
        regs.rip = value

    def sp(self, regs: Any) -> int:
        """The stack pointer."""
        rsp: int = regs.rsp
        return rsp

    def set_sp(self, regs: Any, value: int) -> None:
        """Move the stack pointer."""
        regs.rsp = value

    def tls(self, regs: Any) -> int:
        """The thread pointer."""
        base: int = regs.fs_base
        return base

    def set_tls(self, regs: Any, value: int) -> None:
        """Set the thread pointer, as CLONE_SETTLS does."""
        regs.fs_base = value

    def rewind(self, regs: Any, number: int, argument0: int) -> None:
        """Make the system call just left start again, as call ``number``.

        The arguments are still in place: only rax was overwritten.
        """
        regs.rax = number
        regs.rip = (regs.rip - SYSCALL_SIZE) & MASK

    def start(self, regs: Any, pc: int, sp: int) -> None:
        """Registers of a program that begins. Mirrors arch/x86/include/asm/elf.h."""
        for name in (
            *("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "fs_base", "gs_base"),
            *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"),
        ):
            setattr(regs, name, 0)
        regs.rip = pc
        regs.rsp = sp
        regs.rflags = RFLAGS_INITIAL
