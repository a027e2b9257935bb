"""setns(2): entering the namespace that a descriptor stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_kevlar.kernel.abi.process import CLONE
from pytest_kevlar.kernel.cgroup.namespace import CgroupNamespace
from pytest_kevlar.kernel.errno import EINVAL, EPERM, EUSERS
from pytest_kevlar.kernel.fs.mount import MountNamespace, VfsPath
from pytest_kevlar.kernel.fs.pidfd import PidFile
from pytest_kevlar.kernel.fs.procfs.namespaces import KINDS, NamespaceFile
from pytest_kevlar.kernel.fs.procfs.subject import may_inspect
from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
from pytest_kevlar.kernel.ipc.undo import enter_ipc
from pytest_kevlar.kernel.net.namespace import NetNamespace
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Bits, Fd
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN, CAP_SYS_CHROOT
from pytest_kevlar.kernel.task.pidns import PidNamespace
from pytest_kevlar.kernel.task.setid import commit
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.task.userns import UserNamespace
from pytest_kevlar.kernel.task.uts import UtsNamespace
from pytest_kevlar.kernel.time.namespace import TimeNamespace, enter_time


@syscall()
def setns(task: Task, fd: Fd, nstype: Bits) -> int:
    """setns(2). Mirrors kernel/nsproxy.c:SYSCALL_DEFINE2(setns)."""
    file = task.files.get(fd)
    if isinstance(file, PidFile):
        if not nstype or nstype & ~ENTERED:
            raise EINVAL
        if not may_inspect(task, file.task):
            raise EPERM
        for kind, (namespace_of, enter) in _KINDS.items():
            if nstype & kind:
                enter(task, namespace_of(file.task))
        return 0
    if not isinstance(file, NamespaceFile):
        raise EINVAL
    namespace, kind = file.inode.namespace, KINDS[file.inode.kind_name]
    if nstype and nstype != kind:
        raise EINVAL
    if namespace is None:
        raise EINVAL("there is one only")
    _KINDS[kind][1](task, namespace)
    return 0


def _need_admin(task: Task, owner: UserNamespace) -> None:
    """CAP_SYS_ADMIN over the namespace's owner and over one's own user namespace; EPERM."""
    cred = task.cred
    if not cred.capable_in(owner, CAP_SYS_ADMIN) or not cred.capable_here(CAP_SYS_ADMIN):
        raise EPERM


def _enter_user(task: Task, namespace: UserNamespace) -> None:
    """kernel/user_namespace.c:userns_install()."""
    if namespace is task.cred.user_ns:
        raise EINVAL("nothing is gained by entering it again")
    if len(task.process.threads) > 1 or task.fs.users != 1:
        raise EINVAL
    if not task.cred.capable_in(namespace, CAP_SYS_ADMIN):
        raise EPERM
    commit(task, task.cred.as_member(namespace))


def _enter_uts(task: Task, namespace: UtsNamespace) -> None:
    _need_admin(task, namespace.user_ns)
    task.uts = namespace


def _enter_time(task: Task, namespace: TimeNamespace) -> None:
    """kernel/time/namespace.c:timens_install()."""
    if len(task.process.threads) > 1:
        raise EUSERS
    _need_admin(task, namespace.user_ns)
    enter_time(task, namespace)


def _enter_pid(task: Task, namespace: PidNamespace) -> None:
    """The caller's children will be there; kernel/pid_namespace.c:pidns_install()."""
    _need_admin(task, namespace.user_ns)
    if not task.pid_ns.contains(namespace):
        raise EINVAL("neither one's own nor below it")
    task.pid_ns_for_children = namespace


def _enter_net(task: Task, namespace: NetNamespace) -> None:
    _need_admin(task, namespace.user_ns)
    task.net = namespace


def _enter_cgroups(task: Task, namespace: CgroupNamespace) -> None:
    _need_admin(task, namespace.user_ns)
    task.cgroup_ns = namespace


def _enter_ipc(task: Task, namespace: IpcNamespace) -> None:
    _need_admin(task, namespace.user_ns)
    enter_ipc(task, namespace.get())


def _enter_mounts(task: Task, namespace: MountNamespace) -> None:
    """fs/namespace.c:mntns_install()."""
    _need_admin(task, namespace.user_ns)
    if not task.cred.capable_here(CAP_SYS_CHROOT):
        raise EPERM
    if namespace.anonymous or task.fs.users != 1:
        raise EINVAL
    top = VfsPath(namespace.root, namespace.root.root).top()
    task.fs.enter(namespace, top, top)


#: How a task's namespace of each kind is found and entered, in the order in which a pidfd's are.
_KINDS: dict[int, tuple[Callable[[Task], Any], Callable[[Task, Any], None]]] = {
    CLONE.NEWUSER: (lambda task: task.cred.user_ns, _enter_user),
    CLONE.NEWPID: (lambda task: task.pid_ns, _enter_pid),
    CLONE.NEWUTS: (lambda task: task.uts, _enter_uts),
    CLONE.NEWTIME: (lambda task: task.time, _enter_time),
    CLONE.NEWNET: (lambda task: task.net, _enter_net),
    CLONE.NEWIPC: (lambda task: task.ipc, _enter_ipc),
    CLONE.NEWCGROUP: (lambda task: task.cgroup_ns, _enter_cgroups),
    CLONE.NEWNS: (lambda task: task.fs.namespace, _enter_mounts),
}
ENTERED = sum(_KINDS)
