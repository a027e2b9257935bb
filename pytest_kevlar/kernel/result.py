"""What a run of the machine is given as bounds and what it gives back.

Plain data only: nothing here knows the engine, and nothing here knows pytest.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kevlar.trace.event import Event


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run; running into one is a clear result, never an exception.

    Attributes:
        memory: bytes of guest memory (page cache included); beyond it the guest is
            killed as Linux's out-of-memory killer would.
        tasks: tasks alive at once; beyond it ``clone`` is EAGAIN.
        output: bytes on standard output and standard error together.
        steps: blocks of translated code entered by all tasks together; a nanosecond each
            of virtual time.
        seconds: host time, the last resort; only this bound depends on the host.
    """

    memory: int = 512 << 20
    tasks: int = 1024
    output: int = 8 << 20
    steps: int = 8_000_000_000
    seconds: float = 30.0


class End(enum.Enum):
    """How a run ended."""

    EXITED = "exited"  # the first process exited; Result.code is its status
    SIGNALED = "signaled"  # a signal killed the first process; Result.signal says which
    DEADLOCK = "deadlock"  # every task waits and no timer is armed
    TIMEOUT = "timeout"  # Limits.steps or Limits.seconds spent
    OUTPUT = "output"  # Limits.output spent
    CRASH = "crash"  # a bug in the kernel itself
    NOEXEC = "noexec"  # the program could not be started; Result.detail says why


@dataclass(frozen=True, slots=True)
class Result:
    """What one run left behind.

    Attributes:
        end: how it ended.
        code: exit status 0..255 if ``end`` is EXITED.
        signal: signal number if ``end`` is SIGNALED.
        core: whether the wait status carried the core-dump flag.
        stdout, stderr: everything written before the end, whatever the end was.
        detail: one line for every end but EXITED and SIGNALED: for DEADLOCK what each
            task waits for, for CRASH the exception, for limits which one.
        state: more lines for people: guest registers, tasks, the last system calls.
        traceback: the Python traceback of a CRASH, else empty.
        events: the recorded events, if recording was asked for.
        unknown: names (or ``syscall_NNN``) of unimplemented calls the guest made, in
            order of first use.
        virtual_ns: guest time that passed, in nanoseconds.
    """

    end: End
    code: int = 0
    signal: int = 0
    core: bool = False
    stdout: bytes = b""
    stderr: bytes = b""
    detail: str = ""
    state: str = ""
    traceback: str = ""
    events: Sequence[Event] = field(default_factory=list)
    unknown: tuple[str, ...] = ()
    virtual_ns: int = 0
