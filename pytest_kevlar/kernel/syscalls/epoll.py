"""epoll(7) and eventfd(2); the objects are ``fs/epoll.py`` and ``fs/eventfd.py``."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.poll import EFD, EPOLL, EPOLLCREATE, EPOLLCTL
from pytest_kevlar.kernel.errno import EFAULT, EINVAL, EPERM
from pytest_kevlar.kernel.fs.epoll import EpollFile
from pytest_kevlar.kernel.fs.eventfd import EventFile
from pytest_kevlar.kernel.fs.transfer import check_buffer
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.signals.mask import temporary_mask
from pytest_kevlar.kernel.syscalls.pointers import InEvent, InSignals5, InTimespec, OutEvents
from pytest_kevlar.kernel.syscalls.poll import read_mask, read_timespec
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    EpollCreateFlags,
    EpollOperation,
    EventfdFlags,
    Fd,
    Int,
    Size,
    UInt,
)
from pytest_kevlar.kernel.task.task import Task


@syscall()
def eventfd(task: Task, initval: UInt) -> int:
    """eventfd(2), the call of one argument."""
    return eventfd2(task, initval, 0)


@syscall()
def eventfd2(task: Task, initval: UInt, flags: EventfdFlags) -> int:
    """eventfd(2). Mirrors fs/eventfd.c:do_eventfd()."""
    if flags & ~(EFD.SEMAPHORE | EFD.NONBLOCK | EFD.CLOEXEC):
        raise EINVAL
    task.files.lowest_free(task.process)
    file = EventFile(
        task.fs.vfs, initval, semaphore=bool(flags & EFD.SEMAPHORE), flags=flags & EFD.NONBLOCK
    )
    return task.files.install(task.process, file, cloexec=bool(flags & EFD.CLOEXEC))


@syscall()
def epoll_create(task: Task, size: Int) -> int:
    """epoll_create(2): `size` only has to be positive."""
    if size <= 0:
        raise EINVAL
    return epoll_create1(task, 0)


@syscall()
def epoll_create1(task: Task, flags: EpollCreateFlags) -> int:
    """epoll_create1(2)."""
    if flags & ~EPOLLCREATE.CLOEXEC:
        raise EINVAL
    task.files.lowest_free(task.process)
    cloexec = bool(flags & EPOLLCREATE.CLOEXEC)
    return task.files.install(task.process, EpollFile(task.fs.vfs), cloexec=cloexec)


@syscall()
def epoll_ctl(task: Task, epfd: Fd, op: EpollOperation, fd: Fd, event: InEvent) -> int:
    """epoll_ctl(2). Mirrors fs/eventpoll.c:SYSCALL_DEFINE4(epoll_ctl)."""
    events = data = 0
    if op != EPOLLCTL.DEL:
        layout = task.kernel.arch.epoll_event
        raw = layout.unpack(event.read(layout.size))
        # Without system sleep there is nothing to keep awake; ep_take_care_of_epollwakeup().
        events, data = raw.events & ~EPOLL.WAKEUP, raw.data
    epoll = task.files.get(epfd)
    file = task.files.get(fd)
    if not file.pollable:
        raise EPERM
    if not isinstance(epoll, EpollFile):
        raise EINVAL
    epoll.control(op, fd, file, events, data)
    return 0


async def _wait(task: Task, epfd: int, pointer: UserPtr, maximum: int, duration: int | None) -> int:
    """fs/eventpoll.c:do_epoll_wait()."""
    layout = task.kernel.arch.epoll_event
    if maximum <= 0 or maximum > (1 << 31) // layout.size:
        raise EINVAL
    check_buffer(pointer.address, maximum * layout.size)
    epoll = task.files.get(epfd)
    if not isinstance(epoll, EpollFile):
        raise EINVAL
    deadline = None if duration is None else task.kernel.clock.monotonic_ns() + duration
    epoll.get()
    try:
        found = await epoll.wait(task, maximum, deadline)
    finally:
        epoll.put()
    for at, (events, data) in enumerate(found):
        try:
            (pointer + at * layout.size).write(layout.pack(events=events, data=data))
        except EFAULT:
            if at:
                return at
            raise
    return len(found)


def _milliseconds(timeout: int) -> int | None:
    return timeout * 1_000_000 if timeout >= 0 else None


@syscall()
async def epoll_wait(task: Task, epfd: Fd, events: OutEvents, maxevents: Int, timeout: Int) -> int:
    """epoll_wait(2): `timeout` in milliseconds, negative for ever."""
    return await _wait(task, epfd, events, maxevents, _milliseconds(timeout))


@syscall()
async def epoll_pwait(
    task: Task,
    epfd: Fd,
    events: OutEvents,
    maxevents: Int,
    timeout: Int,
    sigmask: InSignals5,
    sigsetsize: Size,
) -> int:
    """epoll_pwait(2)."""
    with temporary_mask(task, read_mask(sigmask, sigsetsize)):
        return await _wait(task, epfd, events, maxevents, _milliseconds(timeout))


@syscall()
async def epoll_pwait2(
    task: Task,
    epfd: Fd,
    events: OutEvents,
    maxevents: Int,
    timeout: InTimespec,
    sigmask: InSignals5,
    sigsetsize: Size,
) -> int:
    """epoll_pwait2(2): the timeout is a ``struct timespec``."""
    duration = read_timespec(timeout)
    with temporary_mask(task, read_mask(sigmask, sigsetsize)):
        return await _wait(task, epfd, events, maxevents, duration)
