"""Compares two events that stand for each other, field by field, under the renaming so far.

Says what differs and whether it matters; which events stand for each other is decided
elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pytest_kevlar.trace.errnos import name_of
from pytest_kevlar.trace.event import Event, words
from pytest_kevlar.trace.finding import BUG, NOISE, Difference
from pytest_kevlar.trace.naming import Names, ProcessNames
from pytest_kevlar.trace.roles import COMMAND_ROLES, FIELD_ROLES, RESULT_ROLES, argument_role
from pytest_kevlar.trace.shorten import VOLATILE
from pytest_kevlar.trace.text import exit_text
from pytest_kevlar.trace.value import Bits, Fields, Items, Num, Str, Value, Word, parse, plain

_MASK = (1 << 64) - 1
_WORD = (1 << 32) - 1
_RESTORER = 0x0400_0000
#: What sockets that tell of interfaces and routes are called among the files.
NETLINK = "netlink:"
_VOLATILE = (*VOLATILE, NETLINK)
#: What /proc tells of the program itself, and is the same everywhere.
_OWN = re.compile(
    r"/proc/(?:(?:self|thread-self|\d+)(?:/task/\d+)?/(?:comm|limits|oom_score_adj)"
    r"|sys/kernel/ostype)"
)
_CHANCE = ("getrandom",)
#: Calls whose string arguments are data rather than names.
_DATA = words(
    "read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 send sendto "
    "sendmsg sendmmsg recv recvfrom recvmsg recvmmsg getdents getdents64 getrandom"
)
#: Arguments that the kernel does not look at, or whose text says less than the call does.
_LOOSE = {("open", 2), ("openat", 3), ("execve", 2), ("execveat", 3), ("set_tid_address", 0)}
#: Arguments that are lists of descriptors.
_DESCRIPTORS = ("pipefd", "sv", "readfds", "writefds", "exceptfds")
_FORKS = ("fork", "vfork", "clone", "clone3")
#: Times of which something is left, or nothing.
_LEFT = ("it_value", "rem")
_IPC_CONTROL = ("shmctl", "semctl", "msgctl")
#: Commands whose result is an id or a slot of the machine's table.
_IPC_SLOT = re.compile(r"_STAT\b|_INFO\b|_STAT_ANY\b")
#: Results that mean nothing by themselves.
_NO_RESULT = ("execve", "execveat", "exit", "exit_group")


class Judge:
    """Compares events of one pair of processes.

    Args:
        names: renaming of the whole trace.
        process: descriptors and addresses of this process.

    Attributes:
        starting: the C library sets itself up, for two architectures in two ways.
        alone: there is one task, for which nothing is left to who comes first.
        across: two architectures: code lies elsewhere, and only one needs SA_RESTORER.
    """

    def __init__(self, names: Names, process: ProcessNames) -> None:
        self.names = names
        self.process = process
        self._found: list[Difference] = []
        self._longer: set[int] = set()
        self.starting = False
        self.alone = False
        self.across = False

    def compare(self, left: Event, right: Event) -> list[Difference]:
        """What differs, the worst first."""
        self._found = []
        self._longer = set()
        if left.kind == "exit" and right.kind == "exit":
            self._exit(left, right)
        elif left.kind == "signal" and right.kind == "signal":
            self._signal(left, right)
        elif not (left.is_call and right.is_call) or left.name != right.name:
            self._add(BUG, "name", "call", _headline(left), _headline(right))
        else:
            self._call(left, right)
        self._found.sort(key=lambda one: (one.severity != BUG, _RANK.get(one.kind, 9)))
        return self._found

    def _add(self, severity: str, kind: str, where: str, left: str, right: str) -> None:
        if self.starting and kind in ("value", "argument"):
            severity, kind = NOISE, "library"
        self._found.append(Difference(severity, kind, where, left, right))

    def _exit(self, left: Event, right: Event) -> None:
        one, other = left.result or 0, right.result or 0
        if one & ~0x80 != other & ~0x80:
            self._add(BUG, "exit", "status", exit_text(one), exit_text(other))
        elif one != other:
            self._add(NOISE, "chance", "core dump", exit_text(one), exit_text(other))

    def _signal(self, left: Event, right: Event) -> None:
        if left.name != right.name:
            self._add(BUG, "signal", "signal", left.name, right.name)
        elif left.texts and right.texts:
            self._value("siginfo", parse(left.texts[0]), parse(right.texts[0]), "", "signal")

    def _call(self, left: Event, right: Event) -> None:
        self._result(left, right)
        name = left.name
        kind = "data" if name in _DATA else "argument"
        chance = name in _CHANCE or self.reads_volatile(left)
        for index, (one, other) in enumerate(zip(left.texts, right.texts, strict=False)):
            if (name, index) in _LOOSE or name in ("clone", "clone3"):
                continue
            where, role = argument_role(name, index)
            role = self._by_command(left, index) or role
            if one == other:
                self._same_text(where, one, role, kind)
                continue
            if self.across and where == "length" and _thread_stacks(one, other):
                continue
            before = len(self._found)
            self._value(where, parse(one), parse(other), role, kind)
            if chance and name in _DATA:
                self._found[before:] = [
                    Difference(NOISE, "chance", item.where, item.left, item.right)
                    for item in self._found[before:]
                ]
        if self._longer:
            self._found = [self._as_length(item) for item in self._found]
        self._learn(left, right)

    def _by_command(self, event: Event, index: int) -> str:
        """The role of an argument that another one decides; empty if none does."""
        if event.name == "prlimit64" and index == 0:
            return "pid"
        if index != 2 or event.name not in ("fcntl", "ioctl"):
            return ""
        command = parse(event.texts[1])
        return COMMAND_ROLES.get(command.name, "") if isinstance(command, Num) else ""

    def _as_length(self, item: Difference) -> Difference:
        """A number that differs by as much as a name is longer is the length of that name."""
        try:
            delta = int(item.right) - int(item.left)
        except ValueError:
            return item
        if item.severity != BUG or delta not in self._longer:
            return item
        return Difference(NOISE, "renaming", item.where, item.left, item.right)

    def _same_text(self, where: str, text: str, role: str, kind: str) -> None:
        """The same number must not stand for two things."""
        if role not in ("fd", "pid") or not text.isdigit():
            return
        number = int(text)
        known = self.process.fds if role == "fd" else self.names.pids
        if known.get(number, number) != number:
            self._add(BUG, kind, where, text, f"{text}, which is another {role} here")

    # -- results -------------------------------------------------------------------------

    def _result(self, left: Event, right: Event) -> None:
        name = left.name
        if name == "rt_sigreturn":  # what it gives is what the interrupted code had
            return
        if name == "futex" and not self.alone and {left.errno, right.errno} == {0, 11}:
            self._add(NOISE, "chance", "result", _result(left), _result(right))
            return
        if left.errno != right.errno:
            self._add(BUG, "errno", "result", _result(left), _result(right))
            return
        one, other = left.result, right.result
        if name in _NO_RESULT or (one == other and RESULT_ROLES.get(name) != "address"):
            return
        if one is None or other is None:
            if left.note == "unfinished" or right.note == "unfinished":
                return
            self._add(BUG, "value", "result", _result(left), _result(right))
            return
        role = RESULT_ROLES.get(name, "")
        same: bool | None = False
        if role == "fd":
            same = None
        elif role == "pid":
            same = self.names.pid(one, other) or (None if name in _FORKS else False)
        elif role == "time":
            self._add(NOISE, "time", "result", str(one), str(other))
            return
        elif role == "address":
            same = self._address_result(left, right)
        elif role == "ipc" or (name in _IPC_CONTROL and _IPC_SLOT.search(" ".join(left.texts))):
            same = self.names.ipc(one, other)
        elif name == "fcntl" and len(left.texts) > 1 and "F_DUPFD" in left.texts[1]:
            same = None
        if same is False:
            severity, kind = (BUG, "value")
            if name == "futex" and not self.alone and _woken(left, one) and _woken(right, other):
                severity, kind = NOISE, "chance"  # whether anybody was waiting already
            if name in _DATA and self.reads_volatile(left):
                severity, kind = NOISE, "chance"
            self._add(severity, kind, "result", _result(left), _result(right))
        elif one != other:
            self._add(NOISE, "renaming", "result", _result(left), _result(right))

    def _address_result(self, left: Event, right: Event) -> bool | None:
        """Addresses that a call gave: as asked for, as far from what is known, or new."""
        assert left.result is not None and right.result is not None
        one, other = left.result, right.result
        if left.errno:
            return True
        asked = [event.args[0] if event.args else None for event in (left, right)]
        if left.name == "brk":
            return self.process.address(one, other) is not False
        if left.name == "mremap":
            moved = [event.result != event.args[0] for event in (left, right) if event.args]
            return len(set(moved)) <= 1 or False
        if asked[0] and asked[1]:
            kept = [one == asked[0], other == asked[1]]
            return kept[0] == kept[1]
        return None

    def _learn(self, left: Event, right: Event) -> None:
        """Remember what two successful calls have bound."""
        one, other = left.result, right.result
        if one is None or other is None or left.errno or right.errno:
            return
        name = left.name
        process = self.process
        if name in ("execve", "execveat"):
            self.starting = self.across
            process.forget()
        if name in ("mmap", "mremap") and one > 0 and other > 0:
            size = (left.args[1 if name == "mmap" else 2] if len(left.args) > 2 else None) or 4096
            process.bind_region(one, other, -(-size // 4096) * 4096)
        elif name == "brk" and (self.starting or process.known_region(one) is None):
            process.bind_heap(one, other)
        elif name == "getpid":
            self.names.bind_pid(one, other)
        elif RESULT_ROLES.get(name) == "fd" or (
            name == "fcntl" and len(left.texts) > 1 and "F_DUPFD" in left.texts[1]
        ):
            process.fds[one] = other
            process.paths.pop(one, None)
            if name == "socket" and "AF_NETLINK" in left.texts[0]:
                process.paths[one] = NETLINK
            if name in ("open", "openat", "openat2"):
                path = next((text for text in left.texts if text.startswith('"')), "")
                process.paths[one] = path.strip('"')
            elif left.args and left.args[0] in process.paths:
                process.paths[one] = process.paths[left.args[0]]
        elif name in ("pipe", "pipe2", "socketpair") and left.texts and right.texts:
            index = 3 if name == "socketpair" else 0
            for ours, theirs in zip(
                _numbers(left.texts, index), _numbers(right.texts, index), strict=False
            ):
                process.fds[ours] = theirs
                process.paths.pop(ours, None)

    def reads_volatile(self, event: Event) -> bool:
        """Whether a call reads what is never the same on two machines."""
        fd = event.args[0] if event.args else None
        path = self.process.paths.get(fd, "") if fd is not None else ""
        names = [path]
        if event.name in ("readlink", "readlinkat"):
            names += [text.strip('"') for text in event.texts]
        return any(name.startswith(_VOLATILE) and not _OWN.fullmatch(name) for name in names)

    # -- values ---------------------------------------------------------------------------

    def _value(self, where: str, left: Value, right: Value, role: str, kind: str) -> None:
        if left == right:
            return
        if isinstance(left, Items) and not left.items and isinstance(right, Bits):
            left = Bits(frozenset())
        elif isinstance(right, Items) and not right.items and isinstance(left, Bits):
            right = Bits(frozenset())
        if isinstance(left, Num) and isinstance(right, Num):
            self._number(where, left, right, role, kind)
        elif isinstance(left, Str) and isinstance(right, Str):
            self._string(where, left, right, kind)
        elif isinstance(left, Fields) and isinstance(right, Fields):
            if self._told_time(where, left, right, kind):
                self._fields(where, left, right, kind)
        elif isinstance(left, Fields) and isinstance(right, Num):
            inner_value = dict(left.fields).get("u64")  # epoll_data
            if inner_value is not None:
                self._value(where, inner_value, right, role, kind)
        elif isinstance(left, Items) and isinstance(right, Items):
            if len(left.items) != len(right.items) and left.whole and right.whole:
                self._add(BUG, kind, where, show(left), show(right))
                return
            inner = "fd" if where in _DESCRIPTORS else role if role != "address" else ""
            for at, pair in enumerate(zip(_ordered(left), _ordered(right), strict=False)):
                self._value(f"{where}[{at}]", *pair, inner, kind)
        elif isinstance(left, Bits) and isinstance(right, Bits):
            if left.numbers != right.numbers:
                self._add(BUG, kind, where, show(left), show(right))
        elif isinstance(left, Word) and isinstance(right, Word):
            self._words(where, left, right, kind)
        elif isinstance(left, Word) and isinstance(right, Num):
            self._named(where, left.text, right, kind, swap=False)
        elif isinstance(left, Num) and isinstance(right, Word):
            self._named(where, right.text, left, kind, swap=True)
        elif _is_null(left) != _is_null(right) and (_is_null(left) or _is_null(right)):
            self._add(BUG, kind, where, show(left), show(right))
        # Anything else: one side shows what is behind a pointer, the other the pointer.

    def _told_time(self, where: str, left: Fields, right: Fields, kind: str) -> bool:
        """Whether two times may differ: no interval may, nor what is left of one, from none."""
        name = where.rpartition(".")[2]
        if name == "it_interval":
            bad = left != right
        else:
            zero = [all(map(_is_null, dict(one.fields).values())) for one in (left, right)]
            bad = name in _LEFT and zero[0] != zero[1]
        if bad:
            self._add(BUG, kind, where, show(left), show(right))
        return not bad

    def _fields(self, where: str, left: Fields, right: Fields, kind: str) -> None:
        """Fields that both sides show; those without a name by their place."""
        known = dict(right.fields)
        counts = _counts(dict(left.fields), known)
        for at, (key, value) in enumerate(left.fields):
            if self.across and key in ("sa_restorer", "machine"):
                continue
            if key == "sa_data" and _is_null(dict(left.fields)["sa_family"]):
                continue  # AF_UNSPEC disconnects, whatever follows
            if key and key in known:
                inner = FIELD_ROLES.get(key, "")
                if key in counts:
                    inner = "amount"
                self._value(f"{where}.{key}", value, known[key], inner, kind)
            elif not key and at < len(right.fields) and not right.fields[at][0]:
                self._value(where, value, right.fields[at][1], "", kind)

    def _number(self, where: str, left: Num, right: Num, role: str, kind: str) -> None:
        one, other = left.value, right.value
        if one == other or _same_word(one, other):
            return
        if self.across and left.name and _same_names(left.name, right.name):
            return
        if self.across and where.endswith("si_addr"):
            role = "address"
        if self.across and where.endswith(".sa_flags") and (one ^ other) & _WORD == _RESTORER:
            return
        if role in ("pid", "terminal") and one >> 32 > 0 and other >> 32 > 0:
            role = "address"  # where it would have been told
        texts = (left.name or _hex(one, role), right.name or _hex(other, role))
        if role == "fd":
            if not self.process.fd(one, other):
                self._add(BUG, kind, where, *texts)
            else:
                self._add(NOISE, "renaming", where, *texts)
        elif role == "pid":
            same = self.names.pid(_signed(one), _signed(other))
            self._add(NOISE if same else BUG, "renaming" if same else kind, where, *texts)
        elif role == "ipc":
            same = self.names.ipc(_signed(one), _signed(other))
            self._add(NOISE if same else BUG, "renaming" if same else kind, where, *texts)
        elif role == "address":
            same_place = self.process.address(one & _MASK, other & _MASK)
            bad = same_place is False and not (self.across and one and other)
            self._add(BUG if bad else NOISE, kind if bad else "renaming", where, *texts)
        elif role == "terminal":
            same = self.names.terminal(one, other)
            self._add(NOISE if same else BUG, "renaming" if same else kind, where, *texts)
        elif role == "port":
            same = self.names.port(one, other)
            self._add(NOISE if same else BUG, "renaming" if same else kind, where, *texts)
        elif role in ("time", "inode", "amount"):
            if role == "inode":
                self.names.others[one] = other
            self._add(NOISE, "renaming" if role == "inode" else role, where, *texts)
        elif where == "val" and self.names.pids.get(one) == other:  # a thread that ends
            self._add(NOISE, "renaming", where, *texts)
        elif one > 1 << 32 and other > 1 << 32 and one >> 40 and other >> 40:
            # Too big for a count: an address in a register that nobody declared as one.
            same_place = self.process.address(one, other)
            bad = same_place is False
            self._add(BUG if bad else NOISE, kind if bad else "renaming", where, *texts)
        else:
            self._add(BUG, kind, where, *texts)

    def _string(self, where: str, left: Str, right: Str, kind: str) -> None:
        one, other = left.data, right.data
        if not (left.whole and right.whole):
            size = min(len(one), len(other))
            one, other = one[:size], other[:size]
        if one == other:
            return
        if self.names.text(one, other, self.process):
            self._longer.add(len(other) - len(one))
            self._add(NOISE, "renaming", where, show(left), show(right))
        else:
            self._add(BUG, kind, where, show(left), show(right))

    def _words(self, where: str, left: Word, right: Word, kind: str) -> None:
        if set(plain(left.text).split("|")) != set(plain(right.text).split("|")):
            self._add(BUG, kind, where, left.text, right.text)

    def _named(self, where: str, word: str, number: Num, kind: str, *, swap: bool) -> None:
        """One side wrote a name, the other a number that may have one."""
        if number.name and set(word.split("|")) != set(number.name.split("|")):
            texts = (word, number.name)
            self._add(BUG, kind, where, *(reversed(texts) if swap else texts))


_RANK = {
    kind: at
    for at, kind in enumerate(("name", "order", "signal", "exit", "errno", "value", "argument"))
}


def _headline(event: Event) -> str:
    return event.name if event.is_call or event.kind == "signal" else event.kind


def _result(event: Event) -> str:
    if event.errno:
        return f"-1 {name_of(event.errno)}"
    if event.result is None:
        return f"? {event.note}".strip()
    return _hex(event.result, RESULT_ROLES.get(event.name, ""))


def _hex(value: int, role: str) -> str:
    return f"{value & _MASK:#x}" if role == "address" and value else str(value)


def _numbers(texts: tuple[str, ...], index: int) -> list[int]:
    value = parse(texts[index]) if index < len(texts) else None
    if not isinstance(value, Items):
        return []
    return [item.value for item in value.items if isinstance(item, Num)]


def _signed(value: int) -> int:
    return ((value & 0xFFFF_FFFF) ^ 0x8000_0000) - 0x8000_0000


def _same_word(one: int, other: int) -> bool:
    """The same 32 or 64 bits, whether shown signed or not."""
    if one & _MASK == other & _MASK:
        return True
    small = all(-(1 << 31) <= value < 1 << 32 for value in (one, other))
    return small and one & 0xFFFF_FFFF == other & 0xFFFF_FFFF


def _ordered(value: Items) -> Sequence[Value]:
    """Directory entries by name, because each file system has an order of its own."""
    items = value.items
    if items and all(isinstance(item, Fields) and "d_name" in dict(item.fields) for item in items):
        return sorted(items, key=lambda item: show(item).rpartition("d_name=")[2])
    return items


def _woken(event: Event, result: int) -> bool:
    """Whether a FUTEX_WAKE may have woken so many."""
    wanted = event.args[2] if len(event.args) > 2 else None
    return "WAKE" in event.text and wanted is not None and 0 <= result <= wanted


def _thread_stacks(one: str, other: str) -> bool:
    """Two lengths of which each may be a thread's stack, as large as a C library makes it."""
    return all(text.isdigit() and 7 << 20 < int(text) < 9 << 20 for text in (one, other))


