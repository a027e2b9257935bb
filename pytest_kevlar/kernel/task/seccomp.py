"""Secure computing: which system calls a task may make, by mode or by filters.

Mirrors kernel/seccomp.c. A task that is not restricted pays nothing: one that is has a
:class:`Gate` in place of the kernel's table of calls. Programs are :mod:`bpf`.
"""

from __future__ import annotations

import inspect
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_kevlar.kernel.abi.credentials import SECCOMP, SECCOMPFLAG, SECCOMPRET
from pytest_kevlar.kernel.abi.signals import SIG, SYSCODE
from pytest_kevlar.kernel.cpu.engine import ffi
from pytest_kevlar.kernel.errno import EACCES, EBUSY, EINVAL, ENOMEM, ENOSYS, ESRCH
from pytest_kevlar.kernel.signals.deliver import NO_RESULT
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.send import force_info
from pytest_kevlar.kernel.syscalls.registry import Entry
from pytest_kevlar.kernel.task import bpf
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN
from pytest_kevlar.kernel.task.notify import CONTINUE, Listener

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.task.task import Task

#: Instructions of all filters of a task, each counting four more than it has.
MAX_PATH: Final = 32768
PATH_PENALTY: Final = 4
MAX_ERRNO: Final = 4095

#: Actions that this kernel knows, as /proc/sys/kernel/seccomp/actions_avail orders them.
ACTIONS: Final = (
    SECCOMPRET.KILL_PROCESS,
    SECCOMPRET.KILL_THREAD,
    SECCOMPRET.TRAP,
    SECCOMPRET.ERRNO,
    SECCOMPRET.USER_NOTIF,
    SECCOMPRET.TRACE,
    SECCOMPRET.LOG,
    SECCOMPRET.ALLOW,
)
FLAGS: Final = (
    SECCOMPFLAG.TSYNC
    | SECCOMPFLAG.LOG
    | SECCOMPFLAG.SPEC_ALLOW
    | SECCOMPFLAG.NEW_LISTENER
    | SECCOMPFLAG.TSYNC_ESRCH
    | SECCOMPFLAG.WAIT_KILLABLE_RECV
)
STRICT_CALLS: Final = ("read", "write", "exit", "rt_sigreturn")

_DATA = struct.Struct("<iI7Q")
_WORDS = struct.Struct("<16I")


class Filter:
    """One installed program and the older ones below it; tasks share the chain."""

    __slots__ = ("below", "count", "listener", "program")

    def __init__(
        self, program: bpf.Program, below: Filter | None, listener: Listener | None = None
    ) -> None:
        self.program = program
        self.below = below
        self.listener = listener
        self.count: int = 1 + (below.count if below else 0)

    def chain(self) -> Iterator[Filter]:
        """This filter and those below, newest first."""
        each: Filter | None = self
        while each is not None:
            yield each
            each = each.below

    def decide(self, words: Sequence[int]) -> tuple[int, Filter]:
        """The value that takes precedence, the newest filter's of equal ones, and that filter."""
        found, lowest, chosen = SECCOMPRET.ALLOW, _precedence(SECCOMPRET.ALLOW), self
        for each in self.chain():
            value = bpf.run(each.program, words)
            if _precedence(value) < lowest:
                found, lowest, chosen = value, _precedence(value), each
        return found, chosen


def _precedence(value: int) -> int:
    """The action as a signed number, by which Linux orders them."""
    return ((value & SECCOMPRET.ACTION_FULL) ^ 0x8000_0000) - 0x8000_0000


