"""Sending a signal: whom it reaches, what it undoes, and what is dropped on the way.

After kernel/signal.c:send_signal_locked(). What the receiver then does is :mod:`deliver`;
stopping and continuing is :mod:`jobcontrol`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.signals import CLD, SA, SI, SIG, SIGHANDLER
from pytest_kevlar.kernel.errno import EAGAIN, EPERM, ESRCH
from pytest_kevlar.kernel.signals.actions import Action
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.mask import wake
from pytest_kevlar.kernel.signals.pending import STOPPING, UNBLOCKABLE, bit
from pytest_kevlar.kernel.task.cred import CAP_KILL
from pytest_kevlar.kernel.task.task import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task


def send_to_task(task: Task, signo: int, info: SigInfo, force: bool = False) -> None:
    """Send to one thread, as ``tgkill(2)`` does.

    Args:
        signo: 1..64.
        info: what the receiver is told.
        force: a signal the kernel itself raises on the task: never dropped as ignored.

    Raises:
        EAGAIN: a real-time signal beyond RLIMIT_SIGPENDING.
    """
    info, privileged = as_received(task, info)
    if not task.alive or not _prepare(task, signo, force, privileged):
        return
    if _queue(task, signo, info, to_task=True):
        _complete(task, signo, to_task=True)


def send_to_process(process: Process, signo: int, info: SigInfo, first: Task | None = None) -> None:
    """Send to a thread group, as ``kill(2)`` does; any thread that takes it may get it.

    Args:
        first: the thread to prefer; the leader if None.

    Raises:
        EAGAIN: a real-time signal beyond RLIMIT_SIGPENDING.
    """
    task = first or process.leader
    if process.zombie or task is None:
        return
    info, privileged = as_received(task, info)
    if not _prepare(task, signo, False, privileged):
        return
    if _queue(task, signo, info, to_task=False):
        _complete(task, signo, to_task=False)


def as_received(task: Task, info: SigInfo) -> tuple[SigInfo, bool]:
    """What the receiver is told, and whether init, too, obeys: from the kernel or from above.

    Mirrors kernel/signal.c:send_signal_locked().
    """
    privileged = info.code == SI.KERNEL
    if task.pid_ns.level and info.has_sender:
        sender = task.kernel.scheduler.current
        if sender is not None and not task.pid_ns.number(sender.tid):
            return info.from_nobody(), True
    return info, privileged


def send_to_group(kernel: Kernel, pgid: int, signo: int, info: SigInfo) -> None:
    """Send to every process of a process group: the terminal's and the kernel's own signals."""
    for process in group_members(kernel, pgid):
        send_to_process(process, signo, info)


def group_members(kernel: Kernel, pgid: int) -> list[Process]:
    """Processes of a process group, zombies included, oldest first."""
    return [process for process in kernel.processes.values() if process.pgid == pgid]


def sender_info(task: Task, signo: int) -> SigInfo:
    """What ``kill(2)`` by `task` tells the receiver."""
    return SigInfo.user(signo, task.process.vpid, task.cred.uid)


def force_fault(task: Task, signo: int, code: int, address: int) -> None:
    """Raise a fault on the current task; blocked or ignored, it kills.

    Mirrors kernel/signal.c:force_sig_fault().
    """
    force_info(task, SigInfo.fault(signo, code, address))


def force_info(task: Task, info: SigInfo, *, fatal: bool = False, unseen: bool = False) -> None:
    """Raise a signal on the current task that it cannot escape.

    Mirrors kernel/signal.c:force_sig_info_to_task().

    Args:
        fatal: run no handler either: the task dies of it.
        unseen: nor may a tracer see it (HANDLER_EXIT).
    """
    signo = info.signo
    action = task.actions[signo]
    blocked = task.blocked & bit(signo)
    if blocked or fatal or action.handler == SIGHANDLER.IGN:
        flags = action.flags | (SA.IMMUTABLE if unseen else 0)
        task.actions[signo] = Action(SIGHANDLER.DFL, flags, action.restorer, action.mask)
        task.blocked &= ~blocked
    if task.actions[signo].handler == SIGHANDLER.DFL and (task.trace is None or unseen):
        task.process.unkillable = False
    send_to_task(task, signo, info, force=True)


def force_segv(task: Task, signo: int) -> None:
    """The frame of a handler for `signo` cannot be written; kernel/signal.c:force_sigsegv()."""
    force_info(task, SigInfo.kernel(SIG.SEGV), fatal=signo == SIG.SEGV)


def kill_process(process: Process) -> None:
    """SIGKILL from the kernel (out of memory, parent-death and the like)."""
    send_to_process(process, SIG.KILL, SigInfo.kernel(SIG.KILL))


def check_permission(sender: Task, target: Task, signo: int) -> None:
    """EPERM unless `sender` may signal `target`; kernel/signal.c:check_kill_permission()."""
    if sender.process is target.process:
        return
    mine, theirs = sender.cred, target.cred
    if {mine.euid, mine.uid} & {theirs.suid, theirs.uid} or mine.capable_in(
        theirs.user_ns, CAP_KILL
    ):
        return
    if signo == SIG.CONT and sender.process.sid == target.process.sid:
        return
    raise EPERM


def kill_one(
    sender: Task, process: Process, signo: int, info: SigInfo, first: Task | None = None
) -> None:
    """Check and send to one process; signal 0 only checks.

    Args:
        first: the thread that was named, if any.
    """
    target = first or process.leader
    if target is None:
        raise ESRCH
    check_permission(sender, target, signo)
    if signo:
        send_to_process(process, signo, info, first)


def kill_group(sender: Task, pgid: int, signo: int) -> None:
    """``kill(-pgid)``: fails only if no member could be signalled.

    Mirrors kernel/signal.c:__kill_pgrp_info().
    """
    _kill_many(sender, group_members(sender.kernel, pgid), signo)


def kill_all(sender: Task, signo: int) -> None:
    """``kill(-1)``: every process but init and one's own; EPERM counts as no failure."""
    others = [
        process
        for number, process in sender.pid_ns.processes()
        if number > 1 and process is not sender.process
    ]
    if not others:
        raise ESRCH
    try:
        _kill_many(sender, others, signo)
    except EPERM:
        return


