"""signalfd: signals that are read. Mirrors fs/signalfd.c.

Whose signals: those of the task that reads or polls, whoever made the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.signals import SI, SIG
from pytest_kevlar.kernel.abi.structs import (
    SIGINFO_CHLD,
    SIGINFO_FAULT,
    SIGINFO_POLL,
    SIGINFO_RT,
    SIGINFO_SYS,
    SIGINFO_TIMER,
    SIGNALFD_SIGINFO,
)
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.signals.deliver import next_due
from pytest_kevlar.kernel.signals.mask import recalc
from pytest_kevlar.kernel.signals.pending import ALL, UNBLOCKABLE
from pytest_kevlar.kernel.task.wait import WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.signals.info import SigInfo
    from pytest_kevlar.kernel.task.task import Task

FAULTS = (SIG.ILL, SIG.FPE, SIG.SEGV, SIG.BUS, SIG.TRAP)
POLL_CODES = 6


class SignalFile(File):
    """One set of signals.

    Attributes:
        mask: what it takes, without SIGKILL and SIGSTOP.
    """

    __slots__ = ("_changed", "_kernel", "mask")

    sleep_read = "signalfd_dequeue"

    def __init__(self, vfs: Vfs, mask: int, flags: int) -> None:
        super().__init__(vfs.anonymous_place(b"[signalfd]"), O.RDWR | flags)
        self._kernel = vfs.kernel
        self._changed = WaitQueue()
        self.mask = mask & ~UNBLOCKABLE

    def set_mask(self, mask: int) -> None:
        """``signalfd`` on an existing file."""
        self.mask = mask & ~UNBLOCKABLE
        self._changed.wake(events=POLL.IN)

    def read(self, task: Task, size: int) -> bytes:
        """As many ``signalfd_siginfo`` as are pending and fit; EAGAIN if there is none."""
        room = size // SIGNALFD_SIGINFO.size
        if not room:
            raise EINVAL
        parts: list[bytes] = []
        while len(parts) < room:
            found = next_due(task, ALL & ~self.mask)
            if found is None:
                break
            parts.append(pack_signalfd(found[1]))
        if not parts:
            raise EAGAIN
        recalc(task)
        return b"".join(parts)

    def seek(self, offset: int, whence: int) -> int:
        """No position: lseek succeeds and means nothing (noop_llseek)."""
        return self.pos

    def poll(self) -> int:
        """Readable if the current task has one of the signals pending."""
        task = self._kernel.scheduler.current
        if task is None:
            return 0
        pending = task.pending.mask | task.process.pending.mask
        return POLL.IN if pending & self.mask else 0

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Woken when a signal is sent to the current task, and when the set changes."""
        task = self._kernel.scheduler.current
        if task is None:
            return (self._changed,)
        return (task.actions.signalfd_queue, self._changed)

    @property
    def pollable(self) -> bool:
        """Epoll takes it."""
        return True

    def fdinfo(self) -> bytes:
        """Lines of ``/proc/PID/fdinfo``."""
        return b"sigmask:\t%016x\n" % self.mask


def pack_signalfd(info: SigInfo) -> bytes:
    """``struct signalfd_siginfo`` by the layout of the siginfo; signalfd_copyinfo()."""
    data, signo, code = info.pack(), info.signo, info.code
    head = {"ssi_signo": signo, "ssi_errno": info.errno, "ssi_code": code}
    fields: dict[str, int] = {}
    if SI.USER < code < SI.KERNEL and signo in FAULTS:
        fields = {"ssi_addr": SIGINFO_FAULT.unpack(data).si_addr}
    elif SI.USER < code < SI.KERNEL and signo == SIG.CHLD:
        child = SIGINFO_CHLD.unpack(data)
        fields = {
            "ssi_pid": child.si_pid & 0xFFFF_FFFF,
            "ssi_uid": child.si_uid,
            "ssi_status": child.si_status,
            "ssi_utime": child.si_utime,
            "ssi_stime": child.si_stime,
        }
    elif SI.USER < code < SI.KERNEL and signo == SIG.SYS:
        call = SIGINFO_SYS.unpack(data)
        fields = {
            "ssi_call_addr": call.si_call_addr,
            "ssi_syscall": call.si_syscall,
            "ssi_arch": call.si_arch,
        }
    elif SI.USER < code <= POLL_CODES or code == SI.SIGIO:
        ready = SIGINFO_POLL.unpack(data)
        fields = {"ssi_band": ready.si_band & 0xFFFF_FFFF, "ssi_fd": ready.si_fd}
    elif code == SI.TIMER:
        timer = SIGINFO_TIMER.unpack(data)
        fields = {
            "ssi_tid": timer.si_timerid & 0xFFFF_FFFF,
            "ssi_overrun": timer.si_overrun & 0xFFFF_FFFF,
            "ssi_ptr": timer.si_value,
            "ssi_int": _low(timer.si_value),
        }
    else:
        sender = SIGINFO_RT.unpack(data)
        fields = {"ssi_pid": sender.si_pid & 0xFFFF_FFFF, "ssi_uid": sender.si_uid}
        if code < 0:
            fields |= {"ssi_ptr": sender.si_value, "ssi_int": _low(sender.si_value)}
    return SIGNALFD_SIGINFO.pack(**head, **fields)


def _low(value: int) -> int:
    """sival_int of a 64-bit sigval."""
    return ((value & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000
