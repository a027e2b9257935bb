"""The cpu controller: weights and bandwidth as they are set, and the times that every group has.

The scheduler here gives every task the same turns, so that what is set is kept and shown, and
bounds nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.cgroup.controller import ControlFile, Controller, Opener
from pytest_kevlar.kernel.cgroup.values import LLONG_MAX, line, number, strip
from pytest_kevlar.kernel.errno import EINVAL, ERANGE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.task.task import Task

WEIGHT_MIN, WEIGHT_DEFAULT, WEIGHT_MAX = 1, 100, 10_000
PERIOD_DEFAULT = 100_000
#: Microseconds that a period and a quota may have; kernel/sched/core.c.
PERIOD_MIN, PERIOD_MAX = 1_000, 1_000_000
#: kernel/sched/core.c:max_cfs_runtime
QUOTA_MAX = ((1 << 44) - 1) // 1000
#: kernel/sched/core.c:sched_prio_to_weight, from nice -20 on.
# fmt: off
NICE_WEIGHTS = (
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
    9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277,
    1024, 820, 655, 526, 423, 335, 272, 215, 172, 137,
    110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
)
# fmt: on
NICE_0_WEIGHT = 1024


class Cpu:
    """What is kept of one group: weight 1..10000, whether it is idle, microseconds of the rest."""

    __slots__ = ("burst", "idle", "period", "quota", "weight")

    def __init__(self) -> None:
        self.weight = NICE_0_WEIGHT
        self.idle = False
        self.quota: int | None = None
        self.period = PERIOD_DEFAULT
        self.burst = 0


def _of(group: Cgroup) -> Cpu:
    found: Cpu = group.states["cpu"]
    return found


def _round(dividend: int, divisor: int) -> int:
    return (dividend + divisor // 2) // divisor


def _shown_weight(cpu: Cpu) -> int:
    """kernel/sched/core.c:sched_weight_to_cgroup()."""
    weight = _round(cpu.weight * WEIGHT_DEFAULT, NICE_0_WEIGHT)
    return min(max(weight, WEIGHT_MIN), WEIGHT_MAX)


def _show_weight(task: Task, group: Cgroup) -> bytes:
    cpu = _of(group)
    return b"%d\n" % (WEIGHT_MIN if cpu.idle else _shown_weight(cpu))


def _store_weight(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    """kernel/sched/core.c:cpu_weight_write_u64()."""
    value = number(line(data), LLONG_MAX * 2 + 1)
    if value < 0:
        raise EINVAL
    if not WEIGHT_MIN <= value <= WEIGHT_MAX:
        raise ERANGE
    cpu = _of(group)
    if cpu.idle:
        raise EINVAL
    cpu.weight = _round(value * NICE_0_WEIGHT, WEIGHT_DEFAULT)


def _show_nice(task: Task, group: Cgroup) -> bytes:
    """kernel/sched/core.c:cpu_weight_nice_read_s64(): the level of the nearest weight."""
    weight = _of(group).weight
    nearest = min(range(len(NICE_WEIGHTS)), key=lambda at: abs(weight - NICE_WEIGHTS[at]))
    return b"%d\n" % (nearest - 20)


def _store_nice(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    nice = number(line(data), LLONG_MAX)
    if not -20 <= nice <= 19:
        raise ERANGE
    cpu = _of(group)
    if cpu.idle:
        raise EINVAL
    cpu.weight = NICE_WEIGHTS[nice + 20]


def _store_idle(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    value = number(line(data), LLONG_MAX)
    if value not in (0, 1):
        raise EINVAL
    _of(group).idle = bool(value)


def _show_max(task: Task, group: Cgroup) -> bytes:
    cpu = _of(group)
    return b"%s %d\n" % (b"max" if cpu.quota is None else b"%d" % cpu.quota, cpu.period)


def _store_max(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    """kernel/sched/core.c:cpu_period_quota_parse() and tg_set_cfs_bandwidth()."""
    words = strip(data).split()
    if not words:
        raise EINVAL
    cpu = _of(group)
    period = cpu.period
    leading = re.match(rb"\d+", words[1]) if len(words) > 1 else None
    if leading is not None:
        period = int(leading[0])
    digits = re.match(rb"\d+", words[0])
    if digits is None and words[0] != b"max":
        raise EINVAL
    quota = None if digits is None else int(digits[0])
    if not PERIOD_MIN <= period <= PERIOD_MAX:
        raise EINVAL
    if quota is not None and not PERIOD_MIN <= quota <= QUOTA_MAX:
        raise EINVAL
    if quota is not None and cpu.burst > quota:
        raise EINVAL
    cpu.quota, cpu.period = quota, period


def _store_burst(task: Task, group: Cgroup, data: bytes, opener: Opener) -> None:
    burst = number(line(data), LLONG_MAX * 2 + 1)
    cpu = _of(group)
    if burst < 0 or burst > QUOTA_MAX or (cpu.quota is not None and burst > cpu.quota):
        raise EINVAL
    cpu.burst = burst


def show_stat(task: Task, group: Cgroup) -> bytes:
    """cpu.stat, which groups without the controller have, too."""
    user, system = group.cpu_times() if group.parent is not None else _all_times(group)
    rows = {"usage": user + system, "user": user, "system": system}
    text = "".join(f"{name}_usec {ns // 1000}\n" for name, ns in rows.items()) + "nice_usec 0\n"
    if "cpu" in group.states:
        text += "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\nnr_bursts 0\nburst_usec 0\n"
    return text.encode()


def _all_times(root: Cgroup) -> tuple[int, int]:
    """Of the whole machine, from /proc/stat's own source."""
    from pytest_kevlar.kernel.fs.procfs.system import cpu_times

    return cpu_times(root.hierarchy.kernel)


def show_local_stat(task: Task, group: Cgroup) -> bytes:
    """cpu.stat.local."""
    return b"throttled_usec 0\n" if "cpu" in group.states else b""


class CpuController(Controller):
    """cpu."""

    name = "cpu"
    threaded = True
    files = (
        ControlFile(b"cpu.weight", _show_weight, _store_weight),
        ControlFile(b"cpu.weight.nice", _show_nice, _store_nice),
        ControlFile(b"cpu.idle", lambda task, group: b"%d\n" % _of(group).idle, _store_idle),
        ControlFile(b"cpu.max", _show_max, _store_max),
        ControlFile(b"cpu.max.burst", lambda task, group: b"%d\n" % _of(group).burst, _store_burst),
    )

    def make(self, group: Cgroup) -> Cpu:
        """What is kept for a group."""
        return Cpu()
