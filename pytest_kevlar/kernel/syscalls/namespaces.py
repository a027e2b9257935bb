"""setns(2): entering the namespace that a descriptor stands for."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.process import CLONE
from pytest_kevlar.kernel.errno import EINVAL, EPERM, EUSERS
from pytest_kevlar.kernel.fs.mount import MountNamespace, VfsPath
from pytest_kevlar.kernel.fs.pidfd import PidFile
from pytest_kevlar.kernel.fs.procfs.namespaces import NamespaceFile
from pytest_kevlar.kernel.fs.procfs.subject import may_inspect
from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
from pytest_kevlar.kernel.ipc.undo import enter_ipc
from pytest_kevlar.kernel.net.namespace import NetNamespace
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Bits, Fd
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN, CAP_SYS_CHROOT
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.task.uts import UtsNamespace
from pytest_kevlar.kernel.time.namespace import TimeNamespace, enter_time

KINDS = {
    b"mnt": CLONE.NEWNS,
    b"uts": CLONE.NEWUTS,
    b"ipc": CLONE.NEWIPC,
    b"net": CLONE.NEWNET,
    b"time": CLONE.NEWTIME,
}


@syscall(partial="no PID, user and cgroup namespaces: EINVAL")
def setns(task: Task, fd: Fd, nstype: Bits) -> int:
    """setns(2). Mirrors kernel/nsproxy.c:SYSCALL_DEFINE2(setns)."""
    file = task.files.get(fd)
    if isinstance(file, PidFile):
        if not nstype or nstype & ~sum(KINDS.values()):
            raise EINVAL
        if not may_inspect(task, file.task):
            raise EPERM
        if nstype & CLONE.NEWUTS:
            _enter_uts(task, file.task.uts)
        if nstype & CLONE.NEWTIME:
            _enter_time(task, file.task.time)
        if nstype & CLONE.NEWNET:
            _enter_net(task, file.task.net)
        if nstype & CLONE.NEWIPC:
            _enter_ipc(task, file.task.ipc)
        if nstype & CLONE.NEWNS:
            _enter_mounts(task, file.task.fs.namespace)
        return 0
    if not isinstance(file, NamespaceFile):
        raise EINVAL
    namespace = file.inode.namespace
    if nstype and nstype != KINDS.get(file.inode.kind_name):
        raise EINVAL
    if isinstance(namespace, MountNamespace):
        _enter_mounts(task, namespace)
    elif isinstance(namespace, UtsNamespace):
        _enter_uts(task, namespace)
    elif isinstance(namespace, IpcNamespace):
        _enter_ipc(task, namespace)
    elif isinstance(namespace, NetNamespace):
        _enter_net(task, namespace)
    elif isinstance(namespace, TimeNamespace):
        _enter_time(task, namespace)
    else:
        raise EINVAL("there is one only")
    return 0


def _enter_uts(task: Task, namespace: UtsNamespace) -> None:
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM
    task.uts = namespace


def _enter_time(task: Task, namespace: TimeNamespace) -> None:
    """kernel/time/namespace.c:timens_install()."""
    if len(task.process.threads) > 1:
        raise EUSERS
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM
    enter_time(task, namespace)


def _enter_net(task: Task, namespace: NetNamespace) -> None:
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM
    task.net = namespace


def _enter_ipc(task: Task, namespace: IpcNamespace) -> None:
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM
    enter_ipc(task, namespace.get())


def _enter_mounts(task: Task, namespace: MountNamespace) -> None:
    """fs/namespace.c:mntns_install()."""
    if not task.cred.capable(CAP_SYS_ADMIN) or not task.cred.capable(CAP_SYS_CHROOT):
        raise EPERM
    if namespace.anonymous or task.fs.users != 1:
        raise EINVAL
    top = VfsPath(namespace.root, namespace.root.root).top()
    task.fs.enter(namespace, top, top)
