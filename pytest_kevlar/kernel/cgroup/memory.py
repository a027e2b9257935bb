"""The memory controller: which pages a group and those below it hold, and how many they may.

Mirrors mm/memcontrol.c. The engine counts (`cpu/charges.c`): a frame is charged to the owner of the
address space that asked for it, until it is free, and that owner is a group's. What the kernel
itself needs is not counted; there is no swap, and nothing can be reclaimed. When a bound refuses a
frame the engine asks, and :mod:`oom` answers.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.cgroup import oom
from pytest_kevlar.kernel.cgroup.controller import ControlFile, Controller, Opener
from pytest_kevlar.kernel.cgroup.memorystat import show_numa_stat, show_stat
from pytest_kevlar.kernel.cgroup.values import memparse, number, strip
from pytest_kevlar.kernel.cpu.engine import lib
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL, ENOSPC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.task.task import Task

PAGE = 4096
#: include/linux/page_counter.h:PAGE_COUNTER_MAX
PAGE_COUNTER_MAX = ((1 << 63) - 1) // PAGE
UNBOUNDED = (1 << 64) - 1
#: Lines of memory.events.
EVENTS = ("low", "high", "max", "oom", "oom_kill", "oom_group_kill")
#: Pages that a group above memory.high takes before that is counted again: MEMCG_CHARGE_BATCH.
BATCH = 64


class Memory:
    """What is kept of one group.

    Attributes:
        above: the same of the next group that counts; None right under the root.
        owner: who its frames are charged to.
        settings: by the file's name, in pages; None for no bound.
        oom_group: all of it is killed if one is. events, events_here: how often something
            happened here and below, and here alone.
        tries: charges that were refused since a process was chosen to make room.
    """

    __slots__ = (
        "above",
        "events",
        "events_here",
        "group",
        "oom_group",
        "owner",
        "raw",
        "settings",
        "tries",
    )

    def __init__(self, group: Cgroup, above: Memory | None) -> None:
        self.group = group
        self.above: Memory | None = above
        self.raw = group.hierarchy.kernel.engine.raw
        self.owner: int = lib.kv_owner_new(self.raw, above.owner if above else 0)
        if not self.owner:
            raise ENOSPC("too many groups")
        self.settings: dict[str, int | None] = {"min": 0, "low": 0}
        self.oom_group = False
        self.events = dict.fromkeys(EVENTS, 0)
        self.events_here = dict.fromkeys(EVENTS, 0)
        self.tries = 0

    @property
    def charged(self) -> Any:
        """The engine's counters, in pages."""
        return lib.kv_owner(self.raw, self.owner)

    @property
    def limit(self) -> int:
        """memory.max in pages."""
        limit = self.settings.get("max")
        return PAGE_COUNTER_MAX if limit is None else limit

    def tell(self) -> None:
        """Tell the engine of the bounds."""
        limit, high = (self.settings.get(name) for name in ("max", "high"))
        lib.kv_owner_bound(
            self.raw,
            self.owner,
            UNBOUNDED if limit is None else limit,
            UNBOUNDED if high is None else high,
        )

    def passes_high(self) -> bool:
        """Count that memory.high is exceeded, if that is why a frame was refused."""
        charged = self.charged
        if charged.pages >= charged.limit:
            return False
        self.count("high")
        lib.kv_owner_defer(self.raw, self.owner, BATCH)
        return True

    def count(self, event: str) -> None:
        """Something happened here; mm/memcontrol.c:memcg_memory_event()."""
        self.events_here[event] += 1
        self.group.notify(b"memory.events.local")
        here: Memory | None = self
        while here is not None:
            here.events[event] += 1
            here.group.notify(b"memory.events")
            if b"memory_localevents" in self.group.hierarchy.flags:
                break
            here = here.above

    def retire(self) -> None:
        """The group is gone, or has the controller no more; its pages stay charged to it."""
        hierarchy = self.group.hierarchy
        self.settings.clear()
        self.tell()
        self.charged.retired = 1
        del hierarchy.memory_owners[self.owner]
        above = self.above.owner if self.above else 0
        for space in hierarchy.kernel.engine.spaces:
            if space.raw.owner == self.owner:
                space.raw.owner = above


