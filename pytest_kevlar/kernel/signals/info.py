"""What a signal carries: ``siginfo_t``, one constructor per kind of sender.

Plain data that packs itself; who sends it and who may is :mod:`send`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from pytest_kevlar.kernel.abi.signals import BUS, CLD, FPE, POLLCODE, SEGV, SI, SIG, SYSCODE

if TYPE_CHECKING:
    from typing import Self

SIGINFO_SIZE = 128
#: What the kernel itself keeps of a siginfo; the rest is zero (sizeof(struct kernel_siginfo)).
KERNEL_SIZE = 48

_HEADER = struct.Struct("<iiiI")
#: Highest si_code of the signals that have codes of their own; kernel/signal.c:sig_sicodes.
_CODES = {
    SIG.ILL: 11,
    SIG.FPE: FPE.CONDTRAP,
    SIG.SEGV: SEGV.CPERR,
    SIG.BUS: BUS.MCEERR_AO,
    SIG.TRAP: 6,
    SIG.CHLD: CLD.CONTINUED,
    SIG.POLL: POLLCODE.HUP,
    SIG.SYS: SYSCODE.USER_DISPATCH,
}


class TimerSource(Protocol):
    """The POSIX timer behind a queued SI_TIMER signal."""

    def deliver(self, info: SigInfo) -> SigInfo | None:
        """The final siginfo as the signal is dequeued; None if it is stale."""


@dataclass(frozen=True, slots=True)
class SigInfo:
    """A ``siginfo_t``; see ``sigaction(2)``.

    Attributes:
        signo, code, errno: the common head.
        fields: the union that follows at offset 16, as bytes.
        timer: the POSIX timer that sent it, asked again at dequeue; None for the rest.
    """

    signo: int
    code: int
    fields: bytes = b""
    errno: int = 0
    timer: TimerSource | None = None

    @classmethod
    def kernel(cls, signo: int) -> Self:
        """Sent by the kernel itself (SEND_SIG_PRIV)."""
        return cls(signo, SI.KERNEL)

    @classmethod
    def user(cls, signo: int, pid: int, uid: int) -> Self:
        """``kill(2)``."""
        return cls(signo, SI.USER, struct.pack("<iI", pid, uid))

    @classmethod
    def tkill(cls, signo: int, pid: int, uid: int) -> Self:
        """``tkill(2)`` and ``tgkill(2)``."""
        return cls(signo, SI.TKILL, struct.pack("<iI", pid, uid))

    @classmethod
    def queue(cls, signo: int, pid: int, uid: int, value: int) -> Self:
        """``sigqueue(3)``; `value` is the 64-bit sigval."""
        return cls(signo, SI.QUEUE, struct.pack("<iIQ", pid, uid, value))

    @classmethod
    def of_queue(cls, signo: int, pid: int, uid: int, value: int) -> Self:
        """``mq_notify(2)``: a message came."""
        return cls(signo, SI.MESGQ, struct.pack("<iIQ", pid, uid, value))

    @classmethod
    def of_timer(
        cls, signo: int, timer_id: int, overrun: int, value: int, timer: TimerSource | None = None
    ) -> Self:
        """Expiry of a POSIX timer."""
        fields = struct.pack("<iiQ", timer_id, overrun, value)
        return cls(signo, SI.TIMER, fields, timer=timer)

    @classmethod
    def child(cls, pid: int, uid: int, code: int, status: int, utime: int, stime: int) -> Self:
        """SIGCHLD with ``CLD_*`` `code`; times in clock ticks of 10 ms."""
        return cls(SIG.CHLD, code, struct.pack("<iIiIqq", pid, uid, status, 0, utime, stime))

    @classmethod
    def fault(cls, signo: int, code: int, address: int) -> Self:
        """A fault at `address`: SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP."""
        return cls(signo, code, struct.pack("<Q", address))

    @classmethod
    def poll(cls, signo: int, code: int, band: int, fd: int) -> Self:
        """``F_SETSIG`` input/output readiness."""
        return cls(signo, code, struct.pack("<qi", band, fd))

    @classmethod
    def sys(cls, code: int, call_address: int, number: int, arch: int, errno: int = 0) -> Self:
        """SIGSYS from seccomp."""
        return cls(SIG.SYS, code, struct.pack("<QiI", call_address, number, arch), errno)

    @classmethod
    def unpack(cls, signo: int, data: bytes) -> Self:
        """From guest bytes (``rt_sigqueueinfo(2)``); si_signo is replaced by `signo`."""
        _, errno, code, _ = _HEADER.unpack_from(data)
        return cls(signo, code, bytes(data[16:KERNEL_SIZE]), errno)

    @property
    def pid(self) -> int:
        """si_pid, for the kinds that have one."""
        return int.from_bytes(self.fields[0:4], "little", signed=True)

    @property
    def uid(self) -> int:
        """si_uid, for the kinds that have one."""
        return int.from_bytes(self.fields[4:8], "little")

    @property
    def tells_sender(self) -> bool:
        """Whether it has si_pid and si_uid; include/linux/signal.h:has_si_pid_and_uid()."""
        if self.code == SI.TIMER or not self.fields:
            return False
        if self.code <= SI.USER:
            return self.code != SI.SIGIO
        return self.signo == SIG.CHLD and self.code <= CLD.CONTINUED

    def with_uid(self, uid: int) -> SigInfo:
        """The same with another si_uid."""
        return replace(self, fields=self.fields[:4] + uid.to_bytes(4, "little") + self.fields[8:])

    @property
    def status(self) -> int:
        """si_status of SIGCHLD."""
        return int.from_bytes(self.fields[8:12], "little", signed=True)

    @property
    def value(self) -> int:
        """si_value as 64 bits, of SI_QUEUE, SI_TIMER and the like."""
        return int.from_bytes(self.fields[8:16], "little")

    @property
    def address(self) -> int:
        """si_addr of a fault."""
        return int.from_bytes(self.fields[0:8], "little")

    @property
    def from_user(self) -> bool:
        """Whether a process sent it; include/linux/signal.h:SI_FROMUSER."""
        return self.code <= 0

    @property
    def has_sender(self) -> bool:
        """Whether si_pid and si_uid are those of a process that sent it."""
        return self.code <= SI.USER and self.code not in (SI.TIMER, SI.SIGIO)

    def from_nobody(self) -> SigInfo:
        """The same with si_pid 0: the receiver does not see the sender."""
        return replace(self, fields=bytes(4) + self.fields[4:])

    def pack(self) -> bytes:
        """The 128 bytes of a guest ``siginfo_t``."""
        head = _HEADER.pack(self.signo, self.errno, self.code, 0)
        return (head + self.fields).ljust(SIGINFO_SIZE, b"\0")


def known_layout(signo: int, code: int) -> bool:
    """Whether Linux knows the union of this siginfo; kernel/signal.c:known_siginfo_layout()."""
    if code == SI.KERNEL:
        return True
    if code > SI.USER:
        return code <= _CODES.get(signo, 6)
    return code >= SI.DETHREAD or code == SI.ASYNCNL
