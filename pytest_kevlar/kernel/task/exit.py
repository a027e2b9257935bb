"""Ending tasks and processes, and what their parents are told.

Mirrors kernel/exit.c. Wait statuses are the raw ones of ``wait4``: the exit code in bits
8..15, or the signal in bits 0..6 with 0x80 for a core dump.
"""

from __future__ import annotations

from dataclasses import replace

from pytest_kevlar.kernel.abi.ptrace import EVENT
from pytest_kevlar.kernel.abi.signals import CLD, SA, SIG, SIGHANDLER
from pytest_kevlar.kernel.ipc.undo import release_undo
from pytest_kevlar.kernel.result import End
from pytest_kevlar.kernel.signals.actions import NSIG, Action
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.jobcontrol import TICK_NS, finish_stop, is_orphaned
from pytest_kevlar.kernel.signals.mask import retarget, wake
from pytest_kevlar.kernel.signals.pending import bit
from pytest_kevlar.kernel.signals.send import (
    group_members,
    is_ignored,
    is_stopped,
    kill_process,
    send_to_group,
    send_to_process,
    sender_info,
)
from pytest_kevlar.kernel.task import ptrace
from pytest_kevlar.kernel.task.pidns import PidNamespace, release
from pytest_kevlar.kernel.task.process import Process
from pytest_kevlar.kernel.task.robust import release_words
from pytest_kevlar.kernel.task.scheduler import RunEnded, TaskGone
from pytest_kevlar.kernel.task.task import State, Task


def exit_group(task: Task, status: int) -> None:
    """End the whole process of the current task; does not return to it.

    Raises:
        TaskGone: always, to unwind to the scheduler.
    """
    end_task(task, end_others(task, status))
    raise TaskGone


def end_others(task: Task, status: int) -> int:
    """End the other threads of the current task's process, or let them stop for their tracer.

    Mirrors kernel/exit.c:do_group_exit() and kernel/signal.c:zap_other_threads().

    Returns:
        The wait status of the process: that of whoever ended it first.
    """
    process = task.process
    if process.group_exit is None:
        process.group_exit = status
    status = process.group_exit
    for thread in list(process.threads.values()):
        if thread is task:
            continue
        if not ptrace.event_enabled(thread, EVENT.EXIT):
            end_task(thread, status)
        elif thread.exiting is None and not thread.pending.mask & bit(SIG.KILL):
            thread.pending.add(SIG.KILL, None)
            wake(thread, fatal=True)
    return status


def exit_thread(task: Task, status: int) -> None:
    """End the current task alone; its process ends with its last thread."""
    end_task(task, status)
    raise TaskGone


def _record_end(task: Task, status: int) -> None:
    """Record an end as a tracer is told of it: of a leader when its last thread is gone.

    It is never told of one whose place another thread takes that runs another program.
    """
    kernel, process = task.kernel, task.process
    alone = len(process.threads) <= 1
    if alone or not task.is_leader:
        kernel.record_exit(task, status)
    else:
        kernel.record_silence(task)
    leader = process.leader
    if alone and leader is not None and leader is not task:
        code = process.group_exit
        kernel.record_exit(leader, status if code is None else code)


def end_task(task: Task, status: int) -> None:
    """Take a task apart. It may be the current one or one that does not run."""
    kernel, process = task.kernel, task.process
    if not task.alive:
        return
    if task is kernel.scheduler.current:
        kernel.scheduler.account()
    if task.pid_ns.reboot_signal and task.pid_ns.reaper is process:
        status = task.pid_ns.reboot_signal
    task.exit_code = status
    _record_end(task, status)
    kernel.scheduler.remove(task)
    if process.tracees:
        ptrace.release_tracees(task)
    release_words(task)
    release_vfork(task)
    usage = process.usage
    usage.user_ns += task.user_ns
    usage.system_ns += task.system_ns
    usage.voluntary_switches += task.voluntary_switches
    usage.nonvoluntary_switches += task.nonvoluntary_switches
    process.threads.pop(task.tid, None)
    last = not process.threads
    if last:
        usage.minor_faults += task.memory.minor_faults
        usage.max_rss = max(usage.max_rss, task.memory.peak_rss)
    release_undo(task)
    task.ipc.put()
    task.files.release()
    task.fs.release()
    task.actions.release()
    task.memory.release()
    kernel.engine.free_context(task.context)
    task.state = State.ZOMBIE if task.is_leader else State.DEAD
    grouped = task.cgroup.parent is not None
    if grouped:
        kernel.cgroups.exited(task)
    if task.gate is not None:
        from pytest_kevlar.kernel.task.seccomp import leave

        leave(task)
    if not task.is_leader:
        kernel.tasks.pop(task.tid, None)
        if grouped:
            kernel.cgroups.released(task)
        release(kernel, task.tid)
        _end_traced_thread(task)
    retarget(task, process.pending.mask)
    if last:
        _end_process(process, process.group_exit if process.group_exit is not None else status)
    elif process.stop_signal:
        finish_stop(process)


