"""What ``mmap``, ``brk``, ``mremap`` and ``mprotect`` do to an address space.

Checks and policy of mm/mmap.c and mm/mremap.c; the mechanism is :mod:`space`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mm import MAP, MREMAP, PROT
from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.errno import (
    EACCES,
    EAGAIN,
    EBADF,
    EEXIST,
    EFAULT,
    EINVAL,
    ENOMEM,
    EOPNOTSUPP,
    EOVERFLOW,
    EPERM,
)
from pytest_kevlar.kernel.mm.pagecache import PageCache
from pytest_kevlar.kernel.mm.space import MMAP_MIN_ADDR, AddressSpace
from pytest_kevlar.kernel.mm.vma import PAGE, PAGE_MASK, SEALED, TASK_SIZE, Vma
from pytest_kevlar.kernel.profile import RLIM_INFINITY
from pytest_kevlar.kernel.task.cred import CAP_IPC_LOCK

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.task import Task

PROT_ALL = PROT.READ | PROT.WRITE | PROT.EXEC
#: Flags of a mapping that its VMA remembers.
KEPT = MAP.SHARED | MAP.PRIVATE | MAP.ANONYMOUS | MAP.GROWSDOWN | MAP.NORESERVE | MAP.LOCKED
MAX_MAP_COUNT = 65530
MASK64 = (1 << 64) - 1
#: Flags that MAP_SHARED_VALIDATE accepts.
KNOWN_FLAGS = (
    MAP.TYPE
    | MAP.FIXED
    | MAP.ANONYMOUS
    | MAP._32BIT
    | MAP.GROWSDOWN
    | MAP.DENYWRITE
    | MAP.EXECUTABLE
    | MAP.LOCKED
    | MAP.NORESERVE
    | MAP.POPULATE
    | MAP.NONBLOCK
    | MAP.STACK
    | MAP.HUGETLB
    | MAP.FIXED_NOREPLACE
)


def page_align(size: int) -> int:
    """`size` rounded up to whole pages; 0 if that is more than 64 bits, as PAGE_ALIGN()."""
    return (size + PAGE_MASK) & (MASK64 ^ PAGE_MASK)


def check_room(task: Task, size: int, *, data: bool = False) -> None:
    """ENOMEM if `size` more bytes pass RLIMIT_AS, or RLIMIT_DATA for private writable ones."""
    limit = task.process.limit(RLIMIT.AS)
    space = task.memory
    if limit != RLIM_INFINITY and space.total_pages() * PAGE + size > limit:
        raise ENOMEM("RLIMIT_AS")
    if data:
        check_data_room(task, size)
    if len(space.vmas) > MAX_MAP_COUNT:
        raise ENOMEM("max_map_count")


def check_data_room(task: Task, size: int) -> None:
    """ENOMEM if `size` more private writable bytes pass RLIMIT_DATA."""
    limit = task.process.limit(RLIMIT.DATA)
    if limit != RLIM_INFINITY and data_bytes(task.memory) + size > limit:
        raise ENOMEM("RLIMIT_DATA")


def data_bytes(space: AddressSpace) -> int:
    """Private writable bytes apart from the stack, which RLIMIT_DATA bounds."""
    return sum(
        vma.size
        for vma in space.vmas
        if vma.prot & PROT.WRITE and not vma.shared and not vma.flags & MAP.GROWSDOWN
    )


def may_lock(task: Task, size: int) -> None:
    """EAGAIN or EPERM unless `size` more bytes may be locked in memory."""
    if task.cred.capable(CAP_IPC_LOCK):
        return
    limit = task.process.limit(RLIMIT.MEMLOCK)
    if limit == 0:
        raise EPERM("RLIMIT_MEMLOCK")
    if task.memory.locked_pages * PAGE + size > limit:
        raise EAGAIN("RLIMIT_MEMLOCK")


def do_mmap(
    task: Task, address: int, length: int, prot: int, flags: int, file: File | None, offset: int
) -> int:
    """Map `length` bytes; the address. Mirrors mm/mmap.c:do_mmap()."""
    space = task.memory
    if length == 0:
        raise EINVAL("length")
    size = page_align(length)
    if size > TASK_SIZE or size == 0:
        raise ENOMEM
    fixed = flags & (MAP.FIXED | MAP.FIXED_NOREPLACE)
    if not fixed:
        address = address & ~PAGE_MASK
        if 0 < address < MMAP_MIN_ADDR:
            address = page_align(MMAP_MIN_ADDR)
    check_room(task, 0)
    if fixed:
        if address & PAGE_MASK:
            raise EINVAL("address")
        if address > TASK_SIZE - size:
            raise ENOMEM
        if address < MMAP_MIN_ADDR:
            raise EPERM("mmap_min_addr")
        if flags & MAP.FIXED_NOREPLACE and any(space.overlapping(address, address + size)):
            raise EEXIST
    kind = flags & MAP.TYPE
    if flags & MAP.LOCKED:
        may_lock(task, size)
    pages: PageCache | None
    if file is None:
        if kind not in (MAP.SHARED, MAP.PRIVATE) or (kind == MAP.SHARED and flags & MAP.GROWSDOWN):
            raise EINVAL("flags")
        pages, max_prot, offset = None, PROT_ALL, 0
    else:
        pages, max_prot = _file_backing(file, prot, kind, flags, offset, size)
    if space.mdwe and space.denies(prot, prot):
        raise EACCES("memory that is written and executed")
    kept = flags & KEPT & ~MAP.TYPE | (MAP.PRIVATE if kind == MAP.PRIVATE else MAP.SHARED)
    private_writable = kind == MAP.PRIVATE and bool(prot & PROT.WRITE)
    replaced = (
        sum(
            min(vma.end, address + size) - max(vma.start, address)
            for vma in space.overlapping(address, address + size)
        )
        if fixed
        else 0
    )
    check_room(task, size - replaced, data=private_writable)
    if not fixed:
        found = space.find_free(size, address)
        if found is None:
            raise ENOMEM
        address = found
    else:
        do_munmap(space, address, address + size)
    own_cache = pages is None and kind == MAP.SHARED
    if own_cache:
        pages = PageCache(space.engine, size=None)
        pages.ino = task.fs.vfs.new_ino()
    space.insert(
        Vma(
            address,
            address + size,
            prot & PROT_ALL,
            kept | (MAP.LOCKED if space.locked_future else 0),
            pages,
            file,
            offset,
            b"/dev/zero (deleted)" if own_cache else b"",
            max_prot,
        )
    )
    if own_cache and pages is not None:
        pages.release()
    locked = flags & MAP.LOCKED or space.locked_future
    if locked or (flags & MAP.POPULATE and not flags & MAP.NONBLOCK):
        space.populate(address, address + size)
    return address


def _file_backing(
    file: File, prot: int, kind: int, flags: int, offset: int, size: int
) -> tuple[PageCache | None, int]:
    """The page cache and the greatest protection of a mapping of `file`."""
    if offset + size > 1 << 63:
        raise EOVERFLOW("offset")
    max_prot = PROT_ALL
    if file.flags & O.PATH:
        raise EBADF("O_PATH")
    if kind in (MAP.SHARED, MAP.SHARED_VALIDATE):
        if kind == MAP.SHARED_VALIDATE and flags & ~KNOWN_FLAGS:
            raise EOPNOTSUPP("flags")
        max_prot = file.shared_protection(prot)
    elif kind != MAP.PRIVATE:
        raise EINVAL("flags")
    if not file.readable:
        raise EACCES("not open for reading")
    if file.path.mount.flags & MS.NOEXEC:
        if prot & PROT.EXEC:
            raise EPERM("mounted noexec")
        max_prot &= ~PROT.EXEC
    if file.wants_anonymous:
        return None, max_prot
    pages = file.mmap_pages()
    if flags & MAP.GROWSDOWN:
        raise EINVAL("flags")
    return pages, max_prot


def do_munmap(space: AddressSpace, start: int, end: int) -> None:
    """Unmap all of ``[start, end)``, or nothing: EPERM. Mirrors mm/vma.c:do_vmi_munmap()."""
    if space.has_sealed(start, end):
        raise EPERM("sealed")
    space.unmap(start, end)


def do_brk(task: Task, wanted: int) -> int:
    """Move the break; the new one, or the old one if that cannot be. mm/mmap.c:brk()."""
    space = task.memory
    if wanted < space.brk_start or wanted > TASK_SIZE:
        return space.brk
    limit = task.process.limit(RLIMIT.DATA)
    if limit != RLIM_INFINITY:
        initialised = space.end_data - space.start_data
        if wanted - space.brk_start + initialised > limit:
            return space.brk
    old, new = page_align(space.brk), page_align(wanted)
    if new < old:
        if space.has_sealed(new, old):
            return space.brk
        space.unmap(new, old)
    elif new > old:
        above = space.after(old)
        if above is not None and new + PAGE > space._guarded_start(above):
            return space.brk
        try:
            check_room(task, new - old, data=True)
            if space.locked_future:
                may_lock(task, new - old)
        except (ENOMEM, EAGAIN, EPERM):
            return space.brk
        flags = MAP.PRIVATE | MAP.ANONYMOUS | (MAP.LOCKED if space.locked_future else 0)
        space.insert(Vma(old, new, PROT.READ | PROT.WRITE, flags))
        if space.locked_future:
            space.populate(old, new)
    space.brk = wanted
    return wanted


def do_mprotect(task: Task, start: int, length: int, prot: int, key: int = -1) -> None:
    """Change protection up to the first gap. Mirrors mm/mprotect.c:do_mprotect_pkey()."""
    grows = prot & (PROT.GROWSDOWN | PROT.GROWSUP)
    prot &= ~grows
    if grows == PROT.GROWSDOWN | PROT.GROWSUP or start & PAGE_MASK:
        raise EINVAL
    if not length:
        return
    end = start + page_align(length)
    if end <= start or end > 1 << 64:
        raise ENOMEM
    if prot & ~(PROT_ALL | PROT.SEM):
        raise EINVAL
    if key != -1:
        raise EINVAL("the processor has no protection keys")
    prot &= PROT_ALL
    space = task.memory
    first = space.after(start)
    if first is None:
        raise ENOMEM
    if grows & PROT.GROWSDOWN:
        if first.start >= end or not first.flags & MAP.GROWSDOWN:
            raise EINVAL if first.start < end else ENOMEM
        start = first.start
    elif first.start > start:
        raise ENOMEM
    if grows & PROT.GROWSUP:
        raise EINVAL
    at = start
    for vma in list(space.overlapping(start, end)):
        if vma.start > at:
            break
        if prot & ~vma.max_prot or space.denies(vma.prot, prot):
            raise EACCES
        if vma.flags & SEALED:
            raise EPERM("sealed")
        stop = min(end, vma.end)
        if prot & PROT.WRITE and not vma.prot & PROT.WRITE and not vma.shared:
            check_room(task, 0)
            check_data_room(task, stop - at)
        if vma.prot != prot:
            space.change(at, stop, prot=prot)
        at = stop
    if at < end:
        raise ENOMEM


def do_remap(space: AddressSpace, start: int, end: int, offset: int) -> None:
    """Let ``[start, end)`` of one shared mapping show its file from `offset` bytes on.

    Raises:
        EINVAL: it is not one shared mapping of one protection. EPERM: it is sealed.
    """
    first = space.find(start)
    if first is None or not first.shared or first.pages is None:
        raise EINVAL("not a shared mapping")
    at = start
    for vma in space.overlapping(start, end):
        if vma.start > at or (vma.pages, vma.file) != (first.pages, first.file):
            raise EINVAL("not one mapping")
        if (vma.prot, vma.flags) != (first.prot, first.flags):
            raise EINVAL("not one protection")
        at = vma.end
    if at < end:
        raise EINVAL("not one mapping")
    new = first.moved(start, end - start)
    new.offset = offset
    space._attach(new, space)  # the pages shall outlive the mapping that goes
    try:
        do_munmap(space, start, end)
        space.insert(new)
    finally:
        space._detach(new)
    space.populate(start, end)


def do_mremap(
    task: Task, old: int, old_size: int, new_size: int, flags: int, new_address: int
) -> int:
    """Resize or move a mapping; its address. Mirrors mm/mremap.c."""
    space = task.memory
    if flags & ~(MREMAP.MAYMOVE | MREMAP.FIXED | MREMAP.DONTUNMAP):
        raise EINVAL("flags")
    if flags & MREMAP.FIXED and not flags & MREMAP.MAYMOVE:
        raise EINVAL("MREMAP_FIXED without MREMAP_MAYMOVE")
    if flags & MREMAP.DONTUNMAP and (
        not flags & MREMAP.MAYMOVE or page_align(old_size) != page_align(new_size)
    ):
        raise EINVAL("MREMAP_DONTUNMAP")
    if old & PAGE_MASK:
        raise EINVAL("old address")
    old_size, new_size = page_align(old_size), page_align(new_size)
    if not new_size:
        raise EINVAL("new size")
    vma = space.find(old)
    if vma is None:
        raise EFAULT
    if vma.flags & SEALED:
        raise EPERM("sealed")
    if flags & (MREMAP.FIXED | MREMAP.DONTUNMAP):
        return _remap_to(task, vma, old, old_size, new_size, flags, new_address)
    if old_size == 0:
        if not vma.shared:
            raise EINVAL("old size of a private mapping")
        if not flags & MREMAP.MAYMOVE:
            raise ENOMEM
        return _move(task, vma, old, old_size, new_size, None, keep=True)
    if old_size >= new_size:
        _shrink(space, old, old_size, new_size)
        return old
    if old_size > vma.end - old:
        raise EFAULT
    if vma.file is not None and not vma.file.expands:
        raise EFAULT("VM_DONTEXPAND")
    growth = new_size - old_size
    if vma.flags & MAP.LOCKED:
        may_lock(task, growth)
    check_room(task, growth, data=bool(vma.prot & PROT.WRITE and not vma.shared))
    if old_size == vma.end - old and _expand(space, vma, growth):
        if vma.flags & MAP.LOCKED:
            space.populate(old + old_size, old + new_size)
        return old
    if not flags & MREMAP.MAYMOVE:
        raise ENOMEM
    return _move(task, vma, old, old_size, new_size, None, keep=False)


def _shrink(space: AddressSpace, old: int, old_size: int, new_size: int) -> None:
    """Unmap what lies beyond `new_size`; EINVAL if that is no user memory."""
    if old_size > TASK_SIZE - old:
        raise EINVAL("old size")
    if old_size > new_size:
        do_munmap(space, old + new_size, old + old_size)


def _expand(space: AddressSpace, vma: Vma, growth: int) -> bool:
    """Grow a VMA at its end if nothing is in the way."""
    end = vma.end + growth
    if end > TASK_SIZE or any(space.overlapping(vma.end, end)):
        return False
    above = space.after(vma.end)
    if above is not None and end > space._guarded_start(above):
        return False
    extra = vma.moved(vma.end, growth)
    extra.offset = vma.offset + vma.size
    space.insert(extra)
    return True


def _remap_to(
    task: Task, vma: Vma, old: int, old_size: int, new_size: int, flags: int, new_address: int
) -> int:
    space = task.memory
    target: int | None = None
    if flags & MREMAP.FIXED:
        if new_address & PAGE_MASK or new_size > TASK_SIZE or new_address > TASK_SIZE - new_size:
            raise EINVAL("new address")
        if old + old_size > new_address and new_address + new_size > old:
            raise EINVAL("the ranges overlap")
        if new_address < MMAP_MIN_ADDR:
            raise EPERM("mmap_min_addr")
        target = new_address
        do_munmap(space, target, target + new_size)
    if old_size > new_size:
        _shrink(space, old, old_size, new_size)
        old_size = new_size
    if old_size > vma.end - old:
        raise EFAULT
    keep = bool(flags & MREMAP.DONTUNMAP)
    if vma.file is not None and not vma.file.expands and (keep or new_size > old_size):
        raise EINVAL("VM_DONTEXPAND") if keep else EFAULT("VM_DONTEXPAND")
    check_room(task, new_size if keep else new_size - old_size)
    found = space.find(old)
    if found is None:
        raise EFAULT
    if target is None and new_address:
        target = space.find_free(new_size, new_address & ~PAGE_MASK)
    return _move(task, found, old, old_size, new_size, target, keep=keep)


def _move(
    task: Task, vma: Vma, old: int, old_size: int, new_size: int, target: int | None, *, keep: bool
) -> int:
    """Move ``[old, old + old_size)`` elsewhere and give it a new size."""
    space = task.memory
    if target is None:
        target = space.find_free(new_size)
        if target is None:
            raise ENOMEM
    moved = vma.moved(target, new_size)
    moved.offset = vma.offset + old - vma.start
    if vma.pages is None and not space.mapped_pages(vma.start, vma.end):
        moved.offset = target  # never touched: nothing ties it to where it was
    source = vma.moved(old, old_size)
    space.relocate(source, moved, keep)
    if vma.flags & MAP.LOCKED:
        space.populate(target, target + new_size)
    return target
