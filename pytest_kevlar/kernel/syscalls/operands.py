"""Arguments whose meaning another argument decides: fcntl, ioctl, prctl, socket options.

Only how they are shown; what they do is in the modules of the calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pytest_kevlar.kernel.abi import structs
from pytest_kevlar.kernel.abi.credentials import CAP
from pytest_kevlar.kernel.abi.fcntl import DN, FD, FLOCK, FOWNER, SEAL, F
from pytest_kevlar.kernel.abi.files import SEEK
from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.names import Names, flags
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.process import PR
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.abi.sockets import SO, SOL, TCP
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.contents import (
    Array,
    Bytes,
    Content,
    CString,
    Peek,
    Reach,
    Struct,
    named,
    named_flags,
)
from pytest_kevlar.kernel.syscalls.registry import Arg
from pytest_kevlar.kernel.syscalls.types import (
    show_hex,
    show_octal,
    show_s32,
    to_pointer,
    to_s32,
    to_u32,
    to_u64,
)

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch.base import Arch

#: Bytes of the largest operand that is shown, whatever the command is.
OPERAND_BYTES = 32
#: A content, and whether the call writes it rather than reads it.
Choice = tuple[Content, bool]


@dataclass(frozen=True, slots=True)
class Operand:
    """What one argument points at, as the others say.

    Attributes:
        choose: gives the content, or None if it is a plain value or nothing is known of it.
    """

    choose: Callable[[Sequence[int]], Choice | None]

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(OPERAND_BYTES)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """What the call reads."""
        found = self.choose(args)
        if found is None:
            return b""
        content, written = found
        return [found, None if written else content.take(peek, address, args, result)]

    def again(self, peek: Peek, address: int, args: Sequence[int], result: int, before: Any) -> Any:
        """What the call wrote."""
        (content, written), _ = before
        return [before[0], content.take(peek, address, args, result)] if written else before

    def show(self, taken: Any, arch: Arch) -> str:
        """As the content does; empty if there was none."""
        (content, _), data = taken
        return content.show(data, arch) if data else ""


def pointer(value: int) -> str:
    """An address, as strace writes one."""
    return f"{value:#x}" if value else "NULL"


def bits(value: int) -> str:
    """A number of unknown meaning."""
    return f"{value:#x}" if value else "0"


def _nothing(value: int) -> str:
    return ""


def _signed(value: int) -> str:
    return str(((value & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000)


def _signal(value: int) -> str:
    return f"{value} /* {SIG.by_value.get(value, 'SIG_0')} */" if value else "0"


def _decide(
    texts: dict[int, Callable[[int], str]], command: int, value: int
) -> Callable[[Sequence[int], Arch], str]:
    """Show argument `value` as argument `command` says; a pointer where nothing is said."""
    return lambda args, arch: texts.get(args[command] & 0xFFFF_FFFF, pointer)(args[value])


def _fcntl(args: Sequence[int], arch: Arch) -> str:
    command, value = args[1] & 0xFFFF_FFFF, args[2]
    if command == F.SETFL:  # whose bits are not the same everywhere
        value &= 0xFFFF_FFFF
        return f"{value:#x} /* {flags(O, arch.open_flags_in(value))} */" if value else "0"
    return _FCNTL_TEXTS.get(command, pointer)(value)


# -- fcntl -----------------------------------------------------------------------------------

_FLOCK = Struct(
    structs.FLOCK,
    (("l_type", lambda kind: named(FLOCK, kind)), ("l_whence", lambda at: named(SEEK, at))),
)
_OWNER = Struct(structs.F_OWNER_EX, (("type", lambda kind: named(FOWNER, kind)),))
_FCNTL: dict[int, Choice] = {
    **dict.fromkeys((F.SETLK, F.SETLKW, F.OFD_SETLK, F.OFD_SETLKW), (_FLOCK, False)),
    **dict.fromkeys((F.GETLK, F.OFD_GETLK), (_FLOCK, True)),
    F.SETOWN_EX: (_OWNER, False),
    F.GETOWN_EX: (_OWNER, True),
}
_FCNTL_TEXTS: dict[int, Callable[[int], str]] = {
    **dict.fromkeys((F.DUPFD, F.DUPFD_CLOEXEC, F.SETOWN, F.SETPIPE_SZ, F.DUPFD_QUERY), _signed),
    **dict.fromkeys(
        (F.GETFD, F.GETFL, F.GETOWN, F.GETSIG, F.GETLEASE, F.GETPIPE_SZ, F.GET_SEALS), _nothing
    ),
    F.SETFD: lambda value: named_flags(FD, value),
    F.SETSIG: _signal,
    F.SETLEASE: lambda value: named(FLOCK, value),
    F.NOTIFY: lambda value: named_flags(DN, value),
    F.ADD_SEALS: lambda value: named_flags(SEAL, value),
}

FcntlArgument: TypeAlias = Annotated[
    int,
    Arg(
        to_u64,
        show_hex,
        content=Operand(lambda args: _FCNTL.get(args[1] & 0xFFFF_FFFF)),
        both=True,
        among=_fcntl,
    ),
]

# -- ioctl -----------------------------------------------------------------------------------

_INT = Array(-4, -2)
_WINSIZE = Struct(structs.WINSIZE)
_IOCTL: dict[int, Choice] = {
    **dict.fromkeys(
        (
            IOCTL.FIONREAD,
            IOCTL.TIOCOUTQ,
            IOCTL.TIOCGPGRP,
            IOCTL.TIOCGSID,
            IOCTL.TIOCGPTN,
            IOCTL.TIOCGETD,
            IOCTL.SIOCATMARK,
            IOCTL.SIOCGPGRP,
            IOCTL.FIOGETOWN,
            IOCTL.TIOCGPKT,
            IOCTL.TIOCGPTLCK,
            IOCTL.TIOCGEXCL,
            IOCTL.FIGETBSZ,
        ),
        (_INT, True),
    ),
    **dict.fromkeys(
        (
            IOCTL.FIONBIO,
            IOCTL.FIOASYNC,
            IOCTL.TIOCSPGRP,
            IOCTL.TIOCSPTLCK,
            IOCTL.TIOCPKT,
            IOCTL.TIOCSETD,
            IOCTL.SIOCSPGRP,
            IOCTL.FIOSETOWN,
        ),
        (_INT, False),
    ),
    IOCTL.TIOCGWINSZ: (_WINSIZE, True),
    IOCTL.TIOCSWINSZ: (_WINSIZE, False),
    IOCTL.FIOQSIZE: (Array(-8, -2), True),
}
_IOCTL_TEXTS: dict[int, Callable[[int], str]] = {
    **dict.fromkeys((IOCTL.TIOCNOTTY, IOCTL.FIOCLEX, IOCTL.FIONCLEX), _nothing),
    **dict.fromkeys((IOCTL.TCSBRK, IOCTL.TCSBRKP, IOCTL.TIOCSCTTY), _signed),
    **dict.fromkeys((IOCTL.TCFLSH, IOCTL.TCXONC, IOCTL.TIOCGPTPEER), bits),
}

IoctlArgument: TypeAlias = Annotated[
    int,
    Arg(
        to_u64,
        show_hex,
        content=Operand(lambda args: _IOCTL.get(args[1] & 0xFFFF_FFFF)),
        both=True,
        among=_decide(_IOCTL_TEXTS, 1, 2),
        role="address",
    ),
]

# -- prctl -----------------------------------------------------------------------------------

_PRCTL: dict[int, Choice] = {
    PR.SET_NAME: (CString(15), False),
    PR.GET_NAME: (CString(), True),
    PR.GET_PDEATHSIG: (_INT, True),
    PR.GET_CHILD_SUBREAPER: (_INT, True),
}
_PRCTL_TEXTS: dict[int, Callable[[int], str]] = {
    **dict.fromkeys(
        (
            PR.SET_DUMPABLE,
            PR.SET_KEEPCAPS,
            PR.SET_CHILD_SUBREAPER,
            PR.SET_NO_NEW_PRIVS,
            PR.SET_TIMERSLACK,
            PR.SET_THP_DISABLE,
        ),
        str,
    ),
    PR.SET_PDEATHSIG: _signal,
    PR.CAPBSET_READ: lambda value: named(CAP, value),
    PR.CAPBSET_DROP: lambda value: named(CAP, value),
    **dict.fromkeys((PR.SET_NAME, PR.GET_NAME, PR.GET_PDEATHSIG), pointer),
    **dict.fromkeys(
        (PR.GET_DUMPABLE, PR.GET_KEEPCAPS, PR.GET_TIMERSLACK, PR.GET_SECCOMP), _nothing
    ),
}

PrctlArgument: TypeAlias = Annotated[
    int,
    Arg(
        to_u64,
        show_hex,
        content=Operand(lambda args: _PRCTL.get(args[0] & 0xFFFF_FFFF)),
        both=True,
        among=lambda args, arch: _PRCTL_TEXTS.get(args[0] & 0xFFFF_FFFF, bits)(args[1]),
    ),
]

#: Operations that take one argument, or none.
_PRCTL_SHORT = {*_PRCTL, *_PRCTL_TEXTS} - {PR.SET_NO_NEW_PRIVS, PR.SET_THP_DISABLE}


def _prctl_rest(index: int) -> Arg:
    return Arg(
        to_u64,
        show_hex,
        among=lambda args, arch: "" if args[0] & 0xFFFF_FFFF in _PRCTL_SHORT else bits(args[index]),
    )


PrctlArgument3: TypeAlias = Annotated[int, _prctl_rest(2)]
PrctlArgument4: TypeAlias = Annotated[int, _prctl_rest(3)]
PrctlArgument5: TypeAlias = Annotated[int, _prctl_rest(4)]

# -- open ------------------------------------------------------------------------------------

#: O_CREAT, and the bit that is O_TMPFILE's own.
_MAKING = 0o100 | 0o20000000


def _mode_after(flags: int) -> Arg:
    """A mode, if the flags make a file."""

    def among(args: Sequence[int], arch: Arch) -> str:
        return show_octal(None, args[flags + 1]) if args[flags] & _MAKING else ""

    return Arg(to_u32, show_octal, among=among)


ModeAfter1: TypeAlias = Annotated[int, _mode_after(1)]
ModeAfter2: TypeAlias = Annotated[int, _mode_after(2)]

# -- arch_prctl ------------------------------------------------------------------------------

ARCH_SET_GS, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS = range(0x1001, 0x1005)
ARCH_GET_CPUID, ARCH_SET_CPUID = 0x1011, 0x1012
_CODES = {
    ARCH_SET_GS: "ARCH_SET_GS",
    ARCH_SET_FS: "ARCH_SET_FS",
    ARCH_GET_FS: "ARCH_GET_FS",
    ARCH_GET_GS: "ARCH_GET_GS",
    ARCH_GET_CPUID: "ARCH_GET_CPUID",
    ARCH_SET_CPUID: "ARCH_SET_CPUID",
}

_ARCH_PRCTL: dict[int, Choice] = dict.fromkeys(
    (ARCH_GET_FS, ARCH_GET_GS), (Array(8, -2, hex), True)
)

ArchCode: TypeAlias = Annotated[
    int, Arg(to_s32, lambda task, raw: _CODES.get(raw, f"{raw:#x} /* ARCH_??? */"))
]
ArchAddress: TypeAlias = Annotated[
    int,
    Arg(
        to_u64,
        show_hex,
        content=Operand(lambda args: _ARCH_PRCTL.get(args[0])),
        both=True,
        role="address",
    ),
]

# -- socket options --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OptionValue:
    """A socket option: a structure that is known, an int, or bytes.

    Attributes:
        pointed: its length is behind the last argument, not in it.
    """

    pointed: bool

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(256, count=4, pointed=self.pointed)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Its bytes, and which option it is."""
        length = args[4] & 0xFFFF_FFFF
        if self.pointed:
            word = peek(args[4], 4)
            length = int.from_bytes(word, "little") if len(word) == 4 else 0
        data = peek(address, min(length, 256))
        return (data, args[1] & 0xFFFF_FFFF, args[2] & 0xFFFF_FFFF, length) if data else b""

    def show(self, taken: Any, arch: Arch) -> str:
        """As strace shows that option."""
        data, level, option, length = taken
        layout = _OPTIONS.get(option) if level == SOL.SOCKET else None
        if layout is not None:
            return layout.show(data, arch) if len(data) >= layout.layout.size else ""
        if length == 4 and len(data) == 4:
            return f"[{int.from_bytes(data, 'little', signed=True)}]"
        return Bytes(0).show((data, length), arch)


_OPTIONS: dict[int, Any] = {
    SO.LINGER: Struct(structs.LINGER),
    SO.PEERCRED: Struct(structs.UCRED, (("uid", _signed), ("gid", _signed))),
}

_LEVELS: dict[int, type[Names]] = {SOL.SOCKET: SO, SOL.TCP: TCP}


def _option_name(args: Sequence[int], arch: Arch) -> str:
    space = _LEVELS.get(args[1] & 0xFFFF_FFFF)
    return named(space, args[2] & 0xFFFF_FFFF) if space else bits(args[2] & 0xFFFF_FFFF)


Option: TypeAlias = Annotated[int, Arg(to_s32, show_s32, among=_option_name)]
InOption: TypeAlias = Annotated[
    UserPtr, Arg(to_pointer, show_hex, content=OptionValue(False), role="address")
]
OutOption: TypeAlias = Annotated[
    UserPtr, Arg(to_pointer, show_hex, out=True, content=OptionValue(True), role="address")
]
