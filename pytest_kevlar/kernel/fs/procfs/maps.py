"""/proc/PID/maps, smaps and smaps_rollup. Mirrors fs/proc/task_mmu.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EACCES
from pytest_kevlar.kernel.fs.devices import major_of, minor_of
from pytest_kevlar.kernel.fs.mount import path_text
from pytest_kevlar.kernel.fs.procfs.subject import Subject, may_inspect
from pytest_kevlar.kernel.mm.vma import SEALED, Vma

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.space import AddressSpace
    from pytest_kevlar.kernel.task.task import Task

NAME_COLUMN = 73
SHARED_ANONYMOUS = b"/dev/zero (deleted)"


def _memory(reader: Task, subject: Subject) -> AddressSpace | None:
    task = subject.get()
    if not may_inspect(reader, task):
        raise EACCES
    return task.memory if task.alive else None


def show_maps(reader: Task, subject: Subject) -> bytes:
    """One line for every mapping."""
    memory = _memory(reader, subject)
    if memory is None:
        return b""
    return b"".join(_header(reader, memory, vma) for vma in memory.vmas)


def _header(reader: Task, memory: AddressSpace, vma: Vma) -> bytes:
    """fs/proc/task_mmu.c:show_map_vma()."""
    device = inode = 0
    offset = 0
    name = vma.name
    if vma.file is not None:
        device, inode = vma.file.inode.fs.device, vma.file.inode.ino
        offset = vma.offset
        name = path_text(vma.file.path, reader.fs.root).replace(b"\n", b"\\012")
    elif vma.pages is not None and vma.shared:
        device, offset, inode = 1, vma.offset, vma.pages.ino
        name = name or SHARED_ANONYMOUS
    elif not name:
        if vma.start < memory.brk and vma.end > memory.brk_start:
            name = b"[heap]"
        elif vma.start <= memory.stack_start <= vma.end:
            name = b"[stack]"
    prot = vma.prot
    perms = (
        ("r" if prot & 1 else "-")
        + ("w" if prot & 2 else "-")
        + ("x" if prot & 4 else "-")
        + ("s" if vma.shared else "p")
    )
    text = (
        f"{vma.start:08x}-{vma.end:08x} {perms} {offset:08x} "
        f"{major_of(device):02x}:{minor_of(device):02x} {inode} "
    ).encode()
    return (text.ljust(NAME_COLUMN) + name if name else text) + b"\n"


#: Counters of smaps after the sizes, in order; those not computed are zero.
COUNTERS = (
    "Rss",
    "Pss",
    "Pss_Dirty",
    "Shared_Clean",
    "Shared_Dirty",
    "Private_Clean",
    "Private_Dirty",
    "Referenced",
    "Anonymous",
    "KSM",
    "LazyFree",
    "AnonHugePages",
    "ShmemPmdMapped",
    "FilePmdMapped",
    "Shared_Hugetlb",
    "Private_Hugetlb",
    "Swap",
    "SwapPss",
    "Locked",
)


def _counters(memory: AddressSpace, vma: Vma) -> dict[str, int]:
    resident = memory.mapped_pages(vma.start, vma.end) * 4
    shared = memory.shared_in(vma.start, vma.end) * 4
    private = resident - shared
    anonymous = vma.pages is None
    kind = "Dirty" if anonymous else "Clean"
    return {
        "Rss": resident,
        "Pss": private + shared // 2,
        "Pss_Dirty": private + shared // 2 if anonymous else 0,
        f"Private_{kind}": private,
        f"Shared_{kind}": shared,
        "Referenced": resident,
        "Anonymous": resident if anonymous else 0,
        "Locked": resident if vma.flags & 0x2000 else 0,
    }


def _flags(vma: Vma) -> str:
    bits = [name for bit, name in ((1, "rd"), (2, "wr"), (4, "ex")) if vma.prot & bit]
    if vma.shared:
        bits.append("sh")
    bits += ["mr", "mw", "me"]
    if vma.shared:
        bits.append("ms")
    if vma.flags & 0x100:
        bits.append("gd")
    if vma.flags & 0x2000:
        bits.append("lo")
    if vma.dont_fork:
        bits.append("dc")
    if vma.prot & 2 and not vma.shared and not vma.flags & 0x4000:
        bits.append("ac")
    if vma.flags & 0x4000:
        bits.append("nr")
    if vma.wipe_on_fork:
        bits.append("wf")
    if vma.flags & SEALED:
        bits.append("sl")
    return " ".join(bits)


def show_smaps(reader: Task, subject: Subject) -> bytes:
    """maps with what is resident."""
    memory = _memory(reader, subject)
    if memory is None:
        return b""
    parts = []
    for vma in memory.vmas:
        counters = _counters(memory, vma)
        rows = [("Size", vma.size >> 10), ("KernelPageSize", 4), ("MMUPageSize", 4)]
        rows += [(name, counters.get(name, 0)) for name in COUNTERS]
        parts.append(_header(reader, memory, vma))
        text = "".join(f"{name + ':':<16}{value:>8} kB\n" for name, value in rows)
        text += f"{'THPeligible:':<16}{0:>8}\nVmFlags: {_flags(vma)} \n"
        parts.append(text.encode())
    return b"".join(parts)


def show_rollup(reader: Task, subject: Subject) -> bytes:
    """The sums of smaps."""
    memory = _memory(reader, subject)
    if memory is None or not memory.vmas:
        return b""
    sums: dict[str, int] = {}
    for vma in memory.vmas:
        for name, value in _counters(memory, vma).items():
            sums[name] = sums.get(name, 0) + value
    first, last = memory.vmas[0].start, memory.vmas[-1].end
    head = f"{first:08x}-{last:08x} ---p 00000000 00:00 0 ".ljust(NAME_COLUMN) + "[rollup]\n"
    rows = "".join(f"{name + ':':<16}{sums.get(name, 0):>8} kB\n" for name in COUNTERS)
    return (head + rows).encode()
