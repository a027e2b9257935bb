"""Attributes of a process or thread that ``prctl(2)`` reads and sets.

One small function per operation; kernel/sys.c:prctl() and security/commoncap.c.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.credentials import CAP, SECBIT, SECCOMP
from pytest_kevlar.kernel.abi.process import PR, PRCAPAMBIENT, PRMCE, PRSETMM, PRTSC
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.errno import EFAULT, EINVAL, EPERM
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.task import prctl_memory as memory
from pytest_kevlar.kernel.task import seccomp
from pytest_kevlar.kernel.task.setid import valid_capability

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

Args = tuple[int, int, int, int]
COMM_SIZE = 16
DEFAULT_SLACK_NS = 50_000
#: sizeof(struct prctl_mm_map)
MM_MAP_SIZE = 104
ALL_BITS = 0x555
ALL_LOCKS = 0xAAA


def _pointer(task: Task, address: int) -> UserPtr:
    return UserPtr(task.memory, address)


def _set_pdeathsig(task: Task, args: Args) -> int:
    if args[0] > SIG.RTMAX:
        raise EINVAL
    task.parent_death_signal = args[0]
    return 0


def _get_pdeathsig(task: Task, args: Args) -> int:
    _pointer(task, args[0]).write_int(task.parent_death_signal)
    return 0


def _set_dumpable(task: Task, args: Args) -> int:
    if args[0] not in (0, 1):
        raise EINVAL
    task.process.dumpable = args[0]
    return 0


def _set_name(task: Task, args: Args) -> int:
    name = bytearray()
    while len(name) < COMM_SIZE - 1:
        byte = task.memory.read(args[0] + len(name), 1)
        if byte == b"\0":
            break
        name += byte
    task.comm = bytes(name)
    return 0


def _get_name(task: Task, args: Args) -> int:
    _pointer(task, args[0]).write(task.comm.ljust(COMM_SIZE, b"\0"))
    return 0


def _set_timerslack(task: Task, args: Args) -> int:
    signed = (args[0] ^ 1 << 63) - (1 << 63)
    task.timer_slack = args[0] if signed > 0 else DEFAULT_SLACK_NS
    return 0


def _set_subreaper(task: Task, args: Args) -> int:
    task.process.subreaper = bool(args[0])
    return 0


def _get_subreaper(task: Task, args: Args) -> int:
    _pointer(task, args[0]).write_int(task.process.subreaper)
    return 0


def _set_no_new_privs(task: Task, args: Args) -> int:
    if args != (1, 0, 0, 0):
        raise EINVAL
    task.cred = task.cred.with_(no_new_privs=True)
    return 0


def _get_no_new_privs(task: Task, args: Args) -> int:
    if any(args):
        raise EINVAL
    return int(task.cred.no_new_privs)


def _set_seccomp(task: Task, args: Args) -> int:
    if args[0] == SECCOMP.MODE_STRICT:
        seccomp.enter_strict(task)
        return 0
    if args[0] == SECCOMP.MODE_FILTER:
        return seccomp.add_filter(task, 0, _pointer(task, args[1]))
    raise EINVAL


def _set_keepcaps(task: Task, args: Args) -> int:
    if args[0] > 1:
        raise EINVAL
    bits = task.cred.securebits
    if bits & SECBIT.KEEP_CAPS_LOCKED:
        raise EPERM
    bits = bits | SECBIT.KEEP_CAPS if args[0] else bits & ~SECBIT.KEEP_CAPS
    task.cred = task.cred.with_(securebits=bits)
    return 0


def _capbset_read(task: Task, args: Args) -> int:
    if not valid_capability(args[0]):
        raise EINVAL
    return task.cred.bounding >> args[0] & 1


def _capbset_drop(task: Task, args: Args) -> int:
    if not task.cred.capable_here(CAP.SETPCAP):
        raise EPERM
    if not valid_capability(args[0]):
        raise EINVAL
    task.cred = task.cred.with_(bounding=task.cred.bounding & ~(1 << args[0]))
    return 0


def _set_securebits(task: Task, args: Args) -> int:
    old, new = task.cred.securebits, args[0]
    locks = old & ALL_LOCKS
    if (
        locks >> 1 & (old ^ new)
        or locks & ~new
        or new & ~(ALL_LOCKS | ALL_BITS)
        or not task.cred.capable_here(CAP.SETPCAP)
    ):
        raise EPERM
    task.cred = task.cred.with_(securebits=new)
    return 0


def _cap_ambient(task: Task, args: Args) -> int:
    operation, capability, *rest = args
    cred = task.cred
    if operation == PRCAPAMBIENT.CLEAR_ALL:
        if capability or any(rest):
            raise EINVAL
        task.cred = cred.with_(ambient=0)
        return 0
    if not valid_capability(capability) or any(rest):
        raise EINVAL
    flag = 1 << capability
    if operation == PRCAPAMBIENT.IS_SET:
        return int(bool(cred.ambient & flag))
    if operation == PRCAPAMBIENT.RAISE:
        locked = cred.securebits & SECBIT.NO_CAP_AMBIENT_RAISE
        if not cred.permitted & cred.inheritable & flag or locked:
            raise EPERM
        task.cred = cred.with_(ambient=cred.ambient | flag)
    elif operation == PRCAPAMBIENT.LOWER:
        task.cred = cred.with_(ambient=cred.ambient & ~flag)
    else:
        raise EINVAL
    return 0


def _get_tid_address(task: Task, args: Args) -> int:
    if not args[0]:
        raise EFAULT
    _pointer(task, args[0]).write_int(task.clear_child_tid, 8)
    return 0


def _set_timing(task: Task, args: Args) -> int:
    if args[0]:
        raise EINVAL
    return 0


def _nothing_given(args: Args, value: int) -> int:
    """`value`, EINVAL if there is any argument."""
    if any(args):
        raise EINVAL
    return value


def _mce_kill(task: Task, args: Args) -> int:
    operation, policy, *rest = args
    if any(rest):
        raise EINVAL
    if operation == PRMCE.KILL_CLEAR:
        if policy:
            raise EINVAL
        task.memory_errors = PRMCE.KILL_DEFAULT
    elif operation == PRMCE.KILL_SET and policy <= PRMCE.KILL_DEFAULT:
        task.memory_errors = policy
    else:
        raise EINVAL
    return 0


def _set_mm(task: Task, args: Args) -> int:
    """kernel/sys.c:prctl_set_mm(): nothing beyond its first checks, see the call's note."""
    _, _, length, unused = args
    if unused or (length and args[0] not in (PRSETMM.AUXV, PRSETMM.MAP, PRSETMM.MAP_SIZE)):
        raise EINVAL
    if args[0] == PRSETMM.MAP_SIZE:
        _pointer(task, args[1]).write_int(MM_MAP_SIZE)
        return 0
    if args[0] != PRSETMM.MAP and not task.cred.capable(CAP.SYS_RESOURCE):
        raise EPERM
    raise EINVAL


