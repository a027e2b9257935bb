"""The freezer: stopping all tasks of a group in a way that they cannot tell from a slow machine.

A frozen task has left its system call as for a signal, and waits on its way to user mode;
SIGKILL gets it out. Mirrors kernel/cgroup/freezer.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.task.task import State

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.task.task import Task


def set_freeze(group: Cgroup, freeze: bool) -> None:
    """cgroup.freeze was written; kernel/cgroup/freezer.c:cgroup_freeze()."""
    if group.freeze is freeze:
        return
    group.freeze = freeze
    if not _apply(group):
        group.notify(b"cgroup.events")  # a group above has decided already


def _apply(group: Cgroup) -> bool:
    """Bring a group and those below it to what is asked of them; False if nothing changed."""
    above = group.parent is not None and group.parent.freezing
    wanted = group.freeze or above
    if wanted is group.freezing:
        return False
    now = group.hierarchy.kernel.clock.now
    if not wanted:
        group.frozen_ns += now - group.frozen_since
    group.frozen_since = now
    group.freezing = wanted
    for task in group.tasks():
        adjust(task)
    for child in tuple(group.children.values()):
        _apply(child)
    refresh(group)
    return True


def adjust(task: Task) -> None:
    """Begin to freeze a task, or let it go, as its group wants; cgroup_freeze_task()."""
    from pytest_kevlar.kernel.signals.mask import wake

    if task.cgroup.freezing:
        wake(task)
    elif task.state is State.FROZEN:
        task.kernel.scheduler.resume(task)


def freeze_here(task: Task) -> None:
    """The task has reached the place where it may stay; kernel/signal.c:do_freezer_trap()."""
    task.state = State.FROZEN
    task.interrupt_pending = True
    refresh(task.cgroup)


def is_frozen(task: Task) -> bool:
    """Whether a task stands still: frozen, stopped, or waiting for the child of a vfork."""
    if task.halted or task.state is State.TRACED:
        return True
    return task.sleep is not None and task.sleep.what == "vfork"


def refresh(group: Cgroup) -> None:
    """See whether all of a group has stopped, and tell; cgroup_update_frozen()."""
    here: Cgroup | None = group
    while here is not None and here.parent is not None:
        frozen = here.freezing and all(map(is_frozen, here.tasks()))
        frozen = frozen and all(child.frozen for child in here.children.values())
        if frozen is here.frozen:
            break
        here.frozen = frozen
        here.notify(b"cgroup.events")
        here = here.parent


def frozen_time(group: Cgroup) -> int:
    """Nanoseconds for which the group was to be frozen."""
    running = group.hierarchy.kernel.clock.now - group.frozen_since if group.freezing else 0
    return group.frozen_ns + running
