"""What is kept of a task while another one traces it. Only state: see :mod:`ptrace`."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kevlar.kernel.signals.info import SigInfo
    from pytest_kevlar.kernel.task.task import Task


class Mode(enum.Enum):
    """How far a tracee goes before it stops of itself."""

    CONT = enum.auto()
    SYSCALL = enum.auto()
    STEP = enum.auto()


class Trace:
    """A tracee's side of the tracing.

    Attributes:
        tracer: the thread whose requests count.
        seized: PTRACE_SEIZE rather than PTRACE_ATTACH or PTRACE_TRACEME.
        options: ``PTRACE_O_*``.
        capable: the tracer had CAP_SYS_PTRACE when it began.
        mode: until where the task runs.
        stopped: in a ptrace-stop. listening: PTRACE_LISTEN was asked for in it.
        signal_stop: the stop is for a signal, which the tracer may replace.
        exit_code: what the tracer's wait reports, 0 once it has; then the signal to go on with.
        info: for PTRACE_GETSIGINFO, None if this stop has none.
        message: for PTRACE_GETEVENTMSG.
        trap: a trap is due (JOBCTL_TRAP_STOP). notify: one that says what became of the group
            stop (JOBCTL_TRAP_NOTIFY). group_pending: a group stop that the task has not taken
            part in (JOBCTL_STOP_PENDING). participated: it has.
    """

    __slots__ = (
        "capable",
        "exit_code",
        "group_pending",
        "info",
        "listening",
        "message",
        "mode",
        "notify",
        "options",
        "participated",
        "seized",
        "signal_stop",
        "stopped",
        "tracer",
        "trap",
    )

    def __init__(self, tracer: Task, *, seized: bool, options: int, capable: bool) -> None:
        self.tracer = tracer
        self.seized = seized
        self.options = options
        self.capable = capable
        self.mode = Mode.CONT
        self.stopped = self.listening = self.signal_stop = False
        self.exit_code = 0
        self.info: SigInfo | None = None
        self.message = 0
        self.trap = self.notify = self.group_pending = self.participated = False

    @property
    def traps_due(self) -> bool:
        """Whether the task is to stop before it runs on."""
        return self.trap or self.notify or self.group_pending
