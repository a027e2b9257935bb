"""Scheduling calls: policies, priorities, affinity, yielding.

What may be set is decided in ``kernel/task/policy.py``; times and limits are elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.credentials import CAP
from pytest_kevlar.kernel.abi.sched import SCHED, SCHEDFLAG
from pytest_kevlar.kernel.abi.structs import SCHED_ATTR
from pytest_kevlar.kernel.errno import E2BIG, EINVAL, EPERM, ESRCH
from pytest_kevlar.kernel.syscalls.pointers import (
    InCpus1,
    InSchedAttr,
    InSchedParam,
    OutCpus,
    OutInt,
    OutSchedAttr,
    OutSchedParam,
    OutTimespec,
)
from pytest_kevlar.kernel.syscalls.registry import Arg, syscall
from pytest_kevlar.kernel.syscalls.types import Bits, Pid, UInt, to_s32
from pytest_kevlar.kernel.task import policy as policies
from pytest_kevlar.kernel.task.policy import KEEP_POLICY, Parameters
from pytest_kevlar.kernel.task.rseq import moved
from pytest_kevlar.kernel.time.units import pack_timespec

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

ATTR_SIZE_V0 = 48
PAGE = 4096
RR_SLICE_NS = 100_000_000


def _show_policy(task: Task, raw: int) -> str:
    value = to_s32(task, raw)
    return str(value) if value < 0 else names.flags(SCHED, value)


Policy: TypeAlias = Annotated[int, Arg(to_s32, _show_policy, space=SCHED)]


def _target(task: Task, pid: int) -> Task:
    found = task if pid == 0 else task.pid_ns.task(pid)
    if found is None:
        raise ESRCH
    return found


@syscall()
def sched_yield(task: Task) -> int:
    """sched_yield(2)."""
    task.kernel.scheduler.yield_()
    return 0


@syscall()
def sched_get_priority_max(task: Task, policy: Policy) -> int:
    """sched_get_priority_max(2)."""
    return policies.priority_range(policy)[1]


@syscall()
def sched_get_priority_min(task: Task, policy: Policy) -> int:
    """sched_get_priority_min(2)."""
    return policies.priority_range(policy)[0]


def _set(task: Task, pid: int, policy: int, param: UserPtr) -> int:
    """kernel/sched/syscalls.c:do_sched_setscheduler()."""
    if not param or pid < 0:
        raise EINVAL
    priority = param.read_int(4)
    target = _target(task, pid)
    flags = 0
    if policy != KEEP_POLICY and policy & SCHED.RESET_ON_FORK:
        flags, policy = SCHEDFLAG.RESET_ON_FORK, policy & ~SCHED.RESET_ON_FORK
    wanted = Parameters(policy, priority, flags, nice=target.nice)
    policies.set_parameters(task, target, wanted)
    return 0


@syscall()
def sched_setscheduler(task: Task, pid: Pid, policy: Policy, param: InSchedParam) -> int:
    """sched_setscheduler(2)."""
    if policy < 0:
        raise EINVAL
    return _set(task, pid, policy, param)


@syscall()
def sched_setparam(task: Task, pid: Pid, param: InSchedParam) -> int:
    """sched_setparam(2)."""
    return _set(task, pid, KEEP_POLICY, param)


@syscall()
def sched_getscheduler(task: Task, pid: Pid) -> int:
    """sched_getscheduler(2): SCHED_RESET_ON_FORK may be in it."""
    if pid < 0:
        raise EINVAL
    target = _target(task, pid)
    return target.policy | (SCHED.RESET_ON_FORK if target.reset_on_fork else 0)


@syscall()
def sched_getparam(task: Task, pid: Pid, param: OutSchedParam) -> int:
    """sched_getparam(2)."""
    if not param or pid < 0:
        raise EINVAL
    param.write_int(_target(task, pid).rt_priority)
    return 0


@syscall(partial="SCHED_DEADLINE times are kept and not acted upon")
def sched_setattr(task: Task, pid: Pid, attr: InSchedAttr, flags: Bits) -> int:
    """sched_setattr(2). Mirrors kernel/sched/syscalls.c:sched_copy_attr()."""
    if not attr or pid < 0 or flags:
        raise EINVAL
    size = attr.read_int(4, signed=False) or ATTR_SIZE_V0
    data = attr.read(size) if ATTR_SIZE_V0 <= size <= PAGE else b""
    if not data or any(data[SCHED_ATTR.size :]):
        attr.write_int(SCHED_ATTR.size)
        raise E2BIG
    given = SCHED_ATTR.unpack(data[: SCHED_ATTR.size].ljust(SCHED_ATTR.size, b"\0"))
    if given.sched_flags & policies.CLAMPS and size < SCHED_ATTR.size:
        raise EINVAL
    policy = given.sched_policy
    if policy >> 31:
        raise EINVAL
    target = _target(task, pid)
    wanted = Parameters(
        KEEP_POLICY if given.sched_flags & SCHEDFLAG.KEEP_POLICY else policy,
        given.sched_priority,
        given.sched_flags,
        min(max(given.sched_nice, -20), 19),
        given.sched_runtime,
        given.sched_deadline,
        given.sched_period,
    )
    if wanted.flags & SCHEDFLAG.KEEP_PARAMS:
        wanted.priority, wanted.nice = target.rt_priority, target.nice
        wanted.runtime, wanted.deadline, wanted.period = target.deadline
    policies.set_parameters(task, target, wanted)
    return 0


@syscall(partial="no slices of SCHED_OTHER")
def sched_getattr(task: Task, pid: Pid, attr: OutSchedAttr, size: UInt, flags: Bits) -> int:
    """sched_getattr(2)."""
    if not attr or pid < 0 or not ATTR_SIZE_V0 <= size <= PAGE or flags:
        raise EINVAL
    target = _target(task, pid)
    fair = target.policy not in (*policies.REAL_TIME, SCHED.DEADLINE)
    runtime, deadline, period = target.deadline
    data = SCHED_ATTR.pack(
        size=min(size, SCHED_ATTR.size),
        sched_policy=target.policy,
        sched_flags=SCHEDFLAG.RESET_ON_FORK if target.reset_on_fork else 0,
        sched_nice=target.nice if fair else 0,
        sched_priority=target.rt_priority,
        sched_runtime=runtime,
        sched_deadline=deadline,
        sched_period=period,
    )
    attr.write(data[:size].ljust(size, b"\0"))
    return 0


@syscall()
def sched_rr_get_interval(task: Task, pid: Pid, interval: OutTimespec) -> int:
    """sched_rr_get_interval(2): 100 ms for SCHED_RR; less than a tick, so 0, for the rest."""
    if pid < 0:
        raise EINVAL
    target = _target(task, pid)
    interval.write(pack_timespec(RR_SLICE_NS if target.policy == SCHED.RR else 0))
    return 0


@syscall()
def sched_setaffinity(task: Task, pid: Pid, size: UInt, mask: InCpus1) -> int:
    """sched_setaffinity(2): bits of absent CPUs are dropped, EINVAL if none is left."""
    data = mask.read(min(size, PAGE))
    target = _target(task, pid)
    if not policies.same_owner(task, target) and not task.cred.capable_in(
        target.cred.user_ns, CAP.SYS_NICE
    ):
        raise EPERM
    wanted = int.from_bytes(data, "little") & (1 << task.kernel.profile.cpus) - 1
    if not wanted:
        raise EINVAL
    target.affinity = wanted
    moved(target)
    return 0


@syscall()
def sched_getaffinity(task: Task, pid: Pid, size: UInt, mask: OutCpus) -> int:
    """sched_getaffinity(2): returns how many bytes were written."""
    cpus = task.kernel.profile.cpus
    if size * 8 < cpus or size % 8:
        raise EINVAL
    target = _target(task, pid)
    length = min(size, task.kernel.profile.cpumask_bytes)
    mask.write((target.affinity or (1 << cpus) - 1).to_bytes(length, "little"))
    return length


@syscall()
def getcpu(task: Task, cpu: OutInt, node: OutInt) -> int:
    """getcpu(2): always the first CPU that the affinity allows, and node 0."""
    if cpu:
        cpu.write_int(policies.processor_of(task))
    if node:
        node.write_int(0)
    return 0
