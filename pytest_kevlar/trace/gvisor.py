"""Reads the debug log of gVisor's ``runsc --strace``: calls, signals and ends of tasks.

Every call is there twice, when it begins (E) and when it returns (X); pointers stand before
what they point at. Here the two are joined and written as strace would.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pytest_kevlar.trace.event import Event, number_steps
from pytest_kevlar.trace.strace import SIGNAL_NAMES
from pytest_kevlar.trace.value import number

_LINE = re.compile(r"[A-Z]\d{4} [\d:.]+ +\d+ \S+\] \[ *(\d+): *(\d+)\] (.*)$", re.DOTALL)
_CALL = re.compile(r".*? ([EX]) ([a-z_][a-z0-9_]*)\((.*)$", re.DOTALL)
_RESULT = re.compile(
    r"\) = (-?\d+) \(0x[0-9a-f]+\)(?: errno=(\d+) \(.*?\))? \([\d.a-zµ]+\)$", re.DOTALL
)
_DELIVERED = re.compile(r"Signal (\d+): (delivering to handler|terminating thread group)")
_DEAD = re.compile(r"Transitioning from exit state \w+ to TaskExitZombie")
#: The number of the first process of a container.
_FIRST_PROCESS = 1
_ENDS = ("exit", "exit_group")
_FILE = re.compile(r"^(-?0x[0-9a-f]+|AT_FDCWD) (?:\S+:\[\d+\]|\(bad FD\)|/.*)$")
_POINTED = re.compile(r"^0x[0-9a-f]+ (\S.*)$", re.DOTALL)
_CAPITAL = re.compile(r"\b([A-Z][A-Za-z]+): ")
#: What gVisor's fields are called in strace.
_FIELDS = {
    "Handler": "sa_handler",
    "Flags": "sa_flags",
    "Restorer": "sa_restorer",
    "Mask": "sa_mask",
}
#: Flags that gVisor has no names for: the family, the bits that are left, their name.
_NAMELESS = (
    ("O_", "0x8000", "O_LARGEFILE"),
    ("MAP_", "0x100000", "MAP_FIXED_NOREPLACE"),
)


class GvisorReader:
    """Turns lines of the log of the sandbox into events.

    Args:
        supervised: the first process is ours, and the program its child; what they do before
            the program begins, and what the first does at all, is left out.

    Attributes:
        skipped: lines of strace that could not be read; the log's other lines do not count.
    """

    def __init__(self, *, supervised: bool = False) -> None:
        self.events: list[Event] = []
        self._supervised = supervised
        self.skipped = 0
        self._open: dict[int, Event] = {}
        self._status: dict[int, int] = {}

    def feed(self, lines: Iterable[str]) -> None:
        """Read lines."""
        for line in lines:
            found = _LINE.match(line.rstrip("\n"))
            if not found:
                continue
            process, task, text = int(found[1]), int(found[2]), found[3]
            call = _CALL.match(text) if " strace.go:" in line else None
            if call and call[1] == "E":
                self._begin(process, task, call[2], call[3])
            elif call:
                self._return(task, call[2], call[3])
            else:
                self._other(process, task, text)

    def finish(self) -> list[Event]:
        """The events, numbered."""
        if self._supervised:
            self.events = _of_the_program(self.events)
        number_steps(self.events)
        return self.events

    def _begin(self, process: int, task: int, name: str, text: str) -> None:
        event = Event(0, task, "syscall", name, process=process)
        event.texts = _narrow(name, _texts(text.removesuffix(")")))
        event.args = tuple(number(one) for one in event.texts)
        self.events.append(event)
        self._open[task] = event
        if name in _ENDS:
            self._status[process] = ((event.args[0] or 0) & 0xFF) << 8 if event.args else 0

    def _return(self, task: int, name: str, text: str) -> None:
        event = self._open.pop(task, None)
        found = _RESULT.search(text)
        if event is None or event.name != name or found is None:
            self.skipped += 1
            return
        if name in _ENDS:
            return
        before = event.texts
        after = _texts(text[: found.start()])
        # What was written before the call is left out in the second line.
        event.texts = tuple(
            old if new == "..." and old else new
            for old, new in zip([*before, *[""] * len(after)], after, strict=False)
        )
        event.texts = _narrow(event.name, event.texts)
        event.args = tuple(number(one) for one in event.texts)
        error = int(found[2]) if found[2] else 0
        if error >= 512:
            event.note = "ERESTARTSYS"
        elif name != "rt_sigreturn":
            event.result = -error if error else int(found[1])

    def _other(self, process: int, task: int, text: str) -> None:
        found = _DELIVERED.match(text)
        if found:
            signal = int(found[1])
            name = SIGNAL_NAMES.get(signal, f"SIGRT_{signal - 32}")
            if found[2].startswith("terminating"):
                self._status[process] = signal
            self.events.append(Event(0, task, "signal", name, process=process))
        elif _DEAD.match(text):
            status = self._status.get(process, 0)
            end = Event(0, task, "exit", "exit", result=status, process=process)
            self.events.append(end)
            self._open.pop(task, None)


def _of_the_program(events: list[Event]) -> list[Event]:
    """Leave out the first process, and its child until that has become the program."""
    others = [event for event in events if event.process != _FIRST_PROCESS]
    if not others:
        return []
    program = others[0].process
    begun = next(
        (
            at
            for at, event in enumerate(others)
            if event.process == program and event.name == "execve" and event.result == 0
        ),
        len(others),
    )
    return others[begun + 1 :]


def _narrow(name: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Show a request of ``ioctl`` as the 32 bits that it is; musl extends its sign."""
    if name != "ioctl" or len(texts) < 2 or not texts[1].startswith("0xffffffff"):
        return texts
    return (texts[0], f"0x{texts[1][10:]}", *texts[2:])


