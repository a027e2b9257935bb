"""What can be asked of a namespace that is open: its kind, what is above it, numbers of processes.

Mirrors fs/nsfs.c:ns_ioctl().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EINVAL, ENOTTY, EPERM, ESRCH
from pytest_kevlar.kernel.fs.procfs.namespaces import KINDS, NamespaceFile, place_of
from pytest_kevlar.kernel.task.pidns import PidNamespace
from pytest_kevlar.kernel.task.userns import INITIAL, UserNamespace

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.procfs.namespaces import Namespace
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

TRANSLATIONS = (
    IOCTL.NS_GET_PID_FROM_PIDNS,
    IOCTL.NS_GET_TGID_FROM_PIDNS,
    IOCTL.NS_GET_PID_IN_PIDNS,
    IOCTL.NS_GET_TGID_IN_PIDNS,
)


def handle(task: Task, file: NamespaceFile, request: int, argument: UserPtr) -> int:
    """Answer one request."""
    namespace = file.inode.namespace
    if request == IOCTL.NS_GET_NSTYPE:
        return KINDS[file.inode.kind_name]
    if request == IOCTL.NS_GET_PARENT:
        return _open_parent(task, namespace)
    if request == IOCTL.NS_GET_USERNS:
        return _open_user(task, INITIAL if namespace is None else namespace.user_ns)
    if request == IOCTL.NS_GET_OWNER_UID:
        if not isinstance(namespace, UserNamespace):
            raise EINVAL
        argument.write_int(task.cred.user_ns.uids.seen(namespace.owner))
        return 0
    if request in TRANSLATIONS:
        return _translate(task, namespace, request, argument.address & 0xFFFF_FFFF)
    raise ENOTTY


def _open_parent(task: Task, namespace: Namespace | None) -> int:
    """NS_GET_PARENT: EINVAL for flat kinds, EPERM above one's own."""
    if isinstance(namespace, UserNamespace):
        return _open_user(task, namespace.parent)
    if not isinstance(namespace, PidNamespace):
        raise EINVAL("a kind without parents")
    parent = namespace.parent
    if parent is None or not task.pid_ns.contains(parent):
        raise EPERM
    return _open(task, b"pid", parent)


def _open_user(task: Task, namespace: UserNamespace | None) -> int:
    if namespace is None or not namespace.is_within(task.cred.user_ns):
        raise EPERM
    return _open(task, b"user", namespace)


def _open(task: Task, kind: bytes, namespace: Namespace) -> int:
    place = place_of(task.fs.vfs, kind, namespace)
    return task.files.install(task.process, NamespaceFile(place, O.RDONLY), cloexec=True)


def _translate(task: Task, namespace: Namespace | None, request: int, number: int) -> int:
    """A number there as the caller sees it, or the other way round; ESRCH."""
    if not isinstance(namespace, PidNamespace):
        raise EINVAL("not a PID namespace")
    inwards = request in (IOCTL.NS_GET_PID_IN_PIDNS, IOCTL.NS_GET_TGID_IN_PIDNS)
    found = (task.pid_ns if inwards else namespace).task(number)
    if found is None:
        raise ESRCH
    processes = request in (IOCTL.NS_GET_TGID_FROM_PIDNS, IOCTL.NS_GET_TGID_IN_PIDNS)
    ident = found.process.pid if processes else found.tid
    answer = (namespace if inwards else task.pid_ns).number(ident)
    if not answer:
        raise ESRCH
    return answer
