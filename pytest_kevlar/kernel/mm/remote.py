"""Another task's memory, as a debugger reaches it: what is mapped, whatever its protection.

Mirrors mm/gup.c with FOLL_FORCE: a private page that the task may not write is written all
the same, in a copy of its own, which is how breakpoints get into code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.mm.vma import PAGE, PAGE_MASK

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.space import AddressSpace

READ, WRITE = 1, 2


def _piece(address: int, size: int) -> int:
    """How much of `size` bytes is in the first page."""
    return min(size, PAGE - (address & PAGE_MASK))


def read_forced(memory: AddressSpace, address: int, size: int) -> bytes:
    """Up to `size` bytes from `address`: fewer if something is not mapped."""
    parts = []
    while size > 0:
        wanted = _piece(address, size)
        part = memory.read_partial(address, wanted)
        if len(part) < wanted and _unlock(memory, address, READ):
            page = address & ~PAGE_MASK
            prot = _prot(memory, address)
            memory.change(page, page + PAGE, prot=prot | READ)
            part = memory.read_partial(address, wanted)
            memory.change(page, page + PAGE, prot=prot)
        parts.append(part)
        if len(part) < wanted:
            break
        address += wanted
        size -= wanted
    return b"".join(parts)


def write_forced(memory: AddressSpace, address: int, data: bytes) -> int:
    """Store as much of `data` as there is memory for; how many bytes that is."""
    done = 0
    while done < len(data):
        wanted = _piece(address + done, len(data) - done)
        part = data[done : done + wanted]
        written = memory.write_partial(address + done, part)
        if written < wanted and _unlock(memory, address + done, WRITE):
            page = (address + done) & ~PAGE_MASK
            prot = _prot(memory, page)
            memory.change(page, page + PAGE, prot=prot | READ | WRITE)
            written = memory.write_partial(address + done, part)
            memory.change(page, page + PAGE, prot=prot)
        done += written
        if written < wanted:
            break
    return done


def _prot(memory: AddressSpace, address: int) -> int:
    vma = memory.find(address)
    assert vma is not None
    return vma.prot


def _unlock(memory: AddressSpace, address: int, access: int) -> bool:
    """Whether only the protection is in the way, and force helps: check_vma_flags()."""
    vma = memory.find(address)
    if vma is None or not vma.max_prot & access or vma.prot & access:
        return False
    return access == READ or not vma.shared
