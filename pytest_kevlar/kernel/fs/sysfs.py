"""/sys, as far as C libraries, busybox and lscpu look: which CPUs there are, and how they hang
together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.generated import (
    GeneratedFileSystem,
    Spec,
    Table,
    TableInode,
    Text,
    line,
)

if TYPE_CHECKING:
    from typing import Any

    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task


def _cpus(task: Task, subject: Any) -> bytes:
    last = task.kernel.profile.cpus - 1
    return b"0-%d\n" % last if last else b"0\n"


def _cpu_set(cpus: int, members: range) -> tuple[str, str]:
    """A set of CPUs as a mask and as a list."""
    mask = sum(1 << cpu for cpu in members)
    first, last = members[0], members[-1]
    return f"{mask:0{-(-cpus // 4)}x}", str(first) if first == last else f"{first}-{last}"


def _topology(number: int, cpus: int, dies: bool) -> dict[bytes, Spec]:
    """One package of cores with a thread each; drivers/base/topology.c."""
    rows = {"cluster_id": "65535", "core_id": str(number), "physical_package_id": "0"}
    for name in ("cluster_cpus", "core_cpus", "thread_siblings"):
        rows[name], rows[f"{name}_list"] = _cpu_set(cpus, range(number, number + 1))
    for name in ("core_siblings", "package_cpus", *(("die_cpus",) if dies else ())):
        rows[name], rows[f"{name}_list"] = _cpu_set(cpus, range(cpus))
    if dies:
        rows["die_id"] = "0"
    return {name.encode(): Text(0o444, line(rows[name])) for name in sorted(rows)}


def _node(cpus: int) -> Table:
    """The one node of memory."""
    mask, members = _cpu_set(cpus, range(cpus))
    node: dict[bytes, Spec] = {
        b"cpulist": Text(0o444, line(members)),
        b"cpumap": Text(0o444, line(mask)),
        b"distance": Text(0o444, line(10)),
    }
    zero = Text(0o444, line(0))
    names = (b"has_cpu", b"has_memory", b"has_normal_memory", b"online", b"possible")
    return Table({**dict.fromkeys(names, zero), b"node0": Table(node, 0o755)}, 0o755)


def _root(cpus: int, dies: bool) -> dict[bytes, Spec]:
    """The whole tree of a machine with so many CPUs, on dies if the architecture tells of them."""
    cpu: dict[bytes, Spec] = {
        b"online": Text(0o444, _cpus),
        b"possible": Text(0o444, _cpus),
        b"present": Text(0o444, _cpus),
        b"offline": Text(0o444, lambda task, subject: b"\n"),
        b"enabled": Text(0o444, _cpus),
        b"isolated": Text(0o444, lambda task, subject: b"\n"),
        b"smt": Table(
            {b"active": Text(0o444, line(0)), b"control": Text(0o644, line("notsupported"))}, 0o755
        ),
        b"kernel_max": Text(0o444, lambda task, subject: b"8191\n"),
    }
    for number in range(cpus):
        topology = Table(_topology(number, cpus, dies), 0o755)
        cpu[b"cpu%d" % number] = Table({b"topology": topology}, 0o755)
    system = Table({b"cpu": Table(cpu, 0o755), b"node": _node(cpus)}, 0o755)
    return {
        b"block": EMPTY,
        b"bus": EMPTY,
        b"class": EMPTY,
        b"dev": EMPTY,
        b"devices": Table({b"system": system}, 0o755),
        b"fs": Table({b"cgroup": EMPTY}, 0o755),
        b"kernel": EMPTY,
        b"module": EMPTY,
    }


EMPTY = Table({}, 0o755)


class SysFs(GeneratedFileSystem):
    """sysfs."""

    name = b"sysfs"
    magic = MAGIC.SYSFS_MAGIC
    keeps_names = True

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        kernel = vfs.kernel
        table = _root(kernel.profile.cpus, dies=kernel.arch.machine == "x86_64")
        self.root = Dentry(b"/", None, TableInode(self, ("sys",), None, table))
