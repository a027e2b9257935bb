"""Which child a wait call takes, and what it reports. Mirrors kernel/exit.c:do_wait()."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.process import P, W
from pytest_kevlar.kernel.abi.signals import CLD, SIG
from pytest_kevlar.kernel.errno import ECHILD
from pytest_kevlar.kernel.signals.send import is_stopped
from pytest_kevlar.kernel.task import ptrace
from pytest_kevlar.kernel.task.exit import exit_code, notify_exit, reap, status_code
from pytest_kevlar.kernel.task.process import Process, Usage
from pytest_kevlar.kernel.task.task import State
from pytest_kevlar.kernel.task.wait import Interrupted

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.trace import Trace

STOPPED_STATUS, CONTINUED_STATUS = 0x7F, 0xFFFF


class Report(NamedTuple):
    """A change of state that was waited for.

    Attributes:
        pid: the kernel's own id of who changed.
        status: as ``wait4`` gives it. code, value: ``si_code`` and ``si_status``.
        child: its process.
    """

    pid: int
    uid: int
    status: int
    code: int
    value: int
    child: Process

    @property
    def usage(self) -> Usage:
        """What the child and its own children have used so far."""
        child = self.child
        total = Usage()
        total.add(child.usage)
        total.add(child.child_usage)
        for thread in child.threads.values():
            total.user_ns += thread.user_ns
            total.system_ns += thread.system_ns
        return total


class Selector(NamedTuple):
    """Which children, and traced threads, a wait call is about.

    Attributes:
        matches: whether one of them is meant.
        tid: the only one that is, None if there may be several.
    """

    matches: Callable[[Task], bool]
    tid: int | None = None

    def candidates(self, process: Process) -> list[Process | Task]:
        """Those to look at; one that is named is not searched for, as in do_wait_pid()."""
        if self.tid is None:
            return [*process.children.values(), *process.tracees]
        child = process.children.get(self.tid)
        return [*process.tracees] if child is None else [child, *process.tracees]


def selector(task: Task, kind: int, ident: int) -> Selector:
    """Who is meant by ``waitid``'s `kind` and `ident`.

    Args:
        ident: as the caller sees it, in its PID namespace.
    """
    if kind == P.PID:
        tid = task.pid_ns.ident(ident)
        return Selector(lambda child: child.tid == tid, tid)
    if kind == P.PGID:
        group = task.pid_ns.ident(ident) if ident else task.process.pgid
        return Selector(lambda child: child.process.pgid == group)
    return Selector(lambda child: True)


async def wait_for(task: Task, wanted: Selector, options: int) -> Report | None:
    """Wait until a wanted child has changed state as `options` ask.

    Returns:
        None if WNOHANG is given and none has.

    Raises:
        ECHILD: no such child.
    """
    process = task.process
    interrupted: Interrupted | None = None
    while True:
        found = False
        for child in wanted.candidates(process):
            here, report = _consider(process, child, wanted.matches, options)
            if report is not None:
                return report
            found |= here
        if not found:
            raise ECHILD
        if options & W.NOHANG:
            return None
        if interrupted is not None:
            raise interrupted
        try:
            await process.child_event.wait("do_wait")
        except Interrupted as kind:  # the child that sent SIGCHLD is there: look once more
            interrupted = kind


def _consider(
    process: Process, child: Process | Task, wanted: Callable[[Task], bool], options: int
) -> tuple[bool, Report | None]:
    """Whether a child or tracee may still change, and what it has to report.

    Mirrors kernel/exit.c:wait_consider_task(): what the caller traces reports to it as a
    tracee, be it its child or not; a child that another process traces ends for that one.
    """
    task = child.leader if isinstance(child, Process) else child
    if task is None or not wanted(task):
        return False, None
    trace = task.trace
    if trace is not None and trace.tracer.process is process:
        alive = task.alive or (task.is_leader and not task.process.zombie)
        return alive or bool(options & W.EXITED), take_tracee(task, trace, options)
    if not isinstance(child, Process) or not _eligible(child, options):
        return False, None
    if trace is not None and child.zombie:
        return bool(options & W.EXITED), None
    return not child.zombie or bool(options & W.EXITED), _take(child, options)


def take_tracee(task: Task, trace: Trace, options: int) -> Report | None:
    """What a tracee has to report to its tracer."""
    process, keep = task.process, bool(options & W.NOWAIT)
    if not task.alive:
        if not options & W.EXITED:
            return None
        if task.is_leader and (not process.zombie or process.dead_threads):
            return None  # delay_group_leader()
        status = process.wait_status if task.is_leader else task.exit_code
        code, value = status_code(status)
        report = Report(task.tid, task.cred.uid, status, code, value, process)
        if not keep:
            _bury(task, trace)
        return report
    if task.state is State.TRACED and trace.stopped and trace.exit_code and not trace.listening:
        status = trace.exit_code
        if not keep:
            trace.exit_code = 0
        shown = status << 8 | STOPPED_STATUS
        return Report(task.tid, task.cred.uid, shown, CLD.TRAPPED, status, process)
    if options & W.CONTINUED and process.continue_report:
        if not keep:
            process.continue_report = False
        uid = task.cred.uid
        return Report(task.tid, uid, CONTINUED_STATUS, CLD.CONTINUED, SIG.CONT, process)
    return None


def _bury(task: Task, trace: Trace) -> None:
    """A tracer has waited for a tracee that ended; its parent may still want to."""
    process, tracer = task.process, trace.tracer.process
    if task.is_leader and process.parent is tracer:
        reap(process)
        return
    ptrace.unlink(task)
    if task.is_leader:
        notify_exit(process)
    else:
        task.state = State.DEAD


def _eligible(child: Process, options: int) -> bool:
    """__WCLONE waits for children that do not send SIGCHLD, __WALL for all."""
    if options & W.WALL:
        return True
    leader = child.leader
    clone_child = leader is not None and leader.exit_signal != SIG.CHLD
    return clone_child == bool(options & W.WCLONE)


def _take(child: Process, options: int) -> Report | None:
    leader = child.leader
    assert leader is not None
    uid = leader.cred.uid
    if child.zombie:
        if not options & W.EXITED or child.dead_threads:
            return None
        code, value = exit_code(child)
        report = Report(child.pid, uid, child.wait_status, code, value, child)
        if not options & W.NOWAIT:
            reap(child)
        return report
    if options & W.STOPPED and child.stop_report and is_stopped(child):
        signal = child.stop_report
        if not options & W.NOWAIT:
            child.stop_report = 0
        return Report(child.pid, uid, signal << 8 | STOPPED_STATUS, CLD.STOPPED, signal, child)
    if options & W.CONTINUED and child.continue_report:
        if not options & W.NOWAIT:
            child.continue_report = False
        return Report(child.pid, uid, CONTINUED_STATUS, CLD.CONTINUED, SIG.CONT, child)
    return None
