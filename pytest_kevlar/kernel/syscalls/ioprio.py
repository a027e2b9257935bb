"""ioprio_get(2) and ioprio_set(2). What a priority is, is in ``kernel/task/ioprio.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.sched import IOPRIO_WHO
from pytest_kevlar.kernel.errno import EINVAL, ESRCH
from pytest_kevlar.kernel.syscalls.registry import Arg, syscall
from pytest_kevlar.kernel.syscalls.types import Int, to_s32
from pytest_kevlar.kernel.task import ioprio as priorities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_kevlar.kernel.task.task import Task


def _show_who(task: Task, raw: int) -> str:
    return names.name(IOPRIO_WHO, to_s32(task, raw), unknown="IOPRIO_WHO_???")


Who: TypeAlias = Annotated[int, Arg(to_s32, _show_who, space=IOPRIO_WHO)]


def _chosen(task: Task, which: int, who: int) -> Iterable[Task]:
    """The tasks that `which` and `who` name, oldest first; EINVAL."""
    tasks = task.kernel.tasks
    if which == IOPRIO_WHO.PROCESS:
        found = task.pid_ns.task(who) if who else task
        return [found] if found is not None else []
    if which == IOPRIO_WHO.PGRP:
        pgid = task.pid_ns.ident(who) if who else task.process.pgid
        return [other for other in tasks.values() if other.process.pgid == pgid]
    if which == IOPRIO_WHO.USER:
        uid = task.cred.user_ns.uids.down(who & 0xFFFF_FFFF) if who else task.cred.uid
        number = task.pid_ns.number
        return [other for other in tasks.values() if other.cred.uid == uid and number(other.tid)]
    raise EINVAL("which")


@syscall()
def ioprio_set(task: Task, which: Who, who: Int, ioprio: Int) -> int:
    """ioprio_set(2): the first task that may not be changed ends it. block/ioprio.c."""
    priorities.check_priority(task, ioprio)
    targets = list(_chosen(task, which, who))
    if not targets:
        raise ESRCH
    for target in targets:
        priorities.set_priority(task, target, ioprio & 0xFFFF)
    return 0


@syscall()
def ioprio_get(task: Task, which: Who, who: Int) -> int:
    """ioprio_get(2): of several tasks the best, by what it comes to. block/ioprio.c."""
    targets = list(_chosen(task, which, who))
    if not targets:
        raise ESRCH
    if which == IOPRIO_WHO.PROCESS:
        return priorities.priority_of(targets[0])
    return min(priorities.effective_priority(target) for target in targets)
