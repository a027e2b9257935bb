"""Pending signals: sets, queues and counts, and who must be on the way to a handler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.signals.pending import UNBLOCKABLE
from pytest_kevlar.kernel.signals.send import queued_in
from pytest_kevlar.kernel.task.task import State

if TYPE_CHECKING:
    from pytest_kevlar.kernel.invariants.census import Census
    from pytest_kevlar.kernel.signals.pending import PendingSignals


def pending(census: Census) -> Iterator[str]:
    """What is queued is in the set and counted."""
    for task in census.tasks:
        yield from _set(f"task {task.tid}", task.pending)
        if task.blocked & UNBLOCKABLE:
            yield f"task {task.tid} blocks SIGKILL or SIGSTOP"
    for process in census.kernel.processes.values():
        yield from _set(f"process {process.pid}", process.pending)
        soft, hard = process.limits[RLIMIT.SIGPENDING]
        if soft > hard:
            yield f"RLIMIT_SIGPENDING of process {process.pid} is {soft}, and at most {hard}"
    queued = sum(queued_in(process) for process in census.kernel.processes.values())
    if queued > census.kernel.siginfos:
        yield f"{queued} siginfos and timers are there, at most {census.kernel.siginfos} are known"


def _set(whose: str, found: PendingSignals) -> Iterator[str]:
    queued = sum(len(infos) for infos in found._queues.values())
    if queued != found.count:
        yield f"{whose} has {queued} signals queued and counts {found.count}"
    for signo, infos in found._queues.items():
        if not infos or not found.mask >> (signo - 1) & 1:
            yield f"{whose} has signal {signo} queued, but it is not pending"
        if any(info.signo != signo for info in infos):
            yield f"{whose} has another signal in the queue of signal {signo}"
    if found.mask >> 64:
        yield f"{whose} has signals pending that do not exist"


def due(census: Census) -> Iterator[str]:
    """No task sleeps on, or runs on, while it has a signal that it does not block."""
    for task in census.tasks:
        if not task.pending.mask & ~task.blocked or task.interrupt_pending:
            continue
        if task.state in (State.RUNNING, State.SLEEPING) and task.process.threads:
            mask = task.pending.mask & ~task.blocked
            yield f"task {task.tid} does not know of its pending signals {mask:#x}"
