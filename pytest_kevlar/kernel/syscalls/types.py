"""The argument types that system-call handlers are annotated with.

Each is ``Annotated[what the handler gets, Arg(how to decode, how to show)]``: a type
checker sees the plain type, the registry sees the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.fcntl import F
from pytest_kevlar.kernel.abi.files import (
    AT,
    CLOSERANGE,
    FALLOC,
    LOCK,
    MFD,
    RENAME,
    RWF,
    SEEK,
    SPLICE,
    XATTR,
)
from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.ipc import (
    IPCGET,
    IPCKEY,
    MSGCTL,
    MSGFLAG,
    SEMCTL,
    SHMAT,
    SHMCTL,
    SHMGET,
)
from pytest_kevlar.kernel.abi.mm import MADV, MAP, MREMAP, PROT
from pytest_kevlar.kernel.abi.mount import (
    FSCONFIG,
    FSMOUNT,
    FSOPEN,
    FSPICK,
    MNT,
    MOUNTATTR,
    MOVEMOUNT,
    MS,
)
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import EFD, EPOLLCREATE, EPOLLCTL
from pytest_kevlar.kernel.abi.process import CLONE, KCMP, W
from pytest_kevlar.kernel.abi.sched import FUTEX
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.contents import CString
from pytest_kevlar.kernel.syscalls.registry import Arg, Expression

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task


#: The low 32 bits, signed: a C ``int``.
to_s32 = Expression("((raw & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000")
#: The low 32 bits: a C ``unsigned int``.
to_u32 = Expression("raw & 0xFFFF_FFFF")
#: All 64 bits, signed: a C ``long``.
to_s64 = Expression("(raw ^ 0x8000_0000_0000_0000) - 0x8000_0000_0000_0000")
#: The register as it is: ``unsigned long`` and ``size_t``.
to_u64 = Expression("raw")
#: A pointer into the task's address space.
to_pointer = Expression("UserPtr(task.memory, raw)", UserPtr=UserPtr)


def to_path(task: Task, raw: int) -> bytes:
    """A path name: EFAULT, ENAMETOOLONG (4096 bytes with its NUL)."""
    return UserPtr(task.memory, raw).read_cstring()


def to_optional_path(task: Task, raw: int) -> bytes | None:
    """A path name, None for NULL."""
    return UserPtr(task.memory, raw).read_cstring() if raw else None


def show_s32(task: Task, raw: int) -> str:
    """Decimal, as strace prints an int."""
    return str(to_s32(task, raw))


def show_u64(task: Task, raw: int) -> str:
    """Decimal, unsigned."""
    return str(raw)


def show_s64(task: Task, raw: int) -> str:
    """Decimal, signed."""
    return str(to_s64(task, raw))


def show_octal(task: Task | None, raw: int) -> str:
    """Octal with a leading zero: a file mode."""
    return f"{raw & 0xFFFF_FFFF:#o}".replace("0o", "0") if raw else "000"


def show_hex(task: Task, raw: int) -> str:
    """Hexadecimal; NULL for zero."""
    return f"{raw:#x}" if raw else "NULL"


def show_bits(task: Task, raw: int) -> str:
    """Hexadecimal; 0 for zero."""
    return f"{raw:#x}" if raw else "0"


def show_dirfd(task: Task, raw: int) -> str:
    """A directory descriptor, AT_FDCWD by name."""
    value = to_s32(task, raw)
    return "AT_FDCWD" if value == -100 else str(value)


def to_open_flags(task: Task, raw: int) -> int:
    """``O_*`` flags in their neutral form, whatever the architecture's bits are."""
    return task.kernel.arch.open_flags_in(raw & 0xFFFF_FFFF)


def show_open_flags(task: Task, raw: int) -> str:
    """``O_RDWR|O_CREAT``."""
    return names.flags(O, to_open_flags(task, raw))


def flags_of(space: type[names.Names]) -> Arg:
    """A flag word whose bits `space` names."""
    return Arg(to_u32, lambda task, raw: names.flags(space, raw & 0xFFFF_FFFF), space=space)


def one_of(space: type[names.Names]) -> Arg:
    """A number that `space` names."""
    unknown = f"{space.prefix}???" if space.prefix else ""
    return Arg(
        to_s32, lambda task, raw: names.name(space, to_s32(task, raw), unknown=unknown), space=space
    )


def _show_get_flags(space: type[names.Names]) -> Callable[[Task, int], str]:
    """``0x200 /* IPC_CREAT */|0600``, as strace shows flags with a mode in them."""

    def show(task: Task, raw: int) -> str:
        bits, mode = raw & 0xFFFF_FE00, raw & 0o777
        shown = f"{bits:#x} /* {names.flags(space, bits)} */|" if bits else ""
        return f"{shown}{mode:#o}".replace("0o", "0") if mode else f"{shown}000"

    return show