def _end_traced_thread(task: Task) -> None:
    """A thread that is not the leader ends: its tracer, if any, waits for it."""
    trace = task.trace
    if trace is None:
        return
    task.state = State.ZOMBIE
    task.process.dead_threads += 1
    trace.stopped = False
    status = task.exit_code
    code, value = status_code(status)
    number = trace.tracer.pid_ns.number(task.tid)
    info = SigInfo.child(number, task.cred.uid, code, value, 0, 0)
    send_to_process(trace.tracer.process, SIG.CHLD, info)
    task.kernel.wake_parent(trace.tracer.process)


def release_vfork(task: Task) -> None:
    """Let the parent of a ``vfork`` go on: the child has exec'd or ended."""
    done, task.vfork_done = task.vfork_done, None
    if done is not None:
        done.wake()


def _end_process(process: Process, status: int) -> None:
    """The last thread is gone: reparent children, become a zombie, tell the parent."""
    leader = process.leader
    assert leader is not None
    kernel = leader.kernel
    process.wait_status = status
    if process.timers is not None:
        process.timers.release()
        process.timers = None
    exe, process.exe = process.exe, None
    if exe is not None:
        exe.inode.allow_write()
        exe.put()
    if process is kernel.first:
        signal = status & 0x7F
        end = End.SIGNALED if signal else End.EXITED
        kernel.exit_status = status
        raise RunEnded(end)
    if process.controlling_tty is not None:
        process.controlling_tty.leader_exits(process)
    elif process.old_tty_group:
        for signo in (SIG.HUP, SIG.CONT):  # drivers/tty/tty_jobctrl.c:disassociate_ctty()
            send_to_group(kernel, process.old_tty_group, signo, SigInfo.kernel(signo))
    if process.pid_ns.reaper is process and not _end_namespace(process, process.pid_ns):
        return
    _become_zombie(process)


def _end_namespace(init: Process, namespace: PidNamespace) -> bool:
    """Init ended: so does everybody in its namespace. False if they are not all gone yet.

    They are once they were waited for, where their parents are outside; :func:`_become_zombie`
    is then put off until the last of them was. Mirrors
    kernel/pid_namespace.c:zap_pid_ns_processes().
    """
    leader = init.leader
    assert leader is not None
    namespace.closed = True
    namespace.emptied = lambda: _become_zombie(init)
    leader.actions[SIG.CHLD] = Action(SIGHANDLER.IGN)
    for child in list(init.children.values()):
        if child.zombie and not _is_traced_by_another(child, init):
            reap(child)
    for _, process in list(namespace.processes()):
        if process is not init:
            kill_process(process)
    if namespace.is_empty:
        namespace.emptied = None
    return namespace.emptied is None and not init.zombie


def _is_traced_by_another(process: Process, than: Process) -> bool:
    leader = process.leader
    trace = leader.trace if leader is not None else None
    return trace is not None and trace.tracer.process is not than


def _become_zombie(process: Process) -> None:
    """All that a process had is gone but what its parent asks for."""
    namespace = process.pid_ns
    if namespace.reaper is process and namespace.reboot_signal:
        process.wait_status = namespace.reboot_signal
    candidates = _groups_losing_a_parent(process)
    _reparent(process)
    _hang_up_orphans(process, candidates)
    process.zombie = True
    notify_exit(process)
    process.exited.wake()


def notify_exit(process: Process) -> None:
    """Tell the parent that `process` became a zombie, or reap it if the parent does not care."""
    leader, parent = process.leader, process.parent
    assert leader is not None
    kernel = leader.kernel
    if leader.trace is not None and leader.trace.tracer.process is not parent:
        tracer = leader.trace.tracer
        send_to_process(tracer.process, SIG.CHLD, exit_info(process, tracer.pid_ns))
        kernel.wake_parent(leader.trace.tracer.process)
        return
    receiver = parent.leader if parent is not None else None
    if parent is None or receiver is None or parent.zombie:
        reap(process)
        return
    signal = leader.exit_signal
    ignored = False
    if signal == SIG.CHLD:
        action = receiver.actions[SIG.CHLD]
        ignored = action.handler == SIGHANDLER.IGN or bool(action.flags & SA.NOCLDWAIT)
        if action.handler == SIGHANDLER.IGN:
            signal = 0
    # clone(2) takes any number, do_notify_parent() sends real ones.
    if 0 < signal <= NSIG and not is_ignored(receiver, signal):
        send_to_process(parent, signal, replace(exit_info(process, parent.pid_ns), signo=signal))
    if ignored:
        reap(process)
    kernel.wake_parent(parent)


