"""Calls about the machine and odds and ends of a task: uname, sysinfo, prctl, randomness.

Thin, as far as there is anything behind them at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.credentials import CAP, GRND
from pytest_kevlar.kernel.abi.process import PR
from pytest_kevlar.kernel.abi.sched import MEMBARRIER
from pytest_kevlar.kernel.abi.structs import SYSINFO, UTSNAME
from pytest_kevlar.kernel.errno import EFAULT, EINVAL, EPERM, ESRCH
from pytest_kevlar.kernel.fs.kmsg import LOG_SIZE
from pytest_kevlar.kernel.syscalls.operands import (
    ARCH_GET_CPUID,
    ARCH_GET_FS,
    ARCH_GET_GS,
    ARCH_SET_FS,
    ARCH_SET_GS,
    ArchAddress,
    ArchCode,
    PrctlArgument,
    PrctlArgument3,
    PrctlArgument4,
    PrctlArgument5,
)
from pytest_kevlar.kernel.syscalls.pointers import InBytes1, OutBytes, OutSysinfo, OutUtsname
from pytest_kevlar.kernel.syscalls.registry import Arg, syscall
from pytest_kevlar.kernel.syscalls.types import (
    Address,
    Bits,
    Int,
    OutPtr,
    Pid,
    Size,
    UInt,
    flags_of,
    to_s32,
)
from pytest_kevlar.kernel.task import prctl as operations
from pytest_kevlar.kernel.task import rseq as sequences
from pytest_kevlar.kernel.task.cred import CAP_SYS_TTY_CONFIG

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

SECOND = 1_000_000_000
UTS_LEN = 64
INT_MAX = (1 << 31) - 1
RANDOM_CHUNK = 4096
ROBUST_LIST_SIZE = 24


def _show_prctl(task: Task, raw: int) -> str:
    return names.name(PR, to_s32(task, raw), unknown="PR_???")


PrctlOption: TypeAlias = Annotated[int, Arg(to_s32, _show_prctl, space=PR)]
RandomFlags: TypeAlias = Annotated[int, flags_of(GRND)]


# -- the machine -------------------------------------------------------------------------


@syscall()
def uname(task: Task, buf: OutUtsname) -> int:
    """uname(2)."""
    profile = task.kernel.profile
    buf.write(
        UTSNAME.pack(
            sysname=profile.sysname.encode(),
            nodename=task.uts.nodename,
            release=profile.release.encode(),
            version=profile.version.encode(),
            machine=task.kernel.arch.machine.encode(),
            domainname=task.uts.domainname,
        )
    )
    return 0


def _new_name(task: Task, name: UserPtr, length: int) -> bytes:
    if not task.cred.capable_in(task.uts.user_ns, CAP.SYS_ADMIN):
        raise EPERM
    if not 0 <= length <= UTS_LEN:
        raise EINVAL
    return name.read(length).partition(b"\0")[0] if length else b""


@syscall()
def sethostname(task: Task, name: InBytes1, length: Int) -> int:
    """sethostname(2), of the task's UTS namespace."""
    task.uts.nodename = _new_name(task, name, length)
    return 0


@syscall()
def setdomainname(task: Task, name: InBytes1, length: Int) -> int:
    """setdomainname(2), of the task's UTS namespace."""
    task.uts.domainname = _new_name(task, name, length)
    return 0