def _set_io_flusher(task: Task, args: Args) -> int:
    if not task.cred.capable(CAP.SYS_RESOURCE):
        raise EPERM
    if args not in ((0, 0, 0, 0), (1, 0, 0, 0)):
        raise EINVAL
    task.io_flusher = bool(args[0])
    return 0


def _get_io_flusher(task: Task, args: Args) -> int:
    if not task.cred.capable(CAP.SYS_RESOURCE):
        raise EPERM
    return _nothing_given(args, int(task.io_flusher))


def _get_tsc(task: Task, args: Args) -> int:
    _pointer(task, args[0]).write_int(PRTSC.ENABLE)
    return 0


def _set_tsc(task: Task, args: Args) -> int:
    """PR_TSC_SIGSEGV is not supported: EINVAL."""
    if args[0] != PRTSC.ENABLE:
        raise EINVAL
    return 0


#: What each operation does; those that are not here are EINVAL.
OPERATIONS: Mapping[int, Callable[[Task, Args], int]] = {
    PR.SET_PDEATHSIG: _set_pdeathsig,
    PR.GET_PDEATHSIG: _get_pdeathsig,
    PR.GET_DUMPABLE: lambda task, args: task.process.dumpable,
    PR.SET_DUMPABLE: _set_dumpable,
    PR.GET_KEEPCAPS: lambda task, args: int(bool(task.cred.securebits & SECBIT.KEEP_CAPS)),
    PR.SET_KEEPCAPS: _set_keepcaps,
    PR.GET_TIMING: lambda task, args: 0,
    PR.SET_TIMING: _set_timing,
    PR.SET_NAME: _set_name,
    PR.GET_NAME: _get_name,
    PR.GET_SECCOMP: lambda task, args: seccomp.mode_of(task),
    PR.SET_SECCOMP: _set_seccomp,
    PR.CAPBSET_READ: _capbset_read,
    PR.CAPBSET_DROP: _capbset_drop,
    PR.GET_SECUREBITS: lambda task, args: task.cred.securebits,
    PR.SET_SECUREBITS: _set_securebits,
    PR.SET_TIMERSLACK: _set_timerslack,
    PR.GET_TIMERSLACK: lambda task, args: task.timer_slack,
    PR.TASK_PERF_EVENTS_DISABLE: lambda task, args: 0,
    PR.TASK_PERF_EVENTS_ENABLE: lambda task, args: 0,
    PR.SET_CHILD_SUBREAPER: _set_subreaper,
    PR.GET_CHILD_SUBREAPER: _get_subreaper,
    PR.SET_NO_NEW_PRIVS: _set_no_new_privs,
    PR.GET_NO_NEW_PRIVS: _get_no_new_privs,
    PR.GET_TID_ADDRESS: _get_tid_address,
    PR.CAP_AMBIENT: _cap_ambient,
    PR.MCE_KILL: _mce_kill,
    PR.MCE_KILL_GET: lambda task, args: _nothing_given(args, task.memory_errors),
    PR.SET_MM: _set_mm,
    PR.SET_IO_FLUSHER: _set_io_flusher,
    PR.GET_IO_FLUSHER: _get_io_flusher,
    PR.GET_TSC: _get_tsc,
    PR.SET_TSC: _set_tsc,
    **memory.OPERATIONS,
}