class Gate:
    """The table of system calls as a restricted task sees it.

    Attributes:
        filter: the newest filter, None in strict mode.
    """

    __slots__ = ("_refusals", "_task", "filter")

    def __init__(self, task: Task, newest: Filter | None) -> None:
        self._task = task
        self._refusals: dict[tuple[int, int], Entry] = {}
        self.filter = newest

    @property
    def mode(self) -> int:
        """``SECCOMP_MODE_*``."""
        return SECCOMP.MODE_STRICT if self.filter is None else SECCOMP.MODE_FILTER

    def get(self, number: int, *, checked: bool = False) -> Entry | None:
        """The call that `number` makes now, which may be one that only refuses.

        Args:
            checked: the tracer has seen it already, so that SECCOMP_RET_TRACE lets it through.
        """
        kernel = self._task.kernel
        entry = kernel.table.get(number)
        if self.filter is None:
            if entry is not None and entry.name in STRICT_CALLS:
                return entry
            return self._refusal(number, entry, SECCOMPRET.KILL_THREAD)
        data = self._data(number)
        value, chosen = self.filter.decide(_WORDS.unpack(data))
        action = value & SECCOMPRET.ACTION_FULL
        if action in (SECCOMPRET.ALLOW, SECCOMPRET.LOG) or (checked and action == SECCOMPRET.TRACE):
            return entry
        if action == SECCOMPRET.USER_NOTIF and chosen.listener is not None:
            return self._question(number, entry, chosen.listener, data)
        return self._refusal(number, entry, value)

    def traced(self, number: int) -> int | None:
        """The data of SECCOMP_RET_TRACE if that is what the call gets."""
        if self.filter is None:
            return None
        value, _ = self.filter.decide(_WORDS.unpack(self._data(number)))
        if value & SECCOMPRET.ACTION_FULL != SECCOMPRET.TRACE:
            return None
        return value & SECCOMPRET.DATA

    def _shown(self, number: int, entry: Entry | None) -> Entry:
        name = self._task.kernel.arch.names.get(number, f"syscall_{number:#x}")
        return entry or Entry(name, number, _never, (), "", "")

    def _question(self, number: int, entry: Entry | None, listener: Listener, data: bytes) -> Entry:
        """A call that waits for what the listener says."""

        async def ask(task: Task) -> object:
            note = await listener.ask(task, data)
            if not note.flags & CONTINUE:
                return note.error or note.value
            if entry is None:
                raise ENOSYS
            result = entry.call(task, task.syscall_args)
            return await result if inspect.iscoroutine(result) else result

        shown = self._shown(number, entry)
        return replace(shown, call=lambda task, raw: ask(task))

    def _data(self, number: int) -> bytes:
        """``struct seccomp_data``."""
        kernel = self._task.kernel
        raw = kernel.engine.raw
        signed = (number ^ 0x8000_0000) - 0x8000_0000
        args = ffi.unpack(raw.args, 6)
        return _DATA.pack(signed, kernel.arch.audit, raw.pc, *args)

    def _refusal(self, number: int, entry: Entry | None, value: int) -> Entry:
        refusal = self._refusals.get((number, value))
        if refusal is None:
            shown = self._shown(number, entry)
            kill = _end_strictly if self.filter is None else _action(number, value)
            refusal = self._refusals[number, value] = replace(shown, call=kill)
        return refusal


def _never(task: Task, raw: Sequence[int]) -> int:
    raise ENOSYS


def _action(number: int, value: int) -> Callable[[Task, Sequence[int]], Any]:
    """What a filter's value does in place of the call; __seccomp_filter()."""
    action, data = value & SECCOMPRET.ACTION_FULL, value & SECCOMPRET.DATA
    if action == SECCOMPRET.ERRNO:
        return lambda task, raw: -min(data, MAX_ERRNO)
    if action in (SECCOMPRET.TRACE, SECCOMPRET.USER_NOTIF):
        return _never  # nobody traces, nobody listens
    if action == SECCOMPRET.TRAP:
        return lambda task, raw: _signal(task, number, data)
    if action == SECCOMPRET.KILL_THREAD:
        return lambda task, raw: _kill_thread(task, number, data)
    return lambda task, raw: _signal(task, number, data, fatal=True)


def _signal(task: Task, number: int, data: int, *, fatal: bool = False) -> int:
    """SIGSYS; kernel/signal.c:force_sig_seccomp(). Registers stay as the program set them."""
    kernel = task.kernel
    info = SigInfo.sys(SYSCODE.SECCOMP, kernel.engine.raw.pc, number, kernel.arch.audit, data)
    force_info(task, info, fatal=fatal, unseen=fatal)
    result: int = kernel.arch.registers.result(kernel.engine.read_registers())
    return result


def _kill_thread(task: Task, number: int, data: int) -> object:
    """One thread of several ends quietly; the last one takes its process along."""
    if len(task.process.threads) == 1:
        return _signal(task, number, data, fatal=True)
    from pytest_kevlar.kernel.task.exit import exit_thread

    exit_thread(task, SIG.SYS)
    return NO_RESULT


def _end_strictly(task: Task, raw: Sequence[int]) -> object:
    """Strict mode ends the thread; __secure_computing_strict()."""
    from pytest_kevlar.kernel.task.exit import exit_thread

    exit_thread(task, SIG.KILL)
    return NO_RESULT


# -- entering ---------------------------------------------------------------------------------


def mode_of(task: Task) -> int:
    """``SECCOMP_MODE_*``, 0 if the task is not restricted."""
    return task.gate.mode if task.gate is not None else SECCOMP.MODE_DISABLED


def filters_of(task: Task) -> int:
    """How many filters bind the task."""
    newest = task.gate.filter if task.gate is not None else None
    return newest.count if newest is not None else 0


def inherit(task: Task, child: Task) -> None:
    """A new task is restricted as its maker is; kernel/fork.c:copy_seccomp()."""
    assert task.gate is not None
    child.gate = Gate(child, task.gate.filter)


