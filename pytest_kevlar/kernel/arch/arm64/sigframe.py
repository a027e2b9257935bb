"""The arm64 signal frame: entering a handler and ``rt_sigreturn(2)``.

Mirrors arch/arm64/kernel/signal.c on a CPU with FP and ASIMD only. Which signal is delivered,
on which stack, and what becomes of the mask is decided in ``kernel/signals``.
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

FPSIMD_MAGIC: Final = 0x46508001
ESR_MAGIC: Final = 0x45535201

VREGS_SIZE: Final = 512
FPU_SIZE: Final = VREGS_SIZE + 8  # FPSR and FPCR follow the vector registers
FPU_INITIAL: Final = bytes(FPU_SIZE)

MASK: Final = (1 << 64) - 1
# pstate: condition flags are the guest's, the rest is the engine's, which may well run in
# another exception level. A handler starts with BTYPE and TCO clear: neither is offered.
NZCV: Final = 0xF000_0000
BTYPE_TCO: Final = 0x0200_0C00
# SPSR_EL1_AARCH64_RES0_BITS, and what valid_user_regs() wants to be zero: DAIF, mode, 32 bit.
RES0: Final = 0xFFFF_FFFF_0CDF_E020
NOT_USER: Final = 0x3DF

_FRAME: Final = Layout("rt_sigframe_arm64")
_RECORD: Final = Layout("frame_record_arm64")
_FPSIMD: Final = Layout("fpsimd_context")
_ESR: Final = Layout("esr_context")
_UC: Final = _FRAME.offset("uc")
_CONTEXT: Final = Layout("sigcontext_arm64")
_RESERVED_SIZE: Final = _CONTEXT.size - _CONTEXT.offset("__reserved")
_HEAD: Final = struct.Struct("<II")  # struct _aarch64_ctx: magic, size
_REGS_SIZE: Final = 34 * 8  # x0..x30, sp, pc, pstate: in the same order in both structures


class Frame:
    """``struct rt_sigframe`` and the frame record above it."""

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

        Mirrors get_sigframe(), setup_sigframe() and setup_return(). ``restorer`` is the
        action's, or the kernel's own trampoline if the action has none; an alternate stack
        that overflows is not noticed, nor is it by Linux.
        """
        record = sp - _RECORD.size & ~15
        address = record - _FRAME.size
        if address < 0:
            raise BadFrame("the stack ends below address 0")

        frame = _FRAME.new()
        uc = frame.uc
        stack = uc.uc_stack
        stack.ss_sp, stack.ss_flags, stack.ss_size = altstack
        uc.uc_sigmask = mask
        context = uc.uc_mcontext
        context.fault_address = fault.address
        ffi.memmove(ffi.addressof(context, "regs"), regs, _REGS_SIZE)
        context.pstate = regs.pstate & NZCV
        records = _records(fpu, fault)
        ffi.memmove(ffi.addressof(context, "__reserved"), records, len(records))
        link = _RECORD.pack(fp=regs.x[29], lr=regs.x[30])

        x = regs.x
        x[0] = signo
        if sa_flags & SA.SIGINFO:
            frame.info = siginfo
            x[1] = address
            x[2] = address + _UC
        x[29] = record
        x[30] = restorer
        regs.sp = address
        regs.pc = handler
        regs.pstate &= ~BTYPE_TCO & MASK
        return address, b"".join((ffi.buffer(frame), link))

    def restore(self, regs: Any, read: Callable[[int, int], bytes]) -> Restored:
        """Undo ``build`` for ``rt_sigreturn(2)``; ``regs`` are as at the system call.

        Mirrors restore_sigframe(). Unlike there, ``regs`` are unchanged on BadFrame.
        """
        if regs.sp & 15:
            raise BadFrame("misaligned")
        try:
            frame = _FRAME.view(read(regs.sp, _FRAME.size))
        except EFAULT as error:
            raise BadFrame("unreadable") from error
        uc = frame.uc
        context = uc.uc_mcontext
        pstate = context.pstate & ~RES0
        if pstate & NOT_USER:
            raise BadFrame("not a pstate of user space")
        fpu = _parse(bytes(ffi.buffer(ffi.addressof(context, "__reserved"))))
        engine = regs.pstate & ~NZCV
        ffi.memmove(regs, ffi.addressof(context, "regs"), _REGS_SIZE)
        regs.pstate = engine | pstate & NZCV
        stack = uc.uc_stack
        altstack = AltStack(stack.ss_sp, stack.ss_flags, stack.ss_size)
        return Restored(uc.uc_sigmask, altstack, fpu)


def _records(fpu: bytes, fault: Fault) -> bytes:
    """What goes into ``__reserved``: FP state, the syndrome of a fault, the terminator."""
    fpsimd = _HEAD.pack(FPSIMD_MAGIC, _FPSIMD.size) + fpu[VREGS_SIZE:FPU_SIZE] + fpu[:VREGS_SIZE]
    esr = _ESR.pack(head=(ESR_MAGIC, _ESR.size), esr=fault.error) if fault.error else b""
    return fpsimd + esr + bytes(16)


def _parse(reserved: bytes) -> bytes:
    """The FP state among the records. Mirrors parse_user_sigframe().

    A record for more space (EXTRA_MAGIC) is refused: no frame of this CPU needs one.
    """
    fpu: bytes | None = None
    offset = 0
    while True:
        if len(reserved) - offset < _HEAD.size or offset & 15:
            raise BadFrame("records without an end")
        magic, size = _HEAD.unpack_from(reserved, offset)
        if len(reserved) - offset < size:
            raise BadFrame("a record beyond the end")
        if magic == 0:
            if size or fpu is None:
                raise BadFrame("no FP state")
            return fpu
        if magic == FPSIMD_MAGIC and fpu is None and size == _FPSIMD.size:
            start = offset + _HEAD.size
            fpu = reserved[start + 8 : offset + size] + reserved[start : start + 8]
        elif magic != ESR_MAGIC or size < _HEAD.size:
            raise BadFrame("unknown record")
        offset += size
