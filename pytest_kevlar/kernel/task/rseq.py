"""Restartable sequences: what a thread registered, and what an interruption does to a section.

Mirrors kernel/rseq.c. A task changes its CPU only when its affinity is set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sched import RSEQ as FLAG
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.abi.structs import RSEQ, RSEQ_CS
from pytest_kevlar.kernel.errno import EBUSY, EFAULT, EINVAL, EPERM
from pytest_kevlar.kernel.signals.info import SigInfo
from pytest_kevlar.kernel.signals.send import force_segv, send_to_task
from pytest_kevlar.kernel.task.policy import processor_of

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

#: The size of the first version, and the boundary that it has to be at.
ORIGINAL_SIZE = 32
#: Where the fields end that later versions have; struct rseq's own boundary.
MINIMUM, BOUNDARY = 28, 32
POINTER = RSEQ.offset("rseq_cs")
FLAGS = RSEQ.offset("flags")
NODE = RSEQ.offset("node_id")
UNINITIALISED = 0xFFFF_FFFF


def register(task: Task, area: int, length: int, flags: int, signature: int) -> None:
    """``rseq(2)``: begin, or with RSEQ_FLAG_UNREGISTER end."""
    current = task.rseq
    if flags & FLAG.UNREGISTER:
        if flags != FLAG.UNREGISTER or not current[0] or current[:2] != (area, length):
            raise EINVAL
        if current[2] != signature:
            raise EPERM
        _tell_cpu(task, area, UNINITIALISED)
        task.rseq = (0, 0, 0)
        return
    if flags:
        raise EINVAL
    if current[0]:
        if current[:2] != (area, length):
            raise EINVAL
        if current[2] != signature:
            raise EPERM
        raise EBUSY
    if length < ORIGINAL_SIZE or area % BOUNDARY:
        raise EINVAL
    if area + length > task.kernel.arch.task_size:
        raise EFAULT
    task.memory.write(area + POINTER, bytes(8))
    _tell_cpu(task, area, processor_of(task))
    task.rseq = (area, length, signature)


def moved(task: Task) -> None:
    """The affinity of a task was set: tell its area the CPU that it is on now."""
    area = task.rseq[0]
    if area and task.alive:
        try:
            _tell_cpu(task, area, processor_of(task))
        except EFAULT:
            send_to_task(task, SIG.SEGV, SigInfo.kernel(SIG.SEGV), force=True)


def _tell_cpu(task: Task, area: int, cpu: int) -> None:
    """cpu_id_start, cpu_id, node_id and mm_cid: a CPU, or none."""
    start = 0 if cpu == UNINITIALISED else cpu
    task.memory.write(area, start.to_bytes(4, "little") + cpu.to_bytes(4, "little"))
    task.memory.write(area + NODE, bytes(8))


def interrupt(task: Task, signo: int = 0) -> None:
    """The current task is preempted, or gets signal `signo`: abort the section it is in.

    A descriptor that makes no sense is SIGSEGV. Mirrors kernel/rseq.c:rseq_ip_fixup().
    """
    area = task.rseq[0]
    try:
        pointer = int.from_bytes(task.memory.read(area + POINTER, 8), "little")
        if pointer:
            _fix_up(task, area, pointer)
    except (EFAULT, EINVAL):
        force_segv(task, signo)


def _fix_up(task: Task, area: int, pointer: int) -> None:
    memory, arch, engine = task.memory, task.kernel.arch, task.kernel.engine
    section = RSEQ_CS.unpack(memory.read(pointer, RSEQ_CS.size))
    start, size, abort = section.start_ip, section.post_commit_offset, section.abort_ip
    if section.version or max(start, start + size, abort) >= arch.task_size:
        raise EINVAL
    if start <= abort < start + size:
        raise EINVAL("the abort handler is in the section")
    signature = int.from_bytes(memory.read(abort - 4, 4), "little")
    if signature != task.rseq[2]:
        raise EINVAL("signature")
    regs = engine.read_registers()
    inside = start <= arch.registers.pc(regs) < start + size
    if inside and (section.flags or any(memory.read(area + FLAGS, 4))):
        raise EINVAL("flags")
    memory.write(area + POINTER, bytes(8))
    if inside:
        arch.registers.set_pc(regs, abort)
        engine.write_registers()
