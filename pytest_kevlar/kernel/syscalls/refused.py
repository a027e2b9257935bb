"""Calls that are refused as Linux refuses them, and why; a declaration elsewhere overrides.

What nobody has done yet is not listed here: it is ENOSYS too, but the run's report names it.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.files import AT, S
from pytest_kevlar.kernel.errno import EINVAL, EISDIR, ENXIO, EOPNOTSUPP, EPERM
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.pointers import InString
from pytest_kevlar.kernel.syscalls.registry import refuse, syscall
from pytest_kevlar.kernel.syscalls.types import Bits, Fd, Ptr, UInt
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN
from pytest_kevlar.kernel.task.task import Task

refuse(
    "afs_syscall",
    "epoll_ctl_old",
    "epoll_wait_old",
    "getpmsg",
    "putpmsg",
    "security",
    "tuxcall",
    "vserver",
    because="a number that no Linux has given a function",
)
refuse(
    "_sysctl",
    "create_module",
    "get_kernel_syms",
    "lookup_dcookie",
    "nfsservctl",
    "query_module",
    because="removed from Linux",
)
refuse("uselib", because="no CONFIG_USELIB")
refuse("get_thread_area", "set_thread_area", because="for 32-bit programs only")
refuse("map_shadow_stack", because="no shadow stacks")
refuse("delete_module", "finit_module", "init_module", because="no CONFIG_MODULES")
refuse("kexec_file_load", "kexec_load", because="no CONFIG_KEXEC")
refuse("ioperm", "iopl", because="no CONFIG_X86_IOPL_IOPERM")
refuse("acct", because="no CONFIG_BSD_PROCESS_ACCT")
refuse("add_key", "keyctl", "request_key", because="no CONFIG_KEYS")
refuse("bpf", because="no CONFIG_BPF_SYSCALL")
refuse("fanotify_init", "fanotify_mark", because="no CONFIG_FANOTIFY")
refuse(
    "landlock_add_rule",
    "landlock_create_ruleset",
    "landlock_restrict_self",
    because="no CONFIG_SECURITY_LANDLOCK",
)
refuse("lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr", because="no CONFIG_SECURITY")
refuse("memfd_secret", because="no CONFIG_SECRETMEM")
refuse("perf_event_open", because="no CONFIG_PERF_EVENTS")
refuse("quotactl", "quotactl_fd", because="no CONFIG_QUOTA")
refuse("userfaultfd", because="no CONFIG_USERFAULTFD")

RING_DISABLED = "as with kernel.io_uring_disabled = 2"
ENTER_FLAGS, REGISTERED_RING = 0xFF, 0x10
REGISTER_OPCODES = 36
USE_REGISTERED_RING = 1 << 31


@syscall(refused=RING_DISABLED)
def io_uring_setup(task: Task, entries: UInt, params: Ptr) -> int:
    """io_uring_setup(2). Mirrors io_uring/io_uring.c:io_uring_allowed()."""
    raise EPERM("io_uring_disabled")


def _not_a_ring(task: Task, fd: int) -> int:
    task.files.get(fd)
    raise EOPNOTSUPP("not an io_uring")


@syscall(refused=RING_DISABLED)
def io_uring_enter(
    task: Task, fd: Fd, submit: UInt, complete: UInt, flags: Bits, argument: Ptr, size: UInt
) -> int:
    """io_uring_enter(2): no descriptor can be a ring."""
    if flags & ~ENTER_FLAGS or flags & REGISTERED_RING:
        raise EINVAL
    return _not_a_ring(task, fd)


@syscall(refused=RING_DISABLED)
def io_uring_register(task: Task, fd: Fd, opcode: UInt, argument: Ptr, count: UInt) -> int:
    """io_uring_register(2): no descriptor can be a ring."""
    if opcode & ~USE_REGISTERED_RING >= REGISTER_OPCODES:
        raise EINVAL
    if opcode & USE_REGISTERED_RING or fd == -1:
        raise EINVAL
    return _not_a_ring(task, fd)


SWAP_FLAGS = 0x7FFFF


@syscall()
def swapon(task: Task, path: InString, flags: Bits) -> int:
    """swapon(2): no file system here can hold swap. Mirrors mm/swapfile.c."""
    if flags & ~SWAP_FLAGS:
        raise EINVAL
    _open_for_swap(task, path)
    raise EINVAL("not a file that can be swapped to")


@syscall()
def swapoff(task: Task, path: InString) -> int:
    """swapoff(2): nothing is swapped to. Mirrors mm/swapfile.c."""
    _open_for_swap(task, path)
    raise EINVAL("not swapped to")


def _open_for_swap(task: Task, path: UserPtr) -> None:
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM
    inode = lookup(task, AT.FDCWD, path.read_cstring()).inode
    if inode.is_dir:
        raise EISDIR
    if inode.kind == S.IFSOCK:
        raise ENXIO
