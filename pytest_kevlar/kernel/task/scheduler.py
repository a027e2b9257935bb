"""The scheduler: who runs, for how long, and what ends a slice of guest code.

A plain loop around the engine. Deterministic: tasks run round robin in the order in which
they became runnable, and a slice is counted in steps: blocks of translated code entered. A
seed other than the default one has a schedule of its own (`chance.py`), as deterministic.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Coroutine
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.cpu.engine import OutOfFrames, ffi, lib
from pytest_kevlar.kernel.errno import LinuxError
from pytest_kevlar.kernel.result import End
from pytest_kevlar.kernel.signals.deliver import NO_RESULT, deliver
from pytest_kevlar.kernel.signals.mask import recalc
from pytest_kevlar.kernel.signals.pending import bit
from pytest_kevlar.kernel.task.chance import Schedule
from pytest_kevlar.kernel.task.exception import exception
from pytest_kevlar.kernel.task.ptrace import report_step
from pytest_kevlar.kernel.task.realtime import RealTime
from pytest_kevlar.kernel.task.rseq import interrupt
from pytest_kevlar.kernel.task.task import State, Task
from pytest_kevlar.kernel.task.trace import Mode
from pytest_kevlar.kernel.task.tracedcall import show_restart, traced_call
from pytest_kevlar.kernel.task.wait import Interrupted, InterruptedRestartBlock, Sleep

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.live import Link
    from pytest_kevlar.kernel.syscalls.registry import Entry
    from pytest_kevlar.kernel.task.trace import Trace
    from pytest_kevlar.kernel.tracer import Tracer

#: Virtual nanoseconds of one step.
NS_PER_STEP = 1
#: Steps that a system call counts for: 100 ns, what an empty one costs on Linux.
SYSCALL_STEPS = 100
#: Steps that the end of a slice counts for, so that slices cannot be free.
INTERRUPT_STEPS = 200
#: Steps that a task may run before others have a turn: 400 µs. A yield or a sleep keeps the rest,
#: so whoever yields is preempted too; as a prime, in one part of a loop after the other.
QUANTUM = 399_989
#: The same where blocks are not counted: milliseconds of the host have passed when it ends.
UNCOUNTED_QUANTUM = 2_000_000
#: Slices and sleeps between two looks at the host's clock.
HOST_CLOCK_EVERY = 16

MASK64 = (1 << 64) - 1
ENOSYS_RESULT = -38 & MASK64
ENOMEM_RESULT = -12


class RunEnded(Exception):
    """The machine stops: the first process ended, or a bound was reached."""

    def __init__(self, end: End, detail: str = "") -> None:
        super().__init__(detail)
        self.end = end
        self.detail = detail


class TaskGone(BaseException):
    """The current task no longer exists; unwinds to the scheduler."""


class Scheduler:
    """One CPU, first come, first served.

    Attributes:
        current: the task whose code runs, None between tasks.
        need_resched: end the slice at the next system call.
        live: where more input comes from while tasks run, if any does.
    """

    live: Link | None = None

    def __init__(self, kernel: Kernel, max_steps: int, max_seconds: float) -> None:
        self.kernel = kernel
        self.engine = kernel.engine
        self.current: Task | None = None
        self.need_resched = False
        self._schedule = Schedule(kernel.seed) if kernel.seed else None
        self._realtime: RealTime | None = None
        self._special = self._schedule is not None
        self._queue: deque[Task] = deque()
        self._interrupted: dict[Task, None] = {}
        self._slice = 0
        self._steps_left = max_steps
        self._seconds = max_seconds
        self._host_end = self.engine.raw.host_deadline = time.monotonic() + max_seconds
        self._until_host_clock = HOST_CLOCK_EVERY
        kernel.clock.pending = self.unaccounted_ns
        kernel.timers.on_add = self._shorten

    # -- what the kernel calls ----------------------------------------------------

    def enqueue(self, task: Task) -> None:
        """Make a task runnable for the first time, or again."""
        if self._special:
            self._enqueued(task)
        self._queue.append(task)

    def _enqueued(self, task: Task) -> None:
        """What a schedule or a priority makes of a task that can run."""
        current, realtime = self.current, self._realtime
        if current is None:
            return
        if realtime is not None and realtime.outranks(task, current):
            realtime.preempting = self.need_resched = True
            self._shorten(self.kernel.clock.now)
        elif self._schedule is not None and not self._queue:
            # Nobody could preempt the current task before, and its slice was whole.
            self._shorten(self.kernel.clock.now + self._schedule.slice() * NS_PER_STEP)

    def use_priorities(self) -> None:
        """Some task is SCHED_FIFO or SCHED_RR: from now on priorities count."""
        if self._realtime is None:
            self._realtime = RealTime(self.kernel)
            self._special = True

    def wake(self, task: Task, result: bool) -> None:
        """End a task's sleep; `result` is False if the deadline did."""
        sleep = task.sleep
        if sleep is not None:
            if self.kernel.tracer is not None:
                self.kernel.tracer.note(task, "sched", "wakes" if result else "deadline or signal")
            sleep.stop()
            task.sleep = None
            task.wake_result = result
            task.state = State.RUNNING
            self.enqueue(task)

    def interrupt(self, task: Task) -> None:
        """End a task's sleep because a signal is due."""
        if task.sleep is not None:
            self._interrupted[task] = None
            self.wake(task, False)

    def stop(self, task: Task) -> None:
        """Group stop: the task runs no more until :meth:`resume`."""
        task.state = State.STOPPED

    def resume(self, task: Task) -> None:
        """Undo :meth:`stop`."""
        if task.halted:
            task.state = State.RUNNING
            if task is not self.current:
                self.enqueue(task)

    def yield_(self) -> None:
        """``sched_yield``: the current task goes to the end of the queue."""
        self.need_resched = True

    def remove(self, task: Task) -> None:
        """Forget a task that ended."""
        sleep = task.sleep
        if sleep is not None:
            sleep.stop()
            task.sleep = None
        self._interrupted.pop(task, None)
        if task is self.current:
            task.coroutine = None
            return
        if task.state is State.RUNNING:
            self._queue.remove(task)
        coroutine, task.coroutine = task.coroutine, None
        if coroutine is not None:
            coroutine.close()

    # -- time -------------------------------------------------------------------------

    def unaccounted_ns(self) -> int:
        """Virtual time that the running slice used and :meth:`account` has not seen."""
        return int(self._slice - self.engine.raw.budget) * NS_PER_STEP

    def account(self) -> None:
        """Bring the clock and the current task's CPU time up to date."""
        raw = self.engine.raw
        budget = raw.budget
        steps = self._slice - budget
        if steps <= 0:
            return
        self._slice = budget
        self._steps_left -= steps
        self.kernel.clock.advance(steps * NS_PER_STEP)
        system = raw.syscalls * SYSCALL_STEPS
        raw.syscalls = 0
        if self.current is not None:
            self.current.quantum -= steps
            self.current.system_ns += system * NS_PER_STEP
            self.current.user_ns += max(0, steps - system) * NS_PER_STEP

    def _shorten(self, deadline: int) -> None:
        """The slice must not run past `deadline`: a timer was armed, or a task woken."""
        if self.current is not None:
            steps = max(1, (deadline - self.kernel.clock.now) // NS_PER_STEP)
            raw = self.engine.raw
            if steps < raw.budget:
                cut = raw.budget - steps
                self._slice -= cut
                raw.budget = steps
                raw.virtual_time -= cut * NS_PER_STEP

    def _begin_slice(self, task: Task) -> None:
        kernel = self.kernel
        if task.quantum <= 0:
            quantum = QUANTUM if self.engine.counting else UNCOUNTED_QUANTUM
            task.quantum = task.quantum % quantum or quantum  # less what it took too much
        steps = task.quantum
        if self._schedule is not None and self._queue:
            steps = self._schedule.slice()
        deadline = kernel.timers.next_deadline()
        if deadline is not None:
            steps = min(steps, (deadline - kernel.clock.now) // NS_PER_STEP + 1)
        timers = task.process.timers
        if timers is not None:
            cpu = timers.cpu_budget_ns(task)
            if cpu is not None:
                steps = min(steps, cpu // NS_PER_STEP + 1)
        steps = max(1, min(steps, self._steps_left + 1))
        raw = self.engine.raw
        self._slice = raw.budget = steps
        raw.virtual_time = kernel.clock.now + steps * NS_PER_STEP

    def check_bounds(self) -> None:
        """End the run if its steps or its host time are used up."""
        if self._steps_left <= 0:
            raise RunEnded(End.TIMEOUT, f"after {self.kernel.limits.steps:,} steps")
        self._until_host_clock -= 1
        if self._until_host_clock <= 0:
            self._until_host_clock = HOST_CLOCK_EVERY
            if time.monotonic() > self._host_end:
                raise RunEnded(End.TIMEOUT, f"after {self._seconds:g} s of host time")
            if self.live is not None:
                self.live.glance()

    # -- the loop ------------------------------------------------------------------------

    def run(self) -> None:
        """Run until something raises :class:`RunEnded`."""
        kernel = self.kernel
        queue = self._queue
        while True:
            self.check_bounds()
            if not queue:
                deadline = kernel.timers.next_deadline()
                if self.live is not None and self._input_came(self.live, deadline):
                    continue
                if deadline is None:
                    raise RunEnded(End.DEADLOCK, kernel.describe_waits())
                kernel.clock.jump_to(deadline)
                if kernel.tracer is not None:
                    kernel.tracer.note(None, "time", f"all sleep until {deadline}")
            kernel.timers.run_due()
            if queue:
                task = self._drawn() if self._special else queue.popleft()
                if task.state is State.RUNNING:
                    self._run_task(task)

    def _drawn(self) -> Task:
        """The next task, as priorities and the schedule have it."""
        queue, schedule = self._queue, self._schedule
        if self._realtime is not None:
            return self._realtime.pick(queue, schedule)
        if schedule is None:
            return queue.popleft()
        chosen = schedule.pick(len(queue))
        queue.rotate(-chosen)
        task = queue.popleft()
        queue.rotate(chosen)
        return task

    def _input_came(self, live: Link, deadline: int | None) -> bool:
        self._until_host_clock = 0  # waiting for the host may use up its time
        return live.idle(deadline, self._host_end - time.monotonic())

    def _run_task(self, task: Task) -> None:
        self.current = task
        self.need_resched = False
        engine = self.engine
        if engine.active is not task.context:
            engine.load(task.context)
        engine.raw.task = task.tid
        task.memory.use()
        engine.raw.mask = task.context.mask
        self._watch_mask(task)
        self._begin_slice(task)
        try:
            if task.coroutine is None or self._continue(task):
                self._user(task)
        except TaskGone:
            pass
        finally:
            self.account()
            self.current = None
            self._slice = engine.raw.budget = 0

    def _watch_mask(self, task: Task) -> None:
        """Let the engine do ``rt_sigprocmask`` while the mask is all that the call changes.

        A signal that becomes pending ends that (:mod:`~pytest_kevlar.kernel.signals.send`).
        """
        pending = task.pending.mask or task.process.pending.mask
        watched = task.gate or task.trace or self.kernel.tracer
        self.engine.raw.quick_mask = not pending and not watched

    def _user(self, task: Task) -> None:
        """Run guest code until the task sleeps, stops, ends, or its slice is over."""
        kernel = self.kernel
        raw = self.engine.raw
        run = lib.kv_run
        table = task.gate or kernel.table
        tracer = kernel.tracer
        while True:
            if task.interrupt_pending:
                try:
                    deliver(task)
                except OutOfFrames:
                    kernel.out_of_memory(task)
                    continue
                if task.state is not State.RUNNING:
                    return
                table = task.gate or kernel.table
                self._watch_mask(task)
            if self.need_resched:
                self.need_resched = False
                if self._queue and self._gives_way(task):
                    return
            if task.trace is None:
                reason = run(raw)
            elif not self._run_tracee(task, task.trace):
                return
            else:
                continue
            if reason == 1:  # KV_EXIT_SYSCALL
                entry = table.get(raw.number & 0xFFFF_FFFF)
                if entry is None:
                    kernel.unknown_call(task, int(raw.number) & 0xFFFF_FFFF)
                    raw.result = ENOSYS_RESULT
                    raw.has_result = 1
                    continue
                if tracer is not None:
                    if not self._traced_call(task, entry, tracer):
                        return
                    continue
                try:
                    result = entry.call(task, raw.args)
                    if type(result) is CoroutineType:
                        if not self._begin(task, result):
                            return
                        continue
                except LinuxError as error:
                    raw.result = -error.number & MASK64
                    raw.has_result = 1
                    continue
                except Interrupted as kind:
                    if not self._begin(task, _raising(kind)):
                        return
                    continue
                except OutOfFrames:
                    result = self._out_of_memory(task)
                if result is not NO_RESULT:
                    raw.result = result & MASK64
                    raw.has_result = 1
            elif reason == lib.KV_EXIT_BUDGET:
                if not self._end_slice(task):
                    return
            else:
                self._exception(task, reason)

    def _run_tracee(self, task: Task, trace: Trace) -> bool:
        """Run guest code of a traced task; False if it cannot go on now."""
        raw = self.engine.raw
        raw.quick_mask = 0
        stepping = trace.mode is Mode.STEP
        reason = lib.kv_step(raw) if stepping else lib.kv_run(raw)
        if reason == lib.KV_EXIT_SYSCALL:
            number = raw.number & 0xFFFF_FFFF
            entry = self.kernel.table.get(number)
            if self.kernel.tracer is not None and entry is not None:
                self.kernel.tracer.enter(task, entry, tuple(ffi.unpack(raw.args, 6)))
            return self._begin(task, traced_call(task))
        task.syscall_number = -1
        if reason == lib.KV_EXIT_STEP:
            report_step(task)
        elif reason == lib.KV_EXIT_BUDGET:
            return self._end_slice(task)
        else:
            self._exception(task, reason)
        return True

    def _end_slice(self, task: Task) -> bool:
        """The budget is spent; True if the task goes on with a new one."""
        self.account()
        self._steps_left -= INTERRUPT_STEPS
        self.kernel.clock.advance(INTERRUPT_STEPS * NS_PER_STEP)
        self._until_host_clock = 0  # the engine ends a slice early when that is the reason
        self.check_bounds()
        kernel = self.kernel
        kernel.timers.run_due()
        kernel.check_cpu_timers(task)
        if self._queue and not (self._realtime is not None and self._goes_on(task, self._realtime)):
            task.nonvoluntary_switches += 1
            if task.rseq[0]:
                interrupt(task)
            if self._realtime is None:
                self._queue.append(task)
            return False
        self._begin_slice(task)
        return True

    def _goes_on(self, task: Task, realtime: RealTime) -> bool:
        """Whether a task whose slice is over is the next one again; it is queued if not."""
        realtime.preempting = self.need_resched = False
        return realtime.leave(task, self._queue)

    def _gives_way(self, task: Task) -> bool:
        """It yields, or a better one woke; False if it goes on after all."""
        realtime = self._realtime
        if realtime is not None and realtime.preempting:
            if self._goes_on(task, realtime):
                return False
            task.nonvoluntary_switches += 1
            return True
        task.voluntary_switches += 1
        self._queue.append(task)
        return True

    def _exception(self, task: Task, reason: int) -> None:
        """A fault or an exception ended the run of guest code."""
        exception(self.kernel, task, reason)

    # -- system calls ----------------------------------------------------------------------

    def _traced_call(self, task: Task, entry: Entry, tracer: Tracer) -> bool:
        """A call that is recorded; False if the task cannot go on."""
        raw = self.engine.raw
        args = tuple(ffi.unpack(raw.args, 6))
        tracer.enter(task, entry, args)
        try:
            result = entry.call(task, args)
            if type(result) is CoroutineType:
                return self._begin(task, result)
        except Interrupted as kind:
            return self._begin(task, _raising(kind))
        except LinuxError as error:
            result = -error.number
        except OutOfFrames:
            result = self._out_of_memory(task)
        if result is not NO_RESULT:
            raw.result = result & MASK64
            raw.has_result = 1
            tracer.leave(task, result)
        else:
            tracer.leave(task, None)
        return True

    def _out_of_memory(self, task: Task) -> int:
        """A call found no frame: its process is killed before it sees the result."""
        self.kernel.out_of_memory(task)
        return ENOMEM_RESULT

    def _begin(self, task: Task, coroutine: Coroutine[Sleep, bool, Any]) -> bool:
        """Start a call that may sleep; False if the task cannot go on now."""
        raw = self.engine.raw
        task.syscall_number = raw.number
        task.syscall_args = tuple(raw.args)
        task.coroutine = coroutine
        return self._step(task, coroutine, first=True)

    def _continue(self, task: Task) -> bool:
        """Continue a call whose sleep ended; False if it sleeps again."""
        assert task.coroutine is not None
        return self._step(task, task.coroutine, first=False)

    def _step(self, task: Task, coroutine: Coroutine[Sleep, bool, Any], *, first: bool) -> bool:
        raw = self.engine.raw
        interrupted = not first and self._interrupted.pop(task, False) is None
        value: Any = None if first else task.wake_result
        try:
            while True:
                sleep = coroutine.throw(Interrupted()) if interrupted else coroutine.send(value)
                if task.interrupt_pending and _may_end(task, sleep) and recalc(task):
                    interrupted = True  # a signal was due before the sleep began
                    continue
                self._sleep(task, sleep)
                return False
        except StopIteration as stop:
            task.coroutine = None
            result = stop.value
        except LinuxError as error:
            task.coroutine = None
            result = -error.number
        except OutOfFrames:
            task.coroutine = None
            result = self._out_of_memory(task)
        except Interrupted as kind:
            task.coroutine = None
            task.restart_kind = type(kind)
            if task.trace is not None:
                show_restart(task, type(kind))
            task.interrupt_pending = True
            if isinstance(kind, InterruptedRestartBlock):
                task.restart = kind
            if self.kernel.tracer is not None:
                self.kernel.tracer.leave(task, None, kind.restart)
            return task.state is State.RUNNING
        if result is not NO_RESULT:
            raw.result = (0 if result is None else result) & MASK64
            raw.has_result = 1
        if self.kernel.tracer is not None:
            self.kernel.tracer.leave(task, None if result is NO_RESULT else result or 0)
        return True

    def _sleep(self, task: Task, sleep: Sleep) -> None:
        task.sleep = sleep
        if sleep.traced:
            task.state = State.TRACED
        else:
            task.state = State.SLEEPING if sleep.interruptible else State.UNINTERRUPTIBLE
        task.voluntary_switches += 1
        if self.kernel.tracer is not None:
            self.kernel.tracer.note(task, "sched", f"sleeps: {sleep.what}")
        sleep.start(task)
        deadline = sleep.deadline
        if deadline is not None:
            if deadline <= self.kernel.clock.now:
                self.wake(task, False)
                return

            def expire() -> None:
                if task.sleep is sleep:
                    self.wake(task, False)

            sleep.timer = self.kernel.timers.add(deadline, expire)


def _may_end(task: Task, sleep: Sleep) -> bool:
    """Whether a signal that is pending already ends a sleep that is about to begin."""
    killed = task.pending.mask & bit(SIG.KILL) and not sleep.traced
    return sleep.interruptible or bool(killed)


async def _raising(kind: Interrupted) -> None:
    """A call that was interrupted without having slept: the terminal stopped its group."""
    raise kind