def _texts(text: str) -> tuple[str, ...]:
    return tuple(_plain(part) for part in _split(text))


def _split(text: str) -> list[str]:
    """Arguments; strings within them are escaped, paths are not quoted and hold no commas."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(text):
        character = text[at]
        if character == '"' and text[at - 1 : at] in (" ", "=", "[", ",", "{"):
            at += 1
            while at < len(text) and text[at] != '"':
                at += 2 if text[at] == "\\" else 1
        elif character in "{[(":
            depth += 1
        elif character in "}])":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
        at += 1
    last = text[start:].strip()
    return [*parts, last] if last or parts else []


def _plain(text: str) -> str:
    """One argument as strace shows it, as far as the two say the same."""
    for family, bit, name in _NAMELESS:
        if text.startswith(family) and text.endswith(f"|{bit}"):
            return f"{text.removesuffix(bit)}{name}"
    if text == "null":
        return "NULL"
    found = _FILE.match(text)
    if found and found[1] == "AT_FDCWD":
        return found[1]
    if found:
        value = int(found[1], 16)
        value = value - (1 << 64) if value >> 63 else value
        return str(value - (1 << 32) if value > 0 and value >> 31 & 1 else value)
    found = _POINTED.match(text)
    if not found:
        return text.replace("0o", "0") if text.startswith("0o") else text
    shown = found[1]
    if shown.startswith('"'):
        return shown
    if shown.startswith("{") and "Handler" in shown:
        fields = _CAPITAL.sub(lambda m: f"{_FIELDS.get(m[1], m[1])}=", shown)
        return re.sub(r"sa_mask=\[([^\]]*)\]", lambda m: f"sa_mask=[{_set(m[1])}]", fields)
    if shown.startswith("[") and re.fullmatch(r"\[(?:-?\d+ ?)*\]", shown):
        return shown.replace(" ", ", ")
    if shown.startswith("[SIG"):
        return f"[{_set(shown.strip('[]'))}]"
    if shown.startswith(("{", "[", "(")):
        return text.split(" ", 1)[0]
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _set(names: str) -> str:
    """A set of signals, with the names of strace."""
    words = names.split()
    return " ".join(
        f"RT_{int(word) - 32}" if word.isdigit() else word.removeprefix("SIG") for word in words
    )
