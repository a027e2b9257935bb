"""Recording what tasks do, as events of the model that both sides of a comparison share.

Text is made when a call is entered (or left, for what it gives back) from the same
declaration that decodes its arguments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.trace.event import Event

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.syscalls.registry import Entry
    from pytest_kevlar.kernel.task.task import Task


class Tracer:
    """One trace; events in the order in which calls were entered."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._events: list[Event] = []
        self._open: dict[int, tuple[int, Entry, tuple[int, ...], list[str]]] = {}

    @property
    def events(self) -> list[Event]:
        """The events so far; calls that have not returned have no result."""
        return list(self._events)

    def enter(self, task: Task, entry: Entry, raw: tuple[int, ...]) -> None:
        """A system call begins."""
        used = raw[: len(entry.args)]
        texts = [
            "" if arg.out else arg.show(task, value)
            for (_, arg), value in zip(entry.args, used, strict=True)
        ]
        self._open[task.tid] = (len(self._events), entry, used, texts)
        self._add(task, "syscall", entry.name, used, ", ".join(texts), None)

    def leave(self, task: Task, result: int | None) -> None:
        """It returned; `result` is None if nothing was returned to its caller."""
        position, entry, used, texts = self._open.pop(task.tid, (-1, None, (), []))
        if position < 0 or entry is None:
            return
        for index, ((_, arg), value) in enumerate(zip(entry.args, used, strict=True)):
            if arg.out:
                texts[index] = arg.show(task, value)
        old = self._events[position]
        self._events[position] = Event(
            old.seq, old.task, old.kind, old.name, old.args, ", ".join(texts), result, old.time
        )

    def unknown(self, task: Task, name: str) -> None:
        """A call that this kernel does not have."""
        self._add(task, "unknown", name, (), "", -38)

    def signal(self, task: Task, name: str, text: str) -> None:
        """A signal was delivered."""
        self._add(task, "signal", name, (), text, None)

    def note(self, task: Task, kind: str, text: str) -> None:
        """A fault, fork, exec or kill."""
        self._add(task, kind, kind, (), text, None)

    def exited(self, task: Task, status: int) -> None:
        """A task ended."""
        self._open.pop(task.tid, None)
        self._add(task, "exit", "exit", (), "", status)

    def _add(
        self,
        task: Task,
        kind: str,
        name: str,
        args: tuple[int, ...],
        text: str,
        result: int | None,
    ) -> None:
        self._events.append(
            Event(
                len(self._events), task.tid, kind, name, args, text, result, self._kernel.clock.now
            )
        )
