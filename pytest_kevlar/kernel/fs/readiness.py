"""Waiting for several files at once: what poll(2) and select(2) share.

One scan asks every file, one sleep waits on all their queues. epoll keeps its own list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.task.wait import Sleep

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.wait import WaitQueue

ALWAYS = POLL.ERR | POLL.HUP


def scan(watched: Sequence[tuple[File, int]], always: int) -> list[int]:
    """Which of the asked events, and of those always told, are true; by position."""
    return [file.poll() & (events | always) for file, events in watched]


async def wait_ready(
    task: Task,
    watched: Sequence[tuple[File, int]],
    deadline: int | None,
    *,
    at_once: bool,
    always: int = ALWAYS,
) -> list[int]:
    """Wait until one of the files is ready or the deadline passes.

    Args:
        watched: files with the ``POLL*`` events asked for; the same file may come twice.
        deadline: monotonic nanoseconds, None for no end.
        at_once: look only once, without sleeping (or a descriptor was bad already).
        always: events that count without having been asked for; none for select.

    Returns:
        Events by position; all zero after the deadline.
    """
    found = scan(watched, always)
    if at_once or any(found):
        return found
    queues: dict[WaitQueue, None] = {}
    for file, events in watched:
        for queue in file.queues(events):
            queues[queue] = None
        file.get()
    try:
        while True:
            if deadline is not None and deadline <= task.kernel.clock.monotonic_ns():
                return found
            woken = await Sleep(queues, "poll_schedule_timeout", deadline)
            found = scan(watched, always)
            if any(found) or not woken:
                return found
    finally:
        for file, _ in watched:
            file.put()
