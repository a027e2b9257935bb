"""The signal calls: dispositions, masks, sending, waiting, the alternate stack.

Thin: what signals do is ``kernel/signals``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.signals import SA, SI, SIG, SIGHOW
from pytest_kevlar.kernel.abi.structs import STACK, TIMESPEC
from pytest_kevlar.kernel.arch.base import AltStack
from pytest_kevlar.kernel.errno import E2BIG, EINTR, EINVAL, EPERM, ESRCH
from pytest_kevlar.kernel.signals import altstack, send, wait
from pytest_kevlar.kernel.signals.actions import NSIG, Action
from pytest_kevlar.kernel.signals.deliver import NoResult, leave_handler
from pytest_kevlar.kernel.signals.info import SIGINFO_SIZE, SigInfo, known_layout
from pytest_kevlar.kernel.signals.mask import set_blocked
from pytest_kevlar.kernel.signals.pending import UNBLOCKABLE, bit
from pytest_kevlar.kernel.syscalls.pointers import (
    InAction,
    InSignalInfo,
    InSignals1,
    InSignals3,
    InStack,
    InTimespec,
    OutAction,
    OutSignalInfo,
    OutSignals,
    OutSignals1,
    OutStack,
)
from pytest_kevlar.kernel.syscalls.registry import Arg, syscall
from pytest_kevlar.kernel.syscalls.types import Pid, Size, show_s32, to_s32

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

SECOND = 1_000_000_000
SIGSET_SIZE = 8
SA_KNOWN = (
    SA.NOCLDSTOP
    | SA.NOCLDWAIT
    | SA.SIGINFO
    | SA.ONSTACK
    | SA.RESTART
    | SA.NODEFER
    | SA.RESETHAND
    | SA.EXPOSE_TAGBITS
    | SA.RESTORER
)


def _show_signal(task: Task, raw: int) -> str:
    number = to_s32(task, raw)
    if SIG.RTMIN < number <= SIG.RTMAX:
        return f"SIGRT_{number - SIG.RTMIN}"
    return names.name(SIG, number) if 0 < number <= SIG.RTMIN else show_s32(task, raw)


def _show_how(task: Task, raw: int) -> str:
    return names.name(SIGHOW, to_s32(task, raw), unknown="SIG_???")


Signal: TypeAlias = Annotated[int, Arg(to_s32, _show_signal, space=SIG)]
How: TypeAlias = Annotated[int, Arg(to_s32, _show_how, space=SIGHOW)]


@syscall()
def rt_sigaction(
    task: Task, signum: Signal, act: InAction, oldact: OutAction, sigsetsize: Size
) -> int:
    """rt_sigaction(2). Mirrors kernel/signal.c:do_sigaction()."""
    layout = task.kernel.arch.sigaction
    if sigsetsize != SIGSET_SIZE:
        raise EINVAL("sigsetsize")
    new = layout.unpack(act.read(layout.size)) if act else None
    if not 1 <= signum <= NSIG or (new is not None and bit(signum) & UNBLOCKABLE):
        raise EINVAL("signum")
    old = task.actions[signum]
    if new is not None:
        action = Action(
            new.sa_handler,
            new.sa_flags & SA_KNOWN,
            new.sa_restorer,
            new.sa_mask & ~UNBLOCKABLE,
        )
        send.set_action(task, signum, action)
    if oldact:
        oldact.write(
            layout.pack(
                sa_handler=old.handler,
                sa_flags=old.flags,
                sa_restorer=old.restorer,
                sa_mask=old.mask,
            )
        )
    return 0


_BLOCK, _UNBLOCK, _SETMASK = SIGHOW.BLOCK, SIGHOW.UNBLOCK, SIGHOW.SETMASK


@syscall()
def rt_sigprocmask(
    task: Task, how: How, nset: InSignals3, oset: OutSignals, sigsetsize: Size
) -> int:
    """rt_sigprocmask(2). Mirrors kernel/signal.c:sigprocmask()."""
    if sigsetsize != SIGSET_SIZE:
        raise EINVAL("sigsetsize")
    old = task.blocked  # C libraries call this around every fork: it is worth being quick
    memory = task.memory
    if nset.address:
        new = memory.read_word(nset.address, 8)
        if how == _BLOCK:
            new |= old
        elif how == _UNBLOCK:
            new = old & ~new
        elif how != _SETMASK:
            raise EINVAL("how")
        new &= ~UNBLOCKABLE
        if new != old:
            set_blocked(task, new)
    if oset.address:
        memory.write_word(oset.address, old, 8)
    return 0


@syscall()
def rt_sigpending(task: Task, uset: OutSignals1, sigsetsize: Size) -> int:
    """rt_sigpending(2). Mirrors kernel/signal.c:do_sigpending()."""
    if sigsetsize > SIGSET_SIZE:
        raise EINVAL("sigsetsize")
    pending = (task.pending.mask | task.process.pending.mask) & task.blocked
    uset.write(pending.to_bytes(8, "little")[:sigsetsize])
    return 0


@syscall()
async def rt_sigsuspend(task: Task, unewset: InSignals1, sigsetsize: Size) -> None:
    """rt_sigsuspend(2). Mirrors kernel/signal.c:sigsuspend()."""
    if sigsetsize != SIGSET_SIZE:
        raise EINVAL("sigsetsize")
    await wait.suspend(task, unewset.read_int(8, signed=False))


@syscall()
async def pause(task: Task) -> None:
    """pause(2)."""
    await wait.pause(task)


@syscall()
async def rt_sigtimedwait(
    task: Task, uthese: InSignals3, uinfo: OutSignalInfo, uts: InTimespec, sigsetsize: Size
) -> int:
    """rt_sigtimedwait(2). Mirrors kernel/signal.c:do_sigtimedwait()."""
    if sigsetsize != SIGSET_SIZE:
        raise EINVAL("sigsetsize")
    wanted = uthese.read_int(8, signed=False)
    timeout = None
    if uts:
        span = TIMESPEC.unpack(uts.read(TIMESPEC.size))
        if span.tv_sec < 0 or not 0 <= span.tv_nsec < SECOND:
            raise EINVAL("timeout")
        timeout = span.tv_sec * SECOND + span.tv_nsec
    signo, info = await wait.wait_for(task, wanted, timeout)
    if uinfo:
        uinfo.write(info.pack())
    return signo


@syscall()
def rt_sigreturn(task: Task) -> NoResult:
    """rt_sigreturn(2)."""
    return leave_handler(task)


@syscall()
def sigaltstack(task: Task, uss: InStack, uoss: OutStack) -> int:
    """sigaltstack(2). Mirrors kernel/signal.c:do_sigaltstack()."""
    kernel = task.kernel
    sp = kernel.arch.registers.sp(kernel.engine.read_registers())
    new = STACK.unpack(uss.read(STACK.size)) if uss else None
    old = altstack.report(task, sp)
    if new is not None:
        altstack.set_altstack(task, AltStack(new.ss_sp, new.ss_flags, new.ss_size), sp)
    if uoss:
        uoss.write(STACK.pack(ss_sp=old.sp, ss_flags=old.flags, ss_size=old.size))
    return 0


@syscall()
async def restart_syscall(task: Task) -> object:
    """restart_syscall(2): continue what a stop or an ignored signal interrupted."""
    block, task.restart = task.restart, None
    if block is None:
        raise EINTR
    return await block.again(task)  # type: ignore[misc]  # `again` gives a coroutine


def _valid(signo: int) -> None:
    if not 0 <= signo <= NSIG:
        raise EINVAL("signal")


@syscall()
def kill(task: Task, pid: Pid, sig: Signal) -> int:
    """kill(2). Mirrors kernel/signal.c:kill_something_info()."""
    kernel = task.kernel
    if pid > 0:
        target = task.pid_ns.task(pid)
        if target is None:
            raise ESRCH
        _valid(sig)
        send.kill_one(task, target.process, sig, send.sender_info(task, sig), first=target)
    elif pid == -(1 << 31):
        raise ESRCH
    elif pid == -1:
        _valid(sig)
        send.kill_all(task, sig)
    else:
        pgid = task.pid_ns.ident(-pid) if pid else task.process.pgid
        if pgid is None or not send.group_members(kernel, pgid):
            raise ESRCH
        _valid(sig)
        send.kill_group(task, pgid, sig)
    return 0


def _send_thread(task: Task, tgid: int | None, tid: int, signo: int, info: SigInfo) -> None:
    """kernel/signal.c:do_send_specific(); `tgid` None is not checked."""
    target = task.pid_ns.task(tid)
    if target is None or (tgid is not None and target.process is not task.pid_ns.process(tgid)):
        raise ESRCH
    _valid(signo)
    send.check_permission(task, target, signo)
    if signo:
        send.send_to_task(target, signo, info)


@syscall()
def tkill(task: Task, tid: Pid, sig: Signal) -> int:
    """tkill(2)."""
    if tid <= 0:
        raise EINVAL
    _send_thread(task, None, tid, sig, SigInfo.tkill(sig, task.process.vpid, task.cred.uid))
    return 0


@syscall()
def tgkill(task: Task, tgid: Pid, tid: Pid, sig: Signal) -> int:
    """tgkill(2)."""
    if tid <= 0 or tgid <= 0:
        raise EINVAL
    _send_thread(task, tgid, tid, sig, SigInfo.tkill(sig, task.process.vpid, task.cred.uid))
    return 0


def read_info(task: Task, signo: int, uinfo: UserPtr) -> SigInfo:
    """What `task` sends, its si_uid as the kernel's; post_copy_siginfo_from_user().

    Raises:
        E2BIG: the kernel would lose a part of it.
    """
    data = uinfo.read(SIGINFO_SIZE)
    info = SigInfo.unpack(signo, data)
    if not known_layout(signo, info.code) and any(data[48:]):
        raise E2BIG
    if task.cred.user_ns.parent is not None and info.tells_sender:
        info = info.with_uid(task.cred.user_ns.uids.down(info.uid))
    return info


def may_forge(info: SigInfo, *, own: bool) -> None:
    """EPERM for pretending to be the kernel or ``tkill`` to others."""
    if (info.code >= 0 or info.code == SI.TKILL) and not own:
        raise EPERM


@syscall()
def rt_sigqueueinfo(task: Task, pid: Pid, sig: Signal, uinfo: InSignalInfo) -> int:
    """rt_sigqueueinfo(2)."""
    info = read_info(task, sig, uinfo)
    may_forge(info, own=task.vtid == pid)
    target = task.pid_ns.task(pid)
    if target is None:
        raise ESRCH
    _valid(sig)
    send.kill_one(task, target.process, sig, info, first=target)
    return 0


@syscall()
def rt_tgsigqueueinfo(task: Task, tgid: Pid, tid: Pid, sig: Signal, uinfo: InSignalInfo) -> int:
    """rt_tgsigqueueinfo(2)."""
    info = read_info(task, sig, uinfo)
    if tid <= 0 or tgid <= 0:
        raise EINVAL
    may_forge(info, own=task.vtid == tid)
    _send_thread(task, tgid, tid, sig, info)
    return 0
