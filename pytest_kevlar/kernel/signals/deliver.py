"""Delivery: what a task does about its signals before it returns to user mode.

After kernel/signal.c:get_signal() and arch/*/kernel/signal.c:do_signal(). How a frame looks
is the architecture's business; how signals got here is :mod:`send`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.ptrace import EVENT
from pytest_kevlar.kernel.abi.signals import SA, SIG, SIGHANDLER, SS
from pytest_kevlar.kernel.arch.base import AltStack, BadFrame, Fault
from pytest_kevlar.kernel.cgroup.freezer import freeze_here
from pytest_kevlar.kernel.errno import EFAULT, EINTR
from pytest_kevlar.kernel.signals.altstack import restore_altstack
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.jobcontrol import (
    begin_stop,
    is_orphaned,
    report_resume,
    stop_here,
)
from pytest_kevlar.kernel.signals.mask import recalc, restore_saved_mask, set_blocked
from pytest_kevlar.kernel.signals.pending import (
    CORE,
    IGNORED_BY_DEFAULT,
    STOPPING,
    UNBLOCKABLE,
    bit,
)
from pytest_kevlar.kernel.signals.send import force_info, force_segv, send_to_task
from pytest_kevlar.kernel.task import ptrace
from pytest_kevlar.kernel.task.task import State
from pytest_kevlar.kernel.task.trace import Mode
from pytest_kevlar.kernel.task.wait import (
    InterruptedNoHand,
    InterruptedNoIntr,
    InterruptedRestartBlock,
)

if TYPE_CHECKING:
    from pytest_kevlar.kernel.signals.actions import Action
    from pytest_kevlar.kernel.task.task import Task


class NoResult:
    """The type of :data:`NO_RESULT`."""

    def __repr__(self) -> str:
        return "NO_RESULT"


#: What a handler returns if the result register is to be left alone (``rt_sigreturn``).
NO_RESULT: Final = NoResult()

WCOREFLAG = 0x80
SYSCALL_RESTART = "restart_syscall"
EINTR_RESULT = -EINTR.number


def deliver(task: Task) -> None:
    """Act on every signal that is due; called while ``task.interrupt_pending``.

    Builds a frame for each handler, so that several pending handlers nest as on Linux.
    Afterwards the task goes on in user mode, or is stopped (its state says so).

    Raises:
        TaskGone: a signal ended it.
    """
    process = task.process
    kernel = task.kernel
    while True:
        if process.stop_notify:
            report_resume(process)
        if task.exiting is not None:
            _exit(task, task.exiting)
        if _stops(task):
            return
        info, task.injected = task.injected, None
        let_through = info is not None
        if info is not None:
            signo = info.signo
            if task.blocked & bit(signo):
                send_to_task(task, signo, info)
                continue
        else:
            due = next_due(task)
            if due is None:
                break
            signo, info = due
        action = task.actions[signo]
        unseen = signo == SIG.KILL or action.flags & SA.IMMUTABLE
        if task.trace is not None and not unseen and not let_through:
            ptrace.stop_for_signal(task, info)
            return
        if kernel.tracer is not None and not unseen:
            kernel.tracer.signal(task, signo, info.pack())
        if action.handler == SIGHANDLER.IGN:
            continue
        if action.handler == SIGHANDLER.DFL:
            _default(task, signo)
            if task.state is not State.RUNNING:
                return
            continue
        if action.flags & SA.RESETHAND:
            task.actions[signo] = action._replace(handler=SIGHANDLER.DFL)
        _finish_call(task, action)
        _enter(task, signo, info, action)
        if task.trace is not None and task.trace.mode is Mode.STEP:
            ptrace.stop_plainly(task, SIG.TRAP)
            return
    _finish_call(task, None)
    restore_saved_mask(task)
    recalc(task)


def _stops(task: Task) -> bool:
    """Whether the task is to stop now rather than look at its signals, and has."""
    if task.injected is not None:
        return False
    if task.trace is not None:
        if ptrace.trap_if_due(task):
            return True
    elif task.process.stop_signal and not task.pending.mask & bit(SIG.KILL):
        stop_here(task)
        if task.state is State.STOPPED:
            task.interrupt_pending = True
        return True
    if task.cgroup.freezing and not task.pending.mask & bit(SIG.KILL):
        freeze_here(task)
        return True
    return False


def next_due(task: Task, blocked: int | None = None) -> tuple[int, SigInfo] | None:
    """Take the next signal off: faults, then the task's own, then the process's.

    Args:
        blocked: signals to leave; the task's mask if None.
    """
    held = task.blocked if blocked is None else blocked
    process = task.process
    while True:
        found = task.pending.dequeue_synchronous(held) if blocked is None else None
        found = found or task.pending.dequeue(held)
        from_process = found is None
        if found is None:
            found = process.pending.dequeue(held)
        if found is None:
            return None
        signo, info = found
        if info.timer is not None:
            fresh = info.timer.deliver(info)
            if fresh is None:
                continue
            return signo, fresh
        if from_process and signo == SIG.ALRM and process.timers is not None:
            process.timers.rearm_real()
        return signo, info


def _default(task: Task, signo: int) -> None:
    """The default action of a signal that was taken off."""
    flag = bit(signo)
    if flag & IGNORED_BY_DEFAULT:
        return
    process = task.process
    if process.unkillable and not flag & UNBLOCKABLE:
        return
    if flag & STOPPING:
        if signo != SIG.STOP and is_orphaned(task.kernel, process.pgid):
            return
        begin_stop(task, signo)
        return
    status = signo
    if flag & CORE and process.limit(RLIMIT.CORE) and process.dumpable:
        status |= WCOREFLAG
    if ptrace.event_enabled(task, EVENT.EXIT):
        from pytest_kevlar.kernel.task.exit import end_others

        task.exiting = status = end_others(task, status)
        ptrace.stop_plainly(task, SIG.TRAP | EVENT.EXIT << 8, status)
        return
    _exit(task, status)


def _exit(task: Task, status: int) -> None:
    from pytest_kevlar.kernel.task.exit import exit_group

    exit_group(task, status)


def _finish_call(task: Task, action: Action | None) -> None:
    """Decide what becomes of the system call that a signal ended.

    Args:
        action: of the handler about to run, None if no handler runs. Mirrors
            arch/x86/kernel/signal.c:handle_signal() and arch_do_signal_or_restart().
    """
    kind, task.restart_kind = task.restart_kind, None
    if kind is None:
        return
    kernel = task.kernel
    arch = kernel.arch
    regs = kernel.engine.read_registers()
    if action is None:
        restart = True
    elif issubclass(kind, InterruptedNoHand | InterruptedRestartBlock):
        restart = False
    else:
        restart = issubclass(kind, InterruptedNoIntr) or bool(action.flags & SA.RESTART)
    if not restart:
        arch.registers.set_result(regs, EINTR_RESULT)
    else:
        number = task.syscall_number
        if issubclass(kind, InterruptedRestartBlock):
            number = arch.numbers[SYSCALL_RESTART]
        first = task.syscall_args[0] if task.syscall_args else 0
        arch.registers.rewind(regs, number, first)
    kernel.engine.write_registers()


def _enter(task: Task, signo: int, info: SigInfo, action: Action) -> None:
    """Make the frame of a handler and go there; SIGSEGV if that is impossible."""
    kernel = task.kernel
    arch, engine = kernel.arch, kernel.engine
    if task.rseq[0]:
        from pytest_kevlar.kernel.task.rseq import interrupt

        interrupt(task, signo)
    regs = engine.read_registers()
    sp = arch.registers.sp(regs)
    altstack = AltStack(*task.altstack)
    entering = bool(
        action.flags & SA.ONSTACK
        and altstack.size
        and not altstack.flags & SS.DISABLE
        and not altstack.holds(sp)
    )
    restorer = action.restorer if action.flags & SA.RESTORER else task.memory.trampoline
    mask = task.blocked if task.saved_mask is None else task.saved_mask
    try:
        address, data = arch.sigframe.build(
            regs,
            engine.read_fpu(),
            altstack.sp + altstack.size if entering else sp,
            signo,
            info.pack(),
            action.handler,
            action.flags,
            restorer,
            mask,
            altstack,
            Fault(*task.last_fault),
            entering=entering,
        )
        task.memory.write(address, data)
    except (BadFrame, EFAULT):
        force_segv(task, signo)
        return
    engine.write_registers()
    if arch.fpu_of_handlers is not None:
        engine.write_fpu(arch.fpu_of_handlers)
    task.saved_mask = None
    if altstack.flags & SS.AUTODISARM:
        task.altstack = AltStack()
    blocked = task.blocked | action.mask
    if not action.flags & SA.NODEFER:
        blocked |= bit(signo)
    set_blocked(task, blocked)


def leave_handler(task: Task) -> NoResult:
    """``rt_sigreturn``: registers, mask and alternate stack come back from the frame."""
    kernel = task.kernel
    arch, engine = kernel.arch, kernel.engine
    regs = engine.read_registers()
    try:
        restored = arch.sigframe.restore(regs, task.memory.read)
    except BadFrame:
        force_info(task, SigInfo.kernel(SIG.SEGV))
        return NO_RESULT
    engine.write_registers()
    engine.write_fpu(restored.fpu)
    task.restart_kind = None
    set_blocked(task, restored.mask & ~UNBLOCKABLE)
    recalc(task)
    restore_altstack(task, restored.altstack, arch.registers.sp(regs))
    return NO_RESULT
