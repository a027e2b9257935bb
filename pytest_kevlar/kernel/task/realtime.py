"""Who goes first once there are real-time tasks: priorities of tasks that share a processor.

Mirrors what kernel/sched/rt.c promises. Guests have as many processors as the host, of which
one is real; so only tasks that are bound to the same processor can count on an order, and all
others take turns as ever. Made when the first task becomes SCHED_FIFO or SCHED_RR.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sched import SCHED
from pytest_kevlar.kernel.task.task import State

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.chance import Schedule
    from pytest_kevlar.kernel.task.task import Task

#: A turn of SCHED_RR among equals.
RR_SLICE_NS = 100_000_000
#: Of each second real-time tasks leave the last 50 ms to those that had to wait for them.
PERIOD_NS, SHARE_NS = 1_000_000_000, 950_000_000
#: The first priority that is not real-time; smaller ones are better.
FAIR = 100


class RealTime:
    """See the module.

    Attributes:
        preempting: the current task leaves because a better one woke, not by its own will.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._held_since: int | None = None
        self._turns: dict[Task, int] = {}
        self.preempting = False

    def _priority(self, task: Task) -> int:
        return self._kernel.locks.inherited_priority(task)

    def _processor(self, task: Task) -> int:
        """The only one that it may run on, as a mask; 0 if there are more."""
        mask = task.affinity
        return 0 if mask & mask - 1 else mask

    def outranks(self, task: Task, other: Task) -> bool:
        """Whether `other` must not run while `task` can."""
        place = self._processor(task)
        if not place or place != self._processor(other):
            return False
        priority = self._priority(task)
        return priority < FAIR and priority < self._priority(other)

    def pick(self, queue: deque[Task], schedule: Schedule | None) -> Task:
        """Take the next task off the queue; a schedule draws among those that may be next."""
        candidates = self._candidates(queue)
        chosen = candidates[schedule.pick(len(candidates)) if schedule is not None else 0]
        task = queue[chosen]
        del queue[chosen]
        return task

    def _candidates(self, tasks: Iterable[Task]) -> list[int]:
        """Indices of the tasks that may be next, at least one."""
        best: dict[int, tuple[int, int]] = {}
        ranks = []
        for at, task in enumerate(tasks):
            place, priority = self._processor(task), self._priority(task)
            ranks.append((place, priority))
            if place and priority < FAIR and task.state is State.RUNNING:
                best[place] = min(best.get(place, (FAIR, 0)), (priority, at))
        held = [
            at for at, (place, priority) in enumerate(ranks) if place in best and priority >= FAIR
        ]
        if self._fair_turn(bool(held)):
            return held
        return [
            at for at, (place, _) in enumerate(ranks) if place not in best or best[place][1] == at
        ]

    def _fair_turn(self, held: bool) -> bool:
        """Whether those that real-time tasks hold up have waited for long enough."""
        now = self._kernel.clock.now
        if not held:
            self._held_since = None
            return False
        if self._held_since is None or now - self._held_since >= PERIOD_NS:
            self._held_since = now
        return now - self._held_since >= SHARE_NS

    def leave(self, task: Task, queue: deque[Task]) -> bool:
        """The slice of `task` is over, or a better task woke: queue it unless it goes on.

        Returns:
            Whether it goes on.
        """
        if self._priority(task) >= FAIR or not self._processor(task):
            queue.append(task)
            return False
        if self._turn_is_over(task):
            queue.append(task)
            return False
        queue.appendleft(task)
        if self._candidates(queue)[0] == 0:
            queue.popleft()
            return True
        return False

    def _turn_is_over(self, task: Task) -> bool:
        """SCHED_RR: whether its equals have a turn now."""
        if task.policy != SCHED.RR:
            return False
        used = task.user_ns + task.system_ns
        began = self._turns.setdefault(task, used)
        if used - began < RR_SLICE_NS:
            return False
        self._turns[task] = used
        return True
