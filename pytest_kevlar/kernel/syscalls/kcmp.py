"""kcmp(2): whether two tasks share something. Mirrors kernel/kcmp.c."""

from __future__ import annotations

import struct

from pytest_kevlar.kernel.abi.process import KCMP
from pytest_kevlar.kernel.errno import EBADF, EINVAL, EPERM, ESRCH
from pytest_kevlar.kernel.fs.epoll import EpollFile
from pytest_kevlar.kernel.fs.procfs.subject import may_inspect
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import KcmpType, Pid, ULong
from pytest_kevlar.kernel.task.task import Task


@syscall()
def kcmp(task: Task, pid1: Pid, pid2: Pid, kind: KcmpType, idx1: ULong, idx2: ULong) -> int:
    """kcmp(2): 0 for the same, 1 or 2 as the first or the second comes first."""
    tasks = task.kernel.tasks
    first, second = task.pid_ns.task(pid1), task.pid_ns.task(pid2)
    if first is None or second is None:
        raise ESRCH
    if not (may_inspect(task, first, real=True) and may_inspect(task, second, real=True)):
        raise EPERM
    if kind == KCMP.FILE:
        one, two = first.files.find(idx1), second.files.find(idx2)
        if one is None or two is None:
            raise EBADF
        order: list[object] = [file for other in tasks.values() for _, file in other.files]
        return _compare(one, two, order)
    if kind == KCMP.EPOLL_TFD:
        return _epoll_target(task, first, second, idx1, idx2)
    if kind in (KCMP.IO, KCMP.SYSVSEM):
        return 0  # no task has an I/O context or semaphore adjustments
    name = _SHARED.get(kind)
    if name is None:
        raise EINVAL
    order = [getattr(other, name) for other in tasks.values()]
    return _compare(getattr(first, name), getattr(second, name), order)


def _epoll_target(task: Task, first: Task, second: Task, fd: int, slot: int) -> int:
    """``struct kcmp_epoll_slot`` at `slot` against a file; kcmp_epoll_target()."""
    epoll_fd, watched_fd, index = struct.unpack("<III", UserPtr(task.memory, slot).read(12))
    file = first.files.find(fd)
    epoll = second.files.find(epoll_fd)
    if file is None or epoll is None:
        raise EBADF
    if not isinstance(epoll, EpollFile):
        raise EINVAL("not an epoll instance")
    target = epoll.target(watched_fd, index)
    order: list[object] = [one for other in task.kernel.tasks.values() for _, one in other.files]
    return _compare(file, target, order)


#: Attributes of tasks by type.
_SHARED = {KCMP.VM: "memory", KCMP.FILES: "files", KCMP.FS: "fs", KCMP.SIGHAND: "actions"}


def _compare(one: object, two: object, order: list[object]) -> int:
    """Linux orders by scrambled address; here the one that an older task holds comes first."""
    if one is two:
        return 0
    found = next(each for each in order if each is one or each is two)
    return 1 if found is one else 2