def exit_info(process: Process, reader: PidNamespace) -> SigInfo:
    """The siginfo of SIGCHLD for a process that ended, sent to somebody in `reader`."""
    leader = process.leader
    assert leader is not None
    code, value = exit_code(process)
    return SigInfo.child(
        reader.number(process.pid),
        leader.cred.uid,
        code,
        value,
        process.usage.user_ns // TICK_NS,
        process.usage.system_ns // TICK_NS,
    )


def exit_code(process: Process) -> tuple[int, int]:
    """``si_code`` and ``si_status`` of a process that ended."""
    return status_code(process.wait_status)


def status_code(status: int) -> tuple[int, int]:
    """``si_code`` and ``si_status`` of a wait status."""
    signal = status & 0x7F
    if signal:
        return (CLD.DUMPED if status & 0x80 else CLD.KILLED), signal
    return CLD.EXITED, status >> 8 & 0xFF


def reap(process: Process) -> None:
    """Forget a zombie; its resource use goes to the parent."""
    leader, parent = process.leader, process.parent
    assert leader is not None
    leader.state = State.DEAD
    if leader.trace is not None:
        ptrace.unlink(leader)
    leader.kernel.tasks.pop(process.pid, None)
    leader.kernel.processes.pop(process.pid, None)
    if leader.cgroup.parent is not None:
        leader.kernel.cgroups.released(leader)
    process.exited.wake()  # a pidfd is hung up now
    process.leader = None  # or only the garbage collector could free the two
    if parent is not None:
        parent.children.pop(process.pid, None)
        parent.child_usage.add(process.usage)
        if process.did_wait:
            parent.child_usage.add(process.child_usage)
        parent.did_wait = True
    release(leader.kernel, process.pid, process.pgid, process.sid)


def _reaper(process: Process) -> Process:
    """Who inherits the children: the nearest subreaper above in the namespace, else its init.

    Mirrors kernel/exit.c:find_new_reaper().
    """
    namespace = process.pid_ns
    ancestor = process.parent
    while ancestor is not None and ancestor.pid_ns is namespace:
        if ancestor.subreaper and not ancestor.zombie and ancestor.threads:
            return ancestor
        ancestor = ancestor.parent
    assert namespace.reaper is not None
    return namespace.reaper


def _reparent(process: Process) -> None:
    if not process.children:
        return
    leader = process.leader
    assert leader is not None
    heir = _reaper(process)
    for child in list(process.children.values()):
        child.parent = heir
        heir.children[child.pid] = child
        first = child.leader
        assert first is not None
        for thread in child.threads.values():
            if thread.parent_death_signal:
                signal = thread.parent_death_signal
                send_to_process(child, signal, sender_info(leader, signal))
        first.exit_signal = SIG.CHLD
        if child.zombie:
            notify_exit(child)
    process.children.clear()


def _groups_losing_a_parent(process: Process) -> list[int]:
    """Process groups for which the end of `process` may be the end of job control."""
    groups: dict[int, None] = {}
    parent = process.parent
    if parent is not None and parent.pgid != process.pgid and parent.sid == process.sid:
        groups[process.pgid] = None
    for child in process.children.values():
        if child.pgid != process.pgid and child.sid == process.sid:
            groups[child.pgid] = None
    return list(groups)


def _hang_up_orphans(process: Process, groups: list[int]) -> None:
    """Newly orphaned groups with a stopped member get SIGHUP and SIGCONT.

    Nobody could continue them any more. Mirrors kernel/exit.c:kill_orphaned_pgrp().
    """
    leader = process.leader
    assert leader is not None
    kernel = leader.kernel
    for pgid in groups:
        members = [member for member in group_members(kernel, pgid) if member is not process]
        if any(is_stopped(member) for member in members) and is_orphaned(kernel, pgid, process):
            send_to_group(kernel, pgid, SIG.HUP, SigInfo.kernel(SIG.HUP))
            send_to_group(kernel, pgid, SIG.CONT, SigInfo.kernel(SIG.CONT))


__all__ = ["end_task", "exit_group", "exit_thread", "notify_exit", "reap"]
