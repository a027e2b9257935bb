"""Whom an entry of /proc/PID is about, and who may look.

A subject outlives its task: entries that were opened or entered before answer with the
errors that Linux gives for a process that is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EACCES, ENOENT, EPERM, ESRCH
from pytest_kevlar.kernel.task.cred import CAP_SYS_PTRACE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.pidns import PidNamespace
    from pytest_kevlar.kernel.task.task import Task


class Subject:
    """One task, as /proc shows it. For a process it is the leader.

    Attributes:
        pid_ns: the PID namespace whose numbers this /proc shows.
    """

    __slots__ = ("pid_ns", "task")

    def __init__(self, task: Task, pid_ns: PidNamespace) -> None:
        self.task = task
        self.pid_ns = pid_ns

    @property
    def exists(self) -> bool:
        """Whether it has not been reaped."""
        return self.task.kernel.tasks.get(self.task.tid) is self.task

    def get(self) -> Task:
        """The task, zombie or not; ESRCH if it is gone."""
        if not self.exists:
            raise ESRCH
        return self.task

    def entered(self) -> Task:
        """The task for a path walk; ENOENT if it is gone."""
        if not self.exists:
            raise ENOENT
        return self.task

    @property
    def has_memory(self) -> bool:
        """Whether it still has an address space."""
        return self.exists and self.task.alive


def dumpable(task: Task) -> bool:
    """prctl(PR_SET_DUMPABLE) as far as owners of entries go."""
    return task.process.dumpable == 1


def may_inspect(reader: Task, task: Task, *, real: bool = False) -> bool:
    """PTRACE_MODE_READ_FSCREDS, or _REALCREDS; kernel/ptrace.c:__ptrace_may_access()."""
    if reader.process is task.process:
        return True
    mine, its = reader.cred, task.cred
    uid, gid = (mine.uid, mine.gid) if real else (mine.fsuid, mine.fsgid)
    same_user = uid == its.euid == its.suid == its.uid
    same_group = gid == its.egid == its.sgid == its.gid
    over_it = mine.capable_in(its.user_ns, CAP_SYS_PTRACE)
    if not (same_user and same_group) and not over_it:
        return False
    if not dumpable(task) and not mine.capable_in(task.process.memory_owner, CAP_SYS_PTRACE):
        return False
    mask = mine.permitted if real else mine.effective
    return over_it or (mine.user_ns is its.user_ns and not its.permitted & ~mask)


def inspected(reader: Task, pid: int) -> Task:
    """The living task of that number, whose memory `reader` may use; ESRCH, EPERM."""
    task = reader.pid_ns.task(pid) if pid > 0 else None
    if task is None or not task.alive:
        raise ESRCH
    if not may_inspect(reader, task, real=True):
        raise EPERM
    return task


def inspect(reader: Task, subject: Subject) -> Task:
    """The task if `reader` may look into it; ENOENT if it is gone, EACCES."""
    task = subject.entered()
    if not may_inspect(reader, task):
        raise EACCES
    return task
