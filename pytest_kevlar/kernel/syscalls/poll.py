"""poll(2), select(2) and their relatives; waiting itself is ``fs/readiness.py``."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.structs import TIMESPEC, TIMEVAL
from pytest_kevlar.kernel.errno import EBADF, EINVAL
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.readiness import wait_ready
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.signals.mask import temporary_mask
from pytest_kevlar.kernel.syscalls.pointers import (
    Descriptors,
    InSignals4,
    InTimespec,
    InTimeval,
    Polls,
)
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Int, Ptr, Size, UInt
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.task.wait import (
    Interrupted,
    InterruptedNoHand,
    InterruptedRestartBlock,
)
from pytest_kevlar.kernel.time.units import KTIME_MAX

SECOND = 1_000_000_000

SELECT_READ = POLL.RDNORM | POLL.RDBAND | POLL.IN | POLL.HUP | POLL.ERR
SELECT_WRITE = POLL.WRBAND | POLL.WRNORM | POLL.OUT | POLL.ERR
SELECT_EXCEPT = POLL.PRI


# -- time -------------------------------------------------------------------------------


class Timeout:
    """A relative timeout of a call: when it ends, and how what is left is told.

    Attributes:
        deadline: monotonic nanoseconds, None for no end.
        at_once: the timeout is zero.
    """

    __slots__ = ("at_once", "deadline")

    def __init__(self, task: Task, duration: int | None) -> None:
        self.at_once = duration == 0
        self.deadline = None
        if duration is not None:
            self.deadline = min(task.kernel.clock.monotonic_ns() + duration, KTIME_MAX)

    def left(self, task: Task) -> int:
        """Nanoseconds to go."""
        if self.deadline is None:
            return 0
        return max(0, self.deadline - task.kernel.clock.monotonic_ns())


def read_timespec(pointer: UserPtr) -> int | None:
    """Nanoseconds of a ``struct timespec``; None for NULL; EINVAL if it is no valid time."""
    if not pointer:
        return None
    time = TIMESPEC.unpack(pointer.read(TIMESPEC.size))
    if time.tv_sec < 0 or not 0 <= time.tv_nsec < SECOND:
        raise EINVAL
    return int(time.tv_sec * SECOND + time.tv_nsec)


def read_mask(mask: UserPtr, size: int) -> int | None:
    """A signal set; None for NULL; EINVAL for a size that is not 8."""
    if not mask:
        return None
    if size != 8:
        raise EINVAL
    return mask.read_int(8, signed=False)


def _tell_timespec(task: Task, pointer: UserPtr, timeout: Timeout) -> None:
    """fs/select.c:poll_select_finish(): a failing store is ignored, a zero timeout stays."""
    if not pointer or timeout.at_once:
        return
    left = timeout.left(task)
    pointer.write_partial(TIMESPEC.pack(tv_sec=left // SECOND, tv_nsec=left % SECOND))


# -- poll -------------------------------------------------------------------------------


async def _do_poll(
    task: Task, fds: UserPtr, count: int, deadline: int | None, *, at_once: bool
) -> int:
    """fs/select.c:do_sys_poll(): every revents is written, whatever the result."""
    if count > task.process.limit(RLIMIT.NOFILE):
        raise EINVAL
    raw = bytearray(fds.read(8 * count)) if count else bytearray()
    watched: list[tuple[File, int]] = []
    places: list[int] = []
    invalid = 0
    for at in range(0, len(raw), 8):
        fd = int.from_bytes(raw[at : at + 4], "little", signed=True)
        revents = 0
        if fd >= 0:
            file = task.files.find(fd)
            if file is None or file.flags & 0o10000000:
                revents = POLL.NVAL
                invalid += 1
            else:
                watched.append((file, int.from_bytes(raw[at + 4 : at + 6], "little")))
                places.append(at)
        raw[at + 6 : at + 8] = revents.to_bytes(2, "little")
    found = [0] * len(places)
    try:
        found = await wait_ready(task, watched, deadline, at_once=at_once or invalid > 0)
    finally:
        ready = invalid
        for at, events in zip(places, found, strict=True):
            raw[at + 6 : at + 8] = events.to_bytes(2, "little")
            ready += bool(events)
        for at in range(0, len(raw), 8):
            (fds + at + 6).write(raw[at + 6 : at + 8])
    return ready


@syscall()
async def poll(task: Task, fds: Polls, nfds: UInt, timeout: Int) -> int:
    """poll(2): `timeout` in milliseconds, negative for ever; goes on after SIGCONT."""
    limit = Timeout(task, timeout * 1_000_000 if timeout >= 0 else None)

    async def again(task: Task) -> int:
        try:
            return await _do_poll(task, fds, nfds, limit.deadline, at_once=limit.at_once)
        except Interrupted:
            raise InterruptedRestartBlock(again) from None

    return await again(task)


@syscall()
async def ppoll(
    task: Task, fds: Polls, nfds: UInt, timeout: InTimespec, sigmask: InSignals4, sigsetsize: Size
) -> int:
    """ppoll(2). The raw call writes the time that is left back into `timeout`."""
    limit = Timeout(task, read_timespec(timeout))
    mask = read_mask(sigmask, sigsetsize)
    with temporary_mask(task, mask):
        try:
            return await _do_poll(task, fds, nfds, limit.deadline, at_once=limit.at_once)
        except Interrupted:
            raise InterruptedNoHand from None
        finally:
            _tell_timespec(task, timeout, limit)


# -- select -----------------------------------------------------------------------------


def _read_set(pointer: UserPtr, size: int) -> int:
    return int.from_bytes(pointer.read(size), "little") if pointer and size else 0


async def _do_select(
    task: Task, count: int, sets: tuple[UserPtr, UserPtr, UserPtr], limit: Timeout
) -> int:
    """fs/select.c:core_sys_select(): a closed descriptor in a set is EBADF."""
    if count < 0:
        raise EINVAL
    count = min(count, max(task.files.size, 64))
    size = (count + 63) // 64 * 8
    asked = tuple(_read_set(pointer, size) & ((1 << count) - 1) for pointer in sets)
    kinds = (SELECT_READ, SELECT_WRITE, SELECT_EXCEPT)
    wanted = asked[0] | asked[1] | asked[2]
    watched: list[tuple[File, int]] = []
    numbers: list[int] = []
    for fd in range(wanted.bit_length()):
        if wanted >> fd & 1:
            file = task.files.find(fd)
            if file is None or file.flags & 0o10000000:
                raise EBADF
            events = 0
            for bits, kind in zip(asked, kinds, strict=True):
                if bits >> fd & 1:
                    events |= kind
            watched.append((file, events))
            numbers.append(fd)
    found = await wait_ready(task, watched, limit.deadline, at_once=limit.at_once, always=0)
    results = [0, 0, 0]
    total = 0
    for fd, events in zip(numbers, found, strict=True):
        for index, kind in enumerate(kinds):
            if asked[index] >> fd & 1 and events & kind:
                results[index] |= 1 << fd
                total += 1
    for pointer, result in zip(sets, results, strict=True):
        if pointer and size:
            pointer.write(result.to_bytes(size, "little"))
    return total


@syscall()
async def select(
    task: Task,
    nfds: Int,
    readfds: Descriptors,
    writefds: Descriptors,
    exceptfds: Descriptors,
    timeout: InTimeval,
) -> int:
    """select(2). Linux writes the time that is left back into `timeout`."""
    duration: int | None = None
    if timeout:
        time = TIMEVAL.unpack(timeout.read(TIMEVAL.size))
        seconds = time.tv_sec + time.tv_usec // 1_000_000
        if seconds < 0 or time.tv_usec < 0:
            raise EINVAL
        duration = seconds * SECOND + time.tv_usec % 1_000_000 * 1000
    limit = Timeout(task, duration)
    try:
        return await _do_select(task, nfds, (readfds, writefds, exceptfds), limit)
    except Interrupted:
        raise InterruptedNoHand from None
    finally:
        if timeout and not limit.at_once:
            left = limit.left(task)
            timeout.write_partial(
                TIMEVAL.pack(tv_sec=left // SECOND, tv_usec=left % SECOND // 1000)
            )


@syscall()
async def pselect6(
    task: Task,
    nfds: Int,
    readfds: Descriptors,
    writefds: Descriptors,
    exceptfds: Descriptors,
    timeout: InTimespec,
    sig: Ptr,
) -> int:
    """pselect(2): `sig` points to a signal set's address and size."""
    limit = Timeout(task, read_timespec(timeout))
    mask = None
    if sig:
        raw = sig.read(16)
        pointer = UserPtr(task.memory, int.from_bytes(raw[:8], "little"))
        mask = read_mask(pointer, int.from_bytes(raw[8:], "little"))
    with temporary_mask(task, mask):
        try:
            return await _do_select(task, nfds, (readfds, writefds, exceptfds), limit)
        except Interrupted:
            raise InterruptedNoHand from None
        finally:
            _tell_timespec(task, timeout, limit)
