"""The event model both sides of a comparison share.

One event is one thing a task did or had done to it; where it came from (our dispatcher,
strace, a JSONL file) is not its business.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One system call, signal, fault or process event of one task.

    Attributes:
        seq: position in the trace, from 0.
        task: thread id as the guest sees it.
        kind: ``syscall``, ``signal``, ``fault``, ``fork``, ``exec``, ``exit``, ``unknown``.
        name: system call name, signal name, …
        args: raw argument values, unsigned 64 bit.
        text: arguments decoded for people, as strace would print them.
        result: value returned to the guest, negative errno on failure; None if it never
            returned.
        time: virtual nanoseconds since boot of the machine.
    """

    seq: int
    task: int
    kind: str
    name: str
    args: tuple[int, ...] = ()
    text: str = ""
    result: int | None = None
    time: int = 0
