"""The task: one thread of execution, and what it shares with others.

Only state and small questions about it; creating, ending and scheduling tasks are
:mod:`fork`, :mod:`exit` and :mod:`scheduler`.
"""

from __future__ import annotations

import enum
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.cgroup.namespace import CgroupNamespace
    from pytest_kevlar.kernel.cpu.engine import Context
    from pytest_kevlar.kernel.fs.context import FsContext
    from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
    from pytest_kevlar.kernel.ipc.undo import UndoList
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.mm.mempolicy import Policy
    from pytest_kevlar.kernel.mm.space import AddressSpace
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.signals.actions import SignalActions
    from pytest_kevlar.kernel.signals.info import SigInfo
    from pytest_kevlar.kernel.signals.pending import PendingSignals
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.fdtable import FdTable
    from pytest_kevlar.kernel.task.ioprio import IoContext
    from pytest_kevlar.kernel.task.pidns import PidNamespace
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.seccomp import Gate
    from pytest_kevlar.kernel.task.trace import Trace
    from pytest_kevlar.kernel.task.wait import Interrupted, InterruptedRestartBlock, Sleep
    from pytest_kevlar.kernel.time.namespace import TimeNamespace


class State(enum.Enum):
    """As the letter in ``/proc/PID/stat``."""

    RUNNING = "R"
    SLEEPING = "S"
    UNINTERRUPTIBLE = "D"
    STOPPED = "T"
    TRACED = "t"
    FROZEN = "F"  # by the freezer of its cgroup; shown as S
    ZOMBIE = "Z"
    DEAD = "X"


