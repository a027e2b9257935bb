"""Pointer types that say what they point at; how they are decoded is ``types.py``.

``In`` is shown as it was before the call, ``Out`` as it is after one that succeeded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pytest_kevlar.kernel.abi import names, structs
from pytest_kevlar.kernel.abi.credentials import NGROUPS_MAX
from pytest_kevlar.kernel.abi.ipc import SEMFLAG
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import EPOLL, POLL
from pytest_kevlar.kernel.abi.signals import SA, SIGEV, SIGHANDLER, SS
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls import contents
from pytest_kevlar.kernel.syscalls.contents import Array, Bytes, Content, Struct, Vectors
from pytest_kevlar.kernel.syscalls.lists import BitSet, ByteList, Entries, Message
from pytest_kevlar.kernel.syscalls.records import Capabilities, SchedAttributes
from pytest_kevlar.kernel.syscalls.registry import Arg
from pytest_kevlar.kernel.syscalls.siginfo import SignalInfo
from pytest_kevlar.kernel.syscalls.socketnames import SocketName, SocketNameBack
from pytest_kevlar.kernel.syscalls.types import show_hex, to_pointer

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch.base import Arch


def before(content: Content) -> Arg:
    """A pointer whose content the call reads."""
    return Arg(to_pointer, show_hex, content=content, role="address")


def after(content: Content) -> Arg:
    """A pointer whose content the call writes."""
    return Arg(to_pointer, show_hex, out=True, content=content, role="address")


def changed(content: Content) -> Arg:
    """A pointer whose content the call reads and writes: shown as ``before => after``."""
    return Arg(to_pointer, show_hex, content=contents.Changed(content), role="address", both=True)


def _flags(space: type[names.Names]) -> Callable[[int], str]:
    return partial(contents.named_flags, space)


def _handler(value: int) -> str:
    text = names.name(SIGHANDLER, value)
    return text if text.startswith("SIG_") else f"{value:#x}"


class _Action(Struct):
    """``struct sigaction``; the restorer counts only with its flag."""

    __slots__ = ()

    def show(self, taken: Any, arch: Arch) -> str:
        """In braces."""
        text = super().show(taken, arch)
        if len(taken) >= 16 and int.from_bytes(taken[8:16], "little") & SA.RESTORER:
            return text
        return re.sub("sa_restorer=[^,]*, ", "", text)


_ACTION = _Action(
    lambda arch: arch.sigaction,
    (
        ("sa_handler", _handler),
        ("sa_flags", _flags(SA)),
        ("sa_restorer", hex),
        ("sa_mask", contents.signal_set),
    ),
)
_STACK = Struct(structs.STACK, (("ss_sp", hex), ("ss_flags", _flags(SS))))
_POLLFD = Struct(structs.POLLFD, (("events", _flags(POLL)), ("revents", _flags(POLL))))
_EPOLL = Struct(lambda arch: arch.epoll_event, (("events", _flags(EPOLL)),))


def _sem_flags(value: int) -> str:
    return _flags(SEMFLAG)(value & 0xFFFF)


_SEMBUF = Struct(structs.SEMBUF, (("sem_flg", _sem_flags),))
_MQ_ATTR = Struct(structs.MQ_ATTR, (("mq_flags", _flags(O)),))
_STAT = Struct(lambda arch: arch.stat, (("st_mode", lambda mode: f"0{mode:o}"),))
_STATX = Struct(structs.STATX, (("stx_mode", lambda mode: f"0{mode:o}"),))

_CAP_HEADER = Struct(structs.CAP_USER_HEADER, (("version", hex),))
_SIGEVENT = Struct(structs.SIGEVENT, (("sigev_notify", partial(contents.named, SIGEV)),))

Argv: TypeAlias = Annotated[UserPtr, before(contents.Strings())]
#: The number in the name is that of the argument that holds the size, from 0.
InBytes2: TypeAlias = Annotated[UserPtr, before(Bytes(2))]
InBytes1: TypeAlias = Annotated[UserPtr, before(Bytes(1))]
InValue: TypeAlias = Annotated[UserPtr, before(Bytes(3, text=True))]
InQueueAttributes: TypeAlias = Annotated[UserPtr, before(_MQ_ATTR)]
OutQueueAttributes: TypeAlias = Annotated[UserPtr, after(_MQ_ATTR)]
InOperations: TypeAlias = Annotated[UserPtr, before(Array(_SEMBUF, 2))]
InString: TypeAlias = Annotated[UserPtr, before(contents.CString())]
OutString: TypeAlias = Annotated[UserPtr, after(contents.CString())]
OutValue: TypeAlias = Annotated[UserPtr, after(Bytes(-1, text=True))]
OutBytes: TypeAlias = Annotated[UserPtr, after(Bytes(-1))]
OutBytesAsked1: TypeAlias = Annotated[UserPtr, after(Bytes(1))]
InVectors: TypeAlias = Annotated[UserPtr, before(Vectors(2))]
OutVectors: TypeAlias = Annotated[UserPtr, after(Vectors(2, filled=True))]
InCachestatRange: TypeAlias = Annotated[UserPtr, before(Struct(structs.CACHESTAT_RANGE))]
OutCachestat: TypeAlias = Annotated[UserPtr, after(Struct(structs.CACHESTAT))]
InTimespec: TypeAlias = Annotated[UserPtr, before(Struct(structs.TIMESPEC))]
OutTimespec: TypeAlias = Annotated[UserPtr, after(Struct(structs.TIMESPEC))]
InTimeval: TypeAlias = Annotated[UserPtr, before(Struct(structs.TIMEVAL))]
OutTimeval: TypeAlias = Annotated[UserPtr, after(Struct(structs.TIMEVAL))]
InTimes: TypeAlias = Annotated[UserPtr, before(Array(Struct(structs.TIMESPEC), -3))]
InItimerval: TypeAlias = Annotated[UserPtr, before(Struct(structs.ITIMERVAL))]
OutItimerval: TypeAlias = Annotated[UserPtr, after(Struct(structs.ITIMERVAL))]
InItimerspec: TypeAlias = Annotated[UserPtr, before(Struct(structs.ITIMERSPEC))]
OutItimerspec: TypeAlias = Annotated[UserPtr, after(Struct(structs.ITIMERSPEC))]
InSignals1: TypeAlias = Annotated[UserPtr, before(contents.SignalSet(1, exact=True))]
InSignals2: TypeAlias = Annotated[UserPtr, before(contents.SignalSet(2, exact=True))]
InSignals3: TypeAlias = Annotated[UserPtr, before(contents.SignalSet(3, exact=True))]
InSignals4: TypeAlias = Annotated[UserPtr, before(contents.SignalSet(4, exact=True))]
InSignals5: TypeAlias = Annotated[UserPtr, before(contents.SignalSet(5, exact=True))]
#: As many bytes as the next argument says.
OutSignals1: TypeAlias = Annotated[UserPtr, after(contents.SignalSet(1))]
OutSignals: TypeAlias = Annotated[UserPtr, after(contents.SignalSet())]
InAction: TypeAlias = Annotated[UserPtr, before(_ACTION)]
OutAction: TypeAlias = Annotated[UserPtr, after(_ACTION)]
InStack: TypeAlias = Annotated[UserPtr, before(_STACK)]
OutStack: TypeAlias = Annotated[UserPtr, after(_STACK)]
InSignalInfo: TypeAlias = Annotated[UserPtr, before(SignalInfo())]
OutSignalInfo: TypeAlias = Annotated[UserPtr, after(SignalInfo())]
InLimit: TypeAlias = Annotated[UserPtr, before(Struct(structs.RLIMIT))]
OutLimit: TypeAlias = Annotated[UserPtr, after(Struct(structs.RLIMIT))]
OutUsage: TypeAlias = Annotated[UserPtr, after(Struct(structs.RUSAGE))]
OutStatus: TypeAlias = Annotated[UserPtr, after(contents.WaitStatus())]
OutPair: TypeAlias = Annotated[UserPtr, after(Array(-4, -3))]
#: A file offset, shown as it was before the call.
InOffset: TypeAlias = Annotated[UserPtr, before(Array(-8, -2))]
OutId: TypeAlias = Annotated[UserPtr, after(Array(4, -2))]
OutInt: TypeAlias = Annotated[UserPtr, after(Array(-4, -2))]
InIds: TypeAlias = Annotated[UserPtr, before(Array(4, 0, most=NGROUPS_MAX))]
OutIds: TypeAlias = Annotated[UserPtr, after(Array(4, -1))]
#: Shown after the call, because it leaves all but ``revents`` as it was.
Polls: TypeAlias = Annotated[UserPtr, after(Array(_POLLFD, 1))]
InEvent: TypeAlias = Annotated[UserPtr, before(_EPOLL)]
OutEvents: TypeAlias = Annotated[UserPtr, after(Array(_EPOLL, -1))]
OutStat: TypeAlias = Annotated[UserPtr, after(_STAT)]
OutStatx: TypeAlias = Annotated[UserPtr, after(_STATX)]
OutStatfs: TypeAlias = Annotated[UserPtr, after(Struct(structs.STATFS))]
OutUtsname: TypeAlias = Annotated[UserPtr, after(Struct(structs.UTSNAME))]
OutSysinfo: TypeAlias = Annotated[UserPtr, after(Struct(structs.SYSINFO))]
OutTms: TypeAlias = Annotated[UserPtr, after(Struct(structs.TMS))]
InCapHeader: TypeAlias = Annotated[UserPtr, before(_CAP_HEADER)]
InCapData: TypeAlias = Annotated[UserPtr, before(Capabilities())]
OutCapData: TypeAlias = Annotated[UserPtr, after(Capabilities())]
InSchedAttr: TypeAlias = Annotated[
    UserPtr, Arg(to_pointer, show_hex, content=SchedAttributes(), role="address", both=True)
]
OutSchedAttr: TypeAlias = Annotated[UserPtr, after(SchedAttributes())]
InCpus1: TypeAlias = Annotated[UserPtr, before(BitSet(1))]
OutCpus: TypeAlias = Annotated[UserPtr, after(BitSet(-1))]
#: ``fd_set`` of as many descriptors as the first argument says.
Descriptors: TypeAlias = Annotated[UserPtr, changed(BitSet(0, bits=True))]
OutResident1: TypeAlias = Annotated[UserPtr, after(ByteList(1))]
OutEntries: TypeAlias = Annotated[UserPtr, after(Entries())]
InName2: TypeAlias = Annotated[UserPtr, before(SocketName(2))]
InName5: TypeAlias = Annotated[UserPtr, before(SocketName(5))]
#: How long they are is behind the argument that the number in the name says.
OutName2: TypeAlias = Annotated[
    UserPtr, Arg(to_pointer, show_hex, content=SocketNameBack(2), role="address", both=True)
]
OutName5: TypeAlias = Annotated[
    UserPtr, Arg(to_pointer, show_hex, content=SocketNameBack(5), role="address", both=True)
]
InOutLength: TypeAlias = Annotated[
    UserPtr,
    Arg(to_pointer, show_hex, content=contents.ChangedInt(), role="address", both=True),
]
InMessage: TypeAlias = Annotated[UserPtr, before(Message())]
OutMessageHeader: TypeAlias = Annotated[UserPtr, after(Message(filled=True))]
InEventSignal: TypeAlias = Annotated[UserPtr, before(_SIGEVENT)]
InSchedParam: TypeAlias = Annotated[UserPtr, before(Array(-4, -2))]
OutSchedParam: TypeAlias = Annotated[UserPtr, after(Array(-4, -2))]
