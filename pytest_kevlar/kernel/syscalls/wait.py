"""wait4(2) and waitid(2). Which child is taken is :mod:`pytest_kevlar.kernel.task.reap`."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pytest_kevlar.kernel.abi.layout import Layout
from pytest_kevlar.kernel.abi.process import P, W
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL, ESRCH
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.syscalls.pidfd import pid_file
from pytest_kevlar.kernel.syscalls.pointers import OutSignalInfo, OutStatus, OutUsage
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Pid, WaitOptions, one_of
from pytest_kevlar.kernel.task.process import Usage
from pytest_kevlar.kernel.task.reap import selector, wait_for
from pytest_kevlar.kernel.task.task import Task

RUSAGE = Layout("rusage")


def pack_usage(usage: Usage) -> bytes:
    """``struct rusage``: microseconds, and kilobytes for the resident peak."""
    user, system = usage.user_ns // 1000, usage.system_ns // 1000
    return RUSAGE.pack(
        ru_utime={"tv_sec": user // 1_000_000, "tv_usec": user % 1_000_000},
        ru_stime={"tv_sec": system // 1_000_000, "tv_usec": system % 1_000_000},
        ru_maxrss=usage.max_rss * 4,
        ru_minflt=usage.minor_faults,
        ru_majflt=usage.major_faults,
        ru_nvcsw=usage.voluntary_switches,
        ru_nivcsw=usage.nonvoluntary_switches,
    )


#: ``siginfo_t``: behind signo, errno and code; pid, uid and status. What is between stays.
_CODE_END, _CHILD_START, _CHILD_BYTES = 12, 16, 28

IdType: TypeAlias = Annotated[int, one_of(P)]


@syscall()
async def wait4(
    task: Task, pid: Pid, wstatus: OutStatus, options: WaitOptions, rusage: OutUsage
) -> int:
    """wait4(2). Mirrors kernel/exit.c:kernel_wait4()."""
    known = W.NOHANG | W.UNTRACED | W.CONTINUED | W.WNOTHREAD | W.WCLONE | W.WALL
    if options & ~known:
        raise EINVAL
    if pid == -(1 << 31):
        raise ESRCH
    if pid > 0:
        wanted = selector(task, P.PID, pid)
    elif pid == -1:
        wanted = selector(task, P.ALL, 0)
    else:
        wanted = selector(task, P.PGID, -pid)
    report = await wait_for(task, wanted, options | W.EXITED)
    if report is None:
        return 0
    if wstatus:
        wstatus.write_int(report.status)
    if rusage:
        rusage.write(pack_usage(report.usage))
    return task.pid_ns.number(report.pid)


@syscall()
async def waitid(
    task: Task,
    idtype: IdType,
    ident: Pid,
    infop: OutSignalInfo,
    options: WaitOptions,
    rusage: OutUsage,
) -> int:
    """waitid(2). Mirrors kernel/exit.c:kernel_waitid()."""
    known = (
        W.NOHANG | W.NOWAIT | W.EXITED | W.STOPPED | W.CONTINUED | W.WNOTHREAD | W.WCLONE | W.WALL
    )
    if options & ~known or not options & (W.EXITED | W.STOPPED | W.CONTINUED):
        raise EINVAL
    if idtype not in (P.ALL, P.PID, P.PGID, P.PIDFD):
        raise EINVAL
    if (idtype == P.PID and ident <= 0) or (idtype in (P.PGID, P.PIDFD) and ident < 0):
        raise EINVAL
    nonblocking = False
    if idtype == P.PIDFD:
        file = pid_file(task, ident)
        nonblocking = file.nonblocking and not options & W.NOHANG
        idtype = P.PID
        ident = 0 if file.reaped else task.pid_ns.number(file.task.process.pid)
    wait_options = options | W.NOHANG if nonblocking else options
    report = await wait_for(task, selector(task, idtype, ident), wait_options)
    if report is None and nonblocking:
        raise EAGAIN
    if rusage and report is not None:
        rusage.write(pack_usage(report.usage))
    if infop:
        data = bytes(_CHILD_BYTES)
        if report is not None:
            number = task.pid_ns.number(report.pid)
            uid = task.cred.user_ns.uids.seen(report.uid)
            info = SigInfo.child(number, uid, report.code, report.value, 0, 0)
            assert info.signo == SIG.CHLD
            data = info.pack()[:_CHILD_BYTES]
        infop.write(data[:_CODE_END])
        (infop + _CHILD_START).write(data[_CHILD_START:])
    return 0
