"""Open files of /proc whose text an object of their own makes and takes.

Tables of simple entries are ``fs/generated.py``; here are files with a state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EINVAL, ESPIPE
from pytest_kevlar.kernel.fs.file import File, seek_to

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task


class SequenceFile(File):
    """Text that is made when it is read from the start; ``pwrite`` is refused.

    Mirrors fs/seq_file.c.
    """

    __slots__ = ("_text",)

    positional = True
    nowait = False

    _text: bytes

    def text(self, task: Task) -> bytes:
        """All of it, now."""
        raise NotImplementedError

    def read(self, task: Task, size: int) -> bytes:
        """Read from the position."""
        data = self.pread(task, size, self.pos)
        self.pos += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Go back."""
        self.pos -= len(data)

    def pread(self, task: Task, size: int, offset: int) -> bytes:
        """Read at `offset`."""
        if offset == 0 or not hasattr(self, "_text"):
            self._text = self.text(task)
        return self._text[offset : offset + size]

    def pwrite(self, task: Task, data: bytes, offset: int) -> int:
        """ESPIPE: such files have no FMODE_PWRITE."""
        raise ESPIPE

    def seek(self, offset: int, whence: int) -> int:
        """Set the position."""
        if whence not in (0, 1):
            raise EINVAL
        return seek_to(self, offset, whence, 0)
