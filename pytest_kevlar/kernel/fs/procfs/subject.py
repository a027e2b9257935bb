"""Whom an entry of /proc/PID is about, and who may look.

A subject outlives its task: entries that were opened or entered before answer with the
errors that Linux gives for a process that is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.errno import EACCES, ENOENT, ESRCH
from pytest_kevlar.kernel.task.cred import CAP_SYS_PTRACE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task


class Subject:
    """One task, as /proc shows it. For a process it is the leader."""

    __slots__ = ("task",)

    def __init__(self, task: Task) -> None:
        self.task = task

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
    if mine.capable(CAP_SYS_PTRACE):
        return True
    uid, gid = (mine.uid, mine.gid) if real else (mine.fsuid, mine.fsgid)
    same_user = uid == its.euid == its.suid == its.uid
    same_group = gid == its.egid == its.sgid == its.gid
    if not (same_user and same_group) or not dumpable(task):
        return False
    return not its.permitted & ~mine.permitted


def inspect(reader: Task, subject: Subject) -> Task:
    """The task if `reader` may look into it; ENOENT if it is gone, EACCES."""
    task = subject.entered()
    if not may_inspect(reader, task):
        raise EACCES
    return task
