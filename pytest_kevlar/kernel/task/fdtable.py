"""The descriptor table: small numbers for open files.

Close-on-exec belongs to the number, everything else to the open file. What closing means
for a file is the file's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EBADF, EMFILE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.process import Process

RLIMIT_NOFILE = 7
#: ``/proc/sys/fs/nr_open``
NR_OPEN = 1 << 20


class FdTable:
    """What ``CLONE_FILES`` shares.

    Attributes:
        users: tasks that share this table.
    """

    __slots__ = ("_cloexec", "_files", "_lowest", "users")

    def __init__(self) -> None:
        self._files: list[File | None] = []
        self._cloexec = 0  # bit n for descriptor n
        self._lowest = 0  # no descriptor below it is free
        self.users = 1

    # -- look up ------------------------------------------------------------------

    def get(self, fd: int) -> File:
        """The open file of `fd`; EBADF if there is none or it is O_PATH."""
        if 0 <= fd < len(self._files):
            file = self._files[fd]
            if file is not None and not file.flags & O.PATH:
                return file
        raise EBADF

    def get_any(self, fd: int) -> File:
        """The open file of `fd`, O_PATH ones too; EBADF."""
        if 0 <= fd < len(self._files):
            file = self._files[fd]
            if file is not None:
                return file
        raise EBADF

    def find(self, fd: int) -> File | None:
        """The open file of `fd`, or None."""
        return self._files[fd] if 0 <= fd < len(self._files) else None

    def __iter__(self) -> Iterator[tuple[int, File]]:
        """Descriptors in use, ascending."""
        for fd, file in enumerate(self._files):
            if file is not None:
                yield fd, file

    @property
    def size(self) -> int:
        """``FDSize`` of ``/proc/PID/status``."""
        size = 64
        while size < len(self._files):
            size *= 2
        return size

    def is_cloexec(self, fd: int) -> bool:
        """Whether `fd` closes on exec."""
        return bool(self._cloexec >> fd & 1)

    def set_cloexec(self, fd: int, on: bool) -> None:
        """F_SETFD; EBADF."""
        self.get_any(fd)
        if on:
            self._cloexec |= 1 << fd
        else:
            self._cloexec &= ~(1 << fd)

    # -- change -------------------------------------------------------------------

    def lowest_free(self, process: Process, at_least: int = 0) -> int:
        """The lowest free descriptor from `at_least` on; EMFILE beyond RLIMIT_NOFILE."""
        files = self._files
        fd = max(at_least, self._lowest)
        while fd < len(files) and files[fd] is not None:
            fd += 1
        if at_least <= self._lowest:
            self._lowest = fd
        if fd >= process.limit(RLIMIT_NOFILE):
            raise EMFILE
        return fd

    def install(
        self, process: Process, file: File, *, cloexec: bool = False, at_least: int = 0
    ) -> int:
        """Give `file` the lowest free descriptor; takes over the caller's hold on it.

        EMFILE (and the hold is dropped) beyond RLIMIT_NOFILE.
        """
        try:
            fd = self.lowest_free(process, at_least)
        except EMFILE:
            file.put()
            raise
        self.put_at(fd, file, cloexec=cloexec)
        return fd

    def put_at(self, fd: int, file: File, *, cloexec: bool = False) -> None:
        """Let `fd` be `file`, closing what it was; takes over the caller's hold."""
        files = self._files
        if fd >= len(files):
            files.extend([None] * (fd + 1 - len(files)))
        old = files[fd]
        files[fd] = file
        if cloexec:
            self._cloexec |= 1 << fd
        elif self._cloexec:
            self._cloexec &= ~(1 << fd)
        if old is not None:
            self._closed(old)

    def close(self, fd: int) -> None:
        """close(2); EBADF."""
        if not 0 <= fd < len(self._files):
            raise EBADF
        file = self._files[fd]
        if file is None:
            raise EBADF
        self._files[fd] = None
        if self._cloexec:
            self._cloexec &= ~(1 << fd)
        if fd < self._lowest:
            self._lowest = fd
        self._closed(file)

    def close_on_exec(self) -> None:
        """Close what is marked so."""
        bits = self._cloexec
        while bits:
            fd = (bits & -bits).bit_length() - 1
            bits &= bits - 1
            self.close(fd)

    def close_range(self, first: int, last: int, *, cloexec: bool = False) -> None:
        """close_range(2) without CLOSE_RANGE_UNSHARE."""
        for fd in range(first, min(last, len(self._files) - 1) + 1):
            if self._files[fd] is not None:
                if cloexec:
                    self._cloexec |= 1 << fd
                else:
                    self.close(fd)

    def _closed(self, file: File) -> None:
        if file.inode.marks is not None:
            file.inode.fs.vfs.dnotify.flush(file, self)
        locks = file.inode.locks
        if locks is not None:
            locks.release_owner(self)
        if file.notes_closing:
            current = file.inode.fs.kernel.scheduler.current
            if current is not None:
                file.closed_by(current.process)
        file.put()

    # -- share --------------------------------------------------------------------

    def share(self) -> FdTable:
        """For a child with ``CLONE_FILES``."""
        self.users += 1
        return self

    def copy(self) -> FdTable:
        """For a child without ``CLONE_FILES``: same open files, own numbers."""
        table = FdTable()
        files = self._files[:]
        for file in files:
            if file is not None:
                file.refs += 1
        table._files = files
        table._cloexec = self._cloexec
        table._lowest = self._lowest
        return table

    def release(self) -> None:
        """A task that used the table is gone; the last one closes everything."""
        self.users -= 1
        if self.users:
            return
        files, self._files = self._files, []
        self._cloexec = self._lowest = 0
        for file in files:
            if file is not None:
                self._closed(file)
