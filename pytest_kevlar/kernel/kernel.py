"""The kernel object: what all tasks of one machine share, and what joins the parts.

Only wiring: the behaviour is in the objects it holds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from typing import NoReturn

from pytest_kevlar.kernel import arch as architectures
from pytest_kevlar.kernel.cgroup.hierarchy import Hierarchy
from pytest_kevlar.kernel.cgroup.namespace import CgroupNamespace
from pytest_kevlar.kernel.cgroup.oom import fault_refused
from pytest_kevlar.kernel.cpu.engine import PAGE_SIZE, Engine
from pytest_kevlar.kernel.fs.kmsg import INFO, NOTICE, KernelLog
from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
from pytest_kevlar.kernel.net.namespace import NetNamespace
from pytest_kevlar.kernel.profile import HostProfile
from pytest_kevlar.kernel.result import End, Limits
from pytest_kevlar.kernel.signals.pending import PendingSignals
from pytest_kevlar.kernel.signals.send import kill_process
from pytest_kevlar.kernel.syscalls import table_for
from pytest_kevlar.kernel.task.autogroup import Autogroups
from pytest_kevlar.kernel.task.futex import FutexTable
from pytest_kevlar.kernel.task.futex_pi import PiTable
from pytest_kevlar.kernel.task.pidns import Pid, PidNamespace
from pytest_kevlar.kernel.task.process import Process
from pytest_kevlar.kernel.task.scheduler import NS_PER_STEP, SYSCALL_STEPS, RunEnded, Scheduler
from pytest_kevlar.kernel.task.task import State, Task
from pytest_kevlar.kernel.task.uts import UtsNamespace
from pytest_kevlar.kernel.time.clock import Clock
from pytest_kevlar.kernel.time.namespace import TimeNamespace
from pytest_kevlar.kernel.time.queue import TimerQueue
from pytest_kevlar.kernel.tracer import Tracer
from pytest_kevlar.kernel.tuning import Checks, Tuning

#: Ids of the two processes that are there and never run: init, and whoever started the guest.
INIT_PID, STARTER_PID, FIRST_PID = 1, 2, 100
FIRST_NAMESPACE = 4_026_532_000


#: Told of every write to stream 1 or 2 as it happens.
Listener = Callable[[int, bytes], object]


class OutputSink:
    """What the first process's standard output and error lead to; bounded.

    Attributes:
        keep: remember it, for :meth:`collected`.
    """

    keep = True

    def __init__(self, limit: int, listener: Listener | None = None) -> None:
        self._limit = limit
        self._listener = listener
        self._size = 0
        self._parts: dict[int, list[bytes]] = {1: [], 2: []}

    def write(self, stream: int, data: bytes) -> None:
        """Keep `data` written to `stream` 1 or 2.

        Raises:
            RunEnded: the bound is reached; what fits is kept.
            BrokenPipeError: the listener has nobody to tell it to.
        """
        room = self._limit - self._size
        kept = bytes(data[:room])
        if self.keep:
            self._parts[stream].append(kept)
        if self._listener is not None:
            self._listener(stream, kept)
        self._size += min(len(data), room)
        if len(data) > room:
            raise RunEnded(End.OUTPUT, f"more than {self._limit:,} bytes of output")

    def collected(self, stream: int) -> bytes:
        """Everything written to `stream` so far."""
        return b"".join(self._parts[stream])


def _scheduler(tuning: Tuning) -> type[Scheduler]:
    """The kind that checks what `tuning` asks for."""
    if tuning.checks is Checks.NONE:
        return Scheduler
    from pytest_kevlar.kernel.invariants.checked import CheckedScheduler

    return CheckedScheduler


class Kernel:
    """One running system.

    Attributes:
        tasks, processes: by id, zombies included, oldest first.
        init: inherits orphans; it never runs. first: the process whose end ends the run.
        exit_status: wait status of `first`, once it ended.
        uts, ipc, pid_ns: the initial UTS, IPC and PID namespaces. net: the network.
        nested_pids: the names of ids that belong to other PID namespaces, also of those that
            ended: somebody may have been told.
        autogroups: scheduling groups of sessions.
        siginfos: no fewer than there are siginfos queued, and POSIX timers.
        tuning: what is checked, counted and remembered.
        cgroups: the tree of control groups. cgroup_ns: the initial namespace.
        tracer: records events, None if nobody asked for any.
        unknown: names of system calls that are not there but were made.
    """

    def __init__(
        self,
        engine: Engine,
        profile: HostProfile,
        seed: int,
        limits: Limits,
        trace: bool | Collection[str],
        listener: Listener | None = None,
        tuning: Tuning | None = None,
    ) -> None:
        self.engine = engine
        self.tuning = tuning = tuning or Tuning()
        self.arch = architectures.get(engine.arch)
        self.profile = profile
        self.seed = seed
        self.limits = limits
        self.rng = random.Random(seed)
        self.clock = Clock(profile)
        self.timers = TimerQueue(self.clock)
        self.log = KernelLog()
        self.log.append(f"Linux version {profile.release}".encode(), NOTICE, 0)
        self.log.append(b"Command line: ", INFO, 0)
        self.futexes = FutexTable()
        self.locks = PiTable(self.futexes)
        self.output = OutputSink(limits.output, listener)
        self.net = NetNamespace(self)
        self.uts = UtsNamespace(profile.nodename.encode(), profile.domainname.encode())
        self.ipc = IpcNamespace(self)
        self.time = TimeNamespace()
        self.cgroups = Hierarchy(self)
        self.cgroup_ns = CgroupNamespace(self.cgroups.root)
        self.tasks: dict[int, Task] = {}
        self.processes: dict[int, Process] = {}
        self.nested_pids: dict[int, Pid] = {}
        self.pid_ns = PidNamespace(self, last=FIRST_PID + self.random(400) - 1)
        self.init = self._bystander(INIT_PID, None)
        self.starter = self._bystander(STARTER_PID, self.init)
        self.pid_ns.reaper = self.init
        self.init.children[STARTER_PID] = self.starter
        self.starter.pgid = self.starter.sid = STARTER_PID
        self.first: Process | None = None
        self.exit_status = 0
        self.unknown: dict[str, None] = {}
        self.table = table_for(self.arch)
        self.tracer = Tracer(self, trace) if trace else None
        self.autogroups = Autogroups()
        self.forks = 0
        self.siginfos = 0
        self._last_namespace = FIRST_NAMESPACE - 1
        raw = engine.raw
        engine.bound(limits.memory // PAGE_SIZE)
        raw.syscall_cost = SYSCALL_STEPS
        raw.step_time = NS_PER_STEP
        raw.mask_call = self.arch.numbers["rt_sigprocmask"]
        raw.call_count = raw.syscalls = raw.budget = 0
        raw.history = tuning.history
        self.scheduler = _scheduler(tuning)(self, limits.steps, limits.seconds)

    # -- chance, all of it from the seed ------------------------------------------------

    def random(self, bound: int) -> int:
        """A number below `bound`; 0 for the default seed."""
        return self.rng.randrange(bound) if self.seed else 0

    def random_pages(self, bound: int) -> int:
        """A page-aligned offset below `bound` pages; 0 for the default seed."""
        return self.random(bound) * PAGE_SIZE

    def _bystander(self, pid: int, parent: Process | None) -> Process:
        limits = dict(self.profile.rlimits)
        return Process(pid, parent, PendingSignals(), limits, self.pid_ns)

    def new_namespace_ino(self) -> int:
        """An inode number for a new namespace."""
        self._last_namespace += 1
        return self._last_namespace

    def is_used(self, pid: int) -> bool:
        """Whether a task, a process group or a session has this id."""
        return pid in self.tasks or any(
            pid in (process.pgid, process.sid) for process in self.processes.values()
        )

    # -- calls from below -------------------------------------------------------------------

    def exit_group(self, task: Task, status: int) -> None:
        """End the whole process of the current task with a wait status; does not return."""
        from pytest_kevlar.kernel.task.exit import exit_group

        exit_group(task, status)

    def wake_parent(self, parent: Process) -> None:
        """A child changed state."""
        parent.child_event.wake()

    def check_cpu_timers(self, task: Task) -> None:
        """Fire what was set on the CPU time of the task or its process."""
        timers = task.process.timers
        if timers is not None:
            timers.check(task)

    def out_of_memory(self, task: Task) -> None:
        """All memory, or a control group's, is used up: kill who needed more, or another."""
        if self.engine.raw.refused:
            fault_refused(self.cgroups, task)
            return
        if self.tracer is not None:
            self.tracer.note(task, "mm", "out of memory")
        self.oom_kills = True
        kill_process(task.process)

    oom_kills = False
    #: What the keys would do, 1 being to reboot at once; there is no keyboard.
    ctrl_alt_del = 1

    # -- what is recorded ---------------------------------------------------------------------

    def unknown_call(self, task: Task, number: int) -> None:
        """A call this kernel does not have was made."""
        name = self.arch.names.get(number, f"syscall_{number:#x}")
        self.unknown[name] = None
        if self.tracer is not None:
            self.tracer.unknown(task, name)

    def record_fault(self, task: Task, signal: int, code: int, address: int) -> None:
        """A task made an access or ran an instruction that becomes a signal."""
        if self.tracer is not None:
            self.tracer.fault(task, signal, code, address)

    def record_fork(self, task: Task, child: Task) -> None:
        """`task` made `child`."""
        if self.tracer is not None:
            self.tracer.forked(task, child)

    def record_exec(self, task: Task) -> None:
        """`task` runs another program."""
        if self.tracer is not None:
            self.tracer.executed(task, task.comm.decode("latin-1"))

    def record_exit(self, task: Task, status: int) -> None:
        """`task` ended with a wait status."""
        if self.tracer is not None:
            self.tracer.exited(task, status)

    def record_silence(self, task: Task) -> None:
        """`task` will not return from the call that it is in."""
        if self.tracer is not None:
            self.tracer.abandoned(task)

    # -- the end of it all ----------------------------------------------------------------------

    def shut_down(self) -> NoReturn:
        """The machine goes down, and with it the run, as if the first process had exited."""
        self.exit_status = 0
        raise RunEnded(End.EXITED)

    # -- for people ------------------------------------------------------------------------------

    def describe_waits(self) -> str:
        """What each living task waits for, in one line."""
        parts = []
        for task in self.tasks.values():
            if not task.alive or task.tid < FIRST_PID:
                continue
            if task.state is State.STOPPED:
                what = "is stopped"
            elif task.state is State.TRACED:
                what = "is stopped by its tracer"
            elif task.state is State.FROZEN:
                what = "is frozen"
            elif task.sleep is not None:
                name = self.arch.names.get(task.syscall_number, "?")
                what = f"waits in {name} ({task.sleep.what})"
            else:
                what = "can run"
            parts.append(f"task {task.tid} ({task.comm.decode('latin-1')}) {what}")
        return "; ".join(parts) or "no task is left"
