"""fork(2), clone(2), execve(2), exit(2), wait(2): making, replacing, ending, waiting.

Thin: the work is in :mod:`pytest_kevlar.kernel.task` and :mod:`pytest_kevlar.kernel.exec`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.layout import Layout
from pytest_kevlar.kernel.abi.process import CLONE
from pytest_kevlar.kernel.abi.ptrace import EVENT
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.cgroup.cgroupfs import group_of
from pytest_kevlar.kernel.cgroup.controller import Opener
from pytest_kevlar.kernel.cgroup.group import Cgroup
from pytest_kevlar.kernel.cgroup.migrate import check, may_write
from pytest_kevlar.kernel.cgroup.namespace import CgroupNamespace
from pytest_kevlar.kernel.cpu.engine import OutOfFrames
from pytest_kevlar.kernel.errno import E2BIG, EBADF, EINVAL, ELOOP, ENOENT, ENOMEM, EPERM
from pytest_kevlar.kernel.exec.execve import execve as do_execve
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.fs.mount import VfsPath
from pytest_kevlar.kernel.fs.mounting import copy_namespace
from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
from pytest_kevlar.kernel.ipc.undo import enter_ipc, release_undo
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.net.namespace import NetNamespace
from pytest_kevlar.kernel.signals.deliver import NO_RESULT
from pytest_kevlar.kernel.syscalls.extensible import read_extensible
from pytest_kevlar.kernel.syscalls.pointers import Argv
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    Address,
    Bits,
    CloneFlags,
    DirFd,
    Int,
    Path,
    Ptr,
    Size,
)
from pytest_kevlar.kernel.task import ptrace
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN
from pytest_kevlar.kernel.task.exit import end_others, exit_thread
from pytest_kevlar.kernel.task.exit import exit_group as do_exit_group
from pytest_kevlar.kernel.task.fork import OWNED, CloneArgs, enter_new_user_namespace, new_pid_ns
from pytest_kevlar.kernel.task.fork import clone as do_clone
from pytest_kevlar.kernel.task.pidns import MAX_LEVEL
from pytest_kevlar.kernel.task.setid import commit as commit_credentials
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.task.wait import Sleep

CLONE_ARGS = Layout("clone_args")
CLONE_ARGS_V0, CLONE_ARGS_V2 = 64, 88
INT_MAX = (1 << 31) - 1
NSIG = 64
#: What unshare(2) takes.
_UNSHARED = (
    OWNED
    | CLONE.NEWUSER
    | CLONE.FS
    | CLONE.FILES
    | CLONE.SYSVSEM
    | CLONE.THREAD
    | CLONE.SIGHAND
    | CLONE.VM
)


def _clone(task: Task, args: CloneArgs) -> int | Coroutine[Sleep, bool, int]:
    try:
        child = do_clone(task, args)
    except OutOfFrames:
        raise ENOMEM from None
    event = ptrace.fork_event(task, args.flags, args.exit_signal)
    if event or args.flags & CLONE.VFORK:
        return _after_clone(task, child, event, bool(args.flags & CLONE.VFORK))
    return task.pid_ns.number(child.tid)


async def _after_clone(task: Task, child: Task, event: int, vfork: bool) -> int:
    """Tell a tracer of the child, and wait for a vfork's; kernel/fork.c:kernel_clone()."""
    tid = child.tid
    if event:
        await ptrace.event_stop_about(task, event, tid)
    if vfork:
        await _wait_for_vfork(child)
        if ptrace.event_enabled(task, EVENT.VFORK_DONE):
            await ptrace.event_stop_about(task, EVENT.VFORK_DONE, tid)
    return task.pid_ns.number(tid)


async def _wait_for_vfork(child: Task) -> None:
    """The parent goes on when the child has exec'd or ended."""
    done = child.vfork_done
    while child.vfork_done is not None:
        await done.wait("vfork", interruptible=False)


@syscall()
def fork(task: Task) -> int | Coroutine[Sleep, bool, int]:
    """fork(2). Mirrors kernel/fork.c:fork()."""
    return _clone(task, CloneArgs(0, SIG.CHLD))


@syscall()
def vfork(task: Task) -> int | Coroutine[Sleep, bool, int]:
    """vfork(2). Mirrors kernel/fork.c:vfork()."""
    return _clone(task, CloneArgs(CLONE.VFORK | CLONE.VM, SIG.CHLD))


