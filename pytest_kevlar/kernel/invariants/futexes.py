"""Waiters on futex words, with priority inheritance and without."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kevlar.kernel.invariants.census import Census


def plain(census: Census) -> Iterator[str]:
    """Each waiter is a living task in a call, under its own key, in the order of wakes."""
    for key, waiters in census.kernel.futexes._waiters.items():
        if not waiters:
            yield "a word is known on which nobody waits"
        for waiter in waiters:
            tid = waiter.task.tid
            if waiter.key != key:
                yield f"task {tid} waits on another word than the one it is queued for"
            if waiter.woken:
                yield f"task {tid} was woken and waits on"
            if not waiter.task.alive or waiter.task.coroutine is None:
                yield f"task {tid} is queued for a word and in no call"
        if any(second.rank < first.rank for first, second in pairwise(waiters)):
            yield "waiters of a word are not in order of priority"
        if len({id(waiter) for waiter in waiters}) != len(waiters):
            yield "a waiter is queued twice"


def inheriting(census: Census) -> Iterator[str]:
    """Each lock that is waited for has a living owner, who does not wait for it."""
    states = census.kernel.locks._states
    if states != census.kernel.futexes.locks:
        yield "plain futexes know of other locks than there are"
    for key, state in states.items():
        owner = state.owner
        if state.key != key or not state.waiters:
            yield f"a lock of task {owner.tid} is known that nobody waits for"
        if not owner.alive:
            yield f"task {owner.tid}, which has ended, owns a lock"
        for waiter in state.waiters:
            if waiter.task is owner:
                yield f"task {owner.tid} waits for a lock that it owns"
            if waiter.state is not state or not waiter.task.alive:
                yield f"task {waiter.task.tid} is queued for a lock that it does not wait for"
        if any(second.rank < first.rank for first, second in pairwise(state.waiters)):
            yield f"waiters for a lock of task {owner.tid} are not in order of priority"
