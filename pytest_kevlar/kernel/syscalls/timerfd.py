"""timerfd_create(2) and its companions, signalfd(2); the files are in ``fs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pytest_kevlar.kernel.abi.credentials import CAP
from pytest_kevlar.kernel.abi.signals import SFD
from pytest_kevlar.kernel.abi.time import CLOCK, TFD, TFDTIMER
from pytest_kevlar.kernel.errno import EINVAL, EPERM
from pytest_kevlar.kernel.fs.signalfd import SignalFile
from pytest_kevlar.kernel.fs.timerfd import TimerFile
from pytest_kevlar.kernel.syscalls.pointers import InItimerspec, InSignals2, OutItimerspec
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.time import ClockId
from pytest_kevlar.kernel.syscalls.types import Fd, Size, flags_of
from pytest_kevlar.kernel.time.units import pack_itimerspec, read_itimerspec

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

SIGSET_SIZE = 8
CLOCKS = (CLOCK.MONOTONIC, CLOCK.REALTIME, CLOCK.BOOTTIME)
ALARM_CLOCKS = (CLOCK.REALTIME_ALARM, CLOCK.BOOTTIME_ALARM)

CreateFlags: TypeAlias = Annotated[int, flags_of(TFD)]
SetFlags: TypeAlias = Annotated[int, flags_of(TFDTIMER)]
SignalFlags: TypeAlias = Annotated[int, flags_of(SFD)]


@syscall()
def timerfd_create(task: Task, clockid: ClockId, flags: CreateFlags) -> int:
    """timerfd_create(2)."""
    if flags & ~(TFD.CLOEXEC | TFD.NONBLOCK) or clockid not in (*CLOCKS, *ALARM_CLOCKS):
        raise EINVAL
    if clockid in ALARM_CLOCKS and not task.cred.capable(CAP.WAKE_ALARM):
        raise EPERM
    file = TimerFile(task.fs.vfs, clockid, flags & TFD.NONBLOCK, task.time.offset(clockid))
    return task.files.install(task.process, file, cloexec=bool(flags & TFD.CLOEXEC))


def _timer(task: Task, fd: int) -> TimerFile:
    file = task.files.get(fd)
    if not isinstance(file, TimerFile):
        raise EINVAL("not a timerfd")
    return file


@syscall()
def timerfd_settime(
    task: Task, fd: Fd, flags: SetFlags, new: InItimerspec, old: OutItimerspec
) -> int:
    """timerfd_settime(2). Mirrors fs/timerfd.c:do_timerfd_settime()."""
    value, interval = read_itimerspec(new)
    if flags & ~(TFDTIMER.ABSTIME | TFDTIMER.CANCEL_ON_SET):
        raise EINVAL("flags")
    before = _timer(task, fd).set_time(value, interval, flags)
    if old:
        old.write(pack_itimerspec(*before))
    return 0


@syscall()
def timerfd_gettime(task: Task, fd: Fd, current: OutItimerspec) -> int:
    """timerfd_gettime(2)."""
    current.write(pack_itimerspec(*_timer(task, fd).get_time()))
    return 0


def _signalfd(task: Task, fd: int, mask: UserPtr, size: int, flags: int) -> int:
    """fs/signalfd.c:do_signalfd4()."""
    if size != SIGSET_SIZE:
        raise EINVAL("sizemask")
    signals = mask.read_int(8, signed=False)
    if flags & ~(SFD.CLOEXEC | SFD.NONBLOCK):
        raise EINVAL("flags")
    if fd == -1:
        file = SignalFile(task.fs.vfs, signals, flags & SFD.NONBLOCK)
        return task.files.install(task.process, file, cloexec=bool(flags & SFD.CLOEXEC))
    existing = task.files.get(fd)
    if not isinstance(existing, SignalFile):
        raise EINVAL("not a signalfd")
    existing.set_mask(signals)
    return fd


@syscall()
def signalfd4(task: Task, fd: Fd, mask: InSignals2, size: Size, flags: SignalFlags) -> int:
    """signalfd4(2)."""
    return _signalfd(task, fd, mask, size, flags)


@syscall()
def signalfd(task: Task, fd: Fd, mask: InSignals2, size: Size) -> int:
    """signalfd(2)."""
    return _signalfd(task, fd, mask, size, 0)
