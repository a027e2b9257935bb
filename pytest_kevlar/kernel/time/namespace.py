"""Time namespaces: what is added to the monotonic and the boot-time clock of those in it.

Mirrors kernel/time/namespace.c.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.time import CLOCK
from pytest_kevlar.kernel.errno import EACCES, EINVAL, EPERM, ERANGE
from pytest_kevlar.kernel.task.cred import CAP_SYS_TIME
from pytest_kevlar.kernel.task.userns import INITIAL, UserNamespace

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

#: include/uapi/linux/nsfs.h:TIME_NS_INIT_INO
INITIAL_INO = 4026531834
SECOND = 1_000_000_000
#: KTIME_SEC_MAX / 2
MOST_SECONDS = (1 << 63) // SECOND // 2
MOST_LINES = 2

_LINE = re.compile(rb"\s*(\S+)\s+([+-]?\d+)\s+(\d+)\s*")
_CLOCKS = {b"monotonic": CLOCK.MONOTONIC, b"1": CLOCK.MONOTONIC}
_CLOCKS |= {b"boottime": CLOCK.BOOTTIME, b"7": CLOCK.BOOTTIME}
_MONOTONIC = (CLOCK.MONOTONIC, CLOCK.MONOTONIC_RAW, CLOCK.MONOTONIC_COARSE)


class TimeNamespace:
    """What ``CLONE_NEWTIME`` copies.

    Attributes:
        ino: inode number in nsfs, by which ``/proc/PID/ns/time`` tells namespaces apart.
        user_ns: to whom it belongs.
        monotonic, boottime: nanoseconds that are added.
        frozen: some task has been in it, so that offsets stay.
    """

    __slots__ = ("boottime", "frozen", "ino", "monotonic", "user_ns")

    def __init__(
        self,
        ino: int = INITIAL_INO,
        monotonic: int = 0,
        boottime: int = 0,
        user_ns: UserNamespace = INITIAL,
    ) -> None:
        self.ino = ino
        self.user_ns = user_ns
        self.monotonic = monotonic
        self.boottime = boottime
        self.frozen = ino == INITIAL_INO

    def copy(self, ino: int, user_ns: UserNamespace) -> TimeNamespace:
        """A namespace of its own with the same offsets."""
        return TimeNamespace(ino, self.monotonic, self.boottime, user_ns)

    def offset(self, ident: int) -> int:
        """What is added to clock `ident`, nanoseconds."""
        if ident in _MONOTONIC:
            return self.monotonic
        return self.boottime if ident == CLOCK.BOOTTIME else 0

    def show(self) -> bytes:
        """``/proc/PID/timens_offsets``."""
        pairs = ((b"monotonic", self.monotonic), (b"boottime", self.boottime))
        return b"".join(b"%-10s %10d %9d\n" % (name, *divmod(ns, SECOND)) for name, ns in pairs)

    def store(self, writer: Task, data: bytes) -> None:
        """Set offsets; proc_timens_set_offset().

        Raises:
            EINVAL: not ``CLOCK SECONDS NANOSECONDS`` in one or two lines. EPERM. ERANGE: the
                clock would be negative. EACCES: somebody has been in the namespace.
        """
        lines = data.split(b"\n")[:MOST_LINES]
        if len(lines) > 1 and not lines[-1]:
            lines.pop()
        parsed = [_parse(line) for line in lines]
        if not writer.cred.capable_in(self.user_ns, CAP_SYS_TIME):
            raise EPERM
        now = writer.kernel.clock.now
        for _, ns in parsed:
            if not 0 <= now + ns <= MOST_SECONDS * SECOND:
                raise ERANGE
        if self.frozen:
            raise EACCES
        for ident, ns in parsed:
            if ident == CLOCK.MONOTONIC:
                self.monotonic = ns
            else:
                self.boottime = ns


def _parse(line: bytes) -> tuple[int, int]:
    match = _LINE.fullmatch(line)
    if match is None or match[1] not in _CLOCKS or int(match[3]) >= SECOND:
        raise EINVAL
    return _CLOCKS[match[1]], int(match[2]) * SECOND + int(match[3])


def enter_time(task: Task, namespace: TimeNamespace) -> None:
    """Be in a namespace, and the children too."""
    namespace.frozen = True
    task.time = task.time_for_children = namespace
