"""mmap(2), munmap(2), mprotect(2), brk(2), mremap(2), madvise(2), mincore(2), msync(2), mlock(2).

Thin: what a mapping may be is :mod:`pytest_kevlar.kernel.mm.mapping`.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.mm import MADV, MAP, MCL, MLOCK, MS, PROT
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.cpu.engine import lib
from pytest_kevlar.kernel.errno import (
    EAGAIN,
    EBUSY,
    EINVAL,
    ENOMEM,
    ENOSPC,
    EPERM,
)
from pytest_kevlar.kernel.mm import mapping
from pytest_kevlar.kernel.mm.fault import MemoryFault
from pytest_kevlar.kernel.mm.mapping import page_align
from pytest_kevlar.kernel.mm.vma import PAGE, PAGE_MASK, SEALED, TASK_SIZE, Vma
from pytest_kevlar.kernel.syscalls.pointers import OutResident1
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    Address,
    Advice,
    Fd,
    Int,
    LongProt,
    MapFlags,
    MremapFlags,
    Prot,
    Size,
    ULong,
)
from pytest_kevlar.kernel.task.cred import CAP_IPC_LOCK
from pytest_kevlar.kernel.task.task import Task


@syscall()
def mmap(
    task: Task, addr: Address, length: Size, prot: Prot, flags: MapFlags, fd: Fd, offset: ULong
) -> int:
    """mmap(2). Mirrors mm/mmap.c:ksys_mmap_pgoff()."""
    if offset & PAGE_MASK:
        raise EINVAL("offset")
    file = None
    if not flags & MAP.ANONYMOUS:
        file = task.files.get(fd)
    elif flags & MAP.HUGETLB:
        raise ENOMEM("no huge pages")
    return mapping.do_mmap(task, addr, length, prot, flags, file, offset)


@syscall()
def munmap(task: Task, addr: Address, length: Size) -> int:
    """munmap(2). Mirrors mm/vma.c:do_vmi_munmap()."""
    if addr & PAGE_MASK or addr > TASK_SIZE or length > TASK_SIZE - addr or not length:
        raise EINVAL
    mapping.do_munmap(task.memory, addr, addr + page_align(length))
    return 0


@syscall()
def mprotect(task: Task, addr: Address, length: Size, prot: LongProt) -> int:
    """mprotect(2). Mirrors mm/mprotect.c:do_mprotect_pkey()."""
    mapping.do_mprotect(task, addr, length, prot)
    return 0


@syscall()
def pkey_mprotect(task: Task, addr: Address, length: Size, prot: LongProt, pkey: Int) -> int:
    """pkey_mprotect(2). Mirrors mm/mprotect.c:do_mprotect_pkey()."""
    mapping.do_mprotect(task, addr, length, prot, pkey)
    return 0


@syscall(partial="as on a processor without protection keys")
def pkey_alloc(task: Task, flags: ULong, rights: ULong) -> int:
    """pkey_alloc(2). Mirrors mm/mprotect.c:SYSCALL_DEFINE2(pkey_alloc).

    x86_64 allocates key 0, finds that it cannot set its rights, and does not take it back.
    """
    arch, memory = task.kernel.arch, task.memory
    if flags or rights & ~arch.pkey_rights:
        raise EINVAL("flags or rights")
    if memory.pkey_taken or not arch.pkey_zero:
        raise ENOSPC
    memory.pkey_taken = True
    raise EINVAL("the processor has no protection keys")


@syscall(partial="as on a processor without protection keys")
def pkey_free(task: Task, pkey: Int) -> int:
    """pkey_free(2)."""
    raise EINVAL("never allocated")


@syscall()
def brk(task: Task, addr: Address) -> int:
    """brk(2). The raw call returns the break, never an errno. Mirrors mm/mmap.c:brk()."""
    return mapping.do_brk(task, addr)


@syscall()
def mremap(
    task: Task,
    old_address: Address,
    old_size: Size,
    new_size: Size,
    flags: MremapFlags,
    new: Address,
) -> int:
    """mremap(2). Mirrors mm/mremap.c:do_mremap()."""
    return mapping.do_mremap(task, old_address, old_size, new_size, flags, new)


IGNORED_ADVICE = frozenset(
    (
        MADV.NORMAL,
        MADV.RANDOM,
        MADV.SEQUENTIAL,
        MADV.WILLNEED,
        MADV.COLD,
        MADV.PAGEOUT,
        MADV.DONTDUMP,
        MADV.DODUMP,
        MADV.HUGEPAGE,
        MADV.NOHUGEPAGE,
        MADV.MERGEABLE,
        MADV.UNMERGEABLE,
    )
)


@syscall()
def madvise(task: Task, addr: Address, length: Size, advice: Advice) -> int:
    """madvise(2). Mirrors mm/madvise.c:do_madvise()."""
    return advise(task, addr, length, advice)


def advise(task: Task, addr: int, length: int, advice: int) -> int:
    """Give advice about the memory of `task`, which may be another than the caller."""
    known = advice in IGNORED_ADVICE or advice in (
        MADV.DONTNEED,
        MADV.FREE,
        MADV.REMOVE,
        MADV.DONTFORK,
        MADV.DOFORK,
        MADV.WIPEONFORK,
        MADV.KEEPONFORK,
        MADV.POPULATE_READ,
        MADV.POPULATE_WRITE,
        MADV.DONTNEED_LOCKED,
    )
    if not known or addr & PAGE_MASK:
        raise EINVAL
    size = page_align(length)
    if (length and not size) or addr + size > 1 << 64:
        raise EINVAL
    if not size:
        return 0
    end = addr + size
    unmapped = False
    at = addr
    for vma in list(task.memory.overlapping(addr, end)):
        unmapped |= vma.start > at
        at = vma.end
        _advise(task, vma, max(addr, vma.start), min(end, vma.end), advice)
    if unmapped or at < end:
        raise ENOMEM
    return 0


DISCARDING = (
    MADV.DONTNEED,
    MADV.DONTNEED_LOCKED,
    MADV.FREE,
    MADV.REMOVE,
    MADV.DONTFORK,
    MADV.WIPEONFORK,
)


def _advise(task: Task, vma: Vma, start: int, end: int, advice: int) -> None:
    space = task.memory
    if vma.flags & SEALED and advice in DISCARDING and not (vma.shared or vma.prot & PROT.WRITE):
        raise EPERM("sealed, and not to be written")  # mm/madvise.c:can_madvise_modify()
    if advice in (MADV.DONTNEED, MADV.DONTNEED_LOCKED, MADV.FREE):
        if vma.flags & MAP.LOCKED and advice != MADV.DONTNEED_LOCKED:
            raise EINVAL("locked")
        if advice == MADV.FREE and (vma.pages is not None or vma.shared):
            raise EINVAL("not anonymous")
        if advice != MADV.FREE:  # without memory pressure freed pages stay as they are
            space.zap(start, end)
    elif advice == MADV.REMOVE:
        if vma.pages is None or not vma.shared or vma.flags & MAP.LOCKED:
            raise EINVAL("not a shared mapping")
        position = vma.offset + start - vma.start
        vma.pages.punch(position, end - start)
    elif advice in (MADV.DONTFORK, MADV.DOFORK):
        space.mark(start, end, "dont_fork", advice == MADV.DONTFORK)
    elif advice in (MADV.WIPEONFORK, MADV.KEEPONFORK):
        if vma.pages is not None or vma.shared:
            raise EINVAL("not private anonymous")
        space.mark(start, end, "wipe_on_fork", advice == MADV.WIPEONFORK)
    elif advice in (MADV.POPULATE_READ, MADV.POPULATE_WRITE):
        access = lib.KV_WRITE if advice == MADV.POPULATE_WRITE else lib.KV_READ
        for page in range(start, end, PAGE):
            try:
                space.fault(page, access)
            except MemoryFault:
                raise EINVAL from None


#: Pages that ``mincore`` looks at before it stores what it saw: a page of bytes.
MINCORE_PAGES = 4096


@syscall()
def mincore(task: Task, addr: Address, length: Size, vec: OutResident1) -> int:
    """mincore(2). Mirrors mm/mincore.c:mincore()."""
    if addr & PAGE_MASK:
        raise EINVAL
    if addr > TASK_SIZE or length > TASK_SIZE - addr:
        raise ENOMEM
    end = addr + page_align(length)
    at = addr
    for vma in task.memory.overlapping(addr, end):
        if vma.start > at:
            break
        stop = min(end, vma.end)
        while at < stop:
            step = min(stop, at + MINCORE_PAGES * PAGE)
            vec.write(task.memory.residency(at, step))
            vec += (step - at) // PAGE
            at = step
    if at < end:
        raise ENOMEM
    return 0


@syscall()
def msync(task: Task, addr: Address, length: Size, flags: Int) -> int:
    """msync(2). Mirrors mm/msync.c:msync(); MS_SYNC writes back what is on a block device."""
    if flags & ~(MS.ASYNC | MS.INVALIDATE | MS.SYNC) or addr & PAGE_MASK:
        raise EINVAL
    if flags & MS.ASYNC and flags & MS.SYNC:
        raise EINVAL
    end = addr + page_align(length)
    if end >= 1 << 64:
        raise ENOMEM
    at = addr
    unmapped = False
    for vma in task.memory.overlapping(addr, end):
        unmapped |= vma.start > at
        at = vma.end
        if flags & MS.INVALIDATE and vma.flags & MAP.LOCKED:
            raise EBUSY
        if flags & MS.SYNC and vma.shared and vma.file is not None:
            vma.file.sync()
    if end > addr and (unmapped or at < end):
        raise ENOMEM
    return 0


def _lock(task: Task, addr: int, length: int, *, lock: bool, fault_in: bool = True) -> int:
    start = addr & ~PAGE_MASK
    end = start + page_align(length + (addr & PAGE_MASK))
    if lock:
        if not (task.cred.capable(CAP_IPC_LOCK) or task.process.limit(RLIMIT.MEMLOCK)):
            raise EPERM("RLIMIT_MEMLOCK")
        new = sum(
            min(end, vma.end) - max(start, vma.start)
            for vma in task.memory.overlapping(start, end)
            if not vma.flags & MAP.LOCKED
        )
        try:
            mapping.may_lock(task, new)
        except EAGAIN:
            raise ENOMEM("RLIMIT_MEMLOCK") from None
    if end < start or end > 1 << 64:
        raise EINVAL
    at = start
    for vma in list(task.memory.overlapping(start, end)):
        if vma.start > at:
            raise ENOMEM
        stop = min(end, vma.end)
        flags = vma.flags | MAP.LOCKED if lock else vma.flags & ~MAP.LOCKED
        if flags != vma.flags:
            task.memory.change(at, stop, flags=flags)
        if lock and fault_in:
            task.memory.populate(at, stop)
        at = stop
    if at < end:
        raise ENOMEM
    return 0


@syscall()
def mlock(task: Task, addr: Address, length: Size) -> int:
    """mlock(2). Mirrors mm/mlock.c:do_mlock()."""
    return _lock(task, addr, length, lock=True)


@syscall()
def mlock2(task: Task, addr: Address, length: Size, flags: Int) -> int:
    """mlock2(2). Mirrors mm/mlock.c:do_mlock()."""
    if flags & ~MLOCK.ONFAULT:
        raise EINVAL
    return _lock(task, addr, length, lock=True, fault_in=not flags & MLOCK.ONFAULT)


@syscall()
def munlock(task: Task, addr: Address, length: Size) -> int:
    """munlock(2). Mirrors mm/mlock.c:munlock()."""
    return _lock(task, addr, length, lock=False)


@syscall()
def mlockall(task: Task, flags: Int) -> int:
    """mlockall(2). Mirrors mm/mlock.c:mlockall()."""
    if not flags or flags & ~(MCL.CURRENT | MCL.FUTURE | MCL.ONFAULT) or flags == MCL.ONFAULT:
        raise EINVAL
    space = task.memory
    if not task.cred.capable(CAP_IPC_LOCK):
        limit = task.process.limit(RLIMIT.MEMLOCK)
        if limit == 0:
            raise EPERM
        if flags & MCL.CURRENT and space.total_pages() * PAGE > limit:
            raise ENOMEM
    space.locked_future = bool(flags & MCL.FUTURE)
    if flags & MCL.CURRENT:
        for vma in list(space.vmas):
            space.change(vma.start, vma.end, flags=vma.flags | MAP.LOCKED)
            if not flags & MCL.ONFAULT:
                space.populate(vma.start, vma.end)
    return 0


@syscall()
def remap_file_pages(
    task: Task, addr: Address, length: Size, prot: LongProt, pgoff: ULong, flags: MapFlags
) -> int:
    """remap_file_pages(2). Mirrors mm/mmap.c:SYSCALL_DEFINE5(remap_file_pages)."""
    start, size = addr & ~PAGE_MASK, length & ~PAGE_MASK
    if prot or not size or start + size >= 1 << 64 or pgoff + size // PAGE >= 1 << 64:
        raise EINVAL
    mapping.do_remap(task.memory, start, start + size, pgoff * PAGE)
    return 0


@syscall()
def mseal(task: Task, addr: Address, length: Size, flags: ULong) -> int:
    """mseal(2). Mirrors mm/mseal.c:do_mseal()."""
    size = page_align(length)
    if flags or addr & PAGE_MASK or (length and not size) or addr + size > 1 << 64:
        raise EINVAL
    space, end = task.memory, addr + size
    found = list(space.overlapping(addr, end)) if size else []
    at = addr
    for vma in found:
        if vma.start > at:
            break
        at = vma.end
    if at < end:
        raise ENOMEM
    for vma in found:
        space.change(max(addr, vma.start), min(end, vma.end), flags=vma.flags | SEALED)
    space.sealed |= bool(found)
    return 0


@syscall()
def munlockall(task: Task) -> int:
    """munlockall(2). Mirrors mm/mlock.c:munlockall()."""
    task.memory.locked_future = False
    for vma in list(task.memory.vmas):
        if vma.flags & MAP.LOCKED:
            task.memory.change(vma.start, vma.end, flags=vma.flags & ~MAP.LOCKED)
    return 0
