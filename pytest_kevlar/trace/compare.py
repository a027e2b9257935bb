"""Compares two traces as a whole: tasks by their place in the tree, then call by call.

Gives rows and counts; how events are judged, aligned and shown is the business of others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pytest_kevlar.trace.align import GAP, align
from pytest_kevlar.trace.clean import FORKS, Side, clean, clock_of, without
from pytest_kevlar.trace.event import Event, words
from pytest_kevlar.trace.finding import BUG, NOISE, Difference, Row
from pytest_kevlar.trace.judge import Judge
from pytest_kevlar.trace.naming import Names, ProcessNames
from pytest_kevlar.trace.roles import FIELD_ROLES, argument_role
from pytest_kevlar.trace.shorten import ASKING, NOT_YET, WAITING
from pytest_kevlar.trace.text import call_text
from pytest_kevlar.trace.value import Bits, Fields, Items, Num, Str, Value, Word, parse

#: Calls that a C library makes without the kernel where there is a vDSO.
VDSO = ("clock_gettime", "gettimeofday", "time", "getcpu", "clock_getres")
_READING = ("read", "pread64", "readv", "getdents", "getdents64")
#: A C library goes back over what it has read too far.
_OF_FILES = (*_READING, "lseek", "recvfrom", "recvmsg")
#: What C libraries do before the program begins.
_START = words(
    "brk set_tid_address set_robust_list rseq prlimit64 readlinkat getrandom mprotect mmap"
)
#: What C libraries do on one architecture and not on another.
_OWN_WAY = ("set_robust_list", "gettid", "rseq")
#: Calls that one C call has as its arguments, less one.
_ARGUMENTS = 3
_KILL = 9
#: SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS: what a task brings upon itself.
_OWN_FAULTS = (4, 5, 6, 7, 8, 11, 31)
#: Events around a loop in which its calls are looked for: its first turn may do more.
_NEAR = 6
_DIGITS = re.compile(rb"\d+")


@dataclass(slots=True)
class Comparison:
    """What two traces have in common and what not.

    Attributes:
        rows: all tasks' events, in the order of the trace under test.
        tasks: pairs of tasks that stand for each other.
        counts: how many differences there are, by severity and kind.
        taken_out: events that were not compared, by why.
    """

    rows: list[Row] = field(default_factory=list)
    tasks: list[tuple[int, int]] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken_out: Counter[str] = field(default_factory=Counter)

    def first(self) -> Row | None:
        """The row that went another way first: a BUG if there is one."""
        for severity in (BUG, NOISE):
            for at, row in enumerate(self.rows):
                if row.has(severity):
                    return self._death(at) or self._cause(row, severity)
        return None

    def _cause(self, row: Row, severity: str) -> Row:
        """What went another way first while the call of a row slept: its end tells of that."""
        slept = row.right
        if slept is None or not slept.is_call or row.differences[0].kind in ("name", "order"):
            return row
        meanwhile = [
            other
            for other in self.rows
            if other.has(severity)
            and other.right is not None
            and other.right.task != slept.task
            and other.right.seq > slept.seq
            and (other.right.end or other.right.time) < slept.end
        ]
        return min(meanwhile, key=lambda other: other.place, default=row)

    def _death(self, at: int) -> Row | None:
        """The end of a task that only died under test: all that it missed comes of that."""
        for row in self.rows[at:]:
            if row.right is None:
                continue
            early = row.right.kind == "exit" and (row.right.result or 0) & 0x7F
            return row if early and row.has(BUG) and self.rows[at].right is None else None
        return None

    def bugs(self) -> list[Row]:
        """Every row with a BUG, in order."""
        return [row for row in self.rows if row.has(BUG)]

    def total(self, severity: str) -> int:
        """How many differences of one class there are."""
        return sum(count for (of, _), count in self.counts.items() if of == severity)

    def recount(self) -> None:
        """Count again after differences were reclassified."""
        self.counts = Counter({(NOISE, why): count for why, count in self.taken_out.items()})
        for row in self.rows:
            self.counts.update((one.severity, one.kind) for one in row.differences)


def compare(
    left: Sequence[Event],
    right: Sequence[Event],
    aliases: Sequence[tuple[bytes, bytes]] = (),
    only: Sequence[str] = (),
    *,
    across: bool = False,
) -> Comparison:
    """Compare the trace on Linux with the one under test.

    Args:
        aliases: texts on the left and what they are called on the right.
        only: names of calls to look at; all if empty.
        across: the traces are of two architectures.
    """
    sides = clean(left), clean(right)
    made = [{clock_of(e) for own in side.tasks.values() for e in own} for side in sides]
    without(sides[0], VDSO, made[1], "vdso")
    without(sides[1], VDSO, made[0], "vdso")
    result = Comparison()
    for side in sides:
        result.taken_out.update(side.noise)
    _Comparer(sides, Names(aliases), result, across).run()
    if only:  # judged all the same, because the other calls say which name is which
        result.rows = [row for row in result.rows if row.event.name in only]
    result.rows.sort(key=lambda row: row.place)
    result.recount()
    return result


class _Comparer:
    def __init__(
        self, sides: tuple[Side, Side], names: Names, result: Comparison, across: bool
    ) -> None:
        self.left, self.right = sides
        self.names = names
        self.result = result
        self.across = across
        self.symbols = _Symbols()
        exits = [e for e in self.right.tasks.get(self.right.root, ()) if e.kind == "exit"]
        self.ended = exits[-1].seq if exits else None

    def run(self) -> None:
        if not self.left.tasks or not self.right.tasks:
            return
        self.names.bind_pid(self.left.root, self.right.root)
        waiting = [(self.left.root, self.right.root, ProcessNames())]
        done: tuple[set[int], set[int]] = (set(), set())
        while waiting:
            one, other, process = waiting.pop(0)
            if one in done[0] or other in done[1]:
                continue
            done[0].add(one)
            done[1].add(other)
            self.result.tasks.append((one, other))
            waiting += self._task(one, other, process)
        for events in (e for task, e in self.left.tasks.items() if task not in done[0]):
            self.result.rows += [self._lonely(event, None, 1e12) for event in events[:1]]
        for events in (e for task, e in self.right.tasks.items() if task not in done[1]):
            self.result.rows += [self._lonely(None, event, event.seq) for event in events[:1]]

    def _task(
        self, one: int, other: int, process: ProcessNames
    ) -> list[tuple[int, int, ProcessNames]]:
        """Align and judge the events of two tasks; gives their children, paired."""
        ours, theirs = self.left.tasks.get(one, []), self.right.tasks.get(other, [])
        pairs = align(
            [self.symbols.of(event) for event in ours],
            [self.symbols.of(event) for event in theirs],
            self.symbols.cost,
        )
        judge = Judge(self.names, process)
        judge.across = self.across
        judge.alone = len(self.left.tasks) == 1
        judge.starting = self.across and one == self.left.root
        children: list[tuple[int, int, ProcessNames]] = []
        rows: list[Row] = []
        place = float(theirs[0].seq) if theirs else 0.0
        for left_at, right_at in pairs:
            left = ours[left_at] if left_at is not None else None
            judge.starting = judge.starting and (left is None or left.name in _START)
            right = theirs[right_at] if right_at is not None else None
            place = float(right.seq) if right is not None else place + 1e-4
            if left is None or right is None:
                rows.append(self._lonely(left, right, place))
                self._excuse_chance(rows[-1], judge)
                continue
            # A child exists before its parent's call is judged, so that its pid is known.
            if left.name in FORKS and right.name in FORKS:
                one_id, other_id = left.made, right.made
                if one_id > 0 and other_id > 0:
                    self.names.bind_pid(one_id, other_id)
                    names = process if self._shares(left) else process.copy()
                    children.append((one_id, other_id, names))
            rows.append(Row(left, right, judge.compare(left, right), place))
        self._excuse(rows, ours, theirs)
        if self.across:
            self._excuse_compiler(rows, judge)
        self.result.rows += rows
        return children

    def _shares(self, event: Event) -> bool:
        own = self.left.tasks.get(event.made, [])
        return any(child.process == event.process for child in own[:1])

    def _lonely(self, left: Event | None, right: Event | None, place: float) -> Row:
        """A row for an event that nothing stands for."""
        event = left or right
        assert event is not None
        text = call_text(event)
        texts = (text, "no such call") if left else ("no such call", text)
        severity, kind = BUG, "order"
        if left is not None and self.ended is not None and place > self.ended:
            severity, kind = NOISE, "end"
        return Row(left, right, [Difference(severity, kind, "call", *texts)], place)

    def _excuse(self, rows: list[Row], ours: list[Event], theirs: list[Event]) -> None:
        """Find the turns of waiting loops, and what the end of the machine cut off."""
        at = 0
        while at < len(rows):
            side = "left" if rows[at].right is None else "right" if rows[at].left is None else ""
            if not side:
                at += 1
                continue
            end = at
            while (
                end < len(rows)
                and getattr(rows[end], "right" if side == "left" else "left") is None
            ):
                end += 1
            block = [getattr(row, side) for row in rows[at:end]]
            sequence = ours if side == "left" else theirs
            if self._repeats(block, sequence):
                self._mark(rows[at:end], "polling")
            at = end
        if rows and rows[-1].left is not None and rows[-1].right is not None:
            ends = rows[-1].left, rows[-1].right
            signals = {(end.result or 0) & 0x7F for end in ends if end.kind == "exit"}
            last = next((row for row in reversed(rows) if row.event.is_call), rows[-1])
            asleep = last.right is None and last.event.note.startswith("ERESTART")
            if asleep and len(signals) == 1 and 0 not in signals:
                self._mark([last], "chance")  # whether it slept already when it was killed
            killed = len(signals) == 1 and not signals & {0, *_OWN_FAULTS}
            for side in ("left", "right"):
                events = [event for row in rows if (event := getattr(row, side))]
                if killed and not any(event.is_call for event in events):
                    # Whether it came to make its first call before somebody killed it.
                    lonely = [row for row in rows if getattr(row, side) is None]
                    self._mark(lonely, "chance")
            if all(end.kind == "exit" and (end.result or 0) & 0x7F == _KILL for end in ends):
                for row in reversed(rows[:-1]):  # where a kill hits is chance
                    if row.left is not None and row.right is not None:
                        if row.left.result is None or row.right.result is None:
                            self._mark([row], "chance")
                        break
                    self._mark([row], "chance")
        cut = bool(rows) and not any(e.kind == "exit" for e in theirs) and self.ended is not None
        if cut:
            for row in reversed(rows):
                if row.right is not None:
                    if row.right.result is None and row.differences:
                        self._mark([row], "end")
                    break
                self._mark([row], "end")

    def _excuse_compiler(self, rows: list[Row], judge: Judge) -> None:
        """Arguments of a C call are worked out in an order of the compiler's own."""
        for at, row in enumerate(rows):
            if row.left is None or row.right is None:
                if row.event.name in _OWN_WAY:
                    self._mark([row], "library")
                continue
            if not row.has(BUG):
                continue
            for other in rows[at + 1 : at + 1 + _ARGUMENTS]:
                if other.left is None or other.right is None or not other.has(BUG):
                    continue
                crossed = [*judge.compare(row.left, other.right)]
                crossed += judge.compare(other.left, row.right)
                if all(one.severity != BUG for one in crossed):
                    self._mark([row, other], "library")
                    break

    def _excuse_chance(self, row: Row, judge: Judge) -> None:
        """Calls that depend on who was first, or on how long a generated file is."""
        name = row.event.name
        if name in VDSO and not row.event.errno:
            self._mark([row], "vdso")
        elif name in ASKING:
            self._mark([row], "polling")
        elif (name == "futex" and not judge.alone) or (
            name in _OF_FILES and judge.reads_volatile(row.event)
        ):
            self._mark([row], "chance")

    def _repeats(self, block: list[Event], sequence: list[Event]) -> bool:
        """Whether a block is one more turn, or more, of a loop that waits."""
        if not any(event.name in WAITING or event.errno in NOT_YET for event in block):
            return False
        known = {event.name for event in block if event.name not in WAITING}
        first = next(at for at, event in enumerate(sequence) if event is block[0])
        near = sequence[max(0, first - len(block) - _NEAR) : first]
        near = [*near, *sequence[first + len(block) : first + 2 * len(block) + _NEAR]]
        waits = any(event.name in WAITING for event in block)
        if waits and known <= {event.name for event in near}:
            return True
        symbols = [self.symbols.of(event) for event in block]
        around = [self.symbols.of(event) for event in sequence]
        start = next(at for at, event in enumerate(sequence) if event is block[0])
        size = len(block)
        for period in range(1, size + 1):
            if size % period:
                continue
            before, after = start - period, start + period
            if before >= 0 and around[before : before + size] == symbols:
                return True
            if after + size <= len(around) and around[after : after + size] == symbols:
                return True
        return False

    def _mark(self, rows: list[Row], kind: str) -> None:
        for row in rows:
            row.differences = [
                Difference(NOISE, kind, one.where, one.left, one.right) for one in row.differences
            ]


