"""Scheduling policies and parameters: what may be set, by whom.

Mirrors kernel/sched/syscalls.c. The scheduler is round robin for everyone but real-time tasks,
whose order is in ``realtime.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.credentials import CAP
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.sched import SCHED, SCHEDFLAG
from pytest_kevlar.kernel.errno import EINVAL, EOPNOTSUPP, EPERM
from pytest_kevlar.kernel.profile import RLIM_INFINITY
from pytest_kevlar.kernel.time.timers import timers_of

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

REAL_TIME = (SCHED.FIFO, SCHED.RR)
FAIR = (SCHED.NORMAL, SCHED.BATCH)
KNOWN = (*FAIR, *REAL_TIME, SCHED.IDLE, SCHED.DEADLINE)
MAX_PRIORITY = 99
#: Policy argument for "keep what it is".
KEEP_POLICY = -1
FLAGS_KNOWN = 0x7F
CLAMPS = SCHEDFLAG.UTIL_CLAMP_MIN | SCHEDFLAG.UTIL_CLAMP_MAX
DEADLINE_MIN_NS = 1024


@dataclass(slots=True)
class Parameters:
    """``struct sched_attr``; times in nanoseconds."""

    policy: int
    priority: int = 0
    flags: int = 0
    nice: int = 0
    runtime: int = 0
    deadline: int = 0
    period: int = 0


def priority_range(policy: int) -> tuple[int, int]:
    """Lowest and highest ``sched_priority``; EINVAL."""
    if policy in REAL_TIME:
        return 1, MAX_PRIORITY
    if policy in KNOWN or policy == SCHED.EXT:
        return 0, 0
    raise EINVAL("policy")


def same_owner(task: Task, target: Task) -> bool:
    """kernel/sched/syscalls.c:check_same_owner()."""
    return task.cred.euid in (target.cred.euid, target.cred.uid)


def set_parameters(task: Task, target: Task, wanted: Parameters) -> None:
    """Set policy and parameters of `target`; EINVAL, EPERM, EOPNOTSUPP.

    Mirrors kernel/sched/syscalls.c:__sched_setscheduler().
    """
    policy = wanted.policy
    reset = bool(wanted.flags & SCHEDFLAG.RESET_ON_FORK)
    if policy == KEEP_POLICY:
        policy, reset = target.policy, target.reset_on_fork
    elif policy not in KNOWN:
        raise EINVAL("policy")
    if wanted.flags & ~FLAGS_KNOWN or not 0 <= wanted.priority <= MAX_PRIORITY:
        raise EINVAL
    if (policy in REAL_TIME) != (wanted.priority != 0):
        raise EINVAL("priority")
    if policy == SCHED.DEADLINE and not _deadline_valid(wanted):
        raise EINVAL("deadline")
    if not _unprivileged_may(task, target, policy, reset, wanted) and not task.cred.capable(
        CAP.SYS_NICE
    ):
        raise EPERM
    if wanted.flags & CLAMPS:
        raise EOPNOTSUPP("CONFIG_UCLAMP_TASK is off")
    target.reset_on_fork = reset
    if wanted.flags & SCHEDFLAG.KEEP_PARAMS:
        return
    target.policy = policy
    target.rt_priority = wanted.priority if policy in REAL_TIME else 0
    target.deadline = (0, 0, 0)
    if policy == SCHED.DEADLINE:
        period = wanted.period or wanted.deadline
        target.deadline = (wanted.runtime, wanted.deadline, period)
    if policy in FAIR:
        target.nice = wanted.nice
    if policy in REAL_TIME:
        target.kernel.scheduler.use_priorities()
        watch_real_time(target)


def watch_real_time(task: Task) -> None:
    """A task is real-time now: RLIMIT_RTTIME bounds it."""
    if task.process.limit(RLIMIT.RTTIME) != RLIM_INFINITY:
        timers_of(task).watch_real_time()


def processor_of(task: Task) -> int:
    """The processor that it runs on: always the first that its affinity allows."""
    affinity = task.affinity or 1
    return (affinity & -affinity).bit_length() - 1


def _deadline_valid(wanted: Parameters) -> bool:
    period = wanted.period or wanted.deadline
    return (
        wanted.deadline > 0
        and wanted.runtime >= DEADLINE_MIN_NS
        and wanted.runtime <= wanted.deadline <= period
        and not (wanted.deadline | period) >> 63
    )


def _unprivileged_may(
    task: Task, target: Task, policy: int, reset: bool, wanted: Parameters
) -> bool:
    """Without CAP_SYS_NICE; kernel/sched/syscalls.c:user_check_sched_setscheduler()."""
    nice_limit = target.process.limit(RLIMIT.NICE)
    if policy in FAIR and wanted.nice < target.nice and 20 - wanted.nice > nice_limit:
        return False
    if policy in REAL_TIME:
        limit = target.process.limit(RLIMIT.RTPRIO)
        if policy != target.policy and not limit:
            return False
        if wanted.priority > target.rt_priority and wanted.priority > limit:
            return False
    if policy == SCHED.DEADLINE:
        return False
    leaves_idle = target.policy == SCHED.IDLE and policy != SCHED.IDLE
    if leaves_idle and 20 - target.nice > nice_limit:
        return False
    if not same_owner(task, target):
        return False
    return not (target.reset_on_fork and not reset)
