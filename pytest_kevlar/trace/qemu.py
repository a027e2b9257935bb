"""Reads what ``qemu-user -strace`` wrote.

It names processes and no threads, writes a call when it begins and its result when it
returns, on the same line if nothing comes between. Here the two halves are joined again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pytest_kevlar.trace.event import Event, number_steps
from pytest_kevlar.trace.strace import signal_number
from pytest_kevlar.trace.value import number, split

_BEGIN = re.compile(r"(?:^|(?<=[)\n]))(\d+) (?=[a-z_][a-z0-9_]*\()")
_CALL = re.compile(r"([a-z_][a-z0-9_]*)\((.*)$", re.DOTALL)
_RESULT = re.compile(r"\s*= (-?0x[0-9a-fA-F]+|-?\d+)(?: errno=(\d+))?.*$", re.DOTALL)
_SIGNAL = re.compile(r"--- (SIG\w+) (\{.*\}) ---")
_UNKNOWN = re.compile(r"(\d+) Unknown syscall (\d+)")
_PADDED = re.compile(r"\b0x0+(?=[0-9a-f])")
_FORKS = ("fork", "vfork", "clone", "clone3")
_ENDS = ("exit_group", "exit")
#: What qemu says in place of an errno of a call that goes on elsewhere.
_INTERNAL = range(512, 1024)


class QemuReader:
    """Turns lines into events.

    Args:
        parameters: how many arguments each call has; qemu shows six of those that it does
            not know better.

    Attributes:
        skipped: lines that were no events.
    """

    def __init__(self, parameters: Mapping[str, int] | None = None) -> None:
        self.events: list[Event] = []
        self.skipped = 0
        self._parameters = parameters or {}
        self._open: list[Event] = []
        self._task = 0
        self._owed = 0

    def feed(self, lines: Iterable[str]) -> None:
        """Read lines, in each of which several calls may begin."""
        for line in lines:
            for part in _parts(line.rstrip("\n")):
                try:
                    self._part(part)
                except ValueError:
                    self.skipped += 1

    def finish(self, killed_by: int = 0) -> list[Event]:
        """The events, numbered.

        Args:
            killed_by: the signal that the first process died of, 0 if none.
        """
        if killed_by and self.events:
            first = self.events[0].task
            self.events.append(Event(0, first, "exit", "exit", result=killed_by))
        self._processes()
        number_steps(self.events)
        return self.events

    def _part(self, text: str) -> None:
        found = _SIGNAL.match(text)
        if found:
            if signal_number(found[1]):
                self._add(Event(0, self._task, "signal", found[1], texts=(found[2],)))
            return
        found = _UNKNOWN.match(text)
        if found:
            self._task = int(found[1])
            self._add(Event(0, self._task, "unknown", f"syscall_{found[2]}", result=-38))
            return
        head = re.match(r"(\d+) ", text)
        call = _CALL.match(text, head.end()) if head else None
        if head and call:
            self._task = int(head[1])
            self._begin(call[1], call[2])
        elif _RESULT.match(text):
            self._return(text)
        elif text.strip():
            self.skipped += 1

    def _begin(self, name: str, text: str) -> None:
        event = Event(0, self._task, "syscall", name)
        self._add(event)
        arguments, result = _divide(text)
        texts = split(_PADDED.sub("0x", arguments).replace("PF_", "AF_"))
        event.texts = tuple(texts[: self._parameters.get(name, len(texts))])
        event.args = tuple(number(one) for one in event.texts)
        if name in _ENDS:
            status = (event.args[0] or 0) & 0xFF if event.args else 0
            if name == "exit_group":
                self._add(Event(0, self._task, "exit", "exit", result=status << 8))
        elif result:
            self._finish(event, result)
        else:
            self._open.append(event)

    def _return(self, text: str) -> None:
        """A result alone on its line: of the call that began last and waits for one."""
        if not self._open:
            self._owed = max(0, self._owed - 1)
            return
        event = self._open[-1]
        if re.match(r"\s*= 0\b", text) and (self._owed or event.name in _FORKS):
            self._owed = max(0, self._owed - 1)
            return  # a child's return from its parent's fork
        self._open.pop()
        self._finish(event, text)

    def _finish(self, event: Event, text: str) -> None:
        found = _RESULT.match(text)
        if not found:
            self._open.append(event)
            return
        value = number(found[1]) or 0
        error = int(found[2]) if found[2] else 0
        if event.name == "wait4" and not value and "WNOHANG" not in "".join(event.texts):
            numeric = event.args[2] if len(event.args) > 2 else 0
            if not (numeric or 0) & 1:  # it cannot return 0: a child's return from fork
                self._open.append(event)
                return
        if error in _INTERNAL:
            event.result, event.note = None, "" if event.name == "rt_sigreturn" else "ERESTARTSYS"
            return
        if event.name in _FORKS and value == 0 and not error:
            self._open.append(event)  # the child was faster; the parent's answer is to come
            return
        event.result = -error if error else value
        if event.name in _FORKS and not error and "CLONE_THREAD" not in "".join(event.texts):
            self._owed += 1

    def _add(self, event: Event) -> None:
        self.events.append(event)

    def _processes(self) -> None:
        for event in self.events:
            event.process = event.task


def _parts(line: str) -> list[str]:
    """Split a line where another process began to write before the result was there."""
    starts = [found.start() for found in _BEGIN.finditer(line)]
    if not starts or starts[0] != 0:
        starts.insert(0, 0)
    return [line[a:b] for a, b in zip(starts, [*starts[1:], len(line)], strict=True)]


def _divide(text: str) -> tuple[str, str]:
    """Arguments, and the result behind the bracket that closes them.

    Quotation marks within strings are not escaped, so the last bracket before a result counts.
    """
    found = re.search(r"\)(\s*= (?:-?\d|-?0x)[^)\"]*(?:\([^()]*\))?[^)\"]*)?$", text)
    if not found:
        return text, ""
    return text[: found.start()], found[1] or ""
