"""x86_64, as Linux runs it on a CPU without XSAVE; see ``ARCH``.

Facts only; the signal frame and the registers' roles are in their own files.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.layout import Layout
from pytest_kevlar.kernel.arch.base import Arch
from pytest_kevlar.kernel.arch.x86_64 import registers, regset, sigframe, traps
from pytest_kevlar.kernel.arch.x86_64.numbers import NUMBERS


def _same(flags: int) -> int:
    """Open flags have asm-generic's bits here."""
    return flags


ARCH: Final = Arch(
    name="x86_64",
    machine="x86_64",
    platform="x86_64",
    elf_machine=62,
    audit=0xC000003E,
    numbers=NUMBERS,
    names={number: name for name, number in NUMBERS.items()},
    page_size=4096,
    task_size=0x7FFF_FFFF_F000,
    # CPUID 1 EDX of a baseline CPU (up to SSE2), no FSGSBASE instructions in HWCAP2.
    hwcap=0x078BFBFD,
    hwcap2=0,
    minsigstksz=2048,
    # arch/x86/kernel/signal.c:init_sigframe_size() without XSAVE.
    auxv_minsigstksz=1040,
    auxv_size=448,
    map_32bit=True,
    pkey_rights=0x3,
    pkey_zero=True,
    clone_tls=4,
    clone_child_tid=3,
    open_flags_in=_same,
    open_flags_out=_same,
    stat=Layout("stat_x86_64"),
    epoll_event=Layout("epoll_event_x86_64"),
    semid64_ds=Layout("semid64_ds_x86_64"),
    sigaction=Layout("sigaction"),
    regs=Layout("regs_x86_64"),
    registers=registers.Roles(),
    register_sets=regset.Sets(),
    enosys_at_entry=True,
    step_code_of_call=1,  # TRAP_BRKPT
    sigframe=sigframe.Frame(),
    fpu_initial=sigframe.FPU_INITIAL,
    fpu_of_handlers=sigframe.FPU_INITIAL,
    traps=traps.Exceptions(),
    # mov rax, 15 (rt_sigreturn); syscall. Nobody jumps here: Linux, too, wants a restorer.
    trampoline=bytes.fromhex("48c7c00f000000 0f05"),
)
