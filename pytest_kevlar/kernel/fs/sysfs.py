"""/sys, as far as C libraries and busybox look: which CPUs there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.generated import GeneratedFileSystem, Spec, Table, TableInode, Text

if TYPE_CHECKING:
    from typing import Any

    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task


def _cpus(task: Task, subject: Any) -> bytes:
    last = task.kernel.profile.cpus - 1
    return b"0-%d\n" % last if last else b"0\n"


def _root(cpus: int) -> dict[bytes, Spec]:
    """The whole tree of a machine with so many CPUs."""
    cpu: dict[bytes, Spec] = {
        b"online": Text(0o444, _cpus),
        b"possible": Text(0o444, _cpus),
        b"present": Text(0o444, _cpus),
        b"offline": Text(0o444, lambda task, subject: b"\n"),
        b"kernel_max": Text(0o444, lambda task, subject: b"8191\n"),
    }
    for number in range(cpus):
        cpu[b"cpu%d" % number] = EMPTY
    system = Table({b"cpu": Table(cpu, 0o755), b"node": NODE}, 0o755)
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
NODE = Table({b"online": Text(0o444, lambda task, subject: b"0\n")}, 0o755)


class SysFs(GeneratedFileSystem):
    """sysfs."""

    name = b"sysfs"
    magic = MAGIC.SYSFS_MAGIC
    keeps_names = True

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        self.root = Dentry(
            b"/", None, TableInode(self, ("sys",), None, _root(vfs.kernel.profile.cpus))
        )
