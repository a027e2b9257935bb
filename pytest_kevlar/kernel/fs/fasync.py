"""Signal-driven input and output: who owns an open file, and the signals that O_ASYNC asks for.

Mirrors the second half of fs/fcntl.c. When something happens is told by the pipe, the socket or
the terminal, which keep an :class:`AsyncList` for each kind of event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.fcntl import FOWNER
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.signals import POLLCODE, SI, SIG
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL, ESRCH

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.task import Task

#: ``si_band`` by ``si_code``.
BANDS = {
    POLLCODE.IN: POLL.IN | POLL.RDNORM,
    POLLCODE.OUT: POLL.OUT | POLL.WRNORM | POLL.WRBAND,
    POLLCODE.MSG: POLL.IN | POLL.RDNORM | POLL.MSG,
    POLLCODE.ERR: POLL.ERR,
    POLLCODE.PRI: POLL.PRI | POLL.RDBAND,
    POLLCODE.HUP: POLL.HUP | POLL.ERR,
}
#: Signals whose codes have meanings of their own; include/linux/signal.h:SIG_SPECIFIC_SICODES_MASK.
WITH_CODES = (SIG.ILL, SIG.FPE, SIG.SEGV, SIG.BUS, SIG.TRAP, SIG.CHLD, SIG.POLL, SIG.SYS)


class Owner(NamedTuple):
    """Who gets SIGIO: F_SETOWN_EX type, the kernel's own id, and the credentials of the setter."""

    kind: int = FOWNER.TID
    ident: int = 0
    uid: int = 0
    euid: int = 0

    def number(self, reader: Task) -> int:
        """The id as `reader` sees it, 0 if there is nobody to tell."""
        return reader.pid_ns.number(self.ident) if self.targets(reader.kernel) else 0

    def targets(self, kernel: Kernel) -> list[Task]:
        """The thread, or a leader of each process."""
        if self.kind == FOWNER.TID:
            found = kernel.tasks.get(self.ident)
            return [] if found is None else [found]
        if self.kind == FOWNER.PID:
            process = kernel.processes.get(self.ident)
            processes = [] if process is None else [process]
        else:
            processes = [one for one in kernel.processes.values() if one.pgid == self.ident]
        return [one.leader for one in processes if one.leader is not None]

    def may_signal(self, cred: Credentials) -> bool:
        """fs/fcntl.c:sigio_perm()."""
        return self.euid == 0 or bool({self.euid, self.uid} & {cred.suid, cred.uid})


def set_owner(task: Task, file: File, kind: int, number: int) -> None:
    """F_SETOWN_EX; ESRCH if no task, group or session has that number."""
    found = task.pid_ns.ident(number) if number else 0
    if found is None or (found and not task.kernel.is_used(found)):
        raise ESRCH
    file.owner = Owner(kind, found, task.cred.uid, task.cred.euid)


def set_owner_number(task: Task, file: File, value: int) -> None:
    """F_SETOWN: a process or, negative, a group."""
    if value == -(1 << 31):
        raise EINVAL
    set_owner(task, file, FOWNER.PGRP if value < 0 else FOWNER.PID, abs(value))


def owner_number(task: Task, file: File) -> int:
    """F_GETOWN."""
    number = file.owner.number(task)
    return -number if file.owner.kind == FOWNER.PGRP else number


class AsyncList:
    """Open files that want a signal when one kind of event happens.

    Attributes:
        entries: with the descriptor through which each asked, which the signal tells.
    """

    __slots__ = ("entries",)

    def __init__(self) -> None:
        self.entries: dict[File, int] = {}

    def set(self, file: File, fd: int, *, on: bool) -> None:
        """Enter or leave; fs/fcntl.c:fasync_helper()."""
        if on:
            self.entries[file] = fd
        else:
            self.entries.pop(file, None)

    def kill(self, reason: int) -> None:
        """Tell every owner; `reason` is ``POLL_*``. fs/fcntl.c:kill_fasync()."""
        for file, fd in list(self.entries.items()):
            send_sigio(file, fd, reason)


def set_async(file: File, fd: int, *, on: bool) -> bool:
    """Turn O_ASYNC on or off; False if this kind of file does not know it."""
    lists = file.fasync()
    for one in lists:
        one.set(file, fd, on=on)
    if lists:
        file.flags = file.flags | O.ASYNC if on else file.flags & ~O.ASYNC
    return bool(lists)


def send_sigio(file: File, fd: int, reason: int) -> None:
    """fs/fcntl.c:send_sigio(): the owner's signal, SIGIO if that cannot be queued."""
    owner = file.owner
    for task in owner.targets(file.inode.fs.kernel) if owner.ident else ():
        if owner.may_signal(task.cred):
            _signal(task, owner.kind, file.signal, fd, reason)


def _signal(task: Task, kind: int, signo: int, fd: int, reason: int) -> None:
    """fs/fcntl.c:send_sigio_to_task()."""
    from pytest_kevlar.kernel.signals.info import SigInfo
    from pytest_kevlar.kernel.signals.send import send_to_process, send_to_task

    info = SigInfo.kernel(SIG.POLL)
    if signo:
        code = SI.SIGIO if signo != SIG.POLL and signo in WITH_CODES else reason
        info = SigInfo.poll(signo, code, BANDS[reason], fd)
    while True:
        try:
            if kind == FOWNER.TID:
                send_to_task(task, info.signo, info)
            else:
                send_to_process(task.process, info.signo, info)
            return
        except EAGAIN:
            info = SigInfo.kernel(SIG.POLL)