def _kill_many(sender: Task, processes: Iterable[Process], signo: int) -> None:
    info = sender_info(sender, signo)
    failure: EPERM | ESRCH | EAGAIN | None = ESRCH()
    reached = False
    for process in list(processes):
        try:
            kill_one(sender, process, signo, info)
        except (EPERM, ESRCH, EAGAIN) as error:
            failure = error
        else:
            reached = True
    if not reached and failure is not None:
        raise failure


def is_ignored(task: Task, signo: int, privileged: bool = False) -> bool:
    """Whether sending would have no effect; kernel/signal.c:sig_ignored().

    A blocked signal is kept: the disposition may change before it is unblocked.

    Args:
        privileged: sent by the kernel or from a PID namespace above.
    """
    if (task.blocked | task.real_blocked) & bit(signo):
        return False
    if task.trace is not None and signo != SIG.KILL:
        return False  # the tracer may want to know
    if task.process.unkillable and task.actions[signo].handler == SIGHANDLER.DFL:
        return not (privileged and bit(signo) & UNBLOCKABLE)
    return task.actions.ignores(signo)


def flush(process: Process, mask: int) -> None:
    """Forget pending signals of a process and of all its threads."""
    process.pending.discard(mask)
    for thread in process.threads.values():
        thread.pending.discard(mask)


def _prepare(task: Task, signo: int, force: bool, privileged: bool) -> bool:
    """What a signal does by being sent; False if it goes no further (prepare_signal())."""
    process = task.process
    if process.group_exit is not None:
        return False
    if bit(signo) & STOPPING:
        flush(process, bit(SIG.CONT))
    elif signo == SIG.CONT:
        flush(process, STOPPING)
        _resume(process)
    return force or not is_ignored(task, signo, privileged)


def is_stopped(process: Process) -> bool:
    """Whether a group stop is complete."""
    return process.stop_signal != 0 and all(
        thread.state is State.STOPPED or (thread.trace is not None and thread.trace.participated)
        for thread in process.threads.values()
        if thread.alive
    )