@syscall()
def clone(
    task: Task, flags: CloneFlags, stack: Address, parent_tid: Address, arg3: Address, arg4: Address
) -> int | Coroutine[Sleep, bool, int]:
    """clone(2). Mirrors kernel/fork.c:clone(); the last two are TLS and child_tid, or swapped."""
    bits = flags & 0xFFFF_FFFF & ~CLONE.CSIGNAL
    if bits & CLONE.PIDFD and bits & CLONE.PARENT_SETTID:
        raise EINVAL("both want parent_tid")
    last = {3: arg3, 4: arg4}
    arch = task.kernel.arch
    return _clone(
        task,
        CloneArgs(
            bits,
            flags & CLONE.CSIGNAL,
            stack,
            last[arch.clone_tls],
            parent_tid,
            last[arch.clone_child_tid],
            pidfd=parent_tid,
        ),
    )


@syscall()
def clone3(task: Task, uargs: Ptr, size: Size) -> int | Coroutine[Sleep, bool, int]:
    """clone3(2). Mirrors kernel/fork.c:clone3()."""
    given = read_extensible(uargs, size, CLONE_ARGS, CLONE_ARGS_V0)
    if given.flags & ~0xFFFF_FFFF & ~(CLONE.CLEAR_SIGHAND | CLONE.INTO_CGROUP):
        raise EINVAL
    if given.flags & (CLONE.DETACHED | (CLONE.CSIGNAL & ~CLONE.NEWTIME)):
        raise EINVAL
    if given.exit_signal > NSIG or (
        given.flags & (CLONE.THREAD | CLONE.PARENT) and given.exit_signal
    ):
        raise EINVAL
    if bool(given.stack) != bool(given.stack_size):
        raise EINVAL("stack and stack_size")
    if given.stack and given.stack + given.stack_size > task.kernel.arch.task_size:
        raise EINVAL("stack")
    if given.flags & CLONE.INTO_CGROUP and (given.cgroup > INT_MAX or size < CLONE_ARGS_V2):
        raise EINVAL("cgroup")
    return _clone(
        task,
        CloneArgs(
            given.flags,
            given.exit_signal,
            given.stack + given.stack_size,
            given.tls,
            given.parent_tid,
            given.child_tid,
            pidfd=given.pidfd,
            set_tid=_wanted_tids(task, given.set_tid, given.set_tid_size),
            cgroup=_wanted_cgroup(task, given.flags, given.cgroup),
        ),
    )


def _wanted_cgroup(task: Task, flags: int, fd: int) -> Cgroup | None:
    """Where CLONE_INTO_CGROUP wants the child; kernel/cgroup/cgroup.c:cgroup_css_set_fork()."""
    if not flags & CLONE.INTO_CGROUP:
        return None
    group = group_of(task.files.get_any(fd))
    if group is None:
        raise EBADF
    if group.dead:
        raise ENOENT
    opener = Opener(task.cred, task.cgroup_ns)
    may_write(group, opener)
    check(task.cgroup, group, opener, whole=not flags & CLONE.THREAD)
    return group


def _wanted_tids(task: Task, array: int, count: int) -> tuple[int, ...]:
    """The thread ids that ``set_tid`` asks for, in the innermost PID namespace first."""
    if count > MAX_LEVEL or bool(array) != bool(count):
        raise EINVAL("set_tid")
    return tuple(UserPtr(task.memory, array + 4 * at).read_int(4) for at in range(count))


@syscall()
def unshare(task: Task, flags: Bits) -> int:
    """unshare(2). Mirrors kernel/fork.c:ksys_unshare()."""
    if flags & ~_UNSHARED:
        raise EINVAL
    alone = CLONE.THREAD | CLONE.SIGHAND | CLONE.VM | CLONE.NEWUSER
    if flags & alone and (
        len(task.process.threads) > 1 or (flags & CLONE.VM and task.memory.users > 1)
    ):
        raise EINVAL
    cred = enter_new_user_namespace(task) if flags & CLONE.NEWUSER else task.cred
    if flags & OWNED and not cred.capable_here(CAP_SYS_ADMIN):
        raise EPERM
    pid_ns = new_pid_ns(task, cred) if flags & CLONE.NEWPID else task.pid_ns_for_children
    if flags & CLONE.SYSVSEM:
        release_undo(task)
    if flags & (CLONE.FS | CLONE.NEWNS | CLONE.NEWUSER) and task.fs.users > 1:
        old_fs, task.fs = task.fs, task.fs.copy()
        old_fs.release()
    if flags & CLONE.NEWUSER:
        commit_credentials(task, cred)
    if flags & OWNED:
        _unshare_namespaces(task, flags)
    if flags & CLONE.FILES and task.files.users > 1:
        old_files, task.files = task.files, task.files.copy()
        old_files.release()
    task.pid_ns_for_children = pid_ns
    return 0


