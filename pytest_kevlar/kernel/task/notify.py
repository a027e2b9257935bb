"""seccomp's user notification: a listener decides what becomes of another task's calls.

The descriptor and its requests are ``fs/seccompfile.py``; when a call is asked about is
:mod:`seccomp`. Mirrors kernel/seccomp.c:seccomp_do_user_notification().
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from pytest_kevlar.kernel.errno import EINPROGRESS, ENOENT, ENOSYS
from pytest_kevlar.kernel.task.wait import WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

#: SECCOMP_USER_NOTIF_FLAG_CONTINUE
CONTINUE: Final = 1


class Phase(Enum):
    """How far a notification is."""

    WAITING = auto()
    RECEIVED = auto()
    ANSWERED = auto()


class Notification:
    """One call that waits.

    Attributes:
        ident: what the listener calls it. data: ``struct seccomp_data``.
        value, error, flags: the answer.
        changed: woken when it is received or answered.
    """

    __slots__ = ("changed", "data", "error", "flags", "ident", "phase", "task", "value")

    def __init__(self, ident: int, task: Task, data: bytes) -> None:
        self.ident = ident
        self.task = task
        self.data = data
        self.phase = Phase.WAITING
        self.value = self.error = self.flags = 0
        self.changed = WaitQueue()

    def answer(self, value: int, error: int, flags: int) -> None:
        """Decide; EINPROGRESS unless it was received and nobody has answered yet."""
        self.need_received()
        self.phase = Phase.ANSWERED
        self.value, self.error, self.flags = value, error, flags
        self.changed.wake()

    def need_received(self) -> None:
        """EINPROGRESS unless it was received and waits for an answer."""
        if self.phase is not Phase.RECEIVED:
            raise EINPROGRESS


class Listener:
    """Whom one filter asks.

    Attributes:
        killable: once received, only a fatal signal ends the wait.
        waiting: notifications, oldest first.
        changed: woken when there is something to receive, to answer, or nobody left.
        orphaned: no task is under the filter any more.
    """

    def __init__(self, first: int, *, killable: bool) -> None:
        self._next = first
        self.killable = killable
        self.waiting: list[Notification] = []
        self.changed = WaitQueue()
        self.orphaned = False

    async def ask(self, task: Task, data: bytes) -> Notification:
        """Wait until it is decided; the call is restarted, or EINTR, if a signal comes first."""
        note = Notification(self._next, task, data)
        self._next = self._next + 1 & (1 << 64) - 1
        self.waiting.append(note)
        self.changed.wake()
        try:
            while note.phase is not Phase.ANSWERED:
                fatal_only = self.killable and note.phase is Phase.RECEIVED
                await note.changed.wait("seccomp_notify", interruptible=not fatal_only)
        finally:
            if note in self.waiting:
                self.waiting.remove(note)
        return note

    def next_waiting(self) -> Notification | None:
        """The oldest that nobody has received."""
        return next((one for one in self.waiting if one.phase is Phase.WAITING), None)

    def received(self, note: Notification) -> None:
        """Somebody knows of it now."""
        note.phase = Phase.RECEIVED
        self.changed.wake()
        if self.killable:
            note.changed.wake()

    def find(self, ident: int) -> Notification:
        """The one of that number; ENOENT."""
        for note in self.waiting:
            if note.ident == ident:
                return note
        raise ENOENT

    def close(self) -> None:
        """Nobody listens any more: what waits is ENOSYS."""
        for note in list(self.waiting):
            if note.phase is not Phase.ANSWERED:
                note.phase = Phase.ANSWERED
                note.value, note.error, note.flags = 0, -ENOSYS.number, 0
                note.changed.wake()