@syscall()
def sysinfo(task: Task, info: OutSysinfo) -> int:
    """sysinfo(2). Mirrors kernel/sys.c:do_sysinfo()."""
    kernel = task.kernel
    total = kernel.profile.memory_total
    used = sum(process_pages(task) for task in kernel.tasks.values() if task.is_leader) * 4096
    info.write(
        SYSINFO.pack(
            uptime=-(-(kernel.clock.boottime_ns() + task.time.boottime) // SECOND),
            totalram=total,
            freeram=max(total - used, 0),
            procs=min(len(kernel.tasks), 0xFFFF),
            mem_unit=1,
        )
    )
    return 0


def process_pages(task: Task) -> int:
    """Resident pages of a living process, 0 for a zombie."""
    return task.memory.resident_pages() if task.alive else 0


@syscall(partial="the log is empty")
def syslog(task: Task, kind: Int, buf: OutPtr, length: Int) -> int:
    """syslog(2) with dmesg_restrict. Mirrors kernel/printk/printk.c:do_syslog()."""
    if not task.cred.capable(CAP.SYSLOG):
        raise EPERM
    if kind in (2, 3, 4):
        if not buf or length < 0:
            raise EINVAL
        return _read_log(task, kind, buf, length)
    if kind == 5:
        task.kernel.log.cleared = task.kernel.log.next
        return 0
    if kind == 8:
        if not 1 <= length <= 8:
            raise EINVAL
        return 0
    if kind == 10:
        return LOG_SIZE
    if kind in (0, 1, 6, 7, 9):
        return 0
    raise EINVAL


def _read_log(task: Task, kind: int, buf: UserPtr, length: int) -> int:
    """SYSLOG_ACTION_READ_ALL and READ_CLEAR; READ finds that a daemon has read everything."""
    if kind == 2:
        return 0
    text = task.kernel.log.text(length)
    buf.write(text)
    if kind == 4:
        task.kernel.log.cleared = task.kernel.log.next
    return len(text)


@syscall()
def vhangup(task: Task) -> int:
    """vhangup(2): the controlling terminal, if any. Mirrors fs/open.c:vhangup()."""
    if not task.cred.capable(CAP_SYS_TTY_CONFIG):
        raise EPERM
    terminal = task.process.controlling_tty
    if terminal is not None:
        terminal.hang_up()
    return 0


@syscall()
def getrandom(task: Task, buf: OutBytes, size: Size, flags: RandomFlags) -> int:
    """getrandom(2), from the machine's seed."""
    if flags & ~(GRND.NONBLOCK | GRND.RANDOM | GRND.INSECURE):
        raise EINVAL
    if flags & GRND.RANDOM and flags & GRND.INSECURE:
        raise EINVAL
    size = min(size, INT_MAX)
    done = 0
    while done < size:
        chunk = task.kernel.rng.randbytes(min(RANDOM_CHUNK, size - done))
        written = (buf + done).write_partial(chunk)
        done += written
        if written < len(chunk):
            break
    if size and not done:
        raise EFAULT
    return done


@syscall(partial="one CPU: every barrier is there already")
def membarrier(task: Task, command: Int, flags: Bits, cpu: Int) -> int:
    """membarrier(2). Mirrors kernel/sched/membarrier.c."""
    known = (MEMBARRIER.GET_REGISTRATIONS << 1) - 1
    if flags and not (command == MEMBARRIER.PRIVATE_EXPEDITED_RSEQ and flags == 1):
        raise EINVAL
    if command == MEMBARRIER.QUERY:
        return known
    if command not in (1 << shift for shift in range(10)):
        raise EINVAL
    space = task.memory
    if command == MEMBARRIER.GET_REGISTRATIONS:
        return space.barriers
    if command in (MEMBARRIER.GLOBAL, MEMBARRIER.GLOBAL_EXPEDITED):
        return 0
    if command in (
        MEMBARRIER.REGISTER_GLOBAL_EXPEDITED,
        MEMBARRIER.REGISTER_PRIVATE_EXPEDITED,
        MEMBARRIER.REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
        MEMBARRIER.REGISTER_PRIVATE_EXPEDITED_RSEQ,
    ):
        space.barriers |= command
    elif not space.barriers & command << 1:
        raise EPERM("not registered")
    return 0


# -- the task ----------------------------------------------------------------------------


@syscall(
    partial="operations that are not listed in task/prctl.py are EINVAL, and so are "
    "PR_TSC_SIGSEGV and, for who is privileged, PR_SET_MM"
)
def prctl(
    task: Task,
    option: PrctlOption,
    arg2: PrctlArgument,
    arg3: PrctlArgument3,
    arg4: PrctlArgument4,
    arg5: PrctlArgument5,
) -> int:
    """prctl(2). Mirrors kernel/sys.c:prctl()."""
    operation = operations.OPERATIONS.get(option)
    if operation is None:
        raise EINVAL("option")
    return operation(task, (arg2, arg3, arg4, arg5))


@syscall(partial="kept and reported; no flag has an effect")
def personality(task: Task, persona: UInt) -> int:
    """personality(2): the previous value."""
    old = task.personality
    if persona != 0xFFFF_FFFF:
        task.personality = persona
    return old


@syscall()
def arch_prctl(task: Task, code: ArchCode, address: ArchAddress) -> int:
    """arch_prctl(2). Mirrors arch/x86/kernel/process_64.c:do_arch_prctl_64()."""
    kernel = task.kernel
    regs = kernel.engine.read_registers()
    if code in (ARCH_SET_FS, ARCH_SET_GS):
        if address >= kernel.arch.task_size:
            raise EPERM
        if code == ARCH_SET_FS:
            regs.fs_base = address
        else:
            regs.gs_base = address
        kernel.engine.write_registers()
    elif code in (ARCH_GET_FS, ARCH_GET_GS):
        value = regs.fs_base if code == ARCH_GET_FS else regs.gs_base
        task.memory.write(address, int(value).to_bytes(8, "little"))
    elif code == ARCH_GET_CPUID:
        return 1
    else:
        raise EINVAL
    return 0


@syscall()
def set_robust_list(task: Task, head: Address, length: Size) -> int:
    """set_robust_list(2)."""
    if length != ROBUST_LIST_SIZE:
        raise EINVAL
    task.robust_list = head
    return 0


@syscall()
def get_robust_list(task: Task, pid: Pid, head: OutPtr, length: OutPtr) -> int:
    """get_robust_list(2). Mirrors kernel/futex/syscalls.c."""
    target = task if pid == 0 else task.pid_ns.task(pid)
    if target is None:
        raise ESRCH
    mine, theirs = task.cred, target.cred
    if target.process is not task.process and not mine.capable(CAP.SYS_PTRACE):
        ids = {theirs.uid, theirs.euid, theirs.suid}
        if ids != {mine.uid} or not target.process.dumpable:
            raise EPERM
    length.write_int(ROBUST_LIST_SIZE, 8)
    head.write_int(target.robust_list, 8)
    return 0


@syscall()
def rseq(task: Task, area: Address, length: UInt, flags: Bits, signature: UInt) -> int:
    """rseq(2). Mirrors kernel/rseq.c."""
    sequences.register(task, area, length, flags, signature)
    return 0
