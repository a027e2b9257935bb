"""Mappings, page tables, page caches, and who holds each page of physical memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.cpu.engine import ffi, lib
from pytest_kevlar.kernel.mm.space import MMAP_MIN_ADDR, PERMS
from pytest_kevlar.kernel.mm.vma import PAGE_MASK, TASK_SIZE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.invariants.census import Census
    from pytest_kevlar.kernel.mm.pagecache import PageCache, Quota
    from pytest_kevlar.kernel.mm.space import AddressSpace

_TEXTS = {
    lib.KV_CHECK_OUTSIDE: "page table entry {entry:#x} at {address:#x}, where nothing is mapped",
    lib.KV_CHECK_RIGHTS: "page table entry {entry:#x} at {address:#x} allows more than the mapping",
    lib.KV_CHECK_FRAME: "page table entry {entry:#x} at {address:#x} has no frame",
    lib.KV_CHECK_COPY: "page table entry {entry:#x} at {address:#x} is writable and copy-on-write",
    lib.KV_CHECK_ZERO: "page table entry {entry:#x} at {address:#x} mistakes the page of zeros",
    lib.KV_CHECK_SHARED: "page table entry {entry:#x} at {address:#x} of a private mapping is "
    "shared with children",
    lib.KV_CHECK_RESIDENT: "{address} pages are mapped, {entry} are counted",
    lib.KV_CHECK_RESIDENT_FILE: "{address} pages of files are mapped, {entry} are counted",
    lib.KV_CHECK_USED: "{address} frames are held, {entry} are counted",
    lib.KV_CHECK_CHARGED: "control group {entry} is charged for other than its {address} frames",
    lib.KV_CHECK_FREE: "{address} frames are in the free lists, {entry} are held by nobody",
}


def mappings(census: Census) -> Iterator[str]:
    """VMAs are sorted and disjoint, whole pages of user addresses, and may have their rights.

    The engine knows which of them are private anonymous memory.
    """
    for space in census.spaces:
        end = MMAP_MIN_ADDR
        for vma in space.vmas:
            if (vma.start | vma.end) & PAGE_MASK or vma.start >= vma.end:
                yield f"{vma} is not whole pages"
            if vma.start < end:
                yield f"{vma} begins before {end:#x}, where the one before it ends"
            if vma.prot & ~vma.max_prot:
                yield f"{vma} may at most have {vma.max_prot}"
            end = vma.end
        if end > TASK_SIZE:
            yield f"a mapping ends at {end:#x}, beyond user addresses"
        if _fillable(space) != _told(space):
            yield f"the engine fills {_told(space)}, mapped are {_fillable(space)}"


def _fillable(space: AddressSpace) -> list[tuple[int, int, int]]:
    """What the engine may fill with zeros, by the VMAs."""
    return _joined(
        (vma.start, vma.end, PERMS[vma.prot])
        for vma in space.vmas
        if vma.pages is None and vma.prot
    )


def _told(space: AddressSpace) -> list[tuple[int, int, int]]:
    """The same, by the engine."""
    raw = space.raw
    ranges = (raw.ranges[at] for at in range(raw.range_count))
    return _joined((each.start, each.end, each.perms) for each in ranges)


def _joined(ranges: Iterator[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    for start, end, perms in ranges:
        if found and found[-1][1] == start and found[-1][2] == perms:
            found[-1] = (found[-1][0], end, perms)
        else:
            found.append((start, end, perms))
    return found


def page_tables(census: Census) -> Iterator[str]:
    """Every entry lies in a mapping and has no more rights; resident pages are counted."""
    holders = _holders(census)
    for space in census.spaces:
        yield from _walk(space, holders)


def frames(census: Census) -> Iterator[str]:
    """Each page has as many references as page tables, page caches, images and pipes hold.

    Control groups are charged for their pages and those of the groups below them.
    """
    engine = census.kernel.engine
    holders = _holders(census)
    for space in engine.spaces:  # those of nobody, too
        for _ in _walk(space, holders):
            return
    for cache in engine.caches:
        for frame in cache._frames.values():
            holders[frame] += 1
    for image in engine.images.values():
        for frame in image.frames:
            holders[frame] += 1
    for frame, count in engine._pins.items():
        holders[frame] += count
    holders[0] = 0  # stands for a hole
    holders[1] += 1  # the page of zeros is the engine's own
    finding = ffi.new("struct kv_finding *")
    if lib.kv_check_frames(engine.raw, holders, finding) == lib.KV_CHECK_REFERENCES:
        frame = finding.address
        count = lib.kv_frame_refs(engine.raw, frame)
        yield f"frame {frame} has {count} references, {finding.entry} hold it"
    elif finding.what:
        yield _sentence(finding)


def _holders(census: Census) -> Any:
    """A counter for each frame."""
    return ffi.new("uint32_t[]", lib.kv_frames_made(census.kernel.engine.raw))


def _walk(space: AddressSpace, holders: Any) -> Iterator[str]:
    fields: list[int] = []
    for vma in space.vmas:
        fields += (vma.start, vma.end, PERMS[vma.prot] | vma.shared << 32)
    array = ffi.new("uint64_t[]", fields)  # perms and shared: one little-endian word
    finding = ffi.new("struct kv_finding *")
    mapped = ffi.cast("struct kv_mapping *", array)
    count = len(space.vmas)
    if lib.kv_check_space(space.engine.raw, space.raw, mapped, count, holders, finding):
        yield _sentence(finding)


def _sentence(finding: Any) -> str:
    return _TEXTS[finding.what].format(address=finding.address, entry=finding.entry)


def page_caches(census: Census) -> Iterator[str]:
    """Each cache knows who maps it, and its file system how many pages it has."""
    mappers: dict[PageCache, dict[AddressSpace, int]] = {}
    for space in census.kernel.engine.spaces:
        for vma in space.vmas:
            if vma.pages is not None:
                users = mappers.setdefault(vma.pages, {})
                users[space] = users.get(space, 0) + 1
    used: dict[Quota, int] = {}
    for cache in census.kernel.engine.caches:
        if cache._mappers != mappers.get(cache, {}):
            yield f"a page cache of {cache.pages} pages knows of other mappings than there are"
        pins = sum(cache._mappers.values()) + (not cache._released)
        if cache._pins != pins:
            yield f"a page cache of {cache.pages} pages has {cache._pins} users, found are {pins}"
        if any(not cache._lookup(index) for index in cache.unwritten):
            yield "a page that nobody has written is not there"
        if cache.quota is not None:
            used[cache.quota] = used.get(cache.quota, 0) + cache.taken
    for quota, pages in used.items():
        if quota.used != pages:
            yield f"a file system counts {quota.used} pages, its files have {pages}"
    missing = [cache for cache in mappers if cache not in census.kernel.engine.caches]
    if missing:
        yield "a page cache is mapped that is gone"
