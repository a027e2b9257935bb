"""One mapping of an address space. Plain, never changed in place: operations replace it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.mm.mempolicy import Policy
    from pytest_kevlar.kernel.mm.pagecache import PageCache

PAGE = 4096
PAGE_MASK = PAGE - 1
#: End of user addresses, one guard page below the architectural 2**47.
TASK_SIZE = (1 << 47) - PAGE

#: A bit of a VMA's flags that no ``MAP_*`` has: ``mseal(2)`` has sealed it.
SEALED = 1 << 62


class Vma:
    """Pages ``[start, end)`` with one protection and one backing.

    Attributes:
        prot: ``PROT_*`` bits.
        flags: ``MAP_*`` bits that matter later: SHARED or PRIVATE, ANONYMOUS, GROWSDOWN,
            NORESERVE, LOCKED; and SEALED.
        pages: the page cache behind it; None for private anonymous memory.
        file: the open file it was mapped from, if any.
        offset: byte offset of `start` in the file; for anonymous memory the address at
            which its first page was born, so that moved pages do not merge with others.
        name: of what is neither a file nor heap nor stack (``[vdso]``); empty otherwise.
        max_prot: what ``mprotect`` may still grant (a file opened for reading only cannot
            become writable when shared).
        wipe_on_fork, dont_fork: from ``madvise``.
        policy: from ``mbind(2)``; None: that of the thread that touches it.
    """

    __slots__ = (
        "dont_fork",
        "end",
        "file",
        "flags",
        "max_prot",
        "name",
        "offset",
        "pages",
        "policy",
        "prot",
        "start",
        "wipe_on_fork",
    )

    def __init__(
        self,
        start: int,
        end: int,
        prot: int,
        flags: int,
        pages: PageCache | None = None,
        file: File | None = None,
        offset: int = 0,
        name: bytes = b"",
        max_prot: int = 7,
        dont_fork: bool = False,
        wipe_on_fork: bool = False,
        policy: Policy | None = None,
    ) -> None:
        self.start = start
        self.end = end
        self.prot = prot
        self.flags = flags
        self.pages = pages
        self.file = file
        self.offset = start if pages is None else offset
        self.name = name
        self.max_prot = max_prot
        self.dont_fork = dont_fork
        self.wipe_on_fork = wipe_on_fork
        self.policy = policy

    @property
    def shared(self) -> bool:
        """Whether writes are seen by everybody who maps the same pages."""
        return bool(self.flags & 1)

    @property
    def size(self) -> int:
        """In bytes."""
        return self.end - self.start

    def with_(
        self,
        start: int | None = None,
        end: int | None = None,
        prot: int | None = None,
        flags: int | None = None,
    ) -> Vma:
        """A copy with another extent, protection or flags; the file offset follows `start`."""
        new_start = self.start if start is None else start
        new = Vma(
            new_start,
            self.end if end is None else end,
            self.prot if prot is None else prot,
            self.flags if flags is None else flags,
            self.pages,
            self.file,
            0,
            self.name,
            self.max_prot,
            self.dont_fork,
            self.wipe_on_fork,
            self.policy,
        )
        new.offset = self.offset + new_start - self.start
        return new

    def moved(self, start: int, size: int) -> Vma:
        """The same mapping at another address and with another size."""
        vma = self.with_()
        vma.start = start
        vma.end = start + size
        return vma

    def continues(self, before: Vma) -> bool:
        """Whether this and the one `before` it can be one mapping."""
        return (
            before.end == self.start
            and before.prot == self.prot
            and before.flags == self.flags
            and before.pages is self.pages
            and before.file is self.file
            and (self.file is None or self.file.merges)
            and before.name == self.name
            and before.max_prot == self.max_prot
            and before.dont_fork == self.dont_fork
            and before.wipe_on_fork == self.wipe_on_fork
            and before.policy == self.policy
            and before.offset + before.size == self.offset
        )

    def __repr__(self) -> str:
        return f"<vma {self.start:#x}-{self.end:#x} prot {self.prot} {self.name!r}>"
