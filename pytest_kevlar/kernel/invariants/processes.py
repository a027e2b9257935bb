"""Processes, threads, groups and sessions, and what tasks share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.kernel import FIRST_PID
from pytest_kevlar.kernel.task.task import State

if TYPE_CHECKING:
    from pytest_kevlar.kernel.invariants.census import Census


def tree(census: Census) -> Iterator[str]:
    """Parents and children know each other, and everybody has a parent that is there."""
    processes = census.kernel.processes
    for pid, process in processes.items():
        if process.pid != pid:
            yield f"process {process.pid} is known as {pid}"
        parent = process.parent
        if parent is None:
            if process is not census.kernel.init:
                yield f"process {pid} has no parent"
        elif parent.children.get(pid) is not process:
            yield f"process {pid} is not among the children of {parent.pid}"
        elif processes.get(parent.pid) is not parent or parent.zombie:
            yield f"the parent {parent.pid} of process {pid} is gone"
        for child in process.children.values():
            if child.parent is not process:
                yield f"process {child.pid}, a child of {pid}, has another parent"
            if processes.get(child.pid) is not child:
                yield f"process {child.pid}, a child of {pid}, is gone"


def thread_groups(census: Census) -> Iterator[str]:
    """Threads belong to their process; a process without threads is a zombie."""
    kernel = census.kernel
    for tid, task in kernel.tasks.items():
        if task.tid != tid:
            yield f"task {task.tid} is known as {tid}"
        if kernel.processes.get(task.process.pid) is not task.process:
            yield f"the process {task.process.pid} of task {tid} is gone"
        if task.alive and task.process.threads.get(tid) is not task:
            yield f"task {tid} is not among the threads of {task.process.pid}"
        if not task.alive and not task.is_leader:
            yield f"thread {tid} has ended, and is still known"
    for pid, process in kernel.processes.items():
        leader = process.leader
        if leader is None or leader.process is not process or kernel.tasks.get(pid) is not leader:
            yield f"process {pid} has no leader of its own"
        if process.zombie != (not process.threads) and not process.lingers:
            words = "no threads" if not process.threads else "threads"
            yield f"process {pid} has {words} and is {'a' if process.zombie else 'no'} zombie"
        for task in process.threads.values():
            if task.process is not process or kernel.tasks.get(task.tid) is not task:
                yield f"thread {task.tid} of process {pid} is not known as such"
            elif not task.alive:
                yield f"thread {task.tid} of process {pid} has ended"


def numbers(census: Census) -> Iterator[str]:
    """Every task, group and session has a number in each of its PID namespaces, and it alone."""
    kernel = census.kernel
    given: dict[tuple[int, int], int] = {}
    for ident, pid in kernel.nested_pids.items():
        if not kernel.is_used(ident):
            continue
        for namespace in pid.namespace.path[1:]:
            number = namespace.number(ident)
            if namespace.ident(number) != ident:
                yield f"{ident} is called {number}, and {number} is another, or nobody"
            if given.setdefault((namespace.ino, number), ident) != ident:
                yield f"two are called {number} in one PID namespace"
    for task in census.tasks:
        if task.pid_ns.number(task.tid) != task.vtid:
            yield f"task {task.tid} takes {task.vtid} for its number"
        if task.pid_ns is not task.process.pid_ns:
            yield f"thread {task.tid} is in another PID namespace than its process"


def sessions(census: Census) -> Iterator[str]:
    """A process group is in one session, and leaders are in their own."""
    session_of: dict[int, int] = {}
    for pid, process in census.kernel.processes.items():
        if process.sid == pid and process.pgid != pid:
            yield f"session leader {pid} is in process group {process.pgid}"
        if session_of.setdefault(process.pgid, process.sid) != process.sid:
            yield f"process group {process.pgid} is in two sessions"
        terminal = process.controlling_tty
        if terminal is not None and not process.zombie and terminal.session != process.sid:
            yield f"the terminal of process {pid} is not that of its session"


def users(census: Census) -> Iterator[str]:
    """What tasks share counts its users, and only living tasks have something."""
    tasks = census.tasks
    for what, counted in (
        ("memory", _uses(task.memory for task in tasks)),
        ("descriptor table", _uses(task.files for task in tasks)),
        ("root and directory", _uses(task.fs for task in tasks)),
        ("signal actions", _uses(task.actions for task in tasks)),
        ("list of adjustments", _uses(task.undo for task in tasks if task.undo is not None)),
    ):
        for thing, (users, count) in counted.items():
            if users != count:
                yield f"{count} tasks use a {what} that counts {users}"
            del thing
    contexts = {task.context for task in tasks}
    if len(contexts) != len(tasks):
        yield "two tasks have one CPU state"
    for space in census.kernel.engine.spaces:
        if space not in census.spaces:
            yield "there is an address space that no task uses"
    for task in tasks:
        ours = (task.sleep, task.coroutine)
        if task.tid < FIRST_PID and any(each is not None for each in ours):
            yield f"task {task.tid}, which never runs, does something"
        if task.state is State.DEAD:
            yield f"task {task.tid} is dead, and known"


def _uses(things: Iterable[object]) -> dict[int, tuple[int, int]]:
    """By identity: the count that each has, and the count found."""
    found: dict[int, tuple[int, int]] = {}
    for thing in things:
        users: int = thing.users  # type: ignore[attr-defined]
        found[id(thing)] = (users, found.get(id(thing), (0, 0))[1] + 1)
    return found
