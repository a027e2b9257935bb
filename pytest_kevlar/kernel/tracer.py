"""Recording what tasks do, as events of the model that both sides of a comparison share.

While the guest runs only numbers and the bytes behind pointers are copied; texts are made
from the same declaration that decodes the arguments, when somebody looks at the events.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, overload

from pytest_kevlar.kernel.cpu.engine import ffi, lib
from pytest_kevlar.kernel.syscalls.contents import KEPT_BYTES, signal_word
from pytest_kevlar.kernel.syscalls.siginfo import show_siginfo
from pytest_kevlar.trace.event import Buffer, Event, number_steps

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch.base import Arch
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.syscalls.contents import Peek
    from pytest_kevlar.kernel.syscalls.registry import Arg, Entry
    from pytest_kevlar.kernel.task.task import Task

#: What a recorder may be asked for; the first four are what a comparison needs.
CHANNELS = ("syscall", "signal", "fault", "process", "sched", "mm", "time")
DEFAULT_CHANNELS = CHANNELS[:4]
#: Words of the caller's stack that are searched for return addresses: what may be code of a
#: static program is kept, which lies in the first 4 GiB.
STACK_WORDS = 64

_MASK = (1 << 64) - 1
#: Bytes of one pointer's content that are looked at, at most.
_PEEK_BYTES = 4096
_scratch = ffi.new("uint8_t[]", _PEEK_BYTES)
_view = ffi.buffer(_scratch)
_words = ffi.cast("uint64_t *", _scratch)
_callers, _peek = lib.kv_callers, lib.kv_peek


class Call:
    """One system call as it was recorded; its texts are made later.

    Attributes:
        who: thread id, id of the thread group.
        at, end: nanoseconds.
        seen: what lay behind its pointers, by argument; None if nothing did.
        stack: return addresses, as bytes.
    """

    seen: dict[int, Any] | None = None
    result: int | None = None
    end = 0
    note = ""
    child = 0

    def __init__(
        self,
        who: tuple[int, int],
        at: int,
        entry: Entry,
        args: tuple[int, ...],
        pc: int,
        stack: bytes,
    ) -> None:
        self.who = who
        self.at = at
        self.entry = entry
        self.args = args
        self.pc = pc
        self.stack = stack


class Events(Sequence[Event]):
    """What was recorded, made into events when somebody looks at it.

    Args:
        records: as they were recorded, in order.
        arch: of the machine.
    """

    def __init__(self, records: Sequence[Call | Event], arch: Arch) -> None:
        self._records = list(records)
        self._arch = arch
        self._made: list[Event] | None = None

    def __len__(self) -> int:
        return len(self._records)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        raise TypeError("events are compared by content, as a list is")

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._all()[index]

    def _all(self) -> list[Event]:
        if self._made is None:
            view = SimpleNamespace(kernel=SimpleNamespace(arch=self._arch))
            self._made = [
                self._event(one, view) if isinstance(one, Call) else one for one in self._records
            ]
            number_steps(self._made)
        return self._made

    def _event(self, call: Call, view: Any) -> Event:
        entry = call.entry
        arch = self._arch
        texts, buffers = [], []
        for index, (_, arg) in enumerate(entry.args):
            taken = call.seen.get(index) if call.seen else None
            text = arg.content.show(taken, arch) if taken and arg.content else ""
            if not arg.shown:
                continue
            if not text and arg.among is not None:
                text = arg.among(call.args, arch)
                if not text:  # an argument that this command does not have
                    break
            texts.append(text or _scalar(arg, view, call.args[index]))
            data = _bytes_of(taken)
            if data:
                buffers.append(Buffer(index, "out" if arg.out else "in", data[:KEPT_BYTES]))
        result = call.result
        if result is not None:
            result = (int(result) & _MASK ^ 1 << 63) - (1 << 63)
            if result < -4095 or result >= 1 << 63:
                result &= _MASK
        return Event(
            0,
            call.who[0],
            "syscall",
            entry.name,
            call.args[: len(entry.args)],
            tuple(texts),
            result,
            call.at,
            call.end,
            0,
            call.who[1],
            call.note,
            call.pc,
            tuple(word for (word,) in struct.iter_unpack("<Q", call.stack)),
            tuple(buffers),
            call.child,
        )


class Tracer:
    """One trace; events in the order in which they began.

    Args:
        kernel: what is recorded.
        channels: some of `CHANNELS`; True for those that a comparison needs.
    """

    def __init__(self, kernel: Kernel, channels: Iterable[str] | bool = True) -> None:
        self._kernel = kernel
        chosen = DEFAULT_CHANNELS if isinstance(channels, bool) else channels
        self.channels = frozenset(chosen)
        self._records: list[Call | Event] = []
        self._open: dict[int, Call] = {}
        self._plans: dict[Entry, Plan] = {}
        self._engine = kernel.engine.raw
        self._clock = kernel.clock
        self._space: Any = None
        self._calls = "syscall" in self.channels

    @property
    def events(self) -> Sequence[Event]:
        """The events so far; calls that have not returned have no result."""
        return Events(self._records, self._kernel.arch)

    # -- what the kernel reports ---------------------------------------------------------

    def enter(self, task: Task, entry: Entry, raw: tuple[int, ...]) -> None:
        """A system call begins."""
        if not self._calls:
            return
        plan = self._plans.get(entry)
        if plan is None:
            plan = self._plans[entry] = Plan(entry)
        engine, tid = self._engine, task.tid
        self._space = space = task.memory.raw
        stack = _view[: 8 * _callers(engine, space, _words, STACK_WORDS)]
        call = Call((tid, task.process.pid), self._clock.now, entry, raw, engine.pc, stack)
        self._records.append(call)
        self._open[tid] = call
        if plan.befores:
            look(call, plan.befores, 0, self._peek)

    def leave(self, task: Task, result: int | None, note: str = "") -> None:
        """It returned; `result` is None if nothing was returned to its caller, `note` says why."""
        call = self._open.pop(task.tid, None)
        if call is None:
            return
        call.end = self._clock.now
        call.result = result
        if note:
            call.note = note
        plan = self._plans[call.entry]
        self._space = task.memory.raw
        seen = call.seen
        if plan.befores and (seen is None or len(seen) < len(plan.befores)):
            # The pages were not there before the call looked at them.
            missing = [item for item in plan.befores if seen is None or item[0] not in seen]
            look(call, missing, result or 0, self._peek)
        if plan.afters and result is not None:
            failed = -4096 < result < 0
            look(call, plan.always if failed else plan.afters, result, self._peek)

    def unknown(self, task: Task, name: str) -> None:
        """A call that this kernel does not have."""
        if self._calls:
            raw = self._kernel.engine.raw
            event = self._add(task, "unknown", name, -38)
            event.args = tuple(raw.args)
            event.texts = tuple(f"{value:#x}" if value else "0" for value in event.args)
            event.pc = raw.pc

    def signal(self, task: Task, signo: int, info: bytes) -> None:
        """A signal was taken off and is acted on; `info` is its siginfo."""
        if "signal" in self.channels:
            self._add(task, "signal", f"SIG{signal_word(signo)}", None, show_siginfo(info))

    def note(self, task: Task | None, kind: str, text: str) -> None:
        """Anything else of one channel; without a task it is the machine's."""
        if kind in self.channels:
            self._add(task, kind, kind, None, text)

    def fault(self, task: Task, signal: int, code: int, address: int) -> None:
        """An access or an instruction that becomes a signal."""
        if "fault" in self.channels:
            text = f"signal {signal} code {code} address {address:#x}"
            self._add(task, "fault", "fault", None, text).args = (address,)

    def forked(self, task: Task, child: Task) -> None:
        """`task` made `child`."""
        call = self._open.get(task.tid)
        if call is not None and task.pid_ns.level:
            call.child = child.tid
        if "process" in self.channels:
            kind = "thread" if child.process is task.process else "process"
            self._add(task, "fork", kind, child.tid)

    def executed(self, task: Task, name: str) -> None:
        """A task runs another program."""
        call = self._open.pop(task.tid, None)
        if call is not None:
            call.end, call.result = self._kernel.clock.now, 0
        if "process" in self.channels:
            self._add(task, "exec", "exec", None, name)

    def exited(self, task: Task, status: int) -> None:
        """A task ended with a wait status."""
        self._open.pop(task.tid, None)
        if "process" in self.channels:
            self._add(task, "exit", "exit", status)

    def abandoned(self, task: Task) -> None:
        """A task that goes on in the call that it is in will not return from it."""
        self._open.pop(task.tid, None)

    # -- how ----------------------------------------------------------------------------------

    def _add(
        self, task: Task | None, kind: str, name: str, result: int | None, *texts: str
    ) -> Event:
        who = (task.tid, task.process.pid) if task is not None else (0, 0)
        event = Event(0, who[0], kind, name, (), texts, result, self._kernel.clock.now)
        event.process = who[1]
        self._records.append(event)
        return event

    def _peek(self, address: int, size: int) -> bytes:
        """Guest memory that is there, without bringing any in; fewer bytes where it ends."""
        if size > _PEEK_BYTES:
            size = _PEEK_BYTES
        elif size <= 0:
            return b""
        found: bytes = _view[: _peek(self._engine, self._space, address, _scratch, size)]
        return found


