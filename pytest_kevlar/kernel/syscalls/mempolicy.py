"""mbind(2), set_mempolicy(2), get_mempolicy(2), move_pages(2), migrate_pages(2): NUMA, one node.

What a policy is, is in :mod:`pytest_kevlar.kernel.mm.mempolicy`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_kevlar.kernel.abi.mm import MPOL
from pytest_kevlar.kernel.cpu.engine import lib
from pytest_kevlar.kernel.errno import (
    EFAULT,
    EINVAL,
    ENODEV,
    ENOENT,
    EOPNOTSUPP,
    EPERM,
    LinuxError,
)
from pytest_kevlar.kernel.fs.procfs.subject import inspected
from pytest_kevlar.kernel.mm.mapping import page_align
from pytest_kevlar.kernel.mm.mempolicy import MAX_NODES, NODES, ONLINE, policy_of, split_mode
from pytest_kevlar.kernel.mm.pin import frame_of
from pytest_kevlar.kernel.mm.space import AddressSpace
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.mm.vma import PAGE, PAGE_MASK, Vma
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Address, Bits, Int, Pid, Ptr, Size, ULong
from pytest_kevlar.kernel.task.cred import CAP_SYS_NICE
from pytest_kevlar.kernel.task.task import Task

MASK64 = (1 << 64) - 1
PRESENT = 1
#: Where a page is that is there: the only node.
NODE = 0


def _nodes(pointer: UserPtr, bits: int) -> int:
    """A mask of nodes; mm/mempolicy.c:get_nodes(). The last bit that is counted is not looked at.

    Raises:
        EINVAL: more bits than a page has, or a node that no machine has. EFAULT.
    """
    bits = (bits - 1) & MASK64
    if not bits or not pointer:
        return 0
    if bits > PAGE * 8:
        raise EINVAL
    mask = int.from_bytes(pointer.read((bits + 63) // 64 * 8), "little") & ((1 << bits) - 1)
    if mask >> MAX_NODES:
        raise EINVAL
    return mask


def _write_nodes(pointer: UserPtr, bits: int, nodes: int) -> None:
    """Store a mask in a buffer of so many bits; mm/mempolicy.c:copy_nodes_to_user()."""
    size = ((bits - 1) + 63) // 64 * 8
    if size > PAGE:
        raise EINVAL
    pointer.write((nodes & ONLINE).to_bytes(size, "little") if size else b"")


@syscall()
def set_mempolicy(task: Task, mode: Int, nodemask: Ptr, maxnode: ULong) -> int:
    """set_mempolicy(2). Mirrors mm/mempolicy.c:kernel_set_mempolicy()."""
    kind, flags = split_mode(mode)
    task.mempolicy = policy_of(kind, flags, _nodes(nodemask, maxnode))
    return 0


@syscall()
def get_mempolicy(
    task: Task, mode: Ptr, nodemask: Ptr, maxnode: ULong, addr: Address, flags: ULong
) -> int:
    """get_mempolicy(2). Mirrors mm/mempolicy.c:kernel_get_mempolicy()."""
    if nodemask and maxnode < NODES:
        raise EINVAL
    told, nodes = _policy(task, addr, flags)
    if mode:
        mode.write_int(told)
    if nodemask:
        _write_nodes(nodemask, maxnode, nodes)
    return 0


def _policy(task: Task, addr: int, flags: int) -> tuple[int, int]:
    """What is told instead of a mode, and the nodes; mm/mempolicy.c:do_get_mempolicy()."""
    if flags & ~(MPOL.F_NODE | MPOL.F_ADDR | MPOL.F_MEMS_ALLOWED):
        raise EINVAL
    if flags & MPOL.F_MEMS_ALLOWED:
        if flags & (MPOL.F_NODE | MPOL.F_ADDR):
            raise EINVAL
        return 0, ONLINE
    policy = task.mempolicy
    if flags & MPOL.F_ADDR:
        vma = task.memory.find(addr)
        if vma is None:
            raise EFAULT
        policy = vma.policy
    elif addr:
        raise EINVAL
    nodes = policy.shown if policy else 0
    if flags & MPOL.F_NODE:
        if flags & MPOL.F_ADDR:
            frame_of(task.memory, addr)
        elif not policy or policy.mode not in (MPOL.INTERLEAVE, MPOL.WEIGHTED_INTERLEAVE):
            raise EINVAL
        return NODE, nodes
    return (policy.mode | policy.flags if policy else MPOL.DEFAULT), nodes


def _end(start: int, length: int) -> int:
    """Where a range of whole pages ends; EINVAL."""
    end = start + page_align(length)
    if start & PAGE_MASK or end > 1 << 64:
        raise EINVAL
    return end


def _parts(
    space: AddressSpace, start: int, end: int, *, gaps: bool
) -> Iterator[tuple[Vma, int, int]]:
    """Yield the mappings of a range and what of it each has; EFAULT for a gap that is none's."""
    at = start
    found = list(space.overlapping(start, end))
    if not found:
        raise EFAULT
    for vma in found:
        if vma.start > at and not gaps:
            raise EFAULT
        at = min(end, vma.end)
        yield vma, max(start, vma.start), at
    if at < end and not gaps:
        raise EFAULT