Fd: TypeAlias = Annotated[int, Arg(to_s32, show_s32, role="fd")]
DirFd: TypeAlias = Annotated[int, Arg(to_s32, show_dirfd, role="fd")]
Int: TypeAlias = Annotated[int, Arg(to_s32, show_s32)]
UInt: TypeAlias = Annotated[int, Arg(to_u32, show_u64)]
Long: TypeAlias = Annotated[int, Arg(to_s64, show_s64)]
ULong: TypeAlias = Annotated[int, Arg(to_u64, show_u64)]
#: The high half of an offset, which 64-bit machines pass in the low one.
HighHalf: TypeAlias = Annotated[int, Arg(to_u64, show_u64, shown=False)]
Size: TypeAlias = Annotated[int, Arg(to_u64, show_u64)]
Off: TypeAlias = Annotated[int, Arg(to_s64, show_s64)]
Pid: TypeAlias = Annotated[int, Arg(to_s32, show_s32, role="pid")]
Uid: TypeAlias = Annotated[int, Arg(to_u32, show_u64)]
Mode: TypeAlias = Annotated[int, Arg(to_u32, show_octal)]
Bits: TypeAlias = Annotated[int, Arg(to_u32, show_bits)]
LongBits: TypeAlias = Annotated[int, Arg(to_u64, show_bits)]
#: A device of a mounted file system, which no two machines number alike.
FsDevice: TypeAlias = Annotated[int, Arg(to_u32, show_s32, role="inode")]
Address: TypeAlias = Annotated[int, Arg(to_u64, show_hex, role="address")]
Ptr: TypeAlias = Annotated[UserPtr, Arg(to_pointer, show_hex, role="address")]
OutPtr: TypeAlias = Annotated[UserPtr, Arg(to_pointer, show_hex, out=True, role="address")]
Path: TypeAlias = Annotated[bytes, Arg(to_path, show_hex, content=CString(), role="address")]
OptPath: TypeAlias = Annotated[
    "bytes | None", Arg(to_optional_path, show_hex, content=CString(), role="address")
]
OpenFlags: TypeAlias = Annotated[int, Arg(to_open_flags, show_open_flags, space=O)]
AtFlags: TypeAlias = Annotated[int, flags_of(AT)]
RenameFlags: TypeAlias = Annotated[int, flags_of(RENAME)]
FallocMode: TypeAlias = Annotated[int, flags_of(FALLOC)]
XattrFlags: TypeAlias = Annotated[int, flags_of(XATTR)]
RwFlags: TypeAlias = Annotated[int, flags_of(RWF)]
SpliceFlags: TypeAlias = Annotated[int, flags_of(SPLICE)]
CloseRangeFlags: TypeAlias = Annotated[int, flags_of(CLOSERANGE)]
FlockOperation: TypeAlias = Annotated[int, flags_of(LOCK)]
MemfdFlags: TypeAlias = Annotated[int, flags_of(MFD)]
EventfdFlags: TypeAlias = Annotated[int, flags_of(EFD)]
EpollCreateFlags: TypeAlias = Annotated[int, flags_of(EPOLLCREATE)]
EpollOperation: TypeAlias = Annotated[int, one_of(EPOLLCTL)]
MountFlags: TypeAlias = Annotated[int, flags_of(MS)]
FsopenFlags: TypeAlias = Annotated[int, flags_of(FSOPEN)]
FsmountFlags: TypeAlias = Annotated[int, flags_of(FSMOUNT)]
FspickFlags: TypeAlias = Annotated[int, flags_of(FSPICK)]
FsconfigCommand: TypeAlias = Annotated[int, one_of(FSCONFIG)]
MountAttributes: TypeAlias = Annotated[int, flags_of(MOUNTATTR)]
MoveMountFlags: TypeAlias = Annotated[int, flags_of(MOVEMOUNT)]
OpenTreeFlags: TypeAlias = Annotated[int, Arg(to_u32, show_bits)]
UmountFlags: TypeAlias = Annotated[int, flags_of(MNT)]
Whence: TypeAlias = Annotated[int, one_of(SEEK)]
Prot: TypeAlias = Annotated[int, flags_of(PROT)]
LongProt: TypeAlias = Annotated[
    int, Arg(to_u64, lambda task, raw: names.flags(PROT, raw & 0xFFFF_FFFF), space=PROT)
]
MapFlags: TypeAlias = Annotated[int, flags_of(MAP)]
MremapFlags: TypeAlias = Annotated[int, flags_of(MREMAP)]
Advice: TypeAlias = Annotated[int, one_of(MADV)]
WaitOptions: TypeAlias = Annotated[int, flags_of(W)]
IpcKey: TypeAlias = Annotated[
    int, Arg(to_s32, lambda task, raw: names.name(IPCKEY, raw & 0xFFFF_FFFF), role="ipc")
]
ShmId: TypeAlias = Annotated[int, Arg(to_s32, show_s32, role="ipc")]
SemId: TypeAlias = ShmId
MsgId: TypeAlias = ShmId
ShmFlags: TypeAlias = Annotated[int, flags_of(SHMAT)]
MsgFlags: TypeAlias = Annotated[int, flags_of(MSGFLAG)]
ShmGetFlags: TypeAlias = Annotated[int, Arg(to_u32, _show_get_flags(SHMGET), space=SHMGET)]
SemGetFlags: TypeAlias = Annotated[int, Arg(to_u32, _show_get_flags(IPCGET), space=IPCGET)]
MsgGetFlags: TypeAlias = SemGetFlags
ShmCommand: TypeAlias = Annotated[int, one_of(SHMCTL)]
SemCommand: TypeAlias = Annotated[int, one_of(SEMCTL)]
MsgCommand: TypeAlias = Annotated[int, one_of(MSGCTL)]
SemArgument: TypeAlias = Annotated[int, Arg(to_u64, show_hex, role="address")]
FutexOperation: TypeAlias = Annotated[
    int, Arg(to_s32, lambda task, raw: names.flags(FUTEX, raw & 0xFFFF_FFFF), space=FUTEX)
]
KcmpType: TypeAlias = Annotated[int, one_of(KCMP)]
CloneFlags: TypeAlias = Annotated[
    int, Arg(to_u64, lambda task, raw: names.flags(CLONE, raw & 0xFFFF_FFFF), space=CLONE)
]
FcntlCommand: TypeAlias = Annotated[int, one_of(F)]
IoctlRequest: TypeAlias = Annotated[
    int, Arg(to_u32, lambda task, raw: names.name(IOCTL, raw & 0xFFFF_FFFF), space=IOCTL)
]