def _same_names(one: str, other: str) -> bool:
    """The same flags by name; files are large or not as the C library has it."""
    large = {"O_LARGEFILE", ""}
    return set(one.split("|")) - large == set(other.split("|")) - large


def _counts(left: dict[str, Value], right: dict[str, Value]) -> tuple[str, ...]:
    """Fields of a directory that tell how much is in it, each file system in its own way.

    One without a size is generated, and has as many others in it as there are things to tell of.
    """
    for prefix in ("st", "stx"):
        size, links = f"{prefix}_size", f"{prefix}_nlink"
        if _is_directory(right.get(f"{prefix}_mode")):
            generated = all(_is_null(side.get(size)) for side in (left, right))
            return (size, links) if generated else (size,)
    return ()


def _is_directory(mode: Value | None) -> bool:
    return isinstance(mode, Num) and mode.value & 0o170000 == 0o040000


def _is_null(value: Value | None) -> bool:
    return isinstance(value, Num) and value.value == 0


def show(value: Value) -> str:
    """A value in a few words."""
    if isinstance(value, Num):
        return value.name or str(value.value)
    if isinstance(value, Str):
        text = value.data.decode("utf-8", "backslashreplace").encode("unicode_escape").decode()
        return f'"{text}"' + ("" if value.whole else "...")
    if isinstance(value, Items):
        return f"[{', '.join(map(show, value.items))}]"
    if isinstance(value, Bits):
        if len(value.numbers) > 40:
            rest = sorted(set(range(1, 65)) - value.numbers)
            return f"all signals but {rest}"
        return f"signals {sorted(value.numbers)}"
    if isinstance(value, Fields):
        return "{" + ", ".join(f"{key}={show(inner)}" for key, inner in value.fields) + "}"
    return value.text
