"""Constants of the memory calls: ``mmap(2)``, ``mremap(2)``, ``madvise(2)``, ``mlock(2)`` ….

Both architectures share these values; what only one knows is in ``kernel/arch``.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi.names import Names


class PROT(Names):
    """``mmap(2)`` and ``mprotect(2)`` protection."""

    NONE: Final = 0
    READ: Final = 1
    WRITE: Final = 2
    EXEC: Final = 4
    SEM: Final = 8
    GROWSDOWN: Final = 0x1000000
    GROWSUP: Final = 0x2000000


class MAP(Names, mask=0xF):
    """``mmap(2)`` flags. MAP_TYPE is the mask of the sharing kind; MAP_32BIT is x86's alone."""

    SHARED: Final = 1
    PRIVATE: Final = 2
    SHARED_VALIDATE: Final = 3
    DROPPABLE: Final = 8
    TYPE: Final = 0xF
    FIXED: Final = 0x10
    ANONYMOUS: Final = 0x20
    _32BIT: Final = 0x40
    GROWSDOWN: Final = 0x100
    DENYWRITE: Final = 0x800
    EXECUTABLE: Final = 0x1000
    LOCKED: Final = 0x2000
    NORESERVE: Final = 0x4000
    POPULATE: Final = 0x8000
    NONBLOCK: Final = 0x10000
    STACK: Final = 0x20000
    HUGETLB: Final = 0x40000
    SYNC: Final = 0x80000
    FIXED_NOREPLACE: Final = 0x100000


class MAPHUGE(Names, prefix="MAP_HUGE_"):
    """Where ``mmap(2)`` and ``memfd_create(2)`` keep the size of huge pages."""

    SHIFT: Final = 26
    MASK: Final = 63


class MREMAP(Names):
    """``mremap(2)`` flags."""

    MAYMOVE: Final = 1
    FIXED: Final = 2
    DONTUNMAP: Final = 4


class MADV(Names):
    """``madvise(2)`` advice."""

    NORMAL: Final = 0
    RANDOM: Final = 1
    SEQUENTIAL: Final = 2
    WILLNEED: Final = 3
    DONTNEED: Final = 4
    FREE: Final = 8
    REMOVE: Final = 9
    DONTFORK: Final = 10
    DOFORK: Final = 11
    MERGEABLE: Final = 12
    UNMERGEABLE: Final = 13
    HUGEPAGE: Final = 14
    NOHUGEPAGE: Final = 15
    DONTDUMP: Final = 16
    DODUMP: Final = 17
    WIPEONFORK: Final = 18
    KEEPONFORK: Final = 19
    COLD: Final = 20
    PAGEOUT: Final = 21
    POPULATE_READ: Final = 22
    POPULATE_WRITE: Final = 23
    DONTNEED_LOCKED: Final = 24
    COLLAPSE: Final = 25
    HWPOISON: Final = 100
    SOFT_OFFLINE: Final = 101
    GUARD_INSTALL: Final = 102
    GUARD_REMOVE: Final = 103


class MCL(Names):
    """``mlockall(2)`` flags."""

    CURRENT: Final = 1
    FUTURE: Final = 2
    ONFAULT: Final = 4


class MLOCK(Names):
    """``mlock2(2)`` flags."""

    ONFAULT: Final = 1


class MS(Names):
    """``msync(2)`` flags; mount flags of the same prefix are in mount.py."""

    ASYNC: Final = 1
    INVALIDATE: Final = 2
    SYNC: Final = 4


class MPOL(Names):
    """``set_mempolicy(2)`` modes and flags."""

    DEFAULT: Final = 0
    F_NODE: Final = 1
    MF_STRICT: Final = 1
    PREFERRED: Final = 1
    BIND: Final = 2
    F_ADDR: Final = 2
    MF_MOVE: Final = 2
    INTERLEAVE: Final = 3
    LOCAL: Final = 4
    MF_MOVE_ALL: Final = 4
    F_MEMS_ALLOWED: Final = 4
    PREFERRED_MANY: Final = 5
    WEIGHTED_INTERLEAVE: Final = 6
    F_NUMA_BALANCING: Final = 0x2000
    F_RELATIVE_NODES: Final = 0x4000
    F_STATIC_NODES: Final = 0x8000


class PKEY(Names):
    """``pkey_alloc(2)`` rights."""

    DISABLE_ACCESS: Final = 1
    DISABLE_WRITE: Final = 2