def _resume(process: Process) -> None:
    """SIGCONT was sent: undo a stop, complete or not."""
    if not process.stop_signal:
        return
    process.stop_notify = CLD.CONTINUED if is_stopped(process) else CLD.STOPPED
    process.stop_signal = 0
    process.stop_report = 0
    process.continue_report = True
    from pytest_kevlar.kernel.task.ptrace import continued

    for thread in list(process.threads.values()):
        thread.interrupt_pending = True
        if thread.trace is not None:
            continued(thread)
        elif thread.state is State.STOPPED:
            thread.kernel.scheduler.resume(thread)


def _queue(task: Task, signo: int, info: SigInfo, *, to_task: bool) -> bool:
    """Make it pending; False if it coalesced with one that is pending already."""
    pending = task.pending if to_task else task.process.pending
    if signo < SIG.RTMIN and pending.mask & bit(signo) and info.timer is None:
        return False
    room = True
    reader = task.cred.user_ns
    if reader.parent is not None and info.tells_sender:
        info = info.with_uid(reader.uids.seen(info.uid))
    # The kernel's own and kill(2)'s standard signals do not count against the limit.
    if info.timer is None and not (signo < SIG.RTMIN and info.code >= 0):
        limit = task.process.limit(RLIMIT.SIGPENDING)
        room = has_room(task.kernel, task.cred.uid, limit)
        if not room and signo >= SIG.RTMIN and info.code != SI.USER:
            raise EAGAIN("RLIMIT_SIGPENDING")
    queues = task.actions.signalfd_queue
    pending.add(signo, info if room and signo != SIG.KILL else None)
    task.kernel.siginfos += 1
    task.kernel.engine.raw.quick_mask = 0
    if queues:
        queues.wake()
    return True


def has_room(kernel: Kernel, uid: int, limit: int) -> bool:
    """Whether a user's siginfos and POSIX timers are fewer than `limit`.

    What all users may have at most is known; only if that is too much are they counted.
    """
    if kernel.siginfos < limit:
        return True
    kernel.siginfos = sum(queued_in(process) for process in kernel.processes.values())
    return queued_by_user(kernel, uid) < limit


def queued_by_user(kernel: Kernel, uid: int) -> int:
    """Siginfos and POSIX timers of a user's processes, against RLIMIT_SIGPENDING."""
    return sum(
        queued_in(process)
        for process in kernel.processes.values()
        if process.leader is not None and process.leader.cred.uid == uid
    )


def queued_in(process: Process) -> int:
    """Siginfos and POSIX timers of a process."""
    total = process.pending.count
    total += sum(thread.pending.count for thread in process.threads.values())
    if process.timers is not None:
        total += len(process.timers.posix)
    return total


def _wants(task: Task, signo: int) -> bool:
    """kernel/signal.c:wants_signal()."""
    if task.blocked & bit(signo) or not task.alive:
        return False
    if signo == SIG.KILL:
        return True
    if task.state is State.STOPPED or task.state is State.TRACED:
        return False
    return task.kernel.scheduler.current is task or not task.interrupt_pending


def _complete(task: Task, signo: int, *, to_task: bool) -> None:
    """Wake a thread that will take it; kernel/signal.c:complete_signal()."""
    process = task.process
    if signo == SIG.KILL:
        for thread in list(process.threads.values()):
            thread.pending.add(SIG.KILL, None)
            wake(thread, fatal=True)
        return
    if _wants(task, signo):
        wake(task)
        return
    if to_task:
        return
    for thread in list(process.threads.values()):
        if _wants(thread, signo):
            wake(thread)
            return


def set_action(task: Task, signo: int, action: Action) -> None:
    """Install a disposition; pending signals that it ignores are forgotten.

    Mirrors kernel/signal.c:do_sigaction().
    """
    actions = task.actions
    was_ignored = actions[signo].handler == SIGHANDLER.IGN
    actions[signo] = action
    timers = task.process.timers
    mine = [] if timers is None else [t for t in timers.posix.values() if t.signo == signo]
    if actions.ignores(signo):
        flush(task.process, bit(signo))
        for timer in mine:
            timer.ignore()
    elif was_ignored:
        for timer in mine:
            timer.unignore()
