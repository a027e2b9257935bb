"""The descriptor of a seccomp listener: receiving notifications, answering, adding descriptors.

Mirrors kernel/seccomp.c:seccomp_notify_ops. What waits is ``task/notify.py``.
"""

from __future__ import annotations

import struct
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.errno import E2BIG, EBADF, EINVAL, ENOENT, ENOTCONN, LinuxError
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.task.notify import CONTINUE, Listener, Notification, Phase

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.seccomp import Filter
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.wait import WaitQueue

NOTIFICATION_SIZE: Final = 80
RLIMIT_NOFILE: Final = 7
PAGE: Final = 4096
#: Direction and size of a request, which SECCOMP_IOCTL_NOTIF_ADDFD may have as it likes.
EXTENT: Final = 0xFFFF_0000
SETFD, SEND = 1, 2
#: SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
SYNC_WAKE_UP: Final = 1

_HEAD = struct.Struct("<QII")
_RESPONSE = struct.Struct("<QqiI")
_ADDED = struct.Struct("<QIIII")


class ListenerFile(File):
    """What ``SECCOMP_FILTER_FLAG_NEW_LISTENER`` gives."""

    __slots__ = ("filter", "listener")

    def __init__(self, vfs: Vfs, listener: Listener, asked: Filter) -> None:
        super().__init__(vfs.anonymous_place(b"seccomp notify"), O.RDWR)
        self.listener = listener
        self.filter = asked

    def release(self) -> None:
        """Nobody listens any more; the filter may get another listener."""
        self.filter.listener = None
        self.listener.close()

    def poll(self) -> int:
        """Readable if there is one to receive, writable if one waits for its answer."""
        phases = [note.phase for note in self.listener.waiting]
        ready = POLL.IN | POLL.RDNORM if Phase.WAITING in phases else 0
        if Phase.RECEIVED in phases:
            ready |= POLL.OUT | POLL.WRNORM
        return ready | (POLL.HUP if self.listener.orphaned else 0)

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Woken at every change."""
        return (self.listener.changed,)

    @property
    def pollable(self) -> bool:
        """epoll takes it."""
        return True

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> Any:
        """seccomp_unotify(2); EINVAL for other requests."""
        if request == IOCTL.SECCOMP_IOCTL_NOTIF_RECV:
            return self._receive(argument)
        if request == IOCTL.SECCOMP_IOCTL_NOTIF_SEND:
            return self._answer(argument)
        if request in (
            IOCTL.SECCOMP_IOCTL_NOTIF_ID_VALID,
            IOCTL.SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR,
        ):
            note = self.listener.find(argument.read_int(8, signed=False))
            if note.phase is not Phase.RECEIVED:
                raise ENOENT
            return 0
        if request == IOCTL.SECCOMP_IOCTL_NOTIF_SET_FLAGS:
            if argument.address & ~SYNC_WAKE_UP:
                raise EINVAL
            return 0
        if request & ~EXTENT == IOCTL.SECCOMP_IOCTL_NOTIF_ADDFD & ~EXTENT:
            return self._add(task, argument, request >> 16 & 0x3FFF)
        raise EINVAL

    def _receive(self, buffer: UserPtr) -> Coroutine[Any, Any, int]:
        """seccomp_notify_recv(): the buffer has to be zero."""
        if any(buffer.read(NOTIFICATION_SIZE)):
            raise EINVAL
        return self._wait(buffer)

    async def _wait(self, buffer: UserPtr) -> int:
        listener = self.listener
        while (note := listener.next_waiting()) is None:
            if listener.orphaned:
                raise ENOTCONN
            await listener.changed.wait("seccomp_notify_recv")
        listener.received(note)
        try:
            buffer.write(_HEAD.pack(note.ident, note.task.tid, 0) + note.data)
        except LinuxError:
            note.phase = Phase.WAITING
            listener.changed.wake()
            raise
        return 0

    def _answer(self, argument: UserPtr) -> int:
        """seccomp_notify_send()."""
        ident, value, error, flags = _RESPONSE.unpack(argument.read(_RESPONSE.size))
        if flags & ~CONTINUE or (flags and (value or error)):
            raise EINVAL
        self.listener.find(ident).answer(value, error, flags)
        return 0

    def _add(self, task: Task, argument: UserPtr, size: int) -> int:
        """seccomp_notify_addfd(): the number in the task that waits."""
        if not _ADDED.size <= size < PAGE:
            raise EINVAL
        raw = argument.read(size)
        if any(raw[_ADDED.size :]):
            raise E2BIG
        ident, flags, source, number, newfd_flags = _ADDED.unpack(raw[: _ADDED.size])
        cloexec = task.kernel.arch.open_flags_in(newfd_flags)
        if cloexec & ~O.CLOEXEC or flags & ~(SETFD | SEND) or (number and not flags & SETFD):
            raise EINVAL
        file = task.files.get_any(source)
        note = self.listener.find(ident)
        note.need_received()
        made = _install(note, file, number if flags & SETFD else None, cloexec=bool(cloexec))
        if flags & SEND:
            note.answer(made, 0, 0)
        return made


def _install(note: Notification, file: File, number: int | None, *, cloexec: bool) -> int:
    """Into the table of the task that waits; EMFILE, EBADF beyond its limit."""
    target = note.task
    if number is None:
        return target.files.install(target.process, file.get(), cloexec=cloexec)
    if number >= target.process.limit(RLIMIT_NOFILE):
        raise EBADF
    target.files.put_at(number, file.get(), cloexec=cloexec)
    return number
