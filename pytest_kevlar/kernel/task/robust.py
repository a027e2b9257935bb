"""What a thread's end tells others in user memory: robust lists, ``clear_child_tid``.

Mirrors kernel/futex/core.c:futex_exec_release() and kernel/fork.c:mm_release().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sched import FUTEXWORD
from pytest_kevlar.kernel.cpu.engine import OutOfFrames
from pytest_kevlar.kernel.errno import EFAULT, EINVAL

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.space import AddressSpace
    from pytest_kevlar.kernel.task.task import Task

ROBUST_LIST_LIMIT = 2048
#: The lowest bit of a list entry's address: its futex is a lock with priority inheritance.
PI_BIT = 1
MASK64 = (1 << 64) - 1


def release_words(task: Task) -> None:
    """Tell other threads that this one is gone, or runs another program."""
    try:
        _release_robust(task)
        task.kernel.locks.owner_dies(task)
        address, task.clear_child_tid = task.clear_child_tid, 0
        if address and task.memory.users > 1:
            task.memory.write_partial(address, bytes(4))
            _wake(task, address)
    except OutOfFrames:
        return  # as for a task that the out-of-memory killer chose: what cannot be told is not


def _wake(task: Task, address: int) -> None:
    """Wake one waiter of a shared futex; private ones are not looked for, as on Linux."""
    futexes = task.kernel.futexes
    try:
        futexes.wake(futexes.key(task.memory, address, False), 1)
    except (EFAULT, EINVAL):
        return


def _word(memory: AddressSpace, address: int) -> int:
    return int.from_bytes(memory.read(address & MASK64, 8), "little")


def _release_robust(task: Task) -> None:
    """Mark the futexes that the thread held as orphaned; exit_robust_list()."""
    head, task.robust_list = task.robust_list, 0
    if not head:
        return
    memory = task.memory
    try:
        entry, offset, pending = (_word(memory, head + at) for at in (0, 8, 16))
        for _ in range(ROBUST_LIST_LIMIT):
            if entry & ~PI_BIT == head:
                break
            following = _following(memory, entry)
            if entry & ~PI_BIT != pending & ~PI_BIT:
                _orphan(task, entry, offset)
            if following is None:
                return
            entry = following
        if pending & ~PI_BIT:
            _orphan(task, pending, offset, pending=True)
    except (EFAULT, EINVAL):
        return


def _following(memory: AddressSpace, entry: int) -> int | None:
    try:
        return _word(memory, entry & ~PI_BIT)
    except EFAULT:
        return None


def _orphan(task: Task, entry: int, offset: int, *, pending: bool = False) -> None:
    """The owner of one futex died; handle_futex_death(). EFAULT, EINVAL end the list."""
    address = (entry & ~PI_BIT) + offset & MASK64
    if address % 4:
        raise EINVAL
    inherits = bool(entry & PI_BIT)
    value = int.from_bytes(task.memory.read(address, 4), "little")
    owner = value & FUTEXWORD.TID_MASK
    if pending and not inherits and not owner:
        _wake(task, address)
        return
    if owner != task.vtid:
        return
    orphaned = value & FUTEXWORD.WAITERS | FUTEXWORD.OWNER_DIED
    task.memory.write(address, orphaned.to_bytes(4, "little"))
    if not inherits and value & FUTEXWORD.WAITERS:
        _wake(task, address)
