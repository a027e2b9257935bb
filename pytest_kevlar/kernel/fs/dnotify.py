"""F_NOTIFY: a signal to the owner of an open directory when something in it changes.

Mirrors fs/notify/dnotify/dnotify.c. Where events come from is :mod:`fsnotify`, how an owner is
told :mod:`fasync`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.fcntl import DN, FOWNER
from pytest_kevlar.kernel.abi.poll import IN
from pytest_kevlar.kernel.abi.signals import POLLCODE
from pytest_kevlar.kernel.errno import EINVAL, ENOTDIR
from pytest_kevlar.kernel.fs.fasync import Owner, send_sigio
from pytest_kevlar.kernel.fs.fsnotify import RENAME, Group, Mark, mark_of

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.fdtable import FdTable
    from pytest_kevlar.kernel.task.task import Task

#: What each of the caller's events is made of; convert_arg().
MEANINGS = {
    DN.ACCESS: IN.ACCESS,
    DN.MODIFY: IN.MODIFY,
    DN.CREATE: IN.CREATE | IN.MOVED_TO,
    DN.DELETE: IN.DELETE | IN.MOVED_FROM,
    DN.RENAME: RENAME,
    DN.ATTRIB: IN.ATTRIB,
}


@dataclass
class Watch:
    """What one open directory was asked for through one table of descriptors.

    Attributes:
        fd: the descriptor, which the signal tells.
        mask: fsnotify's events. again: the first event is not the last.
    """

    file: File
    table: FdTable
    fd: int
    mask: int = 0
    again: bool = False


class Dnotify(Group):
    """All watches of one machine.

    Attributes:
        enabled: ``/proc/sys/fs/dir-notify-enable``.
    """

    __slots__ = ("_watches", "enabled")

    def __init__(self) -> None:
        self.enabled = 1
        self._watches: dict[Mark, list[Watch]] = {}

    def watch(self, task: Task, fd: int, file: File, events: int) -> None:
        """F_NOTIFY with ``DN_*`` events; no event ends it. fcntl_dirnotify()."""
        if not self.enabled:
            raise EINVAL
        if not events & ~DN.MULTISHOT:
            self.flush(file, task.files)
            return
        if not file.inode.is_dir:
            raise ENOTDIR
        mark = mark_of(self, file.inode)
        if mark is None:
            mark = Mark(self, file.inode, 0)
            mark.attach()
            self._watches[mark] = []
        if not file.owner.ident:
            file.owner = Owner(FOWNER.PID, task.process.pid, task.cred.uid, task.cred.euid)
        watch = self._find(mark, file, task.files)
        if watch is None:
            watch = Watch(file, task.files, fd)
            self._watches[mark].insert(0, watch)
        watch.fd = fd
        watch.mask |= sum(MEANINGS[event] for event in MEANINGS if events & event)
        watch.again |= bool(events & DN.MULTISHOT)
        self._recalculate(mark)

    def flush(self, file: File, table: FdTable) -> None:
        """A descriptor of `file` is closed, not necessarily the last one; dnotify_flush()."""
        mark = mark_of(self, file.inode)
        if mark is not None:
            watch = self._find(mark, file, table)
            if watch is not None:
                self._watches[mark].remove(watch)
                self._recalculate(mark)

    def handle(self, mark: Mark, mask: int, name: bytes, cookie: int) -> None:
        """Signal those who asked for one of `mask`; dnotify_handle_event()."""
        watches = self._watches[mark]
        for watch in [one for one in watches if one.mask & mask]:
            send_sigio(watch.file, watch.fd, POLLCODE.MSG)
            if not watch.again:
                watches.remove(watch)
        self._recalculate(mark)

    def forget(self, mark: Mark) -> None:
        """The directory is gone."""
        del self._watches[mark]

    def _find(self, mark: Mark, file: File, table: FdTable) -> Watch | None:
        watches = self._watches[mark]
        return next((one for one in watches if one.file is file and one.table is table), None)

    def _recalculate(self, mark: Mark) -> None:
        """What any watch asks for; a directory without one is let go."""
        mark.mask = 0
        for watch in self._watches[mark]:
            mark.mask |= watch.mask
        if not self._watches[mark]:
            mark.destroy()
