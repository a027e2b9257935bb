"""The run queue, wait queues and timers: who runs, who sleeps, and what ends a sleep."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.kernel import FIRST_PID
from pytest_kevlar.kernel.task.task import State
from pytest_kevlar.kernel.task.wait import Sleep

if TYPE_CHECKING:
    from pytest_kevlar.kernel.invariants.census import Census
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.wait import WaitQueue

SLEEPING = (State.SLEEPING, State.UNINTERRUPTIBLE)
EVERYTHING = POLL.IN | POLL.OUT | POLL.PRI


def run_queue(census: Census) -> Iterator[str]:
    """Whoever can run is in the queue once, or is running; nobody else is."""
    scheduler = census.kernel.scheduler
    queued: dict[Task, None] = {}
    for task in scheduler._queue:
        if task in queued:
            yield f"task {task.tid} is in the run queue twice"
        queued[task] = None
        if not task.alive:
            yield f"task {task.tid} has ended and is in the run queue"
        elif task.state is State.RUNNING and task is scheduler.current:
            yield f"task {task.tid} runs and is in the run queue"
        elif task.state in SLEEPING:
            yield f"task {task.tid} sleeps and is in the run queue"
    for task in census.tasks:
        running = task.state is State.RUNNING and task is not scheduler.current
        if running and task not in queued:
            yield f"task {task.tid} can run and is not in the run queue"


def wait_queues(census: Census) -> Iterator[str]:
    """Sleeping tasks are on the queues they wait on, and nobody else is on any."""
    found: dict[WaitQueue, None] = {}
    for task in census.tasks:
        if task.tid < FIRST_PID:
            continue
        sleep = task.sleep
        asleep = task.state in SLEEPING or (task.state is State.TRACED and not task.halted)
        if asleep != (sleep is not None):
            words = "with" if sleep is not None else "without"
            yield f"task {task.tid} is in state {task.state.value} {words} a sleep"
        if sleep is None:
            continue
        yield from _one(task, sleep)
        found.update(dict.fromkeys(sleep.queues))
    for file in census.files:
        found.update(dict.fromkeys(file.queues(EVERYTHING)))
    for queue in found:
        for waiter in queue._waiters:
            if isinstance(waiter, Sleep) and (
                waiter.task is None or waiter.task.sleep is not waiter
            ):
                yield f"a sleep that is over ({waiter.what}) is on a wait queue"


def _one(task: Task, sleep: Sleep) -> Iterator[str]:
    if sleep.task is not task:
        yield f"the sleep of task {task.tid} is another task's"
    if task.coroutine is None:
        yield f"task {task.tid} sleeps ({sleep.what}) in no call"
    if any(sleep not in queue._waiters for queue in sleep.queues):
        yield f"task {task.tid} waits on a queue ({sleep.what}) that does not know of it"
    timer = sleep.timer
    if (sleep.deadline is not None) != (timer is not None):
        yield f"task {task.tid} sleeps ({sleep.what}) and its deadline has no timer"
    if timer is not None and not timer.active:
        yield f"task {task.tid} sleeps ({sleep.what}) beyond its deadline"
    if not (sleep.interruptible or sleep.traced or sleep.queues or sleep.deadline is not None):
        yield f"nothing can end the sleep of task {task.tid} ({sleep.what})"


def timers(census: Census) -> Iterator[str]:
    """Armed timers are in order, and those of CLOCK_REALTIME at the time that it shows."""
    queue, clock = census.kernel.timers, census.kernel.clock
    heap = queue._heap
    for at in range(1, len(heap)):
        if heap[at][:2] < heap[(at - 1) // 2][:2]:
            yield f"the timer due at {heap[at][0]} is before one that is due earlier"
    numbers = [number for _, number, _ in heap]
    if len(numbers) != len(set(numbers)):
        yield "two timers were armed at once"
    for timer in queue.realtime_timers:
        if not timer.active or timer.realtime is None:
            yield "a timer of CLOCK_REALTIME has run and is still known"
        elif timer.deadline != timer.realtime - clock.realtime_offset:
            yield f"a timer for {timer.realtime} of CLOCK_REALTIME is due at {timer.deadline}"
    live = [timer for deadline, _, timer in heap if timer.active and timer.deadline == deadline]
    if any(first is second for first, second in itertools.pairwise(sorted(live, key=id))):
        yield "a timer is armed twice"
