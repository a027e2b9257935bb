"""Constants of signals: numbers, ``sigaction(2)`` flags, si_code values, the alternate stack.

Numbers 32 (SIGRTMIN) to 64 (SIGRTMAX) are real-time; C libraries keep 32 and 33 (glibc; musl
also 34) for themselves and show a higher SIGRTMIN.
"""

from __future__ import annotations

from typing import Final

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.names import Names


class SIG(Names, prefix="SIG"):
    """Signal numbers."""

    HUP: Final = 1
    INT: Final = 2
    QUIT: Final = 3
    ILL: Final = 4
    TRAP: Final = 5
    ABRT: Final = 6
    IOT: Final = 6
    BUS: Final = 7
    FPE: Final = 8
    KILL: Final = 9
    USR1: Final = 10
    SEGV: Final = 11
    USR2: Final = 12
    PIPE: Final = 13
    ALRM: Final = 14
    TERM: Final = 15
    STKFLT: Final = 16
    CHLD: Final = 17
    CONT: Final = 18
    STOP: Final = 19
    TSTP: Final = 20
    TTIN: Final = 21
    TTOU: Final = 22
    URG: Final = 23
    XCPU: Final = 24
    XFSZ: Final = 25
    VTALRM: Final = 26
    PROF: Final = 27
    WINCH: Final = 28
    IO: Final = 29
    POLL: Final = 29
    PWR: Final = 30
    SYS: Final = 31
    RTMIN: Final = 32
    RTMAX: Final = 64


class SA(Names):
    """``sigaction(2)`` sa_flags."""

    NOCLDSTOP: Final = 1
    NOCLDWAIT: Final = 2
    SIGINFO: Final = 4
    UNSUPPORTED: Final = 0x400
    #: The kernel's own: the action is final, and a tracer does not see the signal.
    IMMUTABLE: Final = 0x800000
    EXPOSE_TAGBITS: Final = 0x800
    RESTORER: Final = 0x4000000
    ONSTACK: Final = 0x8000000
    RESTART: Final = 0x10000000
    NODEFER: Final = 0x40000000
    RESETHAND: Final = 0x80000000


class SIGHOW(Names, prefix="SIG_"):
    """``rt_sigprocmask(2)`` how."""

    BLOCK: Final = 0
    UNBLOCK: Final = 1
    SETMASK: Final = 2


class SIGHANDLER(Names, prefix="SIG_"):
    """Handler values that are no address."""

    DFL: Final = 0
    IGN: Final = 1


class SI(Names):
    """si_code of any signal: who sent it."""

    USER: Final = 0
    KERNEL: Final = 0x80
    QUEUE: Final = -1
    TIMER: Final = -2
    MESGQ: Final = -3
    ASYNCIO: Final = -4
    SIGIO: Final = -5
    TKILL: Final = -6
    DETHREAD: Final = -7
    ASYNCNL: Final = -60


class ILL(Names):
    """si_code of SIGILL."""

    ILLOPC: Final = 1
    ILLOPN: Final = 2
    ILLADR: Final = 3
    ILLTRP: Final = 4
    PRVOPC: Final = 5
    PRVREG: Final = 6
    COPROC: Final = 7
    BADSTK: Final = 8
    BADIADDR: Final = 9


class FPE(Names):
    """si_code of SIGFPE."""

    INTDIV: Final = 1
    INTOVF: Final = 2
    FLTDIV: Final = 3
    FLTOVF: Final = 4
    FLTUND: Final = 5
    FLTRES: Final = 6
    FLTINV: Final = 7
    FLTSUB: Final = 8
    FLTUNK: Final = 14
    CONDTRAP: Final = 15


class SEGV(Names):
    """si_code of SIGSEGV."""

    MAPERR: Final = 1
    ACCERR: Final = 2
    BNDERR: Final = 3
    PKUERR: Final = 4
    ACCADI: Final = 5
    ADIDERR: Final = 6
    ADIPERR: Final = 7
    MTEAERR: Final = 8
    MTESERR: Final = 9
    CPERR: Final = 10


class BUS(Names):
    """si_code of SIGBUS."""

    ADRALN: Final = 1
    ADRERR: Final = 2
    OBJERR: Final = 3
    MCEERR_AR: Final = 4
    MCEERR_AO: Final = 5


class TRAP(Names):
    """si_code of SIGTRAP."""

    BRKPT: Final = 1
    TRACE: Final = 2
    BRANCH: Final = 3
    HWBKPT: Final = 4
    UNK: Final = 5
    PERF: Final = 6


class CLD(Names):
    """si_code of SIGCHLD."""

    EXITED: Final = 1
    KILLED: Final = 2
    DUMPED: Final = 3
    TRAPPED: Final = 4
    STOPPED: Final = 5
    CONTINUED: Final = 6


class POLLCODE(Names, prefix="POLL_"):
    """si_code of SIGIO."""

    IN: Final = 1
    OUT: Final = 2
    MSG: Final = 3
    ERR: Final = 4
    PRI: Final = 5
    HUP: Final = 6


class SYSCODE(Names, prefix="SYS_"):
    """si_code of SIGSYS."""

    SECCOMP: Final = 1
    USER_DISPATCH: Final = 2


class SS(Names):
    """``sigaltstack(2)`` ss_flags."""

    ONSTACK: Final = 1
    DISABLE: Final = 2
    AUTODISARM: Final = 0x80000000


class SIGEV(Names):
    """``sigevent(3)`` sigev_notify."""

    SIGNAL: Final = 0
    NONE: Final = 1
    THREAD: Final = 2
    THREAD_ID: Final = 4


class SFD(Names):
    """``signalfd4(2)`` flags."""

    NONBLOCK: Final = 0o4000
    CLOEXEC: Final = 0o2000000


def signal_name(number: int) -> str:
    """``SIGINT``, ``SIGRT_2`` for 34 (as strace counts), or the bare number."""
    if SIG.RTMIN < number <= SIG.RTMAX:
        return f"SIGRT_{number - SIG.RTMIN}"
    return names.name(SIG, number) if 0 < number <= SIG.RTMIN else str(number)
