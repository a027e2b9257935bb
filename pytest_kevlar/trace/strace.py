"""Reads what ``strace`` wrote: one file of ``-f``, or the files of ``-ff``.

A call that another task interrupted is put together again; lines that are no events
(messages, stack frames, exotic forms) are passed over and counted.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path

from pytest_kevlar.trace.errnos import ERRNO
from pytest_kevlar.trace.event import Event, number_steps, words
from pytest_kevlar.trace.unknown import name_unknown
from pytest_kevlar.trace.value import comment_end, number, split

_PID = re.compile(r"(?:\[pid +(\d+)\] |(\d+) +)?")
_TIME = re.compile(r"(?:(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?|(\d{9,})\.(\d+)) ")
_RELATIVE = re.compile(r"\(?\+ +\d+\.\d+\)? ")
_POINTER = re.compile(r"\[([0-9a-f]{8,16}|\?+)\] ")
_CALL = re.compile(r"([a-z_][a-z0-9_]*)\(")
_RESUMED = re.compile(r"<\.\.\. ([a-z_][a-z0-9_]*) resumed>")
_RESULT = re.compile(r"\s*= (\?|-?0x[0-9a-fA-F]+|-?\d+)(?: (E[A-Z_0-9]+|E\?\?\?))?(.*)$", re.DOTALL)
_SIGNAL = re.compile(r"--- (?:stopped by )?(SIG\w+)(?: (\{.*\}))? ---")
#: What --pidns-translation puts behind numbers of other PID namespaces.
_TRANSLATED = re.compile(r" /\* (\d+) in strace's PID NS \*/")
_INNER_TRANSLATED = re.compile(_TRANSLATED.pattern + "(?!$)")
_EXIT = re.compile(r"\+\+\+ exited with (\d+) \+\+\+")
_KILL = re.compile(r"\+\+\+ killed by (SIG\w+)( \(core dumped\))? \+\+\+")
_SUPERSEDED = re.compile(r"\+\+\+ superseded by execve in pid (\d+) \+\+\+")
_FORKS = ("fork", "vfork", "clone", "clone3")
#: Calls that return the id of who makes them, as long as it has one thread only.
_OWN_ID = ("set_tid_address", "gettid", "getpid")
_UNFINISHED = "<unfinished ...>"

_SIGNALS = words(
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD "
    "CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
)


#: Names of the standard signals, by number.
SIGNAL_NAMES = {number: f"SIG{word}" for number, word in enumerate(_SIGNALS, start=1)}


def signal_number(name: str) -> int:
    """The number of ``SIGUSR1``, ``SIGRT_3``; 0 for what is none."""
    word = name.removeprefix("SIG")
    if word in _SIGNALS:
        return _SIGNALS.index(word) + 1
    if word == "RTMIN":
        return 32
    found = re.fullmatch(r"RT_(\d+)", word)
    return 32 + int(found[1]) if found else 0


class StraceReader:
    """Turns lines into events, in the order in which things began.

    Attributes:
        events: so far.
        skipped: lines that were no events.
    """

    def __init__(self, first_task: int = 0) -> None:
        self.events: list[Event] = []
        self.skipped = 0
        self._open: dict[int, tuple[Event, str]] = {}
        self._process: dict[int, int] = {}
        self._task = first_task

    def feed(self, lines: Iterable[str], task: int | None = None) -> None:
        """Read lines; `task` is whose they are, for files of ``-ff``."""
        for line in lines:
            try:
                self._line(line.rstrip("\n"), task)
            except (ValueError, IndexError):
                self.skipped += 1

    def finish(self) -> list[Event]:
        """The events, numbered; calls that never returned keep no result."""
        for event, begun in self._open.values():
            _arguments(event, begun)
        self._open.clear()
        for event in self.events:
            name_unknown(event)
        self._name_first()
        self._adopt()
        self._processes()
        number_steps(self.events)
        return self.events

    def _line(self, line: str, owner: int | None) -> None:
        line = _INNER_TRANSLATED.sub("", line)
        found = _PID.match(line)
        task, at = owner, 0
        if found:
            at = found.end()
            if found[1] or found[2]:
                task = int(found[1] or found[2])
        if task is None:
            task = self._task
        time, at = _time(line, at)
        relative = _RELATIVE.match(line, at)
        at = relative.end() if relative else at
        pointer = _POINTER.match(line, at)
        pc = 0
        if pointer:
            at = pointer.end()
            pc = int(pointer[1], 16) if "?" not in pointer[1] else 0
        rest = line[at:].strip()
        if self._resumed(task, rest, time) or self._mark(task, rest, time):
            return
        call = _CALL.match(rest)
        if not call:
            self.skipped += 1
            return
        event = Event(0, task, "syscall", call[1], time=time, pc=pc)
        self.events.append(event)
        self._complete(event, rest[call.end() :], task)

    def _complete(self, event: Event, text: str, task: int) -> None:
        """Fill in arguments and result, or wait for the rest of the line."""
        if text.endswith(_UNFINISHED):
            self._open[task] = (event, text.removesuffix(_UNFINISHED).rstrip())
            return
        arguments, result = _divide(text)
        _arguments(event, arguments)
        if result:
            _finish(event, result)

    def _resumed(self, task: int, text: str, time: int) -> bool:
        found = _RESUMED.match(text)
        if not found:
            return False
        begun = self._open.pop(task, None)
        if begun is None:
            # The beginning is not in this trace, or an exec changed whose it is.
            event = Event(0, task, "syscall", found[1], time=time)
            self.events.append(event)
            begun = event, ""
            other = next((t for t, (e, _) in self._open.items() if e.name == found[1]), None)
            if found[1] == "execve" and other is not None:
                self.events.pop()
                begun = self._open.pop(other)
        event, head = begun
        event.end = time
        tail = text[found.end() :]
        joint = "" if not head or head.endswith(("(", ",", "[", "{", " ")) else " "
        self._complete(
            event, head + (joint if not tail.lstrip().startswith(")") else "") + tail, task
        )
        return True

    def _mark(self, task: int, text: str, time: int) -> bool:
        """A signal or an end."""
        found = _SIGNAL.match(text)
        if found:
            if not text.startswith("--- stopped"):
                texts = (found[2],) if found[2] else ()
                self.events.append(Event(0, task, "signal", found[1], texts=texts, time=time))
            return True
        found = _EXIT.match(text)
        status = int(found[1]) << 8 if found else -1
        if not found:
            found = _KILL.match(text)
            if found:
                status = signal_number(found[1]) | (0x80 if found[2] else 0)
        if not found and not _SUPERSEDED.match(text):
            return False
        begun = self._open.pop(task, None)
        if begun:
            _arguments(begun[0], begun[1])
        if status >= 0:
            self.events.append(Event(0, task, "exit", "exit", result=status, time=time))
        return True

    def _name_first(self) -> None:
        """Without -f strace does not say whose the lines are: find out from the calls."""
        own = [event for event in self.events if event.task == self._task]
        ids = (event.result for event in own if event.name in _OWN_ID)
        task = next((result for result in ids if result and result > 0), None)
        if task is not None and not self._task:
            for event in own:
                event.task = task

    def _adopt(self) -> None:
        """Say whose the task is that nobody made, if one only and one call that could have.

        strace does not translate the numbers of the lowest PID namespace that there can be.
        """
        tasks = dict.fromkeys(event.task for event in self.events)
        made = [e for e in self.events if e.name in _FORKS and not e.errno and e.made]
        lost = [event for event in made if event.made not in tasks]
        orphans = tasks.keys() - {event.made for event in made} - {next(iter(tasks), 0)}
        if len(lost) == len(orphans) == 1:
            lost[0].child = orphans.pop()

    def _processes(self) -> None:
        """Say which process each task belongs to, and mark who made whom."""
        process: dict[int, int] = {}
        for event in list(self.events):
            event.process = process.setdefault(event.task, event.task)
            if event.name in _FORKS and event.result is not None and event.result > 0:
                thread = any("CLONE_THREAD" in text for text in event.texts)
                process[event.made] = event.process if thread else event.made


def _time(line: str, at: int) -> tuple[int, int]:
    found = _TIME.match(line, at)
    if not found:
        return 0, at
    if found[5]:
        return int(found[5]) * 10**9 + int(found[6].ljust(9, "0")[:9]), found.end()
    seconds = int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
    return seconds * 10**9 + int((found[4] or "0").ljust(9, "0")[:9]), found.end()


def _divide(text: str) -> tuple[str, str]:
    """Arguments, and what follows the bracket that closes them."""
    depth, at = 1, 0
    while at < len(text):
        character = text[at]
        if character == '"':
            at += 1
            while at < len(text) and text[at] != '"':
                at += 2 if text[at] == "\\" else 1
        elif character == "/" and text.startswith("/*", at):
            at = comment_end(text, at)
            continue
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return text[:at], text[at + 1 :]
        at += 1
    return text, ""


#: An error number without a name, as a seccomp filter may give one.
_UNNAMED = re.compile(r"\(errno (\d+)\)")


def _finish(event: Event, text: str) -> None:
    found = _RESULT.match(text)
    if not found:
        return
    value, error, rest = found[1], found[2] or "", found[3].strip()
    if value == "?":
        event.result, event.note = None, error
        return
    result = number(value)
    if result == -1 and error:
        result = -ERRNO.get(error, 0) or -1
    elif result == -1 and (unnamed := _UNNAMED.match(rest)):
        result = -int(unnamed[1])
    event.result = result
    translated = _TRANSLATED.match(found[3])
    if translated and event.name in _FORKS:
        event.child = int(translated[1])
    if event.name in ("poll", "ppoll"):
        _revents(event, rest)
    elif event.name in ("select", "pselect6"):
        _ready_sets(event, rest)
    elif rest.startswith("("):
        event.note = rest.strip("()") if not error else ""


_READY = re.compile(r"\{fd=(-?\d+), revents=([^}]*)\}")


def _revents(event: Event, text: str) -> None:
    """Put what ``poll`` found beside what it was asked; strace shows it with the result."""
    if event.result is None or event.result < 0 or not event.texts:
        return
    ready = dict(_READY.findall(text))

    def fill(match: re.Match[str]) -> str:
        return f"{{fd={match[1]}{match[2]}, revents={ready.get(match[1], '0')}}}"

    first = re.sub(r"\{fd=(-?\d+)([^}]*)\}", fill, event.texts[0])
    event.texts = (first, *event.texts[1:])


_SETS = re.compile(r"\b(in|out|except) (\[[^\]]*\])")


def _ready_sets(event: Event, text: str) -> None:
    """Put what ``select`` found behind what it was asked."""
    if event.result is None or event.result < 0:
        return
    ready = dict(_SETS.findall(text))
    texts = list(event.texts)
    for index, word in enumerate(("in", "out", "except"), start=1):
        if index < len(texts) and texts[index].startswith("["):
            texts[index] += f" => {ready.get(word, '[]')}"
    event.texts = tuple(texts)


def _arguments(event: Event, text: str) -> None:
    """Fill in the arguments, each in the place that it has in the call."""
    texts = list(split(text))
    if event.name == "futex" and len(texts) > 3:  # strace leaves out what an operation ignores
        if "FUTEX_WAKE_BITSET" in texts[1]:
            texts[3:3] = ["NULL"] * (6 - len(texts))
        elif "FUTEX_WAIT_BITSET" in texts[1]:
            texts[4:4] = ["NULL"] * (6 - len(texts))
    event.texts = tuple(texts)
    event.args = _numbers(event.texts)


def _numbers(texts: tuple[str, ...]) -> tuple[int | None, ...]:
    return tuple(number(text) for text in texts)


def read(path: Path) -> list[Event]:
    """The events of a file, or of all files ``path.PID`` that ``-ff`` wrote.

    Raises OSError if there is nothing to read.
    """
    reader = StraceReader()
    if path.is_file():
        with path.open(encoding="utf-8", errors="surrogateescape") as lines:
            reader.feed(lines)
        return reader.finish()
    parts = [part for part in path.parent.glob(path.name + ".*") if part.suffix[1:].isdigit()]
    if not parts:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    for part in sorted(parts, key=lambda part: int(part.suffix[1:])):
        with part.open(encoding="utf-8", errors="surrogateescape") as lines:
            reader.feed(lines, task=int(part.suffix[1:]))
    if any(event.time for event in reader.events):
        reader.events.sort(key=lambda event: event.time)
    return reader.finish()
