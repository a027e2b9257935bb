"""reboot(2): of the machine, or of a PID namespace."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.credentials import CAP
from pytest_kevlar.kernel.abi.ipc import REBOOT
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.errno import EFAULT, EINVAL, EPERM
from pytest_kevlar.kernel.signals.send import kill_process
from pytest_kevlar.kernel.syscalls.registry import Arg, syscall
from pytest_kevlar.kernel.syscalls.types import Ptr, to_u32
from pytest_kevlar.kernel.task.exit import exit_thread
from pytest_kevlar.kernel.task.task import Task

MAGICS = (REBOOT.MAGIC2, REBOOT.MAGIC2A, REBOOT.MAGIC2B, REBOOT.MAGIC2C)
#: What a namespace's init is said to have died of.
SIGNALS = {
    REBOOT.CMD_RESTART: SIG.HUP,
    REBOOT.CMD_RESTART2: SIG.HUP,
    REBOOT.CMD_HALT: SIG.INT,
    REBOOT.CMD_POWER_OFF: SIG.INT,
}
COMMAND_MAX = 256


def _show(task: Task, raw: int) -> str:
    return names.name(REBOOT, to_u32(task, raw), unknown="LINUX_REBOOT_???")


Magic: TypeAlias = Annotated[int, Arg(to_u32, _show)]


@syscall(partial="no LINUX_REBOOT_CMD_KEXEC and _SW_SUSPEND: EINVAL")
def reboot(task: Task, magic: Magic, magic2: Magic, op: Magic, arg: Ptr) -> int:
    """reboot(2). Mirrors kernel/reboot.c:reboot()."""
    if not task.cred.capable_in(task.pid_ns.user_ns, CAP.SYS_BOOT):
        raise EPERM
    if magic != REBOOT.MAGIC1 or magic2 not in MAGICS:
        raise EINVAL("magic")
    if task.pid_ns.level:
        _end_namespace(task, op)
        return 0
    if op in (REBOOT.CMD_CAD_ON, REBOOT.CMD_CAD_OFF):
        task.kernel.ctrl_alt_del = int(op == REBOOT.CMD_CAD_ON)
        return 0
    if op not in SIGNALS:
        raise EINVAL("command")
    if op == REBOOT.CMD_RESTART2 and arg.memory.read_cstring(arg.address, COMMAND_MAX) is None:
        raise EFAULT
    task.kernel.shut_down()


def _end_namespace(task: Task, op: int) -> None:
    """Init, and everybody with it, ends; kernel/pid_namespace.c:reboot_pid_ns()."""
    signo = SIGNALS.get(op)
    if signo is None:
        raise EINVAL("command")
    namespace = task.pid_ns
    namespace.reboot_signal = signo
    assert namespace.reaper is not None
    kill_process(namespace.reaper)
    exit_thread(task, 0)
