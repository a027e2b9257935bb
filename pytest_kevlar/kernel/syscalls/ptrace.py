"""ptrace(2): the requests. How tracees stop and go on is ``task/ptrace.py``."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Annotated, TypeAlias

from pytest_kevlar.kernel.abi.ptrace import (
    EVENT,
    EVENTMSG,
    KNOWN_OPTIONS,
    NT,
    PEEKSIGINFO_SHARED,
    PTRACE,
)
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.errno import EINVAL, EIO, EPERM, ESRCH
from pytest_kevlar.kernel.fs.procfs.subject import may_inspect
from pytest_kevlar.kernel.mm.remote import read_forced, write_forced
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.signals.actions import NSIG
from pytest_kevlar.kernel.signals.info import SIGINFO_SIZE, SigInfo
from pytest_kevlar.kernel.signals.mask import recalc
from pytest_kevlar.kernel.signals.pending import UNBLOCKABLE
from pytest_kevlar.kernel.signals.send import kill_process
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Address, Pid, one_of
from pytest_kevlar.kernel.task import ptrace as tracing
from pytest_kevlar.kernel.task.task import State, Task
from pytest_kevlar.kernel.task.trace import Mode, Trace
from pytest_kevlar.kernel.task.tracedregs import (
    get_fpu,
    get_general,
    get_special,
    look,
    set_fpu,
    set_general,
    set_special,
)

Request: TypeAlias = Annotated[int, one_of(PTRACE)]
WORD, SIGSET_SIZE = 8, 8
MASK = (1 << 64) - 1
#: ``struct user`` of x86_64, and where the debug registers are in it.
USER_SIZE, DEBUG_REGISTERS, GENERAL_SIZE = 912, 848, 216
SYSGOOD_CODE = SIG.TRAP | 0x80


@syscall("ptrace", partial="no hardware breakpoints, no PTRACE_SET_SYSCALL_INFO")
def ptrace(task: Task, request: Request, pid: Pid, addr: Address, data: Address) -> int:
    """ptrace(2). Mirrors kernel/ptrace.c:ptrace()."""
    if request == PTRACE.TRACEME:
        tracing.trace_me(task)
        return 0
    target = task.pid_ns.task(pid) if pid > 0 else None
    if target is None:
        raise ESRCH
    if request in (PTRACE.ATTACH, PTRACE.SEIZE):
        _attach(task, target, request == PTRACE.SEIZE, addr, data)
        return 0
    trace = target.trace
    if trace is None or trace.tracer is not task:
        raise ESRCH("not traced by the caller")
    if request == PTRACE.KILL:
        kill_process(target.process)
        return 0
    if request == PTRACE.INTERRUPT:
        if not trace.seized:
            raise EIO
        tracing.interrupt(target)
        return 0
    if not trace.stopped or trace.listening or target.state is not State.TRACED:
        raise ESRCH("not stopped")
    return _ask(Asked(task, target, trace), request, addr, data)


class Asked:
    """A request: who asks, whom it is about."""

    __slots__ = ("target", "task", "trace")

    def __init__(self, task: Task, target: Task, trace: Trace) -> None:
        self.task = task
        self.target = target
        self.trace = trace

    def pointer(self, address: int) -> UserPtr:
        """Into the tracer's memory."""
        return UserPtr(self.task.memory, address)


def _attach(task: Task, target: Task, seized: bool, addr: int, data: int) -> None:
    """PTRACE_ATTACH and PTRACE_SEIZE. Mirrors kernel/ptrace.c:ptrace_attach()."""
    if seized and (addr or data & ~KNOWN_OPTIONS):
        raise EIO
    if target.process is task.process or not may_inspect(task, target, real=True):
        raise EPERM
    tracing.attach(target, task, seized=seized, options=data if seized else 0)


def _ask(asked: Asked, request: int, addr: int, data: int) -> int:
    handler = _REQUESTS.get(request)
    if handler is None:
        raise EIO
    return handler(asked, addr, data)


# -- memory ---------------------------------------------------------------------------------


def _peek(asked: Asked, addr: int, data: int) -> int:
    word = read_forced(asked.target.memory, addr, WORD)
    if len(word) < WORD:
        raise EIO
    asked.pointer(data).write(word)
    return 0


def _poke(asked: Asked, addr: int, data: int) -> int:
    if write_forced(asked.target.memory, addr, data.to_bytes(WORD, "little")) < WORD:
        raise EIO
    return 0


# -- registers ------------------------------------------------------------------------------


def _user(asked: Asked) -> None:
    if not asked.target.kernel.arch.register_sets.has_user:
        raise EIO


