"""The files that every group has, whatever its controllers, whose own are in their modules.

Mirrors kernel/cgroup/cgroup.c:cgroup_base_files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.cgroup import control, migrate
from pytest_kevlar.kernel.cgroup.controller import ControlFile, Opener
from pytest_kevlar.kernel.cgroup.cpu import show_local_stat, show_stat
from pytest_kevlar.kernel.cgroup.freezer import frozen_time, set_freeze
from pytest_kevlar.kernel.cgroup.values import bounded, maximum, show_maximum, strip
from pytest_kevlar.kernel.errno import EINVAL, EOPNOTSUPP
from pytest_kevlar.kernel.signals.send import kill_process

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.task.task import Task


def _show_type(task: Task, group: Cgroup) -> bytes:
    return group.kind + b"\n"


def _store_type(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    if strip(data) != b"threaded":
        raise EINVAL
    control.make_threaded(group)


def _show_procs(task: Task, group: Cgroup) -> bytes:
    if group.threaded:
        raise EOPNOTSUPP
    return b"".join(b"%d\n" % task.pid_ns.number(one.pid) for one in group.processes())


def _store_procs(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    migrate.write(task, group, data, opener, whole=True)


def _show_threads(task: Task, group: Cgroup) -> bytes:
    return b"".join(b"%d\n" % task.pid_ns.number(one.tid) for one in group.tasks())


def _store_threads(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    migrate.write(task, group, data, opener, whole=False)


def _words(group: Cgroup, names: frozenset[str]) -> bytes:
    """Controllers in a line; nothing at all if there are none."""
    ordered = [name for name in group.hierarchy.controllers if name in names]
    return " ".join(ordered).encode() + b"\n" if ordered else b""


def _store_subtree_control(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    known = frozenset(group.hierarchy.controllers)
    control.change(group, *control.parse(strip(data), known))


def _show_events(task: Task, group: Cgroup) -> bytes:
    return b"populated %d\nfrozen %d\n" % (group.populated, group.frozen)


def _store_max_depth(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    group.max_depth = maximum(strip(data))


def _store_max_descendants(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    group.max_descendants = maximum(strip(data))


def _show_stat(task: Task, group: Cgroup) -> bytes:
    """Groups below, by controller, too; the dying are those that only zombies still refer to."""
    below = list(group.subtree())
    dying = dict.fromkeys(one.cgroup for one in task.kernel.tasks.values() if one.cgroup.dead)
    gone = sum(1 for one in dying if one.is_below(group))
    rows = [("nr_descendants", len(below) - 1)]
    names = list(group.hierarchy.controllers)
    for name in names:
        count = sum(1 for one in below if one.is_root or name in one.states)
        rows.append((f"nr_subsys_{name}", count))
    rows.append(("nr_dying_descendants", gone))
    rows += [(f"nr_dying_subsys_{name}", 0) for name in names]
    return "".join(f"{name} {value}\n" for name, value in rows).encode()


def _show_local_stat(task: Task, group: Cgroup) -> bytes:
    return b"frozen_usec %d\n" % (frozen_time(group) // 1000)


def _store_freeze(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    set_freeze(group, bool(bounded(strip(data), 0, 1)))


def _store_kill(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    """kernel/cgroup/cgroup.c:cgroup_kill()."""
    bounded(strip(data), 1, 1)
    if group.threaded:
        raise EOPNOTSUPP
    for below in tuple(group.subtree()):
        for process in dict.fromkeys(member.process for member in below.tasks()):
            kill_process(process)


#: In the order in which Linux makes them.
FILES = (
    ControlFile(b"cgroup.type", _show_type, _store_type),
    ControlFile(b"cgroup.procs", _show_procs, _store_procs, on_root=True),
    ControlFile(b"cgroup.threads", _show_threads, _store_threads, on_root=True),
    ControlFile(
        b"cgroup.controllers",
        lambda task, group: _words(group, group.controllers),
        on_root=True,
    ),
    ControlFile(
        b"cgroup.subtree_control",
        lambda task, group: _words(group, group.subtree_control),
        _store_subtree_control,
        on_root=True,
    ),
    ControlFile(b"cgroup.events", _show_events),
    ControlFile(
        b"cgroup.max.descendants",
        lambda task, group: show_maximum(group.max_descendants),
        _store_max_descendants,
        on_root=True,
    ),
    ControlFile(
        b"cgroup.max.depth",
        lambda task, group: show_maximum(group.max_depth),
        _store_max_depth,
        on_root=True,
    ),
    ControlFile(b"cgroup.stat", _show_stat, on_root=True),
    ControlFile(b"cgroup.stat.local", _show_local_stat),
    ControlFile(b"cgroup.freeze", lambda task, group: b"%d\n" % group.freeze, _store_freeze),
    ControlFile(b"cgroup.kill", None, _store_kill),
    ControlFile(b"cpu.stat", show_stat, on_root=True),
    ControlFile(b"cpu.stat.local", show_local_stat, on_root=True),
)
