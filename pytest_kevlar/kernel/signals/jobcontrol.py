"""Stopping and continuing whole processes, and telling their parents.

A group stop begins with one thread that dequeues SIGSTOP, SIGTSTP, SIGTTIN or SIGTTOU and
is complete when every thread has reached its own stop. Mirrors kernel/signal.c:
do_signal_stop(), prepare_signal() and do_notify_parent_cldstop().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.signals import CLD, SA, SIG, SIGHANDLER
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.mask import wake
from pytest_kevlar.kernel.signals.send import is_stopped, send_to_process
from pytest_kevlar.kernel.time.cpu import process_times

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task

TICK_NS = 10_000_000


def begin_stop(task: Task, signo: int) -> None:
    """A thread takes a stop signal: every thread is to stop."""
    from pytest_kevlar.kernel.task.ptrace import join_stop

    process = task.process
    process.stop_signal = signo
    for thread in list(process.threads.values()):
        if thread.trace is not None and thread.alive:
            join_stop(thread)
        elif thread is not task and thread.alive:
            wake(thread)


def stop_here(task: Task) -> None:
    """This thread has reached its stop; the last one tells the parent."""
    task.kernel.scheduler.stop(task)
    finish_stop(task.process)


def finish_stop(process: Process) -> None:
    """Report the stop if it is complete now; also for a thread that ended meanwhile."""
    if is_stopped(process) and process.threads:
        process.stop_report = process.stop_signal
        process.continue_report = False
        notify_parent(process, CLD.STOPPED, process.stop_signal)


def report_resume(process: Process) -> None:
    """The first thread to run again tells the parent; kernel/signal.c:get_signal()."""
    code, process.stop_notify = process.stop_notify, 0
    if code:
        notify_parent(process, code, SIG.CONT)


def notify_parent(process: Process, code: int, status: int) -> None:
    """SIGCHLD with ``CLD_*`` `code` to the parent, unless SA_NOCLDSTOP; wake its waits."""
    parent, leader = process.parent, process.leader
    if parent is None or leader is None:
        return
    receiver = parent.leader
    if receiver is not None and not parent.zombie:
        action = receiver.actions[SIG.CHLD]
        if action.handler != SIGHANDLER.IGN and not action.flags & SA.NOCLDSTOP:
            user, system = process_times(process)
            info = SigInfo.child(
                parent.pid_ns.number(process.pid),
                leader.cred.uid,
                code,
                status,
                user // TICK_NS,
                system // TICK_NS,
            )
            send_to_process(parent, SIG.CHLD, info)
    parent.child_event.wake()


def is_orphaned(kernel: Kernel, pgid: int, leaving: Process | None = None) -> bool:
    """Whether no member of a process group has a parent outside it in the same session.

    Stop signals from the terminal do nothing to such a group. Mirrors
    kernel/exit.c:will_become_orphaned_pgrp().

    Args:
        leaving: a member that is about to end and does not count.
    """
    for process in kernel.processes.values():
        if process.pgid != pgid or process is leaving or process.zombie:
            continue
        parent = process.parent
        if parent is None or parent.parent is None:
            continue
        if parent.pgid != pgid and parent.sid == process.sid:
            return False
    return True
