"""What is always true of a kernel between two system calls, counted from scratch.

Each invariant is a function that yields a sentence for everything that contradicts it. They
change nothing, and nothing else in the kernel depends on them: :mod:`checked` says when they
are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.invariants import files, futexes, memory, processes, queues, trees
from pytest_kevlar.kernel.invariants import signals as signal_sets
from pytest_kevlar.kernel.invariants.census import Census

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel

Invariant = Callable[[Census], Iterator[str]]

#: By the name that a report calls it; in this order, because later ones rely on earlier ones.
INVARIANTS: dict[str, Invariant] = {
    "process tree": processes.tree,
    "thread groups": processes.thread_groups,
    "numbers": processes.numbers,
    "sessions": processes.sessions,
    "shared by tasks": processes.users,
    "run queue": queues.run_queue,
    "wait queues": queues.wait_queues,
    "timers": queues.timers,
    "pending signals": signal_sets.pending,
    "signals that are due": signal_sets.due,
    "futexes": futexes.plain,
    "priority inheritance": futexes.inheriting,
    "mappings": memory.mappings,
    "page tables": memory.page_tables,
    "page caches": memory.page_caches,
    "page references": memory.frames,
    "descriptor tables": files.tables,
    "open files": files.references,
    "pipes": files.pipes,
    "sockets": files.sockets,
    "epoll": files.epolls,
    "open counts": files.open_counts,
    "directories": trees.directories,
    "links": trees.links,
    "mounts": trees.mounts,
}


class InvariantBroken(Exception):
    """The kernel is in a state that must not be; the text names the invariant."""


def check(kernel: Kernel) -> None:
    """Look at everything. Raises InvariantBroken for the first that does not hold."""
    census = Census(kernel)
    for name, invariant in INVARIANTS.items():
        for sentence in invariant(census):
            raise InvariantBroken(f"invariant of {name} broken: {sentence}")
