"""The x86_64 signal frame: entering a handler and ``rt_sigreturn(2)``.

Mirrors arch/x86/kernel/signal_64.c on a CPU with FXSAVE and without XSAVE. Which signal is
delivered, on which stack, and what becomes of the mask is decided in ``kernel/signals``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from pytest_kevlar.kernel.abi.layout import Layout, ffi
from pytest_kevlar.kernel.abi.signals import SA
from pytest_kevlar.kernel.arch.base import AltStack, BadFrame, Fault, Restored
from pytest_kevlar.kernel.errno import EFAULT

if TYPE_CHECKING:
    from collections.abc import Callable

FPU_SIZE: Final = 512
RED_ZONE: Final = 128
MASK: Final = (1 << 64) - 1

# uc_flags: SS is saved and believed. UC_FP_XSTATE (1) would announce an XSAVE area.
UC_SIGCONTEXT_SS: Final = 2
UC_STRICT_RESTORE_SS: Final = 4

USER_CS: Final = 0x33
USER_DS: Final = 0x2B

# rflags: what a frame may change (FIX_EFLAGS), what user space always has set, what Linux
# never shows to it (IOPL, NT, VM: the engine's own), and what a handler starts without.
FIX_EFLAGS: Final = 0x50DD5
ALWAYS_SET: Final = 0x202
NOT_SHOWN: Final = 0x27000
DF_TF_RF: Final = 0x10500

MXCSR_MASK: Final = 0xFFFF
#: After FNINIT: all exceptions masked, extended precision; MXCSR likewise.
FPU_INITIAL: Final = struct.pack("<HHHHQQII480x", 0x37F, 0, 0, 0, 0, 0, 0x1F80, MXCSR_MASK)
_SOFTWARE: Final = 464  # where the FXSAVE image ends for the CPU; Linux leaves zeros

_FRAME: Final = Layout("rt_sigframe_x86_64")
_UC: Final = _FRAME.offset("uc")
_INFO: Final = _FRAME.offset("info")
_R8_TO_R15: Final = 8 * 8  # in a row in both structures
_MXCSR: Final = Layout("fpstate_x86_64").offset("mxcsr")


class Frame:
    """``struct rt_sigframe`` and the FXSAVE image above it."""

    def build(
        self,
        regs: Any,
        fpu: bytes,
        sp: int,
        signo: int,
        siginfo: bytes,
        handler: int,
        sa_flags: int,
        restorer: int,
        mask: int,
        altstack: AltStack,
        fault: Fault,
        *,
        entering: bool = False,
    ) -> tuple[int, bytes]:
        """Make the frame for a handler and point ``regs`` at the handler.

        Mirrors get_sigframe() and x64_setup_rt_frame(). Raises BadFrame if the action has
        no restorer (this architecture has no trampoline of its own) or the alternate stack
        would overflow.
        """
        if not sa_flags & SA.RESTORER:
            raise BadFrame("no SA_RESTORER")
        if not entering:
            sp -= RED_ZONE
        fpstate = sp - FPU_SIZE & ~63
        address = (fpstate - _FRAME.size & ~15) - 8
        if address < 0:
            raise BadFrame("the stack ends below address 0")
        if (entering or altstack.holds(regs.rsp)) and not altstack.spans(address):
            raise BadFrame("the alternate stack overflows")

        frame = _FRAME.new()
        frame.pretcode = restorer
        uc = frame.uc
        uc.uc_flags = UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS
        stack = uc.uc_stack
        stack.ss_sp, stack.ss_flags, stack.ss_size = altstack
        uc.uc_sigmask = mask
        _save(regs, uc.uc_mcontext, fault)
        uc.uc_mcontext.oldmask = mask
        uc.uc_mcontext.fpstate = fpstate
        if sa_flags & SA.SIGINFO:
            frame.info = siginfo

        regs.rdi = signo
        regs.rax = 0
        # Also without SA_SIGINFO: a handler may look for more arguments.
        regs.rsi = address + _INFO
        regs.rdx = address + _UC
        regs.rip = handler
        regs.rsp = address
        regs.rflags &= ~DF_TF_RF & MASK
        gap = bytes(fpstate - address - _FRAME.size)
        tail = bytes(FPU_SIZE - _SOFTWARE)
        return address, b"".join((ffi.buffer(frame), gap, fpu[:_SOFTWARE], tail))

    def restore(self, regs: Any, read: Callable[[int, int], bytes]) -> Restored:
        """Undo ``build`` for ``rt_sigreturn(2)``; ``regs`` are as at the system call.

        The handler's ``ret`` has popped ``pretcode``. Segments stay what they are.
        """
        try:
            frame = _FRAME.view(read(regs.rsp - 8 & MASK, _FRAME.size))
            uc = frame.uc
            context = uc.uc_mcontext
            fpstate = context.fpstate
            fpu = read(fpstate, FPU_SIZE) if fpstate else FPU_INITIAL
        except EFAULT as error:
            raise BadFrame("unreadable") from error
        if int.from_bytes(fpu[_MXCSR : _MXCSR + 4], "little") & ~MXCSR_MASK:
            raise BadFrame("reserved bits of MXCSR")  # FXRSTOR faults
        _load(regs, context)
        stack = uc.uc_stack
        altstack = AltStack(stack.ss_sp, stack.ss_flags, stack.ss_size)
        return Restored(uc.uc_sigmask, altstack, fpu)


def _save(regs: Any, context: Any, fault: Fault) -> None:
    """Registers into ``sigcontext``. Mirrors __unsafe_setup_sigcontext()."""
    ffi.memmove(ffi.addressof(context, "r8"), ffi.addressof(regs, "r8"), _R8_TO_R15)
    context.rdi = regs.rdi
    context.rsi = regs.rsi
    context.rbp = regs.rbp
    context.rbx = regs.rbx
    context.rdx = regs.rdx
    context.rax = regs.rax
    context.rcx = regs.rcx
    context.rsp = regs.rsp
    context.rip = regs.rip
    context.eflags = regs.rflags & ~NOT_SHOWN | ALWAYS_SET
    context.cs = USER_CS
    context.ss = USER_DS
    context.trapno, context.err, context.cr2 = fault


def _load(regs: Any, context: Any) -> None:
    """``sigcontext`` into registers. Mirrors restore_sigcontext()."""
    ffi.memmove(ffi.addressof(regs, "r8"), ffi.addressof(context, "r8"), _R8_TO_R15)
    regs.rdi = context.rdi
    regs.rsi = context.rsi
    regs.rbp = context.rbp
    regs.rbx = context.rbx
    regs.rdx = context.rdx
    regs.rax = context.rax
    regs.rcx = context.rcx
    regs.rsp = context.rsp
    regs.rip = context.rip
    regs.rflags = regs.rflags & ~FIX_EFLAGS | context.eflags & FIX_EFLAGS
