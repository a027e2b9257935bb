"""arm64's registers as ``ptrace(2)`` shows them. Mirrors arch/arm64/kernel/ptrace.c."""

from __future__ import annotations

import struct
from typing import Any, Final

from pytest_kevlar.kernel.abi.ptrace import NT
from pytest_kevlar.kernel.errno import EINVAL

_WORDS: Final = struct.Struct("<34Q")  # x0..x30, sp, pc, pstate
VREGS_SIZE: Final = 512
FPSIMD_SIZE: Final = 528  # user_fpsimd_state: V registers, FPSR, FPCR, padding
NZCV: Final = 0xF000_0000
#: What valid_native_regs() wants to be zero: mode, 32 bit, DAIF.
NOT_USER: Final = 0x3DF


class Sets:
    """``struct user_pt_regs``, ``user_fpsimd_state``, TLS and the system call's number."""

    fpu_size = FPSIMD_SIZE
    has_user = False

    def general(self, regs: Any, call: int) -> bytes:
        """NT_PRSTATUS."""
        return _WORDS.pack(*regs.x, regs.sp, regs.pc, regs.pstate & NZCV)

    def set_general(self, regs: Any, call: int, data: bytes) -> int:
        """A processor state that is not of user mode is EINVAL: gpr_set()."""
        words = _WORDS.unpack(data + self.general(regs, call)[len(data) :])
        if words[33] & NOT_USER:
            raise EINVAL("pstate")
        regs.x = words[:31]
        regs.sp, regs.pc = words[31:33]
        regs.pstate = regs.pstate & ~NZCV | words[33] & NZCV
        return call

    def fpu(self, image: bytes) -> bytes:
        """NT_PRFPREG."""
        return image.ljust(FPSIMD_SIZE, b"\0")

    def set_fpu(self, image: bytes, data: bytes) -> bytes:
        """Any value is one."""
        return (data + self.fpu(image)[len(data) :])[: len(image)]

    def special(self, kind: int, regs: Any, call: int) -> bytes | None:
        """NT_ARM_TLS and NT_ARM_SYSTEM_CALL."""
        if kind == NT.ARM_TLS:
            return struct.pack("<Q", regs.tpidr)
        if kind == NT.ARM_SYSTEM_CALL:
            return struct.pack("<i", call)
        return None

    def set_special(self, kind: int, regs: Any, call: int, data: bytes) -> int:
        """NT_ARM_TLS and NT_ARM_SYSTEM_CALL."""
        old = self.special(kind, regs, call)
        if old is None:
            raise EINVAL
        whole = int.from_bytes(data + old[len(data) :], "little", signed=True)
        if kind == NT.ARM_SYSTEM_CALL:
            return whole
        regs.tpidr = whole & (1 << 64) - 1
        return call
