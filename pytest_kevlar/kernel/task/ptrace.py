"""Tracing one task by another: who traces whom, how a tracee stops and how it goes on.

Mirrors kernel/ptrace.c and the stops of kernel/signal.c. The requests, and what a tracer may
read and change, are in :mod:`pytest_kevlar.kernel.syscalls.ptrace`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.process import CLONE
from pytest_kevlar.kernel.abi.ptrace import EVENT, EVENTMSG, OPTION
from pytest_kevlar.kernel.abi.signals import CLD, SA, SIG, SIGHANDLER
from pytest_kevlar.kernel.errno import EPERM
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.mask import recalc, wake
from pytest_kevlar.kernel.signals.pending import bit
from pytest_kevlar.kernel.signals.send import (
    force_fault,
    is_stopped,
    kill_process,
    send_to_process,
    send_to_task,
)
from pytest_kevlar.kernel.task.cred import CAP_SYS_PTRACE
from pytest_kevlar.kernel.task.task import State
from pytest_kevlar.kernel.task.trace import Mode, Trace
from pytest_kevlar.kernel.task.wait import Interrupted, Sleep

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.process import Process
    from pytest_kevlar.kernel.task.task import Task

SYSGOOD = 0x80


# -- who traces whom ------------------------------------------------------------------------


def link(task: Task, tracer: Task, *, seized: bool, options: int) -> None:
    """`tracer` traces `task` from now on."""
    capable = tracer.cred.capable_in(task.cred.user_ns, CAP_SYS_PTRACE)
    task.trace = Trace(tracer, seized=seized, options=options, capable=capable)
    tracer.process.tracees[task] = None


def trace_me(task: Task) -> None:
    """PTRACE_TRACEME: the parent traces; kernel/ptrace.c:ptrace_traceme()."""
    parent = task.process.parent
    if task.trace is not None or parent is None or parent.leader is None or parent.zombie:
        raise EPERM
    link(task, parent.leader, seized=False, options=0)


def attach(task: Task, tracer: Task, *, seized: bool, options: int) -> None:
    """PTRACE_ATTACH and PTRACE_SEIZE of a task that may be traced.

    One that is stopped already stays so, but as a tracee. Mirrors ptrace_attach().

    Raises:
        EPERM: it ended, or somebody traces it.
    """
    if not task.alive or task.trace is not None:
        raise EPERM
    link(task, tracer, seized=seized, options=options)
    if not seized:
        send_to_task(task, SIG.STOP, SigInfo.kernel(SIG.STOP))
    assert task.trace is not None
    if task.state is State.STOPPED:
        task.trace.participated = True
        task.trace.trap = True
        task.kernel.scheduler.resume(task)
        task.interrupt_pending = True


def unlink(task: Task, data: int = 0) -> None:
    """End the tracing; a tracee that is stopped goes on with signal `data`.

    It stops again at once if its process is stopped. Mirrors __ptrace_unlink().
    """
    trace = task.trace
    assert trace is not None
    if trace.stopped:
        resume(task, Mode.CONT, data)
    trace.tracer.process.tracees.pop(task, None)
    task.trace = None
    if task.alive:
        if recalc(task):
            wake(task)
        task.interrupt_pending = True
    elif not task.is_leader:
        process = task.process
        process.dead_threads -= 1
        if process.zombie and process.parent is not None:
            task.kernel.wake_parent(process.parent)


def release_tracees(tracer: Task) -> None:
    """The tracer ends: its tracees go on, or die; kernel/ptrace.c:exit_ptrace()."""
    for task in list(tracer.process.tracees):
        trace = task.trace
        if trace is None or trace.tracer is not tracer:
            continue
        pending = trace.exit_code if trace.stopped and trace.signal_stop else 0
        unlink(task, pending & 0x7F)
        if trace.options & OPTION.EXITKILL:
            kill_process(task.process)
        if task.process.zombie and task.is_leader and task.process.parent is not tracer.process:
            from pytest_kevlar.kernel.task.exit import notify_exit

            notify_exit(task.process)


# -- events ---------------------------------------------------------------------------------


def event_enabled(task: Task, event: int) -> bool:
    """Whether the tracer asked for stops at ``EVENT.*``."""
    return task.trace is not None and bool(task.trace.options >> event & 1)


def fork_event(task: Task, flags: int, exit_signal: int) -> int:
    """The event that a call of the clone family is, 0 if nobody wants to know."""
    if task.trace is None or flags & CLONE.UNTRACED:
        return 0
    if flags & CLONE.VFORK:
        event = EVENT.VFORK
    elif exit_signal != SIG.CHLD:
        event = EVENT.CLONE
    else:
        event = EVENT.FORK
    return event if event_enabled(task, event) else 0


def inherit(task: Task, child: Task, flags: int, exit_signal: int) -> None:
    """A tracee made a child, which may be traced too; ptrace_init_task()."""
    trace = task.trace
    child.syscall_number = task.syscall_number
    if trace is None or not (flags & CLONE.PTRACE or fork_event(task, flags, exit_signal)):
        return
    link(child, trace.tracer, seized=trace.seized, options=trace.options)
    assert child.trace is not None
    child.trace.capable = trace.capable
    if trace.seized:
        child.trace.trap = True
    else:
        child.pending.add(SIG.STOP, None)
    child.interrupt_pending = True


def executed(task: Task) -> None:
    """A tracee that asked for no event gets SIGTRAP after ``execve``."""
    if task.trace is not None and not task.trace.seized:
        send_to_task(task, SIG.TRAP, SigInfo.user(SIG.TRAP, task.process.vpid, task.cred.uid))


async def event_stop(task: Task, event: int, message: int) -> None:
    """Stop with an event; ptrace_event()."""
    await notify_stop(task, SIG.TRAP | event << 8, message)


async def event_stop_about(task: Task, event: int, ident: int) -> None:
    """Stop with an event that tells a thread's id, as the tracer sees it; ptrace_event_pid()."""
    assert task.trace is not None
    await event_stop(task, event, task.trace.tracer.pid_ns.number(ident))