def _peek_user(asked: Asked, addr: int, data: int) -> int:
    """A word of ``struct user``: registers; the rest reads as zero."""
    _user(asked)
    if addr % WORD or addr >= USER_SIZE:
        raise EIO
    word = get_general(asked.target)[addr : addr + WORD].ljust(WORD, b"\0")
    asked.pointer(data).write(word)
    return 0


def _poke_user(asked: Asked, addr: int, data: int) -> int:
    _user(asked)
    if addr % WORD or addr >= USER_SIZE:
        raise EIO
    if addr < GENERAL_SIZE:
        words = bytearray(get_general(asked.target))
        words[addr : addr + WORD] = data.to_bytes(WORD, "little")
        set_general(asked.target, bytes(words))
        return 0
    if addr < DEBUG_REGISTERS:
        raise EIO
    if data:
        raise EINVAL("no hardware breakpoints")
    return 0


def _get_regs(asked: Asked, addr: int, data: int) -> int:
    _user(asked)
    asked.pointer(data).write(get_general(asked.target))
    return 0


def _set_regs(asked: Asked, addr: int, data: int) -> int:
    _user(asked)
    set_general(asked.target, asked.pointer(data).read(GENERAL_SIZE))
    return 0


def _get_fpregs(asked: Asked, addr: int, data: int) -> int:
    _user(asked)
    asked.pointer(data).write(get_fpu(asked.target))
    return 0


def _set_fpregs(asked: Asked, addr: int, data: int) -> int:
    _user(asked)
    set_fpu(asked.target, asked.pointer(data).read(asked.target.kernel.arch.register_sets.fpu_size))
    return 0


def _register_set(target: Task, kind: int) -> bytes:
    if kind == NT.PRSTATUS:
        return get_general(target)
    if kind == NT.PRFPREG:
        return get_fpu(target)
    found = get_special(target, kind)
    if found is None:
        raise EINVAL("no such register set")
    return found


def _item_size(kind: int) -> int:
    return 4 if kind in (NT.PRFPREG, NT.ARM_SYSTEM_CALL) else 8


def _get_regset(asked: Asked, addr: int, data: int) -> int:
    """The iovec says how much is wanted, and then how much there was."""
    vector = asked.pointer(data)
    base, size = (vector.read_int(8, signed=False), (vector + 8).read_int(8, signed=False))
    content = _register_set(asked.target, addr)
    if size % _item_size(addr):
        raise EINVAL
    given = content[:size]
    asked.pointer(base).write(given)
    (vector + 8).write_int(len(given), 8)
    return 0


def _set_regset(asked: Asked, addr: int, data: int) -> int:
    vector = asked.pointer(data)
    base, size = (vector.read_int(8, signed=False), (vector + 8).read_int(8, signed=False))
    content = _register_set(asked.target, addr)
    if size % _item_size(addr):
        raise EINVAL
    size = min(size, len(content))
    given = asked.pointer(base).read(size)
    if addr == NT.PRSTATUS:
        set_general(asked.target, given)
    elif addr == NT.PRFPREG:
        set_fpu(asked.target, given)
    else:
        set_special(asked.target, addr, given)
    (vector + 8).write_int(size, 8)
    return 0


# -- signals --------------------------------------------------------------------------------


def _get_siginfo(asked: Asked, addr: int, data: int) -> int:
    info = asked.trace.info
    if info is None:
        raise EINVAL("a stop without siginfo")
    asked.pointer(data).write(info.pack())
    return 0


def _set_siginfo(asked: Asked, addr: int, data: int) -> int:
    raw = asked.pointer(data).read(SIGINFO_SIZE)
    if asked.trace.info is None:
        raise EINVAL("a stop without siginfo")
    asked.trace.info = SigInfo.unpack(int.from_bytes(raw[:4], "little", signed=True), raw)
    return 0


def _peek_siginfo(asked: Asked, addr: int, data: int) -> int:
    """Queued signals, without taking them: ptrace_peek_siginfo()."""
    offset, flags, count = struct.unpack("<QIi", asked.pointer(addr).read(16))
    if flags & ~PEEKSIGINFO_SHARED or count < 0:
        raise EINVAL
    target = asked.target
    pending = target.process.pending if flags else target.pending
    infos = [info for signo in range(1, NSIG + 1) for info in pending.queued(signo)]
    found = infos[offset : offset + count]
    for index, info in enumerate(found):
        asked.pointer(data + index * SIGINFO_SIZE).write(info.pack())
    return len(found)


