"""arm64, as Linux runs it on a CPU with FP and ASIMD and no more; see ``ARCH``.

Facts only; the signal frame and the registers' roles are in their own files.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.layout import Layout
from pytest_kevlar.kernel.arch.arm64 import registers, regset, sigframe, traps
from pytest_kevlar.kernel.arch.arm64.numbers import NUMBERS
from pytest_kevlar.kernel.arch.base import Arch

#: uapi/asm/fcntl.h: DIRECTORY and NOFOLLOW are bits 14 and 15, DIRECT and LARGEFILE 16 and
#: 17; asm-generic has the two pairs the other way round.
_PAIRS: Final = 0o740000
_LOW_PAIR: Final = 0o140000


def _swap_pairs(flags: int) -> int:
    """Between this architecture's open flags and asm-generic's, in either direction."""
    if not flags & _PAIRS:
        return flags
    return flags & ~_PAIRS | (flags & _LOW_PAIR) << 2 | flags >> 2 & _LOW_PAIR


ARCH: Final = Arch(
    name="arm64",
    machine="aarch64",
    platform="aarch64",
    elf_machine=183,
    audit=0xC00000B7,
    numbers=NUMBERS,
    names={number: name for name, number in NUMBERS.items()},
    page_size=4096,
    task_size=1 << 48,
    hwcap=0x3,  # FP and ASIMD
    hwcap2=0,
    minsigstksz=5120,
    # arch/arm64/kernel/signal.c:minsigstksz_setup(): the frame, the frame record, alignment.
    auxv_minsigstksz=4720,
    auxv_size=432,
    map_32bit=False,
    pkey_rights=0xF,
    pkey_zero=False,
    clone_tls=3,
    clone_child_tid=4,
    open_flags_in=_swap_pairs,
    open_flags_out=_swap_pairs,
    stat=Layout("stat_arm64"),
    epoll_event=Layout("epoll_event_arm64"),
    semid64_ds=Layout("semid64_ds_arm64"),
    sigaction=Layout("sigaction"),
    regs=Layout("regs_arm64"),
    registers=registers.Roles(),
    register_sets=regset.Sets(),
    enosys_at_entry=False,
    step_code_of_call=0,  # SI_USER
    sigframe=sigframe.Frame(),
    fpu_initial=sigframe.FPU_INITIAL,
    fpu_of_handlers=None,
    traps=traps.Exceptions(),
    # mov x8, #139 (rt_sigreturn); svc #0
    trampoline=bytes.fromhex("681180d2 010000d4"),
)
