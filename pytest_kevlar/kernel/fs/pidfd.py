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
    from pytest_kevlar.kernel.task.pidns import PidNamespace
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

    def numbers(self, reader: PidNamespace) -> bytes:
        """Its number in a /proc's namespace and those below, -1 once it was reaped.

        Mirrors fs/pidfs.c:pidfd_show_fdinfo().
        """
        if self.reaped:
            return b"Pid:\t-1\nNSpid:\t-1\n"
        own = self.task.pid_ns
        found = reader.numbers(own, self.task.tid) if reader.contains(own) else [0]
        return b"Pid:\t%d\nNSpid:\t%s\n" % (found[0], b"\t".join(b"%d" % one for one in found))
