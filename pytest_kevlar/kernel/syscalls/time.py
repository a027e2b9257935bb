"""The clock and timer calls: reading, setting, sleeping, ``setitimer``, POSIX timers.

Thin: clocks and timers are ``kernel/time``. CPU use of others is in limits.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.signals import SIG, SIGEV
from pytest_kevlar.kernel.abi.structs import SIGEVENT, TIMEVAL, TIMEX, TIMEZONE
from pytest_kevlar.kernel.abi.time import ADJ, CLOCK, ITIMER, TIMER
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL, EOPNOTSUPP, EPERM
from pytest_kevlar.kernel.signals.send import has_room
from pytest_kevlar.kernel.syscalls.pointers import (
    InEventSignal,
    InItimerspec,
    InItimerval,
    InTimespec,
    InTimeval,
    OutInt,
    OutItimerspec,
    OutItimerval,
    OutTimespec,
    OutTimeval,
    OutTms,
)
from pytest_kevlar.kernel.syscalls.registry import Arg, syscall
from pytest_kevlar.kernel.syscalls.types import Int, OutPtr, Ptr, UInt, show_s32, to_s32
from pytest_kevlar.kernel.task.cred import CAP_SYS_TIME
from pytest_kevlar.kernel.time import clocks
from pytest_kevlar.kernel.time.cpu import process_times
from pytest_kevlar.kernel.time.posix_timers import INT_MAX, PosixTimer
from pytest_kevlar.kernel.time.sleep import sleep_for, sleep_until
from pytest_kevlar.kernel.time.timers import timers_of
from pytest_kevlar.kernel.time.units import (
    KTIME_MAX,
    SECOND,
    USER_HZ_NS,
    pack_itimerspec,
    pack_itimerval,
    pack_timespec,
    pack_timeval,
    read_itimerspec,
    read_itimerval,
    read_timespec,
)

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

#: Latest time that can be set: what leaves 30 years until ktime_t overflows.
SETTOD_SEC_MAX = KTIME_MAX // SECOND - 30 * 365 * 24 * 3600


def _show_clock(task: Task, raw: int) -> str:
    number = to_s32(task, raw)
    return names.name(CLOCK, number) if number >= 0 else show_s32(task, raw)


def _show_which(task: Task, raw: int) -> str:
    return names.name(ITIMER, to_s32(task, raw), unknown="ITIMER_???")


ClockId: TypeAlias = Annotated[int, Arg(to_s32, _show_clock, space=CLOCK)]
Which: TypeAlias = Annotated[int, Arg(to_s32, _show_which, space=ITIMER)]
TimerId: TypeAlias = Int


# -- clocks ------------------------------------------------------------------------------


@syscall()
def clock_gettime(task: Task, clockid: ClockId, tp: OutTimespec) -> int:
    """clock_gettime(2)."""
    tp.write(pack_timespec(clocks.read(task, clockid)))
    return 0


@syscall()
def clock_getres(task: Task, clockid: ClockId, res: OutTimespec) -> int:
    """clock_getres(2); a NULL `res` only checks the clock."""
    resolution = clocks.resolution(task, clockid)
    if res:
        res.write(pack_timespec(resolution))
    return 0


def _set_realtime(task: Task, ns: int) -> None:
    """kernel/time/time.c:do_sys_settimeofday64(); EINVAL, EPERM."""
    kernel = task.kernel
    if ns >= SETTOD_SEC_MAX * SECOND:
        raise EINVAL
    if not task.cred.capable(CAP_SYS_TIME):
        raise EPERM
    _check_realtime(task, ns)
    kernel.clock.set_realtime(ns)
    kernel.timers.realtime_changed()


def _check_realtime(task: Task, ns: int) -> None:
    """EINVAL for a time before the machine booted, or too far ahead."""
    if not task.kernel.clock.now <= ns < SETTOD_SEC_MAX * SECOND:
        raise EINVAL


@syscall()
def clock_settime(task: Task, clockid: ClockId, tp: InTimespec) -> int:
    """clock_settime(2): CLOCK_REALTIME alone can be set."""
    if clockid < 0 and clocks.is_cpu(clockid):
        tp.read(16)
        clocks.cpu_clock(task, clockid)
        raise EPERM
    if clockid != CLOCK.REALTIME:
        raise EINVAL
    _set_realtime(task, read_timespec(tp))
    return 0


@syscall()
def gettimeofday(task: Task, tv: OutTimeval, tz: OutPtr) -> int:
    """gettimeofday(2)."""
    if tv:
        tv.write(pack_timeval(task.kernel.clock.realtime_ns()))
    if tz:
        west, summer = task.kernel.clock.zone
        tz.write(TIMEZONE.pack(tz_minuteswest=west, tz_dsttime=summer))
    return 0


@syscall()
def settimeofday(task: Task, tv: InTimeval, tz: Ptr) -> int:
    """settimeofday(2). Mirrors kernel/time/time.c:do_sys_settimeofday64()."""
    span = TIMEVAL.unpack(tv.read(TIMEVAL.size)) if tv else None
    zone = TIMEZONE.unpack(tz.read(TIMEZONE.size)) if tz else None
    if span is not None and (span.tv_sec < 0 or not 0 <= span.tv_usec <= 1_000_000):
        raise EINVAL
    if span is not None and span.tv_usec == 1_000_000:
        raise EINVAL
    if not task.cred.capable(CAP_SYS_TIME):
        raise EPERM
    if zone is not None and not -15 * 60 <= zone.tz_minuteswest <= 15 * 60:
        raise EINVAL
    if zone is not None:
        _set_zone(task, zone.tz_minuteswest, zone.tz_dsttime, alone=span is None)
    if span is not None:
        _set_realtime(task, span.tv_sec * SECOND + span.tv_usec * 1000)
    return 0


def _set_zone(task: Task, west: int, summer: int, *, alone: bool) -> None:
    """The first time zone alone says that the clock told local time until now."""
    clock = task.kernel.clock
    first, clock.zone_set = not clock.zone_set, True
    clock.zone = (west, summer)
    if first and alone and west:
        _set_realtime(task, clock.realtime_ns() + west * 60 * SECOND)


@syscall()
def time(task: Task, tloc: OutPtr) -> int:
    """time(2)."""
    now = task.kernel.clock.realtime_ns() // SECOND
    if tloc:
        tloc.write_int(now, 8)
    return now


@syscall()
def times(task: Task, buf: OutTms) -> int:
    """times(2); ticks of 10 ms, the result counts from before boot. Mirrors kernel/sys.c."""
    if buf:
        children = task.process.child_usage
        task.kernel.scheduler.account()
        used = (*process_times(task.process), children.user_ns, children.system_ns)
        buf.write(b"".join((ns // USER_HZ_NS).to_bytes(8, "little") for ns in used))
    return task.kernel.clock.now // USER_HZ_NS


def _adjust(task: Task, buf: UserPtr) -> int:
    """kernel/time/timekeeping.c:do_adjtimex()."""
    kernel = task.kernel
    asked = TIMEX.unpack(buf.read(TIMEX.size))
    reading = asked.modes == ADJ.OFFSET_SS_READ
    if asked.modes & 0x8000 and not asked.modes & ADJ.OFFSET:
        raise EINVAL
    if asked.modes and not reading and not task.cred.capable(CAP_SYS_TIME):
        raise EPERM
    discipline = kernel.clock.discipline
    discipline.check(asked)
    step = discipline.step_of(asked)
    if step:
        _check_realtime(task, kernel.clock.realtime_ns() + step)
        kernel.clock.set_realtime(kernel.clock.realtime_ns() + step)
    tai = kernel.clock.tai_offset_s
    offset = discipline.change(asked)
    if step or kernel.clock.tai_offset_s != tai:
        kernel.timers.realtime_changed()
    buf.write(TIMEX.pack(modes=asked.modes, offset=offset, **discipline.fields()))
    return discipline.state()


@syscall(partial="the clock keeps its rate, whatever is set")
def adjtimex(task: Task, buf: OutPtr) -> int:
    """adjtimex(2)."""
    return _adjust(task, buf)


@syscall(partial="the clock keeps its rate, whatever is set")
def clock_adjtime(task: Task, clockid: ClockId, buf: OutPtr) -> int:
    """clock_adjtime(2)."""
    if clockid != CLOCK.REALTIME:
        clocks.read(task, clockid)
        raise EOPNOTSUPP
    return _adjust(task, buf)


# -- sleeping ----------------------------------------------------------------------------


@syscall()
async def nanosleep(task: Task, req: InTimespec, rem: OutTimespec) -> None:
    """nanosleep(2). Mirrors kernel/time/hrtimer.c:hrtimer_nanosleep()."""
    clock = clocks.timer_clock(task, CLOCK.MONOTONIC, sleeping=True)
    await sleep_for(clock, read_timespec(req), rem or None)


@syscall()
async def clock_nanosleep(
    task: Task, clockid: ClockId, flags: Int, req: InTimespec, rem: OutTimespec
) -> None:
    """clock_nanosleep(2). Mirrors kernel/time/posix-timers.c:common_nsleep()."""
    clock = clocks.timer_clock(task, clockid, sleeping=True)
    span = read_timespec(req)
    if flags & TIMER.ABSTIME:
        await sleep_until(clock, span)
    else:
        if clockid in (CLOCK.REALTIME, CLOCK.TAI):
            clock = clocks.timer_clock(task, CLOCK.MONOTONIC, sleeping=True)
        await sleep_for(clock, span, rem or None)


# -- interval timers ---------------------------------------------------------------------


def _interval_timer(task: Task, which: int) -> tuple[int, int]:
    timers = timers_of(task)
    if which == ITIMER.REAL:
        return timers.get_real()
    if which == ITIMER.VIRTUAL:
        return timers.virtual.get()
    if which == ITIMER.PROF:
        return timers.prof.get()
    raise EINVAL("which")


@syscall()
def getitimer(task: Task, which: Which, value: OutItimerval) -> int:
    """getitimer(2)."""
    value.write(pack_itimerval(*_interval_timer(task, which)))
    return 0


@syscall()
def setitimer(task: Task, which: Which, value: InItimerval, ovalue: OutItimerval) -> int:
    """setitimer(2); a NULL `value` disarms. Mirrors kernel/time/itimer.c:do_setitimer()."""
    span, interval = read_itimerval(value) if value else (0, 0)
    old = _interval_timer(task, which)
    timers = timers_of(task)
    if which == ITIMER.REAL:
        timers.set_real(span, interval)
    elif which == ITIMER.VIRTUAL:
        timers.virtual.set(span, interval)
    else:
        timers.prof.set(span, interval)
    if ovalue:
        ovalue.write(pack_itimerval(*old))
    return 0


@syscall()
def alarm(task: Task, seconds: UInt) -> int:
    """alarm(2). Mirrors kernel/time/itimer.c:alarm_setitimer()."""
    left, _ = timers_of(task).set_real(min(seconds, INT_MAX) * SECOND, 0)
    whole, rest = divmod(left, SECOND)
    # Never 0 while an alarm is pending, else rounded to the nearest second.
    return whole + 1 if (rest and not whole) or rest >= SECOND // 2 else whole


# -- POSIX timers ------------------------------------------------------------------------


def _timer(task: Task, ident: int) -> PosixTimer:
    timers = task.process.timers
    timer = None if timers is None else timers.posix.get(ident)
    if timer is None:
        raise EINVAL("timer id")
    return timer


def _target(task: Task, tid: int) -> Task:
    target = task.pid_ns.task(tid)
    if target is None or target.process is not task.process:
        raise EINVAL("not a thread of this process")
    return target


@syscall()
def timer_create(task: Task, clockid: ClockId, sevp: InEventSignal, timerid: OutInt) -> int:
    """timer_create(2). Mirrors kernel/time/posix-timers.c:do_timer_create()."""
    event = SIGEVENT.unpack(sevp.read(SIGEVENT.size)) if sevp else None
    clock = clocks.timer_clock(task, clockid)
    timers = timers_of(task)
    if not has_room(task.kernel, task.cred.uid, task.process.limit(RLIMIT.SIGPENDING)):
        raise EAGAIN
    task.kernel.siginfos += 1
    ident = timers.new_id()  # spent whatever happens next, as on Linux
    target = None
    if event is not None:
        notify, signo, value = event.sigev_notify, event.sigev_signo, event.sigev_value
        if notify & ~SIGEV.THREAD_ID not in (SIGEV.SIGNAL, SIGEV.NONE, SIGEV.THREAD):
            raise EINVAL("sigev_notify")
        if notify & SIGEV.THREAD_ID:
            if notify != SIGEV.THREAD_ID:
                raise EINVAL("sigev_notify")
            target = _target(task, event.sigev_notify_thread_id)
        if notify != SIGEV.NONE and not 0 < signo <= SIG.RTMAX:
            raise EINVAL("sigev_signo")
    else:
        notify, signo, value = SIGEV.SIGNAL, SIG.ALRM, None
    timerid.write_int(ident)
    timers.posix[ident] = PosixTimer(
        timers, ident, clock, notify, signo, ident if value is None else value, target
    )
    return 0


@syscall()
def timer_settime(
    task: Task, timerid: TimerId, flags: Int, new: InItimerspec, old: OutItimerspec
) -> int:
    """timer_settime(2). Mirrors kernel/time/posix-timers.c:do_timer_settime()."""
    if not new:
        raise EINVAL
    value, interval = read_itimerspec(new)
    timer = _timer(task, timerid)
    before = timer.get()
    timer.set(value, interval, absolute=bool(flags & TIMER.ABSTIME))
    if old:
        old.write(pack_itimerspec(*before))
    return 0


@syscall()
def timer_gettime(task: Task, timerid: TimerId, curr: OutItimerspec) -> int:
    """timer_gettime(2)."""
    curr.write(pack_itimerspec(*_timer(task, timerid).get()))
    return 0


@syscall()
def timer_getoverrun(task: Task, timerid: TimerId) -> int:
    """timer_getoverrun(2)."""
    return _timer(task, timerid).overrun_last


@syscall()
def timer_delete(task: Task, timerid: TimerId) -> int:
    """timer_delete(2)."""
    _timer(task, timerid).delete()
    return 0
