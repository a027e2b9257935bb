"""The event model both sides of a comparison share.

One event is one thing a task did or had done to it; where it came from (our dispatcher,
strace, a JSONL file) is not its business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Kinds of events that have a result and arguments.
CALLS = ("syscall", "unknown")


@dataclass(slots=True)
class Buffer:
    """Guest memory that one argument pointed at, as far as it was kept.

    Attributes:
        index: which argument, from 0.
        when: ``in`` if it was read before the call, ``out`` if after.
        data: its first bytes, a bounded number of them.
    """

    index: int
    when: str
    data: bytes


@dataclass(slots=True)
class Event:
    """One system call, signal, fault or process event of one task.

    Attributes:
        seq: position in the trace, from 0, in the order in which things began.
        task: thread id as the guest sees it.
        kind: ``syscall``, ``unknown`` (a call the kernel does not have), ``signal``,
            ``fault``, ``fork``, ``exec``, ``exit``, or a channel such as ``sched``.
        name: system call name, signal name, …
        args: raw argument values, unsigned 64 bit; None where only the text is known.
        texts: every argument decoded, in the syntax of ``strace -X verbose``.
        result: value returned to the caller, negative errno on failure; None if it never
            returned. Of an exit, the wait status; of a fork, the child's thread id.
        time: nanoseconds when it began: virtual, since boot of the machine, or real.
        end: nanoseconds when it returned; 0 if unknown.
        step: position among the events of its task, from 0.
        process: id of its thread group; 0 if unknown.
        child: of a call that made a task, the id that its events carry, where the call returned
            another, the one of its maker's PID namespace; else 0.
        note: what a call that did not return ended in, such as ``ERESTARTSYS``.
        pc: user address behind the call instruction; 0 if unknown.
        stack: addresses found on the caller's stack, innermost first.
        buffers: memory that arguments pointed at.
    """

    seq: int
    task: int
    kind: str
    name: str
    args: tuple[int | None, ...] = ()
    texts: tuple[str, ...] = ()
    result: int | None = None
    time: int = 0
    end: int = 0
    step: int = 0
    process: int = 0
    note: str = ""
    pc: int = 0
    stack: tuple[int, ...] = ()
    buffers: tuple[Buffer, ...] = ()
    child: int = 0

    @property
    def made(self) -> int:
        """The task that a call made, as its events name it; 0 or an errno if it made none."""
        return self.child or self.result or 0

    @property
    def text(self) -> str:
        """All arguments, joined as strace joins them."""
        return ", ".join(self.texts)

    @property
    def is_call(self) -> bool:
        """Whether this is a system call, known to the kernel or not."""
        return self.kind in CALLS

    @property
    def errno(self) -> int:
        """The errno that the call failed with, 0 if it did not."""
        result = self.result
        if self.is_call and result is not None and -4096 < result < 0:
            return -result
        return 0


def words(text: str) -> tuple[str, ...]:
    """A list of names, written as one text."""
    return tuple(text.split())


def number_steps(events: Sequence[Event]) -> None:
    """Set `seq` and `step` of events that are in order."""
    steps: dict[int, int] = {}
    for position, event in enumerate(events):
        event.seq = position
        event.step = steps.get(event.task, 0)
        steps[event.task] = event.step + 1
