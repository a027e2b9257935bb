"""Attributes of a task's memory that ``prctl(2)`` reads and sets; see :mod:`prctl`.

What PR_SET_MDWE refuses is decided in ``mm/space.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.process import PR, PRMDWE
from pytest_kevlar.kernel.errno import EINVAL, EPERM
from pytest_kevlar.kernel.mm.user import UserPtr

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task

Args = tuple[int, int, int, int]


def _only(args: Args, count: int) -> None:
    """EINVAL for arguments beyond the first `count`."""
    if any(args[count:]):
        raise EINVAL


def _set_thp_disable(task: Task, args: Args) -> int:
    _only(args, 1)
    task.memory.no_huge_pages = bool(args[0])
    return 0


def _get_thp_disable(task: Task, args: Args) -> int:
    _only(args, 0)
    return int(task.memory.no_huge_pages)


def _set_merge(task: Task, args: Args) -> int:
    _only(args, 1)
    task.memory.merges = bool(args[0])
    return 0


def _get_merge(task: Task, args: Args) -> int:
    _only(args, 0)
    return int(task.memory.merges)


def _set_mdwe(task: Task, args: Args) -> int:
    """kernel/sys.c:prctl_set_mdwe(): for good."""
    _only(args, 1)
    bits, known = args[0], PRMDWE.REFUSE_EXEC_GAIN | PRMDWE.NO_INHERIT
    if bits & ~known or bits == PRMDWE.NO_INHERIT:
        raise EINVAL
    if task.memory.mdwe not in (0, bits):
        raise EPERM
    task.memory.mdwe = bits
    return 0


def _get_mdwe(task: Task, args: Args) -> int:
    _only(args, 0)
    return task.memory.mdwe


def _get_auxv(task: Task, args: Args) -> int:
    """The size of the vector, whatever was asked for; kernel/sys.c:prctl_get_auxv()."""
    address, length, *rest = args
    if any(rest):
        raise EINVAL
    size: int = task.kernel.arch.auxv_size
    UserPtr(task.memory, address).write(task.memory.auxv.ljust(size, b"\0")[: min(length, size)])
    return size


OPERATIONS: Mapping[int, Callable[[Task, Args], int]] = {
    PR.SET_THP_DISABLE: _set_thp_disable,
    PR.GET_THP_DISABLE: _get_thp_disable,
    PR.SET_MDWE: _set_mdwe,
    PR.GET_MDWE: _get_mdwe,
    PR.SET_MEMORY_MERGE: _set_merge,
    PR.GET_MEMORY_MERGE: _get_merge,
    PR.GET_AUXV: _get_auxv,
}
