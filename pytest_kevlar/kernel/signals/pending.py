"""Signals sent and not yet delivered: one set per task, one per process.

A bit mask that is cheap to test, and what each signal carries. Who gets a signal, and
what delivery does, is :mod:`send` and :mod:`deliver`.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.signals import SI, SIG
from pytest_kevlar.kernel.signals.info import SigInfo


def bit(signo: int) -> int:
    """The mask bit of a signal, 1..64."""
    return 1 << (signo - 1)


ALL = (1 << 64) - 1
#: SIGKILL and SIGSTOP: never blocked, caught or ignored.
UNBLOCKABLE = bit(SIG.KILL) | bit(SIG.STOP)
#: Raised by the program's own instructions; dequeued first (SYNCHRONOUS_MASK).
SYNCHRONOUS = (
    bit(SIG.SEGV) | bit(SIG.BUS) | bit(SIG.ILL) | bit(SIG.TRAP) | bit(SIG.FPE) | bit(SIG.SYS)
)
STOPPING = bit(SIG.STOP) | bit(SIG.TSTP) | bit(SIG.TTIN) | bit(SIG.TTOU)
#: Default action: nothing.
IGNORED_BY_DEFAULT = bit(SIG.CHLD) | bit(SIG.CONT) | bit(SIG.URG) | bit(SIG.WINCH)
CORE = SYNCHRONOUS | bit(SIG.QUIT) | bit(SIG.ABRT) | bit(SIG.XCPU) | bit(SIG.XFSZ)


def next_signal(ready: int) -> int:
    """The signal to take first from a non-empty set; kernel/signal.c:next_signal()."""
    ready = ready & SYNCHRONOUS or ready
    return (ready & -ready).bit_length()


class PendingSignals:
    """One set of pending signals; a fork starts with a new, empty one.

    Attributes:
        mask: bit ``n - 1`` for signal `n`.
        count: queued siginfos, which is what RLIMIT_SIGPENDING counts.
    """

    __slots__ = ("_queues", "count", "mask")

    def __init__(self) -> None:
        self.mask = 0
        self.count = 0
        self._queues: dict[int, list[SigInfo]] = {}

    def __bool__(self) -> bool:
        return self.mask != 0

    def add(self, signo: int, info: SigInfo | None) -> bool:
        """Make `signo` pending; False if it was a standard signal pending already.

        Args:
            signo: 1..64. Signals of POSIX timers never coalesce with others.
            info: None if there was no room for one: only the bit is set.
        """
        flag = bit(signo)
        from_timer = info is not None and info.timer is not None
        if signo < SIG.RTMIN and self.mask & flag and not from_timer:
            return False
        self.mask |= flag
        if info is not None:
            self._queues.setdefault(signo, []).append(info)
            self.count += 1
        return True

    def dequeue(self, blocked: int) -> tuple[int, SigInfo] | None:
        """Take the first signal that `blocked` lets through, or None.

        Synchronous signals come first, then the lowest number; of one real-time signal
        the oldest. Mirrors kernel/signal.c:__dequeue_signal().
        """
        ready = self.mask & ~blocked
        if not ready:
            return None
        signo = next_signal(ready)
        return signo, self._collect(signo)

    def _collect(self, signo: int) -> SigInfo:
        queue = self._queues.get(signo)
        if not queue:
            self.mask &= ~bit(signo)
            return SigInfo.user(signo, 0, 0)
        info = queue.pop(0)
        self.count -= 1
        if not queue:
            del self._queues[signo]
            self.mask &= ~bit(signo)
        return info

    def dequeue_synchronous(self, blocked: int) -> tuple[int, SigInfo] | None:
        """Take a fault raised by the program itself, whatever came before it.

        Mirrors kernel/signal.c:dequeue_synchronous_signal(): a SIGSEGV that somebody
        sent with ``kill`` is not one.
        """
        ready = self.mask & ~blocked & SYNCHRONOUS
        while ready:
            flag = ready & -ready
            signo = flag.bit_length()
            if any(info.code > SI.USER for info in self._queues.get(signo, ())):
                return signo, self._collect(signo)
            ready &= ~flag
        return None

    def discard(self, mask: int) -> None:
        """Forget every pending signal in `mask`; kernel/signal.c:flush_sigqueue_mask()."""
        gone = self.mask & mask
        self.mask &= ~mask
        while gone:
            flag = gone & -gone
            self.count -= len(self._queues.pop(flag.bit_length(), ()))
            gone &= ~flag

    def queued(self, signo: int) -> tuple[SigInfo, ...]:
        """What is queued for one signal, oldest first."""
        return tuple(self._queues.get(signo, ()))
