"""pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2). The file is ``fs/pidfd.py``."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.process import PIDFD, PIDFDSIGNAL
from pytest_kevlar.kernel.errno import EBADF, EINVAL, ENOENT, EPERM, ESRCH
from pytest_kevlar.kernel.fs.pidfd import PidFile
from pytest_kevlar.kernel.fs.procfs.pid import process_of
from pytest_kevlar.kernel.fs.procfs.subject import may_inspect
from pytest_kevlar.kernel.signals.actions import NSIG
from pytest_kevlar.kernel.signals.send import (
    check_permission,
    kill_group,
    kill_one,
    send_to_task,
    sender_info,
)
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.signals import may_forge, read_info
from pytest_kevlar.kernel.syscalls.types import Bits, Fd, Int, Pid, Ptr
from pytest_kevlar.kernel.task.task import Task


def pid_file(task: Task, fd: int) -> PidFile:
    """The pidfd behind a descriptor; EBADF."""
    file = task.files.get(fd)
    if not isinstance(file, PidFile):
        raise EBADF("not a pidfd")
    return file


def install_pidfd(task: Task, target: Task, flags: int) -> int:
    """A descriptor for `target`, close-on-exec as always."""
    file = PidFile(task.fs.vfs, target, flags)
    return task.files.install(task.process, file, cloexec=True)


@syscall()
def pidfd_open(task: Task, pid: Pid, flags: Bits) -> int:
    """pidfd_open(2). Mirrors kernel/pid.c:pidfd_open()."""
    if flags & ~(PIDFD.NONBLOCK | PIDFD.THREAD) or pid <= 0:
        raise EINVAL
    target = task.pid_ns.task(pid)
    if target is None:
        raise ESRCH
    if not flags & PIDFD.THREAD and not target.is_leader:
        raise ENOENT("not a thread group leader")
    thread = O.EXCL if flags & PIDFD.THREAD else 0
    return install_pidfd(task, target, (O.NONBLOCK if flags & PIDFD.NONBLOCK else 0) | thread)


def _signalled(task: Task, fd: int) -> tuple[Task, bool, bool]:
    """Whom a signal would reach, whether only that thread, and whether it was reaped; EBADF.

    A descriptor of /proc/PID will do as well as a pidfd; kernel/signal.c:pidfd_to_pid().
    """
    file = task.files.get(fd)
    if isinstance(file, PidFile):
        return file.task, file.thread, file.reaped
    subject = process_of(file.inode)
    if subject is None:
        raise EBADF("not a pidfd")
    return subject.task, False, not subject.exists


@syscall()
def pidfd_send_signal(task: Task, pidfd: Fd, sig: Int, info: Ptr, flags: Bits) -> int:
    """pidfd_send_signal(2). Mirrors kernel/signal.c:do_pidfd_send_signal()."""
    scopes = (0, PIDFDSIGNAL.THREAD, PIDFDSIGNAL.THREAD_GROUP, PIDFDSIGNAL.PROCESS_GROUP)
    if flags not in scopes:
        raise EINVAL
    target, thread, gone = _signalled(task, pidfd)
    if not task.pid_ns.contains(target.pid_ns):
        raise EINVAL("of another PID namespace")
    if info:
        given = read_info(task, sig, info)
        if info.read_int(4) != sig:
            raise EINVAL("si_signo")
        may_forge(given, own=target is task)
    else:
        given = sender_info(task, sig)
    if not 0 <= sig <= NSIG:
        raise EINVAL("signal number")
    if gone:
        raise ESRCH
    if flags == PIDFDSIGNAL.PROCESS_GROUP:
        kill_group(task, target.process.pgid, sig)
    elif flags == PIDFDSIGNAL.THREAD or (not flags and thread):
        check_permission(task, target, sig)
        if sig:
            send_to_task(target, sig, given)
    else:
        kill_one(task, target.process, sig, given)
    return 0


@syscall()
def pidfd_getfd(task: Task, pidfd: Fd, targetfd: Fd, flags: Bits) -> int:
    """pidfd_getfd(2). Mirrors kernel/pid.c:pidfd_getfd()."""
    if flags:
        raise EINVAL
    target = pid_file(task, pidfd).target()
    if not target.alive:
        raise ESRCH
    if not may_inspect(task, target):
        raise EPERM
    file = target.files.get_any(targetfd)
    return task.files.install(task.process, file.get(), cloexec=True)