_Items = list[tuple[int, Any]]


def look(call: Call, items: _Items, result: int, peek: Peek) -> None:
    """Keep what lies behind pointers of a call."""
    args, seen = call.args, call.seen
    for index, content in items:
        address = args[index]
        if not address:
            continue
        if seen is None:
            seen = call.seen = {}
        before = seen.get(index)
        if before is None:
            taken = content.take(peek, address, args, result)
        else:
            taken = content.again(peek, address, args, result, before)
        if taken:
            seen[index] = taken


class Plan:
    """What to look at of one call: before it, after one that succeeded, after one that failed."""

    __slots__ = ("afters", "always", "befores")

    def __init__(self, entry: Entry) -> None:
        items = [(at, arg) for at, (_, arg) in enumerate(entry.args) if arg.content is not None]
        self.befores: _Items = [(at, arg.content) for at, arg in items if arg.both or not arg.out]
        self.afters: _Items = [(at, arg.content) for at, arg in items if arg.both or arg.out]
        self.always = [item for item in self.afters if getattr(item[1], "always", False)]


def _scalar(arg: Arg, view: Any, value: int) -> str:
    """A number with its name, as ``strace -X verbose`` writes it."""
    text = arg.show(view, value)
    if text[:1].isdigit() or text[:1] in '-"' or text == "NULL":
        return text
    number = value & 0xFFFF_FFFF
    return f"{number:#x} /* {text} */" if number else f"0 /* {text} */"


def _bytes_of(taken: Any) -> bytes:
    if isinstance(taken, tuple) and taken and isinstance(taken[0], bytes):
        return taken[0]
    return taken if isinstance(taken, bytes) else b""