@syscall(partial="policies of shared memory belong to a mapping of it")
def mbind(
    task: Task, addr: Address, length: Size, mode: Int, nodemask: Ptr, maxnode: ULong, flags: Bits
) -> int:
    """mbind(2). Mirrors mm/mempolicy.c:do_mbind(); nothing has to move between one node."""
    kind, mode_flags = split_mode(mode)
    nodes = _nodes(nodemask, maxnode)
    if flags & ~(MPOL.MF_STRICT | MPOL.MF_MOVE | MPOL.MF_MOVE_ALL):
        raise EINVAL
    if flags & MPOL.MF_MOVE_ALL and not task.cred.capable(CAP_SYS_NICE):
        raise EPERM
    end = _end(addr, length)
    if end == addr:
        return 0
    policy = policy_of(kind, mode_flags, nodes)
    for _, start, stop in list(_parts(task.memory, addr, end, gaps=policy is None)):
        task.memory.mark(start, stop, "policy", policy)
    return 0


@syscall()
def set_mempolicy_home_node(
    task: Task, start: Address, length: Size, home: ULong, flags: ULong
) -> int:
    """set_mempolicy_home_node(2). Mirrors mm/mempolicy.c:SYSCALL_DEFINE4()."""
    if flags or home >= MAX_NODES or not ONLINE >> home & 1:
        raise EINVAL
    end = _end(start, length)
    if end == start:
        return 0
    done = False
    for vma in list(task.memory.overlapping(start, end)):
        if vma.policy is None:
            continue
        if vma.policy.mode not in (MPOL.BIND, MPOL.PREFERRED_MANY):
            raise EOPNOTSUPP
        policy = vma.policy._replace(home=home)
        task.memory.mark(max(start, vma.start), min(end, vma.end), "policy", policy)
        done = True
    if not done:
        raise ENOENT
    return 0


@syscall()
def migrate_pages(task: Task, pid: Pid, maxnode: ULong, old_nodes: Ptr, new_nodes: Ptr) -> int:
    """migrate_pages(2): from one node to itself. Mirrors mm/mempolicy.c:kernel_migrate_pages()."""
    _nodes(old_nodes, maxnode)
    wanted = _nodes(new_nodes, maxnode)
    if pid:
        inspected(task, pid)
    if wanted & ~ONLINE and not task.cred.capable(CAP_SYS_NICE):
        raise EPERM
    if not wanted & ONLINE:
        raise EINVAL
    return 0


@syscall()
def move_pages(
    task: Task, pid: Pid, count: ULong, pages: Ptr, nodes: Ptr, status: Ptr, flags: Int
) -> int:
    """move_pages(2). Mirrors mm/migrate.c:kernel_move_pages()."""
    if flags & ~(MPOL.MF_MOVE | MPOL.MF_MOVE_ALL):
        raise EINVAL
    if flags & MPOL.MF_MOVE_ALL and not task.cred.capable(CAP_SYS_NICE):
        raise EPERM
    space = (inspected(task, pid) if pid else task).memory
    for index in range(count):
        address = (pages + 8 * index).read_int(8, signed=False)
        if nodes:
            node = (nodes + 4 * index).read_int()
            if not 0 <= node < MAX_NODES or not ONLINE >> node & 1:
                raise ENODEV
        (status + 4 * index).write_int(_where(space, address))
    return 0


def _where(space: AddressSpace, address: int) -> int:
    """The node of a page, or the negative errno that says why it has none."""
    reason: LinuxError | type[LinuxError]
    if space.find(address) is None:
        reason = EFAULT
    else:
        entry = int(lib.kv_entry(space.raw, address & ~PAGE_MASK))
        if entry & PRESENT and not entry & lib.KV_ZERO:
            return NODE
        reason = EFAULT if entry & lib.KV_ZERO else ENOENT
    return -reason.number