def enter_strict(task: Task) -> None:
    """``SECCOMP_SET_MODE_STRICT``: EINVAL in filter mode."""
    if task.gate is None:
        _enter(task, None)
    elif task.gate.filter is not None:
        raise EINVAL("filters cannot be left")


def _enter(task: Task, newest: Filter | None) -> None:
    task.gate = Gate(task, newest)
    task.interrupt_pending = True  # the scheduler looks at the gate on the way out


def add_filter(task: Task, flags: int, fprog: UserPtr) -> int:
    """``SECCOMP_SET_MODE_FILTER``; seccomp_set_mode_filter().

    Returns:
        0, or with TSYNC the id of a thread whose filters are not a part of the caller's, or
        with NEW_LISTENER a descriptor.

    Raises:
        EINVAL: flags, program, or strict mode. EFAULT. EACCES: neither privilege nor
            no_new_privs. ENOMEM: too many instructions. ESRCH: instead of a thread's id.
            EBUSY: a second listener.
    """
    listening = flags & SECCOMPFLAG.NEW_LISTENER
    if flags & ~FLAGS or (flags & SECCOMPFLAG.WAIT_KILLABLE_RECV and not listening):
        raise EINVAL("flags")
    if listening and flags & (SECCOMPFLAG.TSYNC | SECCOMPFLAG.TSYNC_ESRCH) == SECCOMPFLAG.TSYNC:
        raise EINVAL("the result is a descriptor, and no thread's id")
    program = _read_program(task, fprog)
    gate = task.gate
    newest = gate.filter if gate is not None else None
    if gate is not None and newest is None:
        raise EINVAL("strict mode cannot be left")
    total = len(program)
    if newest is not None:
        total += sum(len(each.program) + PATH_PENALTY for each in newest.chain())
    if listening and newest is not None and any(each.listener for each in newest.chain()):
        raise EBUSY
    if total > MAX_PATH:
        raise ENOMEM
    if flags & SECCOMPFLAG.TSYNC:
        apart = _thread_apart(task, newest)
        if apart:
            if flags & SECCOMPFLAG.TSYNC_ESRCH:
                raise ESRCH
            return apart
    added = Filter(program, newest)
    result = _new_listener(task, added, flags) if listening else 0
    _enter(task, added)
    if flags & SECCOMPFLAG.TSYNC:
        for thread in task.process.threads.values():
            if thread is not task:
                _enter(thread, added)
                if task.cred.no_new_privs:
                    thread.cred = thread.cred.with_(no_new_privs=True)
    return result


def _new_listener(task: Task, asked: Filter, flags: int) -> int:
    """The descriptor of a listener to a filter; init_listener()."""
    from pytest_kevlar.kernel.fs.seccompfile import ListenerFile

    killable = bool(flags & SECCOMPFLAG.WAIT_KILLABLE_RECV)
    listener = Listener(task.kernel.rng.getrandbits(64), killable=killable)
    file = ListenerFile(task.fs.vfs, listener, asked)
    number = task.files.install(task.process, file, cloexec=True)
    asked.listener = listener
    return number


def leave(task: Task) -> None:
    """A task under filters ends: listeners may have nobody left; seccomp_filter_release()."""
    newest = task.gate.filter if task.gate is not None else None
    asked = [] if newest is None else [each for each in newest.chain() if each.listener]
    for each in asked:
        if any(each in _filters_of(other) for other in task.kernel.tasks.values() if other.alive):
            continue
        assert each.listener is not None
        each.listener.orphaned = True
        each.listener.changed.wake()


def _filters_of(task: Task) -> list[Filter]:
    newest = task.gate.filter if task.gate is not None else None
    return [] if newest is None else list(newest.chain())


def _read_program(task: Task, fprog: UserPtr) -> bpf.Program:
    """Copy and check; seccomp_prepare_filter()."""
    head = fprog.read(16)
    length = int.from_bytes(head[:2], "little")
    address = int.from_bytes(head[8:], "little")
    if not 0 < length <= bpf.MAX_INSTRUCTIONS:
        raise EINVAL("length")
    if not task.cred.no_new_privs and not task.cred.capable_here(CAP_SYS_ADMIN):
        raise EACCES
    if not address:
        raise EINVAL("no program")
    program = bpf.parse(task.memory.read(address, 8 * length))
    bpf.check(program)
    return program


def _thread_apart(task: Task, newest: Filter | None) -> int:
    """A thread that cannot be synchronized, 0 if none; seccomp_can_sync_threads()."""
    mine = list(newest.chain()) if newest is not None else []
    for thread in task.process.threads.values():
        if thread is task or thread.gate is None:
            continue
        if thread.gate.filter is None or thread.gate.filter not in mine:
            return thread.vtid
    return 0
