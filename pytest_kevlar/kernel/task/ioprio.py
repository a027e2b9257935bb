"""I/O priorities: a class and a level each, which are kept and inherited but not acted upon.

Mirrors block/ioprio.c and block/blk-ioc.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.credentials import CAP
from pytest_kevlar.kernel.abi.sched import IOPRIO_CLASS, SCHED
from pytest_kevlar.kernel.errno import EINVAL, EPERM
from pytest_kevlar.kernel.task.policy import REAL_TIME

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

CLASS_SHIFT = 13
CLASS_MASK, LEVEL_MASK = 7, 7


class IoContext:
    """What tasks that were cloned with CLONE_IO share.

    Attributes:
        priority: class, hints and level as ioprio_set(2) takes them; 0 for none.
    """

    __slots__ = ("priority",)

    def __init__(self, priority: int = 0) -> None:
        self.priority = priority

    def inherited(self) -> IoContext | None:
        """A child's own; None if there is nothing to inherit."""
        return IoContext(self.priority) if class_of(self.priority) else None


def class_of(priority: int) -> int:
    """``IOPRIO_PRIO_CLASS``."""
    return priority >> CLASS_SHIFT & CLASS_MASK


def value_of(kind: int, level: int) -> int:
    """``IOPRIO_PRIO_VALUE``."""
    return kind << CLASS_SHIFT | level


def check_priority(task: Task, priority: int) -> None:
    """EINVAL, or EPERM if `task` may set it for nobody; block/ioprio.c:ioprio_check_cap()."""
    kind = class_of(priority)
    if kind == IOPRIO_CLASS.RT:
        if not task.cred.capable(CAP.SYS_ADMIN) and not task.cred.capable(CAP.SYS_NICE):
            raise EPERM
    elif kind > IOPRIO_CLASS.IDLE or (kind == IOPRIO_CLASS.NONE and priority & LEVEL_MASK):
        raise EINVAL


def set_priority(task: Task, target: Task, priority: int) -> None:
    """EPERM if `target` is another user's; block/ioprio.c:set_task_ioprio()."""
    cred = task.cred
    if target.cred.uid not in (cred.euid, cred.uid) and not cred.capable(CAP.SYS_NICE):
        raise EPERM
    if target.io is None:
        target.io = IoContext()
    target.io.priority = priority


def priority_of(target: Task) -> int:
    """What was set, 0 for nothing."""
    return target.io.priority if target.io is not None else 0


def effective_priority(target: Task) -> int:
    """The same, or what its policy and nice value stand for; __get_task_ioprio()."""
    priority = priority_of(target)
    if class_of(priority) != IOPRIO_CLASS.NONE:
        return priority
    level = (target.nice + 20) // 5
    if target.policy == SCHED.IDLE:
        return value_of(IOPRIO_CLASS.IDLE, level)
    if target.policy in REAL_TIME:
        return value_of(IOPRIO_CLASS.RT, level)
    return value_of(IOPRIO_CLASS.BE, level)
