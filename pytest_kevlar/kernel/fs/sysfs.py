"""/sys, as far as C libraries and busybox look: which CPUs there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mount import MAGIC
from pytest_kevlar.kernel.fs.dentry import Dentry
from pytest_kevlar.kernel.fs.generated import GeneratedFileSystem, Table, TableInode, Text

if TYPE_CHECKING:
    from typing import Any

    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task


def _cpus(task: Task, subject: Any) -> bytes:
    last = task.kernel.profile.cpus - 1
    return b"0-%d\n" % last if last else b"0\n"


CPU = Table(
    {
        b"online": Text(0o444, _cpus),
        b"possible": Text(0o444, _cpus),
        b"present": Text(0o444, _cpus),
        b"offline": Text(0o444, lambda task, subject: b"\n"),
        b"kernel_max": Text(0o444, lambda task, subject: b"8191\n"),
    },
    0o755,
)
NODE = Table({b"online": Text(0o444, lambda task, subject: b"0\n")}, 0o755)
ROOT = {
    b"block": Table({}, 0o755),
    b"bus": Table({}, 0o755),
    b"class": Table({}, 0o755),
    b"dev": Table({}, 0o755),
    b"devices": Table({b"system": Table({b"cpu": CPU, b"node": NODE}, 0o755)}, 0o755),
    b"fs": Table({b"cgroup": Table({}, 0o755)}, 0o755),
    b"kernel": Table({}, 0o755),
    b"module": Table({}, 0o755),
}


class SysFs(GeneratedFileSystem):
    """sysfs."""

    name = b"sysfs"
    magic = MAGIC.SYSFS_MAGIC

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        self.root = Dentry(b"/", None, TableInode(self, ("sys",), None, ROOT))