def _get_sigmask(asked: Asked, addr: int, data: int) -> int:
    if addr != SIGSET_SIZE:
        raise EINVAL
    target = asked.target
    mask = target.blocked if target.saved_mask is None else target.saved_mask
    asked.pointer(data).write_int(mask, 8)
    return 0


def _set_sigmask(asked: Asked, addr: int, data: int) -> int:
    if addr != SIGSET_SIZE:
        raise EINVAL
    target = asked.target
    target.saved_mask = None
    target.blocked = asked.pointer(data).read_int(8, signed=False) & ~UNBLOCKABLE
    recalc(target)
    target.interrupt_pending = True
    return 0


# -- going on -------------------------------------------------------------------------------


def _signal(data: int) -> int:
    if data > NSIG:
        raise EIO("no such signal")
    return data


def _cont(asked: Asked, addr: int, data: int) -> int:
    tracing.resume(asked.target, Mode.CONT, _signal(data))
    return 0


def _until_syscall(asked: Asked, addr: int, data: int) -> int:
    tracing.resume(asked.target, Mode.SYSCALL, _signal(data))
    return 0


def _single_step(asked: Asked, addr: int, data: int) -> int:
    tracing.resume(asked.target, Mode.STEP, _signal(data))
    return 0


def _detach(asked: Asked, addr: int, data: int) -> int:
    tracing.unlink(asked.target, _signal(data))
    return 0


def _listen(asked: Asked, addr: int, data: int) -> int:
    info = asked.trace.info
    if not asked.trace.seized or info is None or info.code >> 8 != EVENT.STOP:
        raise EIO
    tracing.listen(asked.target)
    return 0


# -- what the stop is -----------------------------------------------------------------------


def _set_options(asked: Asked, addr: int, data: int) -> int:
    if data & ~KNOWN_OPTIONS:
        raise EINVAL("unknown option")
    asked.trace.options = data
    return 0


def _get_event_message(asked: Asked, addr: int, data: int) -> int:
    asked.pointer(data).write_int(asked.trace.message, 8)
    return 0


def _get_syscall_info(asked: Asked, addr: int, data: int) -> int:
    """``struct ptrace_syscall_info``; how long it is, whatever fitted."""
    target, trace = asked.target, asked.trace
    arch = target.kernel.arch
    with look(target) as regs:
        pc, sp = arch.registers.pc(regs), arch.registers.sp(regs)
        arguments = [arch.registers.argument(regs, index) for index in range(6)]
        result = arch.registers.result(regs)
    operation, rest = 0, b""
    if trace.info is not None and trace.info.code == SYSGOOD_CODE:
        operation = trace.message
        if operation == EVENTMSG.SYSCALL_ENTRY:
            rest = struct.pack("<Q6Q", target.syscall_number & MASK, *arguments)
        elif operation == EVENTMSG.SYSCALL_EXIT:
            failed = result > MASK - 4095
            rest = struct.pack("<QB", result, failed)
    whole = struct.pack("<B3xIQQ", operation, arch.audit, pc, sp) + rest
    asked.pointer(data).write(whole[:addr])
    return len(whole)


_REQUESTS: dict[int, Callable[[Asked, int, int], int]] = {
    PTRACE.PEEKTEXT: _peek,
    PTRACE.PEEKDATA: _peek,
    PTRACE.POKETEXT: _poke,
    PTRACE.POKEDATA: _poke,
    PTRACE.PEEKUSER: _peek_user,
    PTRACE.POKEUSER: _poke_user,
    PTRACE.GETREGS: _get_regs,
    PTRACE.SETREGS: _set_regs,
    PTRACE.GETFPREGS: _get_fpregs,
    PTRACE.SETFPREGS: _set_fpregs,
    PTRACE.GETREGSET: _get_regset,
    PTRACE.SETREGSET: _set_regset,
    PTRACE.GETSIGINFO: _get_siginfo,
    PTRACE.SETSIGINFO: _set_siginfo,
    PTRACE.PEEKSIGINFO: _peek_siginfo,
    PTRACE.GETSIGMASK: _get_sigmask,
    PTRACE.SETSIGMASK: _set_sigmask,
    PTRACE.CONT: _cont,
    PTRACE.SYSCALL: _until_syscall,
    PTRACE.SINGLESTEP: _single_step,
    PTRACE.DETACH: _detach,
    PTRACE.LISTEN: _listen,
    PTRACE.SETOPTIONS: _set_options,
    PTRACE.GETEVENTMSG: _get_event_message,
    PTRACE.GET_SYSCALL_INFO: _get_syscall_info,
}