def _of(group: Cgroup) -> Memory:
    found: Memory = group.states["memory"]
    return found


def _pages(text: bytes) -> int | None:
    """``max``, or bytes as whole pages; mm/page_counter.c:page_counter_memparse()."""
    pages = PAGE_COUNTER_MAX if text == b"max" else memparse(text) // PAGE
    return None if pages >= PAGE_COUNTER_MAX else pages


def _show(name: str, task: Task, group: Cgroup) -> bytes:
    pages = _of(group).settings.get(name)
    return b"max\n" if pages is None else b"%d\n" % (pages * PAGE)


def _store(name: str, task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    memory = _of(group)
    memory.settings[name] = _pages(strip(data))
    memory.tell()
    if name == "max":
        oom.shrink(memory)


def _store_oom_group(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    value = number(strip(data))
    if value not in (0, 1):
        raise EINVAL
    _of(group).oom_group = bool(value)


def _store_reclaim(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    """mm/vmscan.c:user_proactive_reclaim(), with nothing that could be reclaimed."""
    size, _, option = strip(data).partition(b" ")
    pages = memparse(size) // PAGE
    for word in option.split():
        name, equals, value = word.partition(b"=")
        if name != b"swappiness" or not equals or not 0 <= number(value) <= 200:
            raise EINVAL
    if pages:
        raise EAGAIN


def _show_events(task: Task, group: Cgroup) -> bytes:
    return b"".join(b"%s %d\n" % (name.encode(), n) for name, n in _of(group).events.items())


def _show_events_here(task: Task, group: Cgroup) -> bytes:
    return b"".join(b"%s %d\n" % (name.encode(), n) for name, n in _of(group).events_here.items())


def _bound(name: str) -> ControlFile:
    return ControlFile(f"memory.{name}".encode(), partial(_show, name), partial(_store, name))


def _constant(name: bytes, text: bytes) -> ControlFile:
    return ControlFile(name, lambda task, group: text)


def _files() -> Iterator[ControlFile]:
    """In the order in which Linux makes them."""
    yield ControlFile(
        b"memory.current", lambda task, group: b"%d\n" % (_of(group).charged.pages * PAGE)
    )
    yield ControlFile(
        b"memory.peak", lambda task, group: b"%d\n" % (_of(group).charged.peak * PAGE)
    )
    yield from map(_bound, ("min", "low", "high", "max"))
    yield ControlFile(b"memory.events", _show_events)
    yield ControlFile(b"memory.events.local", _show_events_here)
    yield ControlFile(b"memory.stat", show_stat, on_root=True)
    yield ControlFile(b"memory.numa_stat", show_numa_stat, on_root=True)
    yield ControlFile(
        b"memory.oom.group",
        lambda task, group: b"%d\n" % _of(group).oom_group,
        _store_oom_group,
    )
    yield ControlFile(b"memory.reclaim", None, _store_reclaim, on_root=True)
    yield _constant(b"memory.swap.current", b"0\n")
    yield from map(_bound, ("swap.high", "swap.max"))
    yield _constant(b"memory.swap.peak", b"0\n")
    yield _constant(b"memory.swap.events", b"high 0\nmax 0\nfail 0\n")


class MemoryController(Controller):
    """memory."""

    name = "memory"
    files = tuple(_files())

    def make(self, group: Cgroup) -> Memory:
        """What is kept for a group."""
        assert group.parent is not None
        hierarchy = group.hierarchy
        made = Memory(group, group.parent.states.get(self.name))
        hierarchy.memory_owners[made.owner] = made
        hierarchy.kernel.engine.relieve = partial(oom.relieve, hierarchy)
        return made

    def retire(self, group: Cgroup) -> None:
        """A group has it no more."""
        _of(group).retire()

    def attach(self, task: Task, group: Cgroup) -> None:
        """Charge what a task asks for from now on to the group where it is; the rest stays."""
        if task.memory.users == 1 or _owns_memory(task):
            task.memory.raw.owner = group.hierarchy.payer(group)


def _owns_memory(task: Task) -> bool:
    """Whether the task's process is the first that uses its memory; ``mm->owner``."""
    for process in task.kernel.processes.values():
        if any(thread.memory is task.memory for thread in process.threads.values()):
            return process is task.process
    return False
