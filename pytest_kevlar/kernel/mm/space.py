"""An address space: its VMAs and the faults on them.

Keeps the engine's page table in step with the VMAs. Which mapping a call may make is
decided in :mod:`mapping`; limits and flags are the system calls' business.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mm import PROT
from pytest_kevlar.kernel.cpu.engine import Engine, OutOfFrames, ffi, lib
from pytest_kevlar.kernel.errno import ENOSPC
from pytest_kevlar.kernel.mm.access import UserMemory
from pytest_kevlar.kernel.mm.fault import (
    BUS_ADRERR,
    SEGV_ACCERR,
    SEGV_MAPERR,
    SIGBUS,
    SIGSEGV,
    MemoryFault,
)
from pytest_kevlar.kernel.mm.vma import PAGE, PAGE_MASK, SEALED, TASK_SIZE, Vma

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.aio import AioTable
    from pytest_kevlar.kernel.mm.mempolicy import Policy
    from pytest_kevlar.kernel.mm.pagecache import PageCache

READ, WRITE, EXEC = lib.KV_READ, lib.KV_WRITE, lib.KV_EXEC
COW, FILE, SHARED = lib.KV_COW, lib.KV_FILE, lib.KV_SHARED
MAP_GROWSDOWN = 0x100
MAP_LOCKED = 0x2000
#: PR_MDWE_NO_INHERIT
MDWE_NO_INHERIT = 2
MMAP_MIN_ADDR = 0x10000
#: Pages kept free below a growing stack, as ``stack_guard_gap``.
STACK_GUARD_GAP = 256 * PAGE
#: Pages mapped around a file fault if they are resident, as Linux's fault-around.
FAULT_AROUND = 16
#: Page-table permissions by ``PROT_*``: what can be written or run can be read.
PERMS = tuple(prot | (READ if prot else 0) for prot in range(8))

_start = lambda vma: vma.start  # noqa: E731 - a key function


class AddressSpace(UserMemory):
    """The memory of one or more tasks.

    Attributes:
        vmas: sorted by address, disjoint, merged where they can be.
        users: tasks that share it.
        brk_start, brk: bounds of the heap. stack_limit: RLIMIT_STACK in bytes, kept by
            exec and setrlimit of the process.
        arg_start … env_end, start_code … end_data, stack_start, auxv: as exec left them.
        locked_future: MCL_FUTURE is in force. sealed: some mapping may be.
        barriers: ``MEMBARRIER_CMD_REGISTER_*`` bits.
        pkey_taken: ``pkey_alloc(2)`` has used up what there is.
        aio: contexts of io_setup(2), None if there never was one.
        mdwe: ``PR_MDWE_*`` bits. no_huge_pages, merges: PR_SET_THP_DISABLE, PR_SET_MEMORY_MERGE.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.raw = lib.kv_space_new()
        engine.spaces[self] = None
        self.vmas: list[Vma] = []
        self.users = 1
        self.brk_start = self.brk = 0
        self.mmap_base = TASK_SIZE
        self._packed_from = TASK_SIZE  # from here up to mmap_base nothing is free
        self.stack_limit = 8 << 20
        self.arg_start = self.arg_end = self.env_start = self.env_end = 0
        self.start_code = self.end_code = self.start_data = self.end_data = 0
        self.stack_start = 0
        self.auxv = b""
        self.trampoline = 0
        self.locked_future = self.sealed = False
        self.barriers = 0
        self.pkey_taken = False
        self.mdwe = 0
        self.no_huge_pages = self.merges = False
        self.major_faults = 0
        self.aio: AioTable | None = None

    # -- life -------------------------------------------------------------------

    def fork(self) -> AddressSpace:
        """A copy: private pages become copy-on-write, shared ones stay shared.

        Raises:
            OutOfFrames: no memory for its page table.
        """
        raw = lib.kv_space_fork(self.engine.raw, self.raw)
        if raw == ffi.NULL:
            raise OutOfFrames
        child = AddressSpace.__new__(AddressSpace)
        child.__dict__.update(self.__dict__)
        child.raw = raw
        self.engine.spaces[child] = None
        child.users = 1
        child.major_faults = 0
        child.locked_future = False
        child.aio = None
        child.inherit_attributes(self)
        child.vmas = vmas = self.vmas[:]
        special = False
        for vma in vmas:
            if vma.pages is not None or vma.file is not None:
                self._attach(vma, child)
            special |= vma.dont_fork or vma.wipe_on_fork or bool(vma.flags & MAP_LOCKED)
        if special:
            child._settle_fork()
        return child

    def inherit_attributes(self, old: AddressSpace) -> None:
        """Take over what fork and exec keep; include/linux/sched/coredump.h:mmf_init_flags()."""
        self.mdwe = 0 if old.mdwe & MDWE_NO_INHERIT else old.mdwe
        self.no_huge_pages, self.merges = old.no_huge_pages, old.merges

    def denies(self, old: int, new: int) -> bool:
        """Whether PR_SET_MDWE refuses to make memory of protection `old` one of `new`."""
        if not self.mdwe or not new & PROT.EXEC:
            return False
        return bool(new & PROT.WRITE) or not old & PROT.EXEC

    def _settle_fork(self) -> None:
        """What ``madvise`` and ``mlock`` make of a child's mappings."""
        for vma in self.vmas[:]:
            if vma.dont_fork:
                self.unmap(vma.start, vma.end)
            elif vma.flags & MAP_LOCKED:
                self.change(vma.start, vma.end, flags=vma.flags & ~MAP_LOCKED)
            if vma.wipe_on_fork:
                self.zap(vma.start, vma.end)

    def release(self) -> None:
        """One user less; the last one frees everything."""
        self.users -= 1
        if self.users == 0:
            if self.aio is not None:
                self.aio.destroy_all()
            for vma in self.vmas:
                self._detach(vma)
            self.vmas = []
            self.destroy()

    def destroy(self) -> None:
        """Free the pages and the page table, whoever still uses them."""
        if self.engine.spaces.pop(self, True) is None:
            lib.kv_space_free(self.engine.raw, self.raw)
            self.raw = None

    def use(self) -> None:
        """Make this the space that the engine runs in."""
        lib.kv_space_use(self.engine.raw, self.raw)

    @staticmethod
    def _attach(vma: Vma, space: AddressSpace) -> None:
        if vma.pages is not None:
            vma.pages.attach(space)
        if vma.file is not None:
            vma.file.get()

    def _detach(self, vma: Vma) -> None:
        if vma.pages is not None:
            vma.pages.detach(self)
        if vma.file is not None:
            vma.file.put()

    def _tell(self, start: int, end: int, vma: Vma | None = None) -> None:
        """Tell the engine what `vma`, or nothing, makes of ``[start, end)``."""
        fill = vma is not None and vma.pages is None
        lib.kv_space_set_range(self.raw, start, end, PERMS[vma.prot] if vma and fill else 0)

    def _tell_all(self) -> None:
        """Tell the engine which stretches it may fill with zeros by itself."""
        fields: list[int] = []
        for vma in self.vmas:
            if vma.pages is None and vma.prot:
                fields += (vma.start, vma.end, PERMS[vma.prot])
        array = ffi.new("uint64_t[]", fields)  # perms and padding: one little-endian word
        lib.kv_space_set_ranges(self.raw, ffi.cast("struct kv_range *", array), len(fields) // 3)

    # -- looking up -----------------------------------------------------------------

    def find(self, address: int) -> Vma | None:
        """The VMA that holds `address`."""
        index = bisect_right(self.vmas, address, key=_start) - 1
        if index >= 0 and address < self.vmas[index].end:
            return self.vmas[index]
        return None

    def after(self, address: int) -> Vma | None:
        """The first VMA that ends beyond `address`: it, or one above it, holds it."""
        index = bisect_right(self.vmas, address, key=_start) - 1
        if index >= 0 and address < self.vmas[index].end:
            return self.vmas[index]
        return self.vmas[index + 1] if index + 1 < len(self.vmas) else None

    def overlapping(self, start: int, end: int) -> Iterator[Vma]:
        """VMAs that share a byte with ``[start, end)``, in order."""
        indices = self._indices(start, end)
        yield from self.vmas[indices.start : indices.stop]

    def _indices(self, start: int, end: int) -> range:
        """Indices of the VMAs that share a byte with ``[start, end)``."""
        vmas = self.vmas
        low = bisect_right(vmas, start, key=_start)
        if low and vmas[low - 1].end > start:
            low -= 1
        return range(low, max(low, bisect_left(vmas, end, key=_start)))

    def total_pages(self) -> int:
        """Pages of all VMAs, as ``VmSize``."""
        return sum(vma.size for vma in self.vmas) // PAGE

    def resident_pages(self) -> int:
        """Pages that are mapped, as ``VmRSS``."""
        return int(self.raw.resident)

    def shared_pages(self) -> int:
        """Mapped pages that belong to a page cache."""
        return int(self.raw.resident_file)

    @property
    def peak_rss(self) -> int:
        """The most pages that were ever mapped."""
        return int(self.raw.peak)

    @property
    def minor_faults(self) -> int:
        """Faults resolved without a device, since the space was made."""
        return int(self.raw.minor_faults)

    @property
    def locked_pages(self) -> int:
        """Pages of locked VMAs."""
        return sum(vma.size for vma in self.vmas if vma.flags & MAP_LOCKED) // PAGE

    def mapped_pages(self, start: int, end: int) -> int:
        """Pages of ``[start, end)`` that are mapped; the page of zeros does not count."""
        return int(lib.kv_count_mapped(self.raw, start, end))

    def shared_in(self, start: int, end: int) -> int:
        """Mapped pages of ``[start, end)`` that somebody else holds, too."""
        return int(lib.kv_count_shared(self.engine.raw, self.raw, start, end))

    def residency(self, start: int, end: int) -> bytes:
        """A byte per page: 1 if it is mapped or, for a file, in the page cache."""
        out = ffi.new("uint8_t[]", (end - start) // PAGE)
        lib.kv_residency(self.raw, start, end, out)
        result = bytearray(ffi.buffer(out))
        for vma in self.overlapping(start, end):
            if vma.pages is None:
                continue
            for page in range(max(start, vma.start), min(end, vma.end), PAGE):
                index = (page - vma.start + vma.offset) // PAGE
                if vma.pages.frame(index, create=False):
                    result[(page - start) // PAGE] = 1
        return bytes(result)

    # -- changing ----------------------------------------------------------------------

    def insert(self, vma: Vma) -> None:
        """Add a VMA where nothing is mapped; merges with its neighbours."""
        self._attach(vma, self)
        insort(self.vmas, vma, key=_start)
        self._merge(vma.start, vma.end)
        self._tell(vma.start, vma.end, vma)

    def _merge(self, start: int, end: int) -> None:
        """Join neighbours around ``[start, end)`` that can be one VMA."""
        vmas = self.vmas
        index = max(1, bisect_right(vmas, start, key=_start) - 1)
        while index < len(vmas) and vmas[index].start <= end:
            if vmas[index].continues(vmas[index - 1]):
                self._detach(vmas[index])
                vmas[index - 1 : index + 1] = [vmas[index - 1].with_(end=vmas[index].end)]
            else:
                index += 1

    def _split(self, address: int) -> None:
        """Make `address` a boundary between VMAs, if it lies inside one."""
        index = bisect_right(self.vmas, address, key=_start) - 1
        if index < 0:
            return
        vma = self.vmas[index]
        if vma.start < address < vma.end:
            self._attach(vma, self)
            self.vmas[index : index + 1] = [vma.with_(end=address), vma.with_(start=address)]

    def unmap(self, start: int, end: int) -> None:
        """Remove every mapping of ``[start, end)``; what sticks out stays."""
        self._split(start)
        self._split(end)
        low = bisect_right(self.vmas, start - 1, key=_start)
        high = bisect_right(self.vmas, end - 1, key=_start)
        gone = self.vmas[low:high]
        if gone:
            del self.vmas[low:high]
            lib.kv_unmap(self.engine.raw, self.raw, start, end)
            for vma in gone:
                self._detach(vma)
            self._tell(start, end)
            if end > self._packed_from:
                self._packed_from = end

    def has_sealed(self, start: int, end: int) -> bool:
        """Whether mseal(2) has sealed something of ``[start, end)``."""
        return self.sealed and any(vma.flags & SEALED for vma in self.overlapping(start, end))

    def change(self, start: int, end: int, **changes: int) -> None:
        """Give every VMA of ``[start, end)`` another protection or other flags."""
        self._split(start)
        self._split(end)
        for index in self._indices(start, end):
            vma = self.vmas[index]
            new = vma.with_(**changes)
            self.vmas[index] = new
            if new.prot != vma.prot:
                self._tell(vma.start, vma.end, new)
                lib.kv_protect(
                    self.engine.raw, self.raw, vma.start, vma.end, PERMS[new.prot], not vma.shared
                )
        self._merge(start, end)

    def mark(self, start: int, end: int, name: str, value: bool | Policy | None) -> None:
        """Set an attribute of every VMA of ``[start, end)`` that its pages do not know."""
        self._split(start)
        self._split(end)
        for index in self._indices(start, end):
            self.vmas[index] = new = self.vmas[index].with_()
            setattr(new, name, value)
        self._merge(start, end)

    def zap(self, start: int, end: int) -> None:
        """Forget the pages of ``[start, end)``; the mappings stay and fault again."""
        lib.kv_unmap(self.engine.raw, self.raw, start, end)

    def zap_cache(self, pages: PageCache, start: int, end: int | None) -> None:
        """Forget the pages that map bytes ``[start, end)`` of `pages`."""
        for vma in self.vmas:
            if vma.pages is pages:
                low = max(vma.start, vma.start + start - vma.offset)
                high = vma.end if end is None else min(vma.end, vma.start + end - vma.offset)
                if low < high:
                    self.zap(low, high)

    def relocate(self, vma: Vma, target: Vma, keep_old: bool) -> None:
        """Move the pages of `vma` to `target`, which is not mapped yet (``mremap``)."""
        self.insert(target)
        size = min(vma.size, target.size)
        lib.kv_move(self.engine.raw, self.raw, vma.start, target.start, size)
        if vma.file is not None:
            vma.file.remapped(self, vma.start, target.start)
        if not keep_old:
            self.unmap(vma.start, vma.end)

    def find_free(self, size: int, hint: int = 0, *, low: int = MMAP_MIN_ADDR) -> int | None:
        """A free stretch of `size` bytes: at `hint` if it is free, else the highest.

        Returns:
            Its address, None if there is none.
        """
        if hint and low <= hint and hint + size <= TASK_SIZE:
            above = self.after(hint)
            if above is None or hint + size <= self._guarded_start(above):
                return hint
        end = min(self.mmap_base, self._packed_from)
        packed = True
        for index in range(bisect_left(self.vmas, end, key=_start) - 1, -1, -1):
            vma = self.vmas[index]
            if vma.end <= end - size:
                return end - size
            packed = packed and vma.end >= end
            end = min(end, self._guarded_start(vma))
            if packed:
                self._packed_from = end
            if end - size < low:
                break
        else:
            if end - size >= low:
                return end - size
        end = TASK_SIZE  # nothing below the base: look above it
        for vma in reversed(self.vmas):
            if vma.end <= end - size:
                return end - size
            end = self._guarded_start(vma)
        return end - size if end - size >= low else None

    @staticmethod
    def _guarded_start(vma: Vma) -> int:
        if vma.flags & MAP_GROWSDOWN:
            return max(0, vma.start - STACK_GUARD_GAP)
        return vma.start

    # -- faults --------------------------------------------------------------------------

    def fault(self, address: int, access: int) -> None:
        """Resolve an access that the engine could not resolve by itself.

        Args:
            address: any address. access: KV_READ, KV_WRITE or KV_EXEC.

        Raises:
            MemoryFault: the task gets a signal.
            OutOfFrames: no memory left.
        """
        vma = self.find(address)
        if vma is None:
            vma = self._grow_stack(address)
        if not PERMS[vma.prot] & access:
            raise MemoryFault(SIGSEGV, SEGV_ACCERR, address)
        page = address & ~PAGE_MASK
        if vma.pages is None:
            if not self._resolve(page, access):
                raise MemoryFault(SIGSEGV, SEGV_ACCERR, address)
            return
        entry = lib.kv_entry(self.raw, page)
        if entry:  # mapped, but the access needs more: the first write to a copied page
            if not self._resolve(page, access):
                raise OutOfFrames
            return
        self._map_cached(vma, page, access, address)

    def _resolve(self, page: int, access: int) -> bool:
        """Let the engine resolve an access; False if it cannot.

        Raises:
            OutOfFrames: no memory left.
        """
        while True:
            resolved: int = lib.kv_resolve(self.engine.raw, self.raw, page, access)
            if resolved >= 0:
                return resolved > 0
            if not self.engine.relieved(may_fail=False):
                raise OutOfFrames

    def _map_cached(self, vma: Vma, page: int, access: int, address: int) -> None:
        pages = vma.pages
        assert pages is not None
        position = page - vma.start + vma.offset
        if pages.size is not None and position >= pages.size + PAGE_MASK & ~PAGE_MASK:
            raise MemoryFault(SIGBUS, BUS_ADRERR, address)
        perms = PERMS[vma.prot]
        raw = self.engine.raw
        shared_write = vma.shared and bool(vma.prot & WRITE)
        if vma.shared:
            flags = perms | FILE | SHARED
        else:
            flags = perms & ~WRITE | FILE | (COW if perms & WRITE else 0)
        try:
            frame = pages.frame(position // PAGE, write=shared_write)
        except ENOSPC:
            raise MemoryFault(SIGBUS, BUS_ADRERR, address) from None
        lib.kv_map(raw, self.raw, page, frame, flags)
        self.raw.minor_faults += 1
        if access == WRITE and not vma.shared:
            self._resolve(page, WRITE)
            self.raw.minor_faults -= 1
            return
        if shared_write:
            return
        first = page & ~(FAULT_AROUND * PAGE - 1)
        end = min(vma.end, first + FAULT_AROUND * PAGE)
        if pages.size is not None:
            end = min(end, vma.start - vma.offset + (pages.size + PAGE_MASK & ~PAGE_MASK))
        for near in range(max(vma.start, first), end, PAGE):
            frame = pages.frame((near - vma.start + vma.offset) // PAGE, create=False)
            if frame and not lib.kv_entry(self.raw, near):
                lib.kv_map(raw, self.raw, near, frame, flags)

    def _grow_stack(self, address: int) -> Vma:
        """The stack VMA grown down to `address`, or SIGSEGV."""
        above = self.after(address)
        if above is None or not above.flags & MAP_GROWSDOWN or address < MMAP_MIN_ADDR:
            raise MemoryFault(SIGSEGV, SEGV_MAPERR, address)
        start = address & ~PAGE_MASK
        index = self.vmas.index(above)
        below = self.vmas[index - 1] if index else None
        if above.end - start > self.stack_limit or (
            below is not None
            and below.prot
            and not below.flags & MAP_GROWSDOWN
            and start - below.end < STACK_GUARD_GAP
        ):
            raise MemoryFault(SIGSEGV, SEGV_MAPERR, address)
        grown = above.with_(start=start)
        self.vmas[index] = grown
        self._tell(start, above.start, grown)
        return grown

    def populate(self, start: int, end: int) -> None:
        """Fault every page of ``[start, end)`` in, as MAP_POPULATE; faults are ignored.

        Raises:
            OutOfFrames: no memory left.
        """
        for vma in list(self.overlapping(start, end)):
            if not vma.prot:
                continue
            access = WRITE if vma.prot & WRITE and not vma.shared else READ
            for page in range(max(start, vma.start), min(end, vma.end), PAGE):
                if lib.kv_resolve(self.engine.raw, self.raw, page, access) <= 0:
                    try:
                        self.fault(page, access)
                    except MemoryFault:
                        break
