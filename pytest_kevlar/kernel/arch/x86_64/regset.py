"""x86_64's registers as ``ptrace(2)`` shows them. Mirrors arch/x86/kernel/ptrace.c.

Without XSAVE there are two sets: NT_PRSTATUS and NT_PRFPREG, which is the FXSAVE image.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from pytest_kevlar.kernel.errno import EINVAL, EIO

#: ``struct user_regs_struct``; the segments' selectors are constants of Linux.
ORDER: Final = (
    *("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx"),
    *("rsi", "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base"),
    *("ds", "es", "fs", "gs"),
)
SELECTORS: Final = {"cs": 0x33, "ss": 0x2B, "ds": 0, "es": 0, "fs": 0, "gs": 0}
_WORDS: Final = struct.Struct(f"<{len(ORDER)}Q")
MASK: Final = (1 << 64) - 1
TASK_SIZE: Final = 0x7FFF_FFFF_F000
#: CF PF AF ZF SF TF DF OF RF AC NT: what a debugger may change (FLAG_MASK).
FLAGS: Final = 0x1 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x4000
INTERRUPTS: Final = 0x200
FXSAVE_SIZE: Final = 512
MXCSR_OFFSET: Final = 24
MXCSR_MASK: Final = 0xFFFF


class Sets:
    """``struct user_regs_struct``, the FXSAVE image, and nothing else."""

    fpu_size = FXSAVE_SIZE
    has_user = True

    def general(self, regs: Any, call: int) -> bytes:
        """NT_PRSTATUS."""
        special = {
            **SELECTORS,
            "orig_rax": call & MASK,
            "eflags": regs.rflags | INTERRUPTS,  # the engine runs without them
        }
        return _WORDS.pack(
            *(special[name] if name in special else getattr(regs, name) for name in ORDER)
        )

    def set_general(self, regs: Any, call: int, data: bytes) -> int:
        """Only what user code can have: putreg()."""
        whole = data + self.general(regs, call)[len(data) :]
        given = dict(zip(ORDER, _WORDS.unpack(whole), strict=True))
        for name, value in SELECTORS.items():
            if given.pop(name) != value:
                raise EIO("another selector than this kernel's")
        if given["fs_base"] >= TASK_SIZE or given["gs_base"] >= TASK_SIZE:
            raise EIO
        flags = given.pop("eflags")
        number = given.pop("orig_rax")
        for name, value in given.items():
            setattr(regs, name, value)
        regs.rflags = regs.rflags & ~FLAGS | flags & FLAGS
        signed: int = number - (1 << 64) if number >> 63 else number
        return signed

    def fpu(self, image: bytes) -> bytes:
        """NT_PRFPREG."""
        return image

    def set_fpu(self, image: bytes, data: bytes) -> bytes:
        """Reserved bits of MXCSR are refused: xfpregs_set()."""
        whole = data + image[len(data) :]
        if int.from_bytes(whole[MXCSR_OFFSET : MXCSR_OFFSET + 4], "little") & ~MXCSR_MASK:
            raise EINVAL("MXCSR")
        return whole

    def special(self, kind: int, regs: Any, call: int) -> bytes | None:
        """There are no others."""
        return None

    def set_special(self, kind: int, regs: Any, call: int, data: bytes) -> int:
        """There are no others."""
        raise EINVAL
