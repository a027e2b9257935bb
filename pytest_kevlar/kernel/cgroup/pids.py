"""The pids controller: how many tasks a group and those below it may have.

Mirrors kernel/cgroup/pids.c. A task counts until it has been waited for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.cgroup.controller import ControlFile, Controller, Opener
from pytest_kevlar.kernel.cgroup.values import LLONG_MAX, number, show_maximum, strip
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.task.task import Task

#: kernel/cgroup/pids.c:PIDS_MAX
TOO_MANY = (1 << 22) + 1


class Pids:
    """What is kept of one group.

    Attributes:
        above: the same of the next group that counts; None right under the root.
        count, peak: tasks now, and at most ever. limit: None for no bound.
        refused, refused_here: forks that its limit refused: here and below, here alone.
    """

    __slots__ = ("above", "count", "group", "limit", "peak", "refused", "refused_here")

    def __init__(self, group: Cgroup, above: Pids | None) -> None:
        self.group = group
        self.above = above
        self.count = self.peak = 0
        self.limit: int | None = None
        self.refused = self.refused_here = 0

    def chain(self) -> Iterator[Pids]:
        """This one and those above."""
        here: Pids | None = self
        while here is not None:
            yield here
            here = here.above


def _store_max(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    text = strip(data)
    limit = None
    if text != b"max":
        limit = number(text, LLONG_MAX)
        if not 0 <= limit < TOO_MANY:
            raise EINVAL
    _of(group).limit = limit


def _of(group: Cgroup) -> Pids:
    found: Pids = group.states["pids"]
    return found


class PidsController(Controller):
    """pids."""

    name = "pids"
    threaded = True
    files = (
        ControlFile(b"pids.max", lambda task, group: show_maximum(_of(group).limit), _store_max),
        ControlFile(b"pids.current", lambda task, group: b"%d\n" % _of(group).count),
        ControlFile(b"pids.peak", lambda task, group: b"%d\n" % _of(group).peak),
        ControlFile(b"pids.events", lambda task, group: b"max %d\n" % _of(group).refused),
        ControlFile(
            b"pids.events.local", lambda task, group: b"max %d\n" % _of(group).refused_here
        ),
    )

    def make(self, group: Cgroup) -> Pids:
        """What is kept for a group."""
        assert group.parent is not None
        return Pids(group, group.parent.states.get(self.name))

    def can_fork(self, group: Cgroup) -> None:
        """EAGAIN at the limit of any group; kernel/cgroup/pids.c:pids_can_fork()."""
        lowest: Pids | None = group.state(self.name)
        if lowest is None:
            return
        for here in lowest.chain():
            if here.limit is not None and here.count + 1 > here.limit:
                _refuse(here)
                raise EAGAIN("pids.max")

    def attach(self, task: Task, group: Cgroup) -> None:
        """Count a task where it is now, whatever the limits."""
        self.release(task)
        lowest: Pids | None = group.state(self.name)
        if lowest is None:
            return
        group.hierarchy.pids_charged[task] = lowest
        for here in lowest.chain():
            here.count += 1
            here.peak = max(here.peak, here.count)

    def release(self, task: Task) -> None:
        """Do not count a task any more."""
        charged = task.kernel.cgroups.pids_charged.pop(task, None)
        if charged is not None:
            for here in charged.chain():
                here.count -= 1


def _refuse(limiting: Pids) -> None:
    """kernel/cgroup/pids.c:pids_event()."""
    limiting.refused_here += 1
    limiting.group.notify(b"pids.events.local")
    for here in limiting.chain():
        here.refused += 1
        here.group.notify(b"pids.events")
