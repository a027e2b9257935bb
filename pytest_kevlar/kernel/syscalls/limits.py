"""Resource limits, resource use and priorities.

Where a limit takes effect is the business of what it limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.credentials import CAP
from pytest_kevlar.kernel.abi.process import PRIO, RLIM, RLIMIT, RUSAGE
from pytest_kevlar.kernel.abi.structs import RLIMIT64
from pytest_kevlar.kernel.abi.structs import RUSAGE as RUSAGE_STRUCT
from pytest_kevlar.kernel.errno import EACCES, EINVAL, EPERM, ESRCH
from pytest_kevlar.kernel.syscalls.pointers import InLimit, OutLimit, OutUsage
from pytest_kevlar.kernel.syscalls.registry import Arg, syscall
from pytest_kevlar.kernel.syscalls.types import Int, Pid, show_s32, to_s32, to_u32
from pytest_kevlar.kernel.task.policy import REAL_TIME, watch_real_time
from pytest_kevlar.kernel.task.process import Usage
from pytest_kevlar.kernel.time.timers import timers_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task

NR_OPEN = 1 << 20
NICE_MIN, NICE_MAX = -20, 19
PAGE_KIB = 4


def _show_resource(task: Task, raw: int) -> str:
    return names.name(RLIMIT, to_u32(task, raw), unknown="RLIMIT_???")


def _show_who(task: Task, raw: int) -> str:
    return names.name(RUSAGE, to_s32(task, raw), unknown="RUSAGE_???")


def _show_which(task: Task, raw: int) -> str:
    number = to_s32(task, raw)
    return names.name(PRIO, number) if number in (0, 1, 2) else show_s32(task, raw)


Resource: TypeAlias = Annotated[int, Arg(to_u32, _show_resource, space=RLIMIT)]
RusageWho: TypeAlias = Annotated[int, Arg(to_s32, _show_who, space=RUSAGE)]
PrioWhich: TypeAlias = Annotated[int, Arg(to_s32, _show_which, space=PRIO)]


# -- limits ------------------------------------------------------------------------------


def _limit(
    task: Task, process: Process, resource: int, new: tuple[int, int] | None
) -> tuple[int, int]:
    """Read and perhaps replace a limit; kernel/sys.c:do_prlimit()."""
    if resource >= RLIM.NLIMITS:
        raise EINVAL("resource")
    if new is not None:
        soft, hard = new
        if soft > hard:
            raise EINVAL("soft limit above the hard one")
        if resource == RLIMIT.NOFILE and hard > NR_OPEN:
            raise EPERM
    old = process.limits[resource]
    if new is not None:
        if new[1] > old[1] and not task.cred.capable(CAP.SYS_RESOURCE):
            raise EPERM
        process.limits[resource] = new
        if resource == RLIMIT.CPU:
            leader = process.leader
            if leader is not None:
                timers_of(leader).watch_cpu_limit()
        elif resource == RLIMIT.RTTIME:
            for thread in process.threads.values():
                if thread.policy in REAL_TIME:
                    watch_real_time(thread)
        elif resource == RLIMIT.STACK:
            for thread in process.threads.values():
                thread.memory.stack_limit = new[0]
    return old


def _read_limit(pointer: UserPtr) -> tuple[int, int]:
    given = RLIMIT64.unpack(pointer.read(RLIMIT64.size))
    return given.rlim_cur, given.rlim_max


def _write_limit(pointer: UserPtr, limit: tuple[int, int]) -> None:
    pointer.write(RLIMIT64.pack(rlim_cur=limit[0], rlim_max=limit[1]))


@syscall()
def getrlimit(task: Task, resource: Resource, rlim: OutLimit) -> int:
    """getrlimit(2)."""
    _write_limit(rlim, _limit(task, task.process, resource, None))
    return 0


@syscall()
def setrlimit(task: Task, resource: Resource, rlim: InLimit) -> int:
    """setrlimit(2)."""
    _limit(task, task.process, resource, _read_limit(rlim))
    return 0


@syscall()
def prlimit64(task: Task, pid: Pid, resource: Resource, new: InLimit, old: OutLimit) -> int:
    """prlimit(2). Mirrors kernel/sys.c:prlimit64()."""
    limit = _read_limit(new) if new else None
    target = task if pid == 0 else task.pid_ns.task(pid)
    if target is None:
        raise ESRCH
    mine, theirs = task.cred, target.cred
    same_user = {theirs.uid, theirs.euid, theirs.suid} == {mine.uid}
    same_group = {theirs.gid, theirs.egid, theirs.sgid} == {mine.gid}
    trusted = target is task or (same_user and same_group)
    if not trusted and not mine.capable_in(theirs.user_ns, CAP.SYS_RESOURCE):
        raise EPERM
    before = _limit(task, target.process, resource, limit)
    if old:
        _write_limit(old, before)
    return 0


# -- use ---------------------------------------------------------------------------------


def _add_task(usage: Usage, task: Task) -> None:
    usage.user_ns += task.user_ns
    usage.system_ns += task.system_ns
    usage.voluntary_switches += task.voluntary_switches
    usage.nonvoluntary_switches += task.nonvoluntary_switches


def usage_of(task: Task, who: int) -> Usage:
    """What ``getrusage`` reports; EINVAL for a bad `who`."""
    process = task.process
    task.kernel.scheduler.account()
    usage = Usage()
    if who == RUSAGE.CHILDREN:
        usage.add(process.child_usage)
        return usage
    if who == RUSAGE.THREAD:
        _add_task(usage, task)
    elif who == RUSAGE.SELF:
        usage.add(process.usage)
        for thread in process.threads.values():
            _add_task(usage, thread)
    else:
        raise EINVAL("who")
    usage.minor_faults += task.memory.minor_faults
    usage.major_faults += task.memory.major_faults
    usage.max_rss = max(usage.max_rss, task.memory.peak_rss)
    return usage


def pack_rusage(usage: Usage) -> bytes:
    """``struct rusage``."""
    user, system = usage.user_ns // 1000, usage.system_ns // 1000
    return RUSAGE_STRUCT.pack(
        ru_utime=divmod(user, 1_000_000),
        ru_stime=divmod(system, 1_000_000),
        ru_maxrss=usage.max_rss * PAGE_KIB,
        ru_minflt=usage.minor_faults,
        ru_majflt=usage.major_faults,
        ru_nvcsw=usage.voluntary_switches,
        ru_nivcsw=usage.nonvoluntary_switches,
    )


@syscall()
def getrusage(task: Task, who: RusageWho, usage: OutUsage) -> int:
    """getrusage(2). Mirrors kernel/sys.c:getrusage()."""
    usage.write(pack_rusage(usage_of(task, who)))
    return 0


# -- priorities --------------------------------------------------------------------------


def _chosen(task: Task, which: int, who: int) -> Iterable[Task]:
    """The tasks that `which` and `who` name, oldest first; EINVAL."""
    kernel = task.kernel
    if which == PRIO.PROCESS:
        found = task.pid_ns.task(who) if who else task
        return [found] if found is not None else []
    if which == PRIO.PGRP:
        pgid = task.pid_ns.ident(who) if who else task.process.pgid
        return [other for other in kernel.tasks.values() if other.process.pgid == pgid]
    if which == PRIO.USER:
        uid = task.cred.user_ns.uids.down(who & 0xFFFF_FFFF) if who else task.cred.uid
        number = task.pid_ns.number
        return [
            other for other in kernel.tasks.values() if other.cred.uid == uid and number(other.tid)
        ]
    raise EINVAL("which")


def may_renice(task: Task, target: Task, nice: int) -> bool:
    """Whether `target` may get this nice value: RLIMIT_NICE or CAP_SYS_NICE; can_nice()."""
    return 20 - nice <= target.process.limit(RLIMIT.NICE) or task.cred.capable(CAP.SYS_NICE)


@syscall()
def getpriority(task: Task, which: PrioWhich, who: Int) -> int:
    """getpriority(2): 20 - nice (1..40), the highest of those named."""
    values = [20 - other.nice for other in _chosen(task, which, who)]
    if not values:
        raise ESRCH
    return max(values)


@syscall()
def setpriority(task: Task, which: PrioWhich, who: Int, prio: Int) -> int:
    """setpriority(2). Mirrors kernel/sys.c:setpriority()."""
    nice = min(max(prio, NICE_MIN), NICE_MAX)
    failure: ESRCH | EPERM | EACCES | None = ESRCH()
    for target in _chosen(task, which, who):
        theirs = target.cred
        if task.cred.euid not in (theirs.uid, theirs.euid) and not task.cred.capable_in(
            theirs.user_ns, CAP.SYS_NICE
        ):
            failure = EPERM()
        elif nice < target.nice and not may_renice(task, target, nice):
            failure = EACCES()
        else:
            target.nice = nice
            if isinstance(failure, ESRCH):
                failure = None
    if failure is not None:
        raise failure
    return 0


@syscall()
def nice(task: Task, increment: Int) -> int:
    """nice(2); returns 0, not the value."""
    value = min(max(task.nice + min(max(increment, -40), 40), NICE_MIN), NICE_MAX)
    if increment < 0 and not may_renice(task, task, value):
        raise EPERM
    task.nice = value
    return 0
