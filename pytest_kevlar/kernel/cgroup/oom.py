"""What happens when a group has as much memory as it may: one of its processes is killed.

Mirrors mm/oom_kill.c, as far as it is about control groups. A fault is tried again until the
one that was chosen is gone; a system call may not wait, and gets its page at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.signals.pending import bit
from pytest_kevlar.kernel.signals.send import kill_process

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.cgroup.hierarchy import Hierarchy
    from pytest_kevlar.kernel.cgroup.memory import Memory
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task

OOM_SCORE_ADJ_MIN = -1000
#: How often a fault waits for the one that was chosen: mm/memcontrol.c:MAX_RECLAIM_RETRIES.
MAX_RETRIES = 16


def relieve(hierarchy: Hierarchy, may_fail: bool) -> bool:
    """A frame was refused to the kernel on behalf of who runs: whether to try again.

    Args:
        may_fail: who asks can tell the program; else the frame is given if nobody can be killed.
    """
    kernel = hierarchy.kernel
    raw = kernel.engine.raw
    limiting = hierarchy.memory_owners[raw.refused]
    if limiting.passes_high():
        return True
    limiting.count("max")
    task = kernel.scheduler.current
    if task is not None and _dying(task):
        return False
    chosen = make_room(limiting)
    if (may_fail and not chosen) or (task is not None and _dying(task)):
        return False
    raw.excess = 1
    return True


def fault_refused(hierarchy: Hierarchy, task: Task) -> None:
    """A frame was refused to the program itself, which will fault again."""
    kernel = hierarchy.kernel
    raw = kernel.engine.raw
    limiting = hierarchy.memory_owners[raw.refused]
    if limiting.passes_high():
        return
    limiting.count("max")
    if _dying(task):
        return
    kernel.scheduler.need_resched = True
    if make_room(limiting):
        limiting.tries += 1
        if limiting.tries > MAX_RETRIES:
            raw.excess = 1  # who was chosen cannot run as long as this one does


def shrink(memory: Memory) -> None:
    """memory.max is new: kill until what is left fits; mm/memcontrol.c:memory_max_write()."""
    excess = memory.charged.pages - memory.limit
    dying = [one for one in _processes(memory.group) if _victim(one)]
    excess -= sum(_resident(one) for one in dying)
    while excess > 0:
        memory.count("oom")
        killed = _kill_one(memory)
        if not killed:
            return
        excess -= sum(map(_resident, killed))


def make_room(limiting: Memory) -> bool:
    """Kill one process, or all of its group, unless one is dying; False if nobody can be.

    mm/oom_kill.c:out_of_memory().
    """
    if any(_victim(one) for one in _processes(limiting.group)):
        return True
    limiting.count("oom")
    limiting.tries = 0
    return bool(_kill_one(limiting))


def _kill_one(limiting: Memory) -> list[Process]:
    """Choose and kill; who that was. mm/oom_kill.c:oom_kill_process()."""
    candidates = [one for one in _processes(limiting.group) if not _victim(one)]
    chosen = _choose(candidates, limiting.limit)
    if chosen is None:
        return []
    whole = _oom_group(chosen, limiting)
    _end(chosen)
    if whole is None:
        return [chosen]
    whole.count("oom_group_kill")
    members = [one for one in _processes(whole.group) if _killable(one)]
    for process in members:
        _end(process)  # the chosen one again: Linux counts it twice
    return members


def _processes(group: Cgroup) -> list[Process]:
    """Those of a group and the groups below it."""
    members = (task.process for below in group.subtree() for task in below.tasks())
    return list(dict.fromkeys(members))


def _choose(processes: Iterable[Process], pages: int) -> Process | None:
    """The one with the most points; oom_badness(), oom_evaluate_task()."""
    chosen, most = None, 0
    for process in processes:
        if not _killable(process) or _in_vfork(process):
            continue
        points = _resident(process) + process.oom_score_adj * (pages // 1000)
        if chosen is None or points >= most:
            chosen, most = process, points
    return chosen


def _killable(process: Process) -> bool:
    return process.pid != 1 and process.oom_score_adj != OOM_SCORE_ADJ_MIN


def _in_vfork(process: Process) -> bool:
    """Whether it still has its parent's memory; include/linux/sched/mm.h:in_vfork()."""
    return process.leader is not None and process.leader.vfork_done is not None


def _resident(process: Process) -> int:
    """Pages that it has mapped."""
    return next((thread.memory.resident_pages() for thread in process.threads.values()), 0)


def _oom_group(process: Process, limiting: Memory) -> Memory | None:
    """The highest group up to `limiting` that wants to die as one; mem_cgroup_get_oom_group()."""
    found = None
    here = _memory_of(process)
    while here is not None:
        if here.oom_group:
            found = here
        if here is limiting:
            break
        here = here.above
    return found


def _memory_of(process: Process) -> Memory | None:
    task = next(iter(process.threads.values()))
    found: Memory | None = task.cgroup.state("memory")
    return found


def _end(process: Process) -> None:
    """mm/oom_kill.c:__oom_kill_process(): with it die others that use the same memory."""
    memory = _memory_of(process)
    if memory is not None:
        memory.count("oom_kill")
    task = next(iter(process.threads.values()))
    kill_process(process)
    if task.memory.users > len(process.threads):
        for other in task.kernel.processes.values():
            shares = any(thread.memory is task.memory for thread in other.threads.values())
            if shares and other is not process and other.pid != 1:
                kill_process(other)


def _dying(task: Task) -> bool:
    """Whether it will not run any more, and so gives back what it has."""
    killed = bool(task.pending.mask & bit(SIG.KILL))
    return killed or task.process.group_exit is not None


def _victim(process: Process) -> bool:
    """Whether it is about to make room already; task_will_free_mem()."""
    return any(map(_dying, process.threads.values()))
