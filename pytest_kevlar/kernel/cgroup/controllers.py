"""The controllers that groups can have, and what each is asked when tasks come and go."""

from __future__ import annotations

from pytest_kevlar.kernel.cgroup.controller import Controller
from pytest_kevlar.kernel.cgroup.cpu import CpuController
from pytest_kevlar.kernel.cgroup.hugetlb import HugetlbController
from pytest_kevlar.kernel.cgroup.memory import MemoryController
from pytest_kevlar.kernel.cgroup.pids import PidsController

#: In the order of include/linux/cgroup_subsys.h.
CONTROLLERS: tuple[Controller, ...] = (
    CpuController(),
    MemoryController(),
    HugetlbController(),
    PidsController(),
)

__all__ = ["CONTROLLERS", "Controller"]
