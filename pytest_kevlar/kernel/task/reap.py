"""Which child a wait call takes, and what it reports. Mirrors kernel/exit.c:do_wait()."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.process import P, W
from pytest_kevlar.kernel.abi.signals import CLD, SIG
from pytest_kevlar.kernel.errno import ECHILD
from pytest_kevlar.kernel.signals.send import is_stopped
from pytest_kevlar.kernel.task.exit import exit_code, reap
from pytest_kevlar.kernel.task.process import Process, Usage
from pytest_kevlar.kernel.task.wait import Interrupted

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

STOPPED_STATUS, CONTINUED_STATUS = 0x7F, 0xFFFF


class Report(NamedTuple):
    """A change of state that was waited for.

    Attributes:
        status: as ``wait4`` gives it. code, value: ``si_code`` and ``si_status``.
        child: who changed.
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


def selector(task: Task, kind: int, ident: int) -> Callable[[Process], bool]:
    """Whether a child is meant by ``waitid``'s `kind` and `ident`."""
    if kind == P.PID:
        return lambda child: child.pid == ident
    if kind == P.PGID:
        group = ident or task.process.pgid
        return lambda child: child.pgid == group
    return lambda child: True


async def wait_for(task: Task, wanted: Callable[[Process], bool], options: int) -> Report | None:
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
        for child in list(process.children.values()):
            if not wanted(child) or not _eligible(child, options):
                continue
            found |= not child.zombie or bool(options & W.EXITED)
            report = _take(child, options)
            if report is not None:
                return report
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
        if not options & W.EXITED:
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
