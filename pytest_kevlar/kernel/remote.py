"""Traces of another kernel with the same interface: what its tracer looks at, and what it saw.

A tracer that runs no Python is given a table made from the declarations of the calls here; the
numbers and the memory that it sends become events by those same declarations.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from pytest_kevlar.kernel import arch as architectures
from pytest_kevlar.kernel.syscalls import table_for
from pytest_kevlar.kernel.syscalls.contents import ONE, RESULT, Peek, Reach, signal_word
from pytest_kevlar.kernel.syscalls.registry import Arg, Entry
from pytest_kevlar.kernel.syscalls.siginfo import show_siginfo
from pytest_kevlar.kernel.tracer import Call, Events, Plan, look
from pytest_kevlar.trace.event import Event

#: Calls that the table has room for; no architecture numbers more.
CALLS = 512
ARGUMENTS = 6
#: One argument: kind, when, which argument counts, how far to shift the bytes of the items right,
#: bytes at most, bytes of one item.
_ROW = struct.Struct("<BBBBHH")
_KINDS = {"bytes": 1, "string": 2, "strings": 3, "vectors": 4, "message": 5}
#: When to look: before the call; after it; even after it failed.
BEFORE, AFTER, ALWAYS = 1, 2, 4
#: In the place of an argument that counts; an argument that points at the number is above.
_BY_RESULT, _ONCE, _POINTED = 6, 7, 8

#: What every record begins with: bytes that follow, kind, task, process, nanoseconds.
_HEAD = struct.Struct("<IIIIQ")
#: A call begins: number, arguments, address behind the instruction, bytes of stack.
_ENTER = struct.Struct("<Q6QQI")
_LEAVE = struct.Struct("<q")
_NUMBER = struct.Struct("<I")
_SEGMENT = struct.Struct("<QI")
ENTER, LEAVE, SIGNAL, CHILD, EXEC, EXIT = range(1, 7)

#: What calls return that go on later, which only a tracer sees.
_RESTARTS = {
    -512: "ERESTARTSYS",
    -513: "ERESTARTNOINTR",
    -514: "ERESTARTNOHAND",
    -516: "ERESTART_RESTARTBLOCK",
}
_FORKS = ("fork", "vfork", "clone", "clone3")
_LOWEST_CODE, _HIGHEST_CODE = 0x10000, 1 << 32


def table(arch: str) -> bytes:
    """Return what a tracer looks at of every call of an architecture, by number."""
    rows = bytearray(CALLS * ARGUMENTS * _ROW.size)
    for number, entry in table_for(architectures.get(arch)).items():
        for index, (_, arg) in enumerate(entry.args):
            if number < CALLS and arg.content is not None:
                at = (number * ARGUMENTS + index) * _ROW.size
                rows[at : at + _ROW.size] = _row(arg, arg.content.reach())
    return bytes(rows)


def _row(arg: Arg, reach: Reach) -> bytes:
    when = AFTER if arg.out else BEFORE
    if arg.both:
        when = BEFORE | AFTER
    if getattr(arg.content, "always", False):
        when |= ALWAYS
    counts = {ONE: _ONCE, RESULT: _BY_RESULT}.get(reach.count, reach.count)
    if reach.pointed:
        counts += _POINTED
    shift = reach.per.bit_length() - 1
    return _ROW.pack(_KINDS[reach.kind], when, counts, shift, reach.limit, reach.unit)


def events(arch: str, stream: bytes) -> list[Event]:
    """Return what a tracer saw, from the first exec on; what is cut at the end is left out."""
    return _Reader(arch).read(stream)


class _Seen:
    """Memory that was sent."""

    def __init__(self, parts: Sequence[tuple[int, bytes]]) -> None:
        self._parts = sorted(parts)
        self._starts = [start for start, _ in self._parts]

    def peek(self, address: int, size: int) -> bytes:
        """The most that is known from an address on."""
        found = b""
        for start, data in self._parts[: bisect_right(self._starts, address)]:
            part = data[address - start : address - start + size]
            found = max(found, part, key=len)
        return found


def _over(later: _Seen, earlier: _Seen) -> Peek:
    def peek(address: int, size: int) -> bytes:
        return later.peek(address, size) or earlier.peek(address, size)

    return peek


class _Reader:
    """Turns records into what a tracer of ours would have kept, in order."""

    def __init__(self, arch: str) -> None:
        self._arch = architectures.get(arch)
        self._calls = table_for(self._arch)
        self._plans: dict[Entry, Plan] = {}
        self._records: list[Call | Event] = []
        self._open: dict[int, tuple[Call, _Seen] | None] = {}

    def read(self, stream: bytes) -> list[Event]:
        for kind, task, process, time, body in _split(stream):
            if kind == ENTER:
                self._enter(task, process, time, body)
            elif kind == LEAVE:
                self._leave(task, time, body)
            elif kind == SIGNAL:
                name = f"SIG{signal_word(int.from_bytes(body[:4], 'little'))}"
                self._add(task, process, time, "signal", name, show_siginfo(body))
            elif kind == CHILD:
                self._made(task, _NUMBER.unpack(body)[0])
            elif kind == EXEC:
                self._exec(task, process, time, _NUMBER.unpack(body)[0])
            elif kind == EXIT:
                self._open.pop(task, None)
                status = _NUMBER.unpack(body)[0]
                self._add(task, process, time, "exit", "exit").result = status
        return list(Events(self._records, self._arch))

    def _add(self, task: int, process: int, time: int, kind: str, name: str, *texts: str) -> Event:
        event = Event(0, task, kind, name, texts=texts, time=time, process=process)
        self._records.append(event)
        return event

    def _enter(self, task: int, process: int, time: int, body: bytes) -> None:
        number, *args, pc, size = _ENTER.unpack_from(body)
        at = _ENTER.size
        stack = _callers(body[at : at + size])
        entry = self._calls.get(number)
        if entry is None:
            name = self._arch.names.get(number, f"syscall_{number:#x}")
            event = self._add(task, process, time, "unknown", name)
            event.args, event.pc, event.result = tuple(args), pc, -38
            event.texts = tuple(f"{value:#x}" if value else "0" for value in args)
            self._open.pop(task, None)
            return
        call = Call((task, process), time, entry, tuple(args), pc, stack)
        self._records.append(call)
        seen = _Seen(_segments(body, at + size))
        look(call, self._plan(entry).befores, 0, seen.peek)
        self._open[task] = call, seen

    def _leave(self, task: int, time: int, body: bytes) -> None:
        begun = self._open.pop(task, None)
        if begun is None:
            return
        call, before = begun
        call.end = time
        (result,) = _LEAVE.unpack_from(body)
        if result in _RESTARTS:
            call.note = _RESTARTS[result]
            return
        if call.entry.name == "rt_sigreturn":
            return  # it returns what the interrupted code had there
        call.result = result
        if call.child == result:
            call.child = 0  # the same to its maker
        plan, seen = self._plan(call.entry), _Seen(_segments(body, _LEAVE.size))
        items = plan.always if -4096 < result < 0 else plan.afters
        look(call, items, result, _over(seen, before))

    def _made(self, task: int, child: int) -> None:
        begun = self._open.get(task)
        if begun is not None and begun[0].entry.name in _FORKS:
            begun[0].child = child

    def _exec(self, task: int, process: int, time: int, former: int) -> None:
        """A task runs another program; one that was not the leader becomes it."""
        begun = self._open.pop(former, None)
        self._open.pop(task, None)
        if begun is not None:
            begun[0].result, begun[0].end = 0, time
        self._add(task, process, time, "exec", "exec")

    def _plan(self, entry: Entry) -> Plan:
        plan = self._plans.get(entry)
        if plan is None:
            plan = self._plans[entry] = Plan(entry)
        return plan


def _split(stream: bytes) -> Iterator[tuple[int, int, int, int, bytes]]:
    at = 0
    while at + _HEAD.size <= len(stream):
        size, kind, task, process, time = _HEAD.unpack_from(stream, at)
        at += _HEAD.size
        if at + size > len(stream):
            return
        yield kind, task, process, time, stream[at : at + size]
        at += size


def _segments(body: bytes, at: int) -> list[tuple[int, bytes]]:
    found = []
    while at + _SEGMENT.size <= len(body):
        address, size = _SEGMENT.unpack_from(body, at)
        at += _SEGMENT.size
        found.append((address, body[at : at + size]))
        at += size
    return found


def _callers(stack: bytes) -> bytes:
    """What may be return addresses of a static program."""
    whole = stack[: len(stack) & ~7]
    words = (word for (word,) in struct.iter_unpack("<Q", whole))
    return b"".join(
        struct.pack("<Q", word) for word in words if _LOWEST_CODE <= word < _HIGHEST_CODE
    )