# -- stopping -------------------------------------------------------------------------------


def _begin(task: Task, trace: Trace, code: int, why: int, info: SigInfo | None) -> None:
    """Tell the tracer that the task is about to stop; kernel/signal.c:ptrace_stop()."""
    trace.exit_code = code
    trace.info = info
    trace.stopped = True
    trace.listening = False
    trace.signal_stop = False
    trace.mode = Mode.CONT
    if why == CLD.STOPPED:
        trace.trap = False
        if trace.group_pending:
            trace.group_pending = False
            trace.participated = True
    if info is not None and info.code >> 8 == EVENT.STOP:
        trace.notify = False
    _tell_tracer(task, trace, why)


def _tell_tracer(task: Task, trace: Trace, why: int) -> None:
    """SIGCHLD to the tracer, unless SA_NOCLDSTOP; wake its waits."""
    process, receiver = trace.tracer.process, trace.tracer
    action = receiver.actions[SIG.CHLD]
    if action.handler != SIGHANDLER.IGN and not action.flags & SA.NOCLDSTOP:
        status = task.process.stop_signal if why == CLD.STOPPED else trace.exit_code
        number = receiver.pid_ns.number(task.tid)
        info = SigInfo.child(number, task.cred.uid, why, status & 0x7F, 0, 0)
        send_to_process(process, SIG.CHLD, info)
    process.child_event.wake()


def _trap_info(task: Task, code: int) -> SigInfo:
    """What PTRACE_GETSIGINFO says in stops that are not for a signal; ptrace_do_notify()."""
    plain = SigInfo.user(SIG.TRAP, task.vtid, task.cred.uid)
    return SigInfo(SIG.TRAP, code, plain.fields)


async def notify_stop(task: Task, code: int, message: int = 0) -> int:
    """Stop within a system call; ptrace_notify().

    Args:
        code: the stop's status: a signal, with an event above it.
        message: for PTRACE_GETEVENTMSG.

    Returns:
        The signal that the tracer wants the task to have, 0 for none.

    Raises:
        Interrupted: the task was killed meanwhile.
    """
    trace = task.trace
    if trace is None:
        return 0
    if (task.pending.mask | task.process.pending.mask) & bit(SIG.KILL):
        raise Interrupted
    trace.message = message
    _begin(task, trace, code, CLD.TRAPPED, _trap_info(task, code))
    await Sleep((), "ptrace_stop", interruptible=False, traced=True)
    return trace.exit_code


def _stop_now(task: Task) -> None:
    """Stop on the way to user mode; :func:`resume` undoes it."""
    task.state = State.TRACED
    task.interrupt_pending = True


def stop_for_signal(task: Task, info: SigInfo) -> None:
    """Signal-delivery-stop; kernel/signal.c:ptrace_signal()."""
    trace = task.trace
    assert trace is not None
    _begin(task, trace, info.signo, CLD.TRAPPED, info)
    trace.signal_stop = True
    _stop_now(task)


def stop_plainly(task: Task, code: int, message: int = 0) -> None:
    """A stop that no system call makes: at exit by a signal, at a handler's first instruction."""
    trace = task.trace
    assert trace is not None
    trace.message = message
    _begin(task, trace, code, CLD.TRAPPED, _trap_info(task, code))
    _stop_now(task)


