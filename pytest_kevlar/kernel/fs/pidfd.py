"""pidfd: a process (or thread) as an open file. Mirrors fs/pidfs.c and kernel/pid.c.

It stands for the task even after the number was given away again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.errno import ESRCH
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.task.task import State

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.wait import WaitQueue


class PidFile(File):
    """A pidfd.

    Attributes:
        task: the leader, or with PIDFD_THREAD any thread.
        thread: whether it was opened with PIDFD_THREAD.
    """

    __slots__ = ("task", "thread")

    def __init__(self, vfs: Vfs, task: Task, flags: int) -> None:
        inode = Inode(vfs.pidfds, 0o700)  # no file type, as fstat shows
        super().__init__(vfs.pidfds.place(inode, b"anon_inode:[pidfd]"), O.RDWR | flags)
        self.task = task
        self.thread = bool(flags & O.EXCL)

    @property
    def reaped(self) -> bool:
        """Whether somebody has waited for it."""
        return self.task.state is State.DEAD

    def target(self) -> Task:
        """The task; ESRCH once it was reaped."""
        if self.reaped:
            raise ESRCH
        return self.task

    def poll(self) -> int:
        """Readable once it has ended, hung up once it was reaped."""
        if self.reaped:
            return POLL.IN | POLL.RDNORM | POLL.HUP
        ended = not self.task.alive if self.thread else self.task.process.zombie
        return POLL.IN | POLL.RDNORM if ended else 0

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Woken when the process ends."""
        return (self.task.process.exited,)

    @property
    def pollable(self) -> bool:
        """epoll takes it."""
        return True

    def fdinfo(self) -> bytes:
        """Its number, -1 once it was reaped."""
        number = -1 if self.reaped else self.task.tid
        return b"Pid:\t%d\nNSpid:\t%d\n" % (number, number)