def _unshare_namespaces(task: Task, flags: int) -> None:
    """New namespaces, which belong to the task's user namespace."""
    kernel, owner = task.kernel, task.cred.user_ns
    if flags & CLONE.NEWUTS:
        task.uts = task.uts.copy(kernel.new_namespace_ino(), owner)
    if flags & CLONE.NEWTIME:
        task.time_for_children = task.time.copy(kernel.new_namespace_ino(), owner)
    if flags & CLONE.NEWCGROUP:
        task.cgroup_ns = CgroupNamespace(task.cgroup, kernel.new_namespace_ino(), owner)
    if flags & CLONE.NEWNET:
        task.net = NetNamespace(kernel, task.net, owner)
    if flags & CLONE.NEWIPC:
        enter_ipc(task, IpcNamespace(kernel, kernel.new_namespace_ino(), owner))
    if flags & CLONE.NEWNS:
        task.fs.enter(*copy_namespace(task))


def read_strings(array: UserPtr) -> list[bytes]:
    """A NULL-terminated array of strings; NULL itself is an empty one. EFAULT, E2BIG."""
    strings: list[bytes] = []
    if not array:
        return strings
    total = 0
    while True:
        address = array.read_int(8, signed=False)
        if not address:
            return strings
        text = array.memory.read_cstring(address, 32 * 4096)
        if text is None:
            raise E2BIG
        strings.append(text)
        total += len(text) + 9
        if total > 6 << 20:
            raise E2BIG
        array += 8


@syscall()
def execve(task: Task, filename: Path, argv: Argv, envp: Ptr) -> object:
    """execve(2). Mirrors fs/exec.c:do_execveat_common()."""
    place = lookup(task, AT.FDCWD, filename)
    arguments, environment = read_strings(argv), read_strings(envp)
    return _exec(task, place, filename, arguments, environment)


@syscall()
def execveat(task: Task, dirfd: DirFd, filename: Path, argv: Argv, envp: Ptr, flags: Int) -> object:
    """execveat(2). Mirrors fs/exec.c:do_execveat_common()."""
    if flags & ~(AT.EMPTY_PATH | AT.SYMLINK_NOFOLLOW):
        raise EINVAL
    follow = not flags & AT.SYMLINK_NOFOLLOW
    place = lookup(task, dirfd, filename, follow=follow, empty=bool(flags & AT.EMPTY_PATH))
    if place.inode.is_symlink:
        raise ELOOP
    arguments, environment = read_strings(argv), read_strings(envp)
    reachable = True
    if dirfd != AT.FDCWD and not filename.startswith(b"/"):
        filename = b"/dev/fd/%d" % dirfd + (b"/" + filename if filename else b"")
        reachable = not task.files.is_cloexec(dirfd)
    return _exec(task, place, filename, arguments, environment, reachable)


def _exec(
    task: Task,
    place: VfsPath,
    filename: bytes,
    argv: list[bytes],
    envp: list[bytes],
    reachable: bool = True,
) -> object:
    try:
        do_execve(task, place, filename, argv, envp, reachable)
    except OutOfFrames:
        raise ENOMEM from None
    if task.trace is not None:
        return _after_exec(task)
    return NO_RESULT


async def _after_exec(task: Task) -> object:
    """Tell a tracer of the new program; ptrace.h:ptrace_event()."""
    if ptrace.event_enabled(task, EVENT.EXEC):
        await ptrace.event_stop_about(task, EVENT.EXEC, task.tid)
    else:
        ptrace.executed(task)
    return NO_RESULT


async def _exit_event(task: Task, end: Callable[[Task, int], object], status: int) -> int:
    """Stop a tracee before it ends; kernel/exit.c:do_exit()."""
    await ptrace.event_stop(task, EVENT.EXIT, status)
    end(task, status)
    return 0


@syscall("exit")
def exit_(task: Task, code: Int) -> int | Coroutine[Sleep, bool, int]:
    """_exit(2) as the raw call: ends the calling thread. Mirrors kernel/exit.c:do_exit()."""
    if ptrace.event_enabled(task, EVENT.EXIT):
        return _exit_event(task, exit_thread, (code & 0xFF) << 8)
    exit_thread(task, (code & 0xFF) << 8)
    return 0


@syscall()
def exit_group(task: Task, code: Int) -> int | Coroutine[Sleep, bool, int]:
    """exit_group(2). Mirrors kernel/exit.c:do_group_exit()."""
    status = (code & 0xFF) << 8
    if ptrace.event_enabled(task, EVENT.EXIT):
        return _exit_event(task, do_exit_group, end_others(task, status))
    do_exit_group(task, status)
    return 0