def trap_if_due(task: Task) -> bool:
    """Group-stop, PTRACE_INTERRUPT and the like; True if the task stopped.

    Mirrors kernel/signal.c:do_signal_stop() for tracees and do_jobctl_trap().
    """
    trace = task.trace
    assert trace is not None
    if not trace.traps_due or task.pending.mask & bit(SIG.KILL):
        return False
    process = task.process
    signo = process.stop_signal
    was_stopped = is_stopped(process)
    info = None
    code = signo or SIG.STOP
    if trace.seized:
        signo = signo or SIG.TRAP
        code = signo | EVENT.STOP << 8
        info = SigInfo(signo, code, _trap_info(task, code).fields)
    _begin(task, trace, code, CLD.STOPPED, info)
    trace.trap = trace.notify = False
    _stop_now(task)
    if not was_stopped and is_stopped(process):
        _group_stop_is_complete(process, trace)
    return True


def _group_stop_is_complete(process: Process, trace: Trace) -> None:
    from pytest_kevlar.kernel.signals.jobcontrol import finish_stop

    if trace.tracer.process is process.parent:
        process.stop_report = process.stop_signal  # the tracer has been told already
        process.continue_report = False
    else:
        finish_stop(process)


# -- going on -------------------------------------------------------------------------------


def resume(task: Task, mode: Mode, data: int) -> None:
    """Let a stopped tracee go on until `mode` says; kernel/ptrace.c:ptrace_resume().

    Args:
        data: the signal that it gets, if it stopped for one or at a system call.
    """
    trace = task.trace
    assert trace is not None
    trace.mode = mode
    trace.stopped = trace.listening = False
    trace.exit_code = data
    info, trace.info = trace.info, None
    trace.message = 0
    if trace.signal_stop and data:
        if info is None or info.signo != data:
            tracer = trace.tracer
            number = task.pid_ns.number(tracer.process.pid)
            info = SigInfo.user(data, number, tracer.cred.uid)
        task.injected = info
    trace.signal_stop = False
    scheduler = task.kernel.scheduler
    if task.sleep is not None:
        scheduler.wake(task, True)
    else:
        scheduler.resume(task)
    task.interrupt_pending = True  # what was sent meanwhile woke nobody


def listen(task: Task) -> None:
    """PTRACE_LISTEN: stay stopped, but tell of what happens to the group stop."""
    trace = task.trace
    assert trace is not None
    trace.listening = True
    if trace.notify:
        _retrap(task)


def notify(task: Task) -> None:
    """Something about the group stop of a seized tracee changed; ptrace_trap_notify()."""
    trace = task.trace
    assert trace is not None
    trace.notify = True
    if trace.stopped:
        if trace.listening:
            _retrap(task)
        return
    wake(task)


def continued(task: Task) -> None:
    """SIGCONT was sent to a tracee's process, which was to stop; prepare_signal()."""
    trace = task.trace
    assert trace is not None
    trace.group_pending = trace.participated = False
    if trace.seized:
        notify(task)


def join_stop(task: Task) -> None:
    """A tracee is to take part in a group stop that begins."""
    trace = task.trace
    assert trace is not None
    trace.group_pending = True
    if trace.seized:
        notify(task)
    else:
        wake(task)


def _retrap(task: Task) -> None:
    """Leave the stop only to enter it again, with what is true now."""
    resume(task, Mode.CONT, 0)


def interrupt(task: Task) -> None:
    """PTRACE_INTERRUPT."""
    trace = task.trace
    assert trace is not None
    trace.trap = True
    if trace.stopped:
        if trace.listening:
            _retrap(task)
        return
    wake(task)


# -- system calls ---------------------------------------------------------------------------


async def syscall_stop(task: Task, message: int) -> None:
    """Stop at the entry or exit of a system call; ptrace_report_syscall()."""
    trace = task.trace
    assert trace is not None
    code = SIG.TRAP | (SYSGOOD if trace.options & OPTION.TRACESYSGOOD else 0)
    signo = await notify_stop(task, code, message)
    if 0 < signo <= 64:
        send_to_task(task, signo, SigInfo.kernel(signo))


async def syscall_exit(task: Task) -> None:
    """What a tracee does at the end of a system call."""
    trace = task.trace
    if trace is None:
        return
    if trace.mode is Mode.SYSCALL:
        await syscall_stop(task, EVENTMSG.SYSCALL_EXIT)
    elif trace.mode is Mode.STEP:
        report_step(task, after_call=True)


def report_step(task: Task, *, after_call: bool = False) -> None:
    """One instruction is done: SIGTRAP."""
    kernel = task.kernel
    pc = kernel.arch.registers.pc(kernel.engine.read_registers())
    code = kernel.arch.step_code_of_call if after_call else 2  # TRAP_TRACE
    force_fault(task, SIG.TRAP, code, pc)