class Task:
    """One thread.

    Attributes:
        tid: thread id; the leader's is its process's pid.
        pid_ns: the PID namespace it belongs to. vtid: its number there.
        pid_ns_for_children: the one that its children will belong to.
        process: the thread group it belongs to.
        memory, files, fs, actions: what ``CLONE_VM``, ``CLONE_FILES``, ``CLONE_FS`` and
            ``CLONE_SIGHAND`` share.
        blocked: signal mask, bit ``n - 1`` for signal `n`.
        saved_mask: mask to put back when a handler of ``sigsuspend``-like calls returns
            or none runs; None if there is none.
        real_blocked: signals that ``rt_sigtimedwait`` unblocks while it waits for them.
        pending: signals directed at this thread alone.
        altstack: ``(ss_sp, ss_flags, ss_size)``.
        gate: decides about its calls under seccomp(2), None if nothing does.
        coroutine: the blocked call, None while guest code runs.
        sleep: what it waits for, None if runnable.
        restart: the call to continue in ``restart_syscall``.
        restart_kind: how the call that a signal just ended may be restarted; None if it
            has its result.
        trace: how another task traces it, None if none does.
        injected: the signal that its tracer let through or put in, on its way to delivery.
        exiting: wait status with which it ends once its tracer has looked.
        quantum: steps that it may run before others have their turn.
        user_ns, system_ns: virtual CPU time, nanoseconds.
        nice: -20..19. policy: ``SCHED_*`` (reset-on-fork flag apart). rt_priority: 1..99.
        mempolicy: where its memory is to be, None for the default.
        deadline: runtime, deadline and period of SCHED_DEADLINE, nanoseconds.
        affinity: bit mask of CPUs.
        cgroup: its control group, also once it is dead.
        memory_errors: ``PR_MCE_KILL_*`` policy. io_flusher: PR_SET_IO_FLUSHER.
        undo: what ``SEM_UNDO`` collected, None if nothing; ``CLONE_SYSVSEM`` shares it.
    """

    __slots__ = (
        "actions",
        "affinity",
        "altstack",
        "cgroup",
        "cgroup_ns",
        "clear_child_tid",
        "comm",
        "context",
        "coroutine",
        "cred",
        "deadline",
        "exit_code",
        "exit_signal",
        "exiting",
        "files",
        "fs",
        "gate",
        "injected",
        "interrupt_pending",
        "io",
        "io_flusher",
        "ipc",
        "kernel",
        "last_fault",
        "memory",
        "memory_errors",
        "mempolicy",
        "net",
        "nice",
        "nonvoluntary_switches",
        "parent_death_signal",
        "pending",
        "personality",
        "pid_ns",
        "pid_ns_for_children",
        "policy",
        "process",
        "quantum",
        "real_blocked",
        "reset_on_fork",
        "restart",
        "restart_kind",
        "robust_list",
        "rseq",
        "rt_priority",
        "saved_mask",
        "sleep",
        "start_time",
        "state",
        "syscall_args",
        "syscall_number",
        "system_ns",
        "tid",
        "time",
        "time_for_children",
        "timer_slack",
        "trace",
        "trace_seq",
        "undo",
        "user_ns",
        "uts",
        "vfork_done",
        "voluntary_switches",
        "vtid",
        "wake_result",
    )

    def __init__(
        self,
        kernel: Kernel,
        tid: int,
        process: Process,
        *,
        memory: AddressSpace,
        files: FdTable,
        fs: FsContext,
        actions: SignalActions,
        pending: PendingSignals,
        cred: Credentials,
        context: Context,
    ) -> None:
        self.kernel = kernel
        self.tid = tid
        self.process = process
        self.pid_ns: PidNamespace = process.pid_ns
        self.pid_ns_for_children: PidNamespace = process.pid_ns
        self.vtid = process.pid_ns.number(tid)
        self.memory = memory
        self.files = files
        self.fs: FsContext = fs
        self.actions = actions
        self.pending = pending
        self.cred: Credentials = cred
        self.context = context
        self.state = State.RUNNING
        self.comm = b""
        self.blocked = 0
        self.real_blocked = 0
        self.saved_mask: int | None = None
        self.altstack = (0, 2, 0)  # SS_DISABLE
        self.coroutine: Coroutine[Sleep, bool, Any] | None = None
        self.sleep: Sleep | None = None
        self.wake_result = False
        self.interrupt_pending = False
        self.restart: InterruptedRestartBlock | None = None
        self.restart_kind: type[Interrupted] | None = None
        self.syscall_number = -1
        self.syscall_args: tuple[int, ...] = ()
        self.last_fault = (0, 0, 0)  # trap number, error code, address
        self.gate: Gate | None = None
        self.clear_child_tid = 0
        self.robust_list = 0
        self.rseq = (0, 0, 0)
        self.vfork_done: Any = None
        self.exit_signal = 0
        self.exit_code = 0
        self.parent_death_signal = 0
        self.personality = 0
        self.nice = 0
        self.mempolicy: Policy | None = None
        self.io: IoContext | None = None
        self.policy = 0
        self.reset_on_fork = False
        self.rt_priority = 0
        self.deadline = (0, 0, 0)
        self.affinity = 0
        self.timer_slack = 50_000
        self.start_time = 0
        self.quantum = 0
        self.user_ns = 0
        self.uts = kernel.uts
        self.ipc: IpcNamespace = kernel.ipc.get()
        self.net: NetNamespace = kernel.net
        self.time: TimeNamespace = kernel.time
        self.time_for_children: TimeNamespace = kernel.time
        self.cgroup: Cgroup = kernel.cgroups.root
        self.cgroup_ns: CgroupNamespace = kernel.cgroup_ns
        self.memory_errors = 2  # PR_MCE_KILL_DEFAULT
        self.io_flusher = False
        self.undo: UndoList | None = None
        self.system_ns = 0
        self.voluntary_switches = 0
        self.nonvoluntary_switches = 0
        self.trace_seq = 0
        self.trace: Trace | None = None
        self.injected: SigInfo | None = None
        self.exiting: int | None = None

    @property
    def blocked(self) -> int:
        """The signal mask. The engine may change it by itself: see Scheduler._watch_mask."""
        mask: int = self.context.mask[0]
        return mask

    @blocked.setter
    def blocked(self, mask: int) -> None:
        self.context.mask[0] = mask

    @property
    def is_leader(self) -> bool:
        """Whether this is the first thread of its process."""
        return self.process.leader is self

    @property
    def alive(self) -> bool:
        """Whether it has not exited."""
        return self.state is not State.ZOMBIE and self.state is not State.DEAD

    @property
    def halted(self) -> bool:
        """Whether it is stopped on the way to user mode: job control, its tracer, the freezer."""
        state = self.state
        if state is State.STOPPED or state is State.FROZEN:
            return True
        return state is State.TRACED and self.sleep is None

    def __repr__(self) -> str:
        return f"<task {self.tid} {self.comm.decode('latin-1')!r} {self.state.value}>"