class _Symbols:
    """What an event is for the alignment: equal symbols cost nothing, others what differs."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[object, ...], int] = {}
        self._shapes: list[tuple[object, ...]] = []
        self._costs: dict[tuple[int, int], int] = {}
        self._values: dict[tuple[str, int, str], object] = {}

    def of(self, event: Event) -> int:
        """The symbol of an event; names that may differ from run to run are left out."""
        texts = event.texts if event.kind != "exit" else ()
        arguments = tuple(
            self._argument(event.name, index, text) for index, text in enumerate(texts)
        )
        outcome = event.errno if event.is_call else event.result if event.kind == "exit" else 0
        if event.is_call and event.result is None and event.note:
            outcome = -1
        shape = (
            event.kind if event.kind != "unknown" else "syscall",
            event.name,
            outcome,
            arguments,
        )
        number = self._numbers.get(shape)
        if number is None:
            number = self._numbers[shape] = len(self._shapes)
            self._shapes.append(shape)
        return number

    def cost(self, one: int, other: int) -> int:
        """What pairing two different events costs."""
        key = (one, other)
        found = self._costs.get(key)
        if found is None:
            found = self._costs[key] = self._price(self._shapes[one], self._shapes[other])
        return found

    def _price(self, one: tuple[object, ...], other: tuple[object, ...]) -> int:
        if one[0] != other[0]:
            return 2 * GAP
        if one[1] != other[1]:
            return 2 * GAP - 1
        left, right = one[3], other[3]
        assert isinstance(left, tuple) and isinstance(right, tuple)
        pairs = [(a, b) for a, b in zip(left, right, strict=False) if a and b and a != b]
        price = 1 + (2 if one[2] != other[2] else 0) + min(len(pairs), 2) * 2
        return min(price, 2 * GAP - 2)

    def _argument(self, call: str, index: int, text: str) -> object:
        key = (call, index, text) if len(text) < 200 else None
        if key and key in self._values:
            return self._values[key]
        _, role = argument_role(call, index)
        found = _neutral(parse(text), role)
        if key:
            self._values[key] = found
        return found


def _neutral(value: Value, role: str) -> object:
    """What is left of a value without names; empty for what tells nothing."""
    if isinstance(value, Num):
        if role == "address" and not value.value:
            return "NULL"
        if role in ("pid", "address", "time", "inode", "amount") or value.value >> 40 > 0:
            return ""
        return value.value & 0xFFFF_FFFF
    if isinstance(value, Str):
        return _DIGITS.sub(b"0", value.data[:64])
    if isinstance(value, Fields):
        known = [
            (key, found)
            for key, inner in sorted(value.fields, key=lambda one: one[0])
            if key in _TELLING and (found := _neutral(inner, FIELD_ROLES.get(key, "")))
        ]
        return ("{", *known)
    if isinstance(value, Items):
        return tuple(_neutral(item, "") for item in value.items[:4])
    if isinstance(value, Bits):
        return tuple(sorted(value.numbers))
    if isinstance(value, Word):
        return ""
    return ""


#: Fields that both sides show, and that say what a call was for.
_TELLING = words(
    "iov_base iov_len si_signo sa_flags rlim_cur events fd si_status ss_flags ss_size l_type "
    "l_start l_len sa_family sun_path sched_policy"
)
