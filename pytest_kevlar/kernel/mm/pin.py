"""The frame behind a user address, for those who keep the page rather than copy it.

Mirrors what mm/gup.c is for; whoever gets a frame takes a reference of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.cpu.engine import lib
from pytest_kevlar.kernel.errno import EFAULT
from pytest_kevlar.kernel.mm.fault import MemoryFault

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.space import AddressSpace

READ = 1
FRAME_SHIFT = 12


def frame_of(space: AddressSpace, address: int) -> int:
    """The frame that is mapped at `address`, faulted in for reading; EFAULT.

    A page that nobody has written yet is the frame of zeros that all such pages share.
    """
    entry = int(lib.kv_entry(space.raw, address))
    if not entry & READ:
        try:
            space.fault(address, READ)
        except MemoryFault:
            raise EFAULT from None
        entry = int(lib.kv_entry(space.raw, address))
    return entry >> FRAME_SHIFT
