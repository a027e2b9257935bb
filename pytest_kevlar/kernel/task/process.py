"""The process: a thread group, its place in the tree, and what its threads share.

Only state and questions about it; what happens at exit and wait is :mod:`exit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.task.userns import INITIAL
from pytest_kevlar.kernel.task.wait import WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.signals.pending import PendingSignals
    from pytest_kevlar.kernel.task.autogroup import Autogroup
    from pytest_kevlar.kernel.task.pidns import PidNamespace
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.userns import UserNamespace
    from pytest_kevlar.kernel.time.timers import ProcessTimers
    from pytest_kevlar.kernel.tty.terminal import Terminal


@dataclass(slots=True)
class Usage:
    """Resources that ended children (and threads) used; times in virtual nanoseconds."""

    user_ns: int = 0
    system_ns: int = 0
    minor_faults: int = 0
    major_faults: int = 0
    voluntary_switches: int = 0
    nonvoluntary_switches: int = 0
    max_rss: int = 0

    def add(self, other: Usage) -> None:
        """Add another's use to this one; the resident peak is the greater of both."""
        self.user_ns += other.user_ns
        self.system_ns += other.system_ns
        self.minor_faults += other.minor_faults
        self.major_faults += other.major_faults
        self.voluntary_switches += other.voluntary_switches
        self.nonvoluntary_switches += other.nonvoluntary_switches
        self.max_rss = max(self.max_rss, other.max_rss)


class IoCounters:
    """Bytes and calls of read and write, as ``/proc/PID/io`` shows them."""

    __slots__ = ("bytes_read", "bytes_written", "read_calls", "write_calls")

    def __init__(self) -> None:
        self.bytes_read = self.bytes_written = self.read_calls = self.write_calls = 0

    def read(self, done: int) -> None:
        """A call read `done` bytes."""
        self.bytes_read += done
        self.read_calls += 1

    def write(self, done: int) -> None:
        """A call wrote `done` bytes."""
        self.bytes_written += done
        self.write_calls += 1


class Process:
    """A thread group.

    Attributes:
        pid: the leader's thread id. pid_ns: the PID namespace it belongs to, for ever.
        vpid: its number there, which it takes for its own.
        unkillable: signals without a handler do nothing, unless they come from above: an init.
        threads: living threads by tid, in order of creation.
        parent: the process that waits for this one; the init process has none.
        children: living and zombie children by pid.
        pgid, sid: process group and session. autogroup: the session's scheduling group.
        pending: signals directed at the whole process.
        limits: soft and hard ``RLIMIT_*`` by number; RLIM_INFINITY is 2**64 - 1.
        group_exit: wait status of a group exit under way, None if there is none.
        stop_signal: the signal that stopped the process, 0 while it runs.
        wait_status: status as ``wait4`` reports it, valid once ``zombie``.
        child_event: woken when a child changes state.
        tracees: tasks that threads of this process trace, in the order in which they began to.
        exited: woken when this process becomes a zombie (pidfd, vfork).
        dead_threads: traced threads that ended and nobody has waited for: the process is no
            zombie for anybody before.
        did_wait: some child was waited for, so that its use counts.
        stop_report, continue_report: a change that ``waitid`` has not consumed yet.
        stop_notify: ``CLD_*`` that the first thread to run after SIGCONT tells the parent.
        controlling_tty: the session's terminal, None if there is none.
        old_tty_group: foreground group of a terminal that hung up on this session leader.
        memory_owner: the user namespace in which its program was started, which decides who may
            look into it if it is not dumpable.
        exe: the program's open file, for ``/proc/PID/exe``.
    """

    __slots__ = (
        "autogroup",
        "child_event",
        "child_usage",
        "children",
        "continue_report",
        "controlling_tty",
        "coredump_filter",
        "dead_threads",
        "did_exec",
        "did_wait",
        "dumpable",
        "exe",
        "exited",
        "group_exit",
        "io",
        "leader",
        "limits",
        "memory_owner",
        "old_tty_group",
        "oom_score_adj",
        "parent",
        "pending",
        "pgid",
        "pid",
        "pid_ns",
        "sid",
        "stop_notify",
        "stop_report",
        "stop_signal",
        "subreaper",
        "threads",
        "timers",
        "tracees",
        "unkillable",
        "usage",
        "vpid",
        "wait_status",
        "zombie",
    )

    def __init__(
        self,
        pid: int,
        parent: Process | None,
        pending: PendingSignals,
        limits: dict[int, tuple[int, int]],
        pid_ns: PidNamespace,
    ) -> None:
        self.pid = pid
        self.pid_ns = pid_ns
        self.vpid = pid_ns.number(pid)
        self.unkillable = False
        self.parent = parent
        self.pending = pending
        self.limits = limits
        self.leader: Task | None = None
        self.threads: dict[int, Task] = {}
        self.children: dict[int, Process] = {}
        self.pgid: int = parent.pgid if parent else pid
        self.sid: int = parent.sid if parent else pid
        self.autogroup: Autogroup | None = None
        self.group_exit: int | None = None
        self.stop_signal = 0
        self.stop_report = 0
        self.stop_notify = 0
        self.continue_report = False
        self.wait_status = 0
        self.zombie = False
        self.did_exec = False
        self.dead_threads = 0
        self.did_wait = False
        self.subreaper = False
        self.dumpable = 1
        self.memory_owner: UserNamespace = parent.memory_owner if parent else INITIAL
        self.coredump_filter: int = parent.coredump_filter if parent else 0x33
        self.oom_score_adj: int = parent.oom_score_adj if parent else 0
        self.child_event = WaitQueue()
        self.exited = WaitQueue()
        self.tracees: dict[Task, None] = {}
        self.usage = Usage()  # of threads that ended
        self.child_usage = Usage()  # of children that were waited for
        self.timers: ProcessTimers | None = None
        self.io = IoCounters()
        self.controlling_tty: Terminal | None = None
        self.old_tty_group = 0
        self.exe: File | None = None

    @property
    def lingers(self) -> bool:
        """Whether it is an init that ended and waits for the rest of its namespace to be gone."""
        return self.pid_ns.emptied is not None and self.pid_ns.reaper is self

    def limit(self, resource: int) -> int:
        """The soft limit of ``RLIMIT_*`` number `resource`."""
        return self.limits[resource][0]

    def __repr__(self) -> str:
        return f"<process {self.pid}>"
