"""Making tasks: what ``clone``, ``clone3``, ``fork`` and ``vfork`` have in common.

Mirrors kernel/fork.c:copy_process(). Waiting for and ending tasks is :mod:`exit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.process import CLONE, RLIMIT
from pytest_kevlar.kernel.abi.sched import SCHED
from pytest_kevlar.kernel.abi.signals import SIG
from pytest_kevlar.kernel.cgroup.namespace import CgroupNamespace
from pytest_kevlar.kernel.cpu.engine import OutOfFrames
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL, EPERM
from pytest_kevlar.kernel.fs.mounting import copy_namespace, has_changed_root
from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
from pytest_kevlar.kernel.ipc.undo import enter_ipc, undo_of
from pytest_kevlar.kernel.net.namespace import NetNamespace
from pytest_kevlar.kernel.profile import RLIM_INFINITY
from pytest_kevlar.kernel.signals.pending import PendingSignals
from pytest_kevlar.kernel.task import ptrace, userns
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN, CAP_SYS_RESOURCE
from pytest_kevlar.kernel.task.pidns import PidNamespace, release
from pytest_kevlar.kernel.task.policy import REAL_TIME, watch_real_time
from pytest_kevlar.kernel.task.process import Process
from pytest_kevlar.kernel.task.seccomp import inherit as inherit_seccomp
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.task.wait import WaitQueue
from pytest_kevlar.kernel.time.namespace import enter_time
from pytest_kevlar.kernel.time.timers import timers_of

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.cred import Credentials

#: Namespaces of which clone(2) and unshare(2) make new ones, user namespaces apart.
OWNED = (
    CLONE.NEWUTS
    | CLONE.NEWNS
    | CLONE.NEWIPC
    | CLONE.NEWNET
    | CLONE.NEWTIME
    | CLONE.NEWCGROUP
    | CLONE.NEWPID
)
#: Flags of which at least one is in every combination that :func:`check` refuses.
CHECKED = (
    OWNED
    | CLONE.NEWUSER
    | CLONE.PARENT
    | CLONE.THREAD
    | CLONE.SIGHAND
    | CLONE.CLEAR_SIGHAND
    | CLONE.PIDFD
)


@dataclass(slots=True)
class CloneArgs:
    """Arguments of any call of the clone family; addresses are guest addresses.

    Attributes:
        set_tid: numbers that the child is to have, in its own PID namespace and upwards.
        cgroup: where the child begins; None for the caller's.
    """

    flags: int
    exit_signal: int = 0
    stack: int = 0
    tls: int = 0
    parent_tid: int = 0
    child_tid: int = 0
    pidfd: int = 0
    set_tid: tuple[int, ...] = ()
    cgroup: Cgroup | None = None


def check(task: Task, args: CloneArgs) -> None:
    """EINVAL or EPERM for combinations that cannot be; kernel/fork.c:copy_process()."""
    flags = args.flags
    if flags & CLONE.NEWNS and flags & CLONE.FS:
        raise EINVAL
    if flags & CLONE.NEWUSER and flags & CLONE.FS:
        raise EINVAL
    if flags & CLONE.THREAD and not flags & CLONE.SIGHAND:
        raise EINVAL("CLONE_THREAD without CLONE_SIGHAND")
    if flags & CLONE.SIGHAND and not flags & CLONE.VM:
        raise EINVAL("CLONE_SIGHAND without CLONE_VM")
    if flags & CLONE.PARENT and task.process.unkillable:
        raise EINVAL("init's siblings would be nobody's")
    moves = task.pid_ns_for_children is not task.pid_ns
    if flags & CLONE.THREAD and (flags & (CLONE.NEWUSER | CLONE.NEWPID) or moves):
        raise EINVAL("threads are in one namespace")
    if flags & CLONE.SIGHAND and flags & CLONE.CLEAR_SIGHAND:
        raise EINVAL
    if flags & CLONE.PIDFD and flags & CLONE.DETACHED:
        raise EINVAL


def enter_new_user_namespace(task: Task) -> Credentials:
    """The task's credentials as the first member of a new user namespace; ENOSPC, EPERM."""
    ino = task.kernel.new_namespace_ino()
    return userns.create(task.cred, ino, changed_root=has_changed_root(task))


def _new_credentials(task: Task, flags: int) -> Credentials:
    """The child's: those of the maker, or of the first member of a new user namespace."""
    cred = task.cred
    if flags & CLONE.NEWUSER:
        cred = enter_new_user_namespace(task)
    if flags & OWNED and not cred.capable_here(CAP_SYS_ADMIN):
        raise EPERM
    if flags & CLONE.NEWIPC and flags & CLONE.SYSVSEM:
        raise EINVAL("adjustments belong to one namespace")
    return cred


def new_pid_ns(task: Task, cred: Credentials) -> PidNamespace:
    """One for children, owned by the user namespace of `cred`; EINVAL, ENOSPC. copy_pid_ns()."""
    if task.pid_ns_for_children is not task.pid_ns:
        raise EINVAL("children are elsewhere already")
    return task.pid_ns.below(task.kernel.new_namespace_ino(), cred.user_ns)


def clone(task: Task, args: CloneArgs) -> Task:
    """Make a child that is ready to run; the caller waits for vfork.

    Raises:
        EINVAL, EPERM: the flags. EAGAIN: too many tasks. OutOfFrames: no memory.
        ENOSPC, ENOMEM, EEXIST: see :mod:`pidns`.
    """
    kernel = task.kernel
    flags = args.flags
    if flags & CHECKED:
        check(task, args)
        cred = _new_credentials(task, flags)
    else:
        cred = task.cred
    if task.policy == SCHED.DEADLINE and not task.reset_on_fork:
        raise EAGAIN("SCHED_DEADLINE is not for children")
    limit = task.process.limit(RLIMIT.NPROC)
    if len(kernel.tasks) >= kernel.limits.tasks or (
        task.cred.uid != 0
        and not task.cred.capable(CAP_SYS_RESOURCE)
        and not task.cred.capable(CAP_SYS_ADMIN)
        and len(kernel.tasks) >= limit  # all users together: counting one user's takes a while
        and _tasks_of(kernel, task.cred.uid) >= limit
    ):
        raise EAGAIN("too many tasks")
    cgroup = task.cgroup if args.cgroup is None else args.cgroup
    if cgroup.parent is not None:
        kernel.cgroups.admit(cgroup)
    pid_ns = task.pid_ns_for_children
    if flags & CLONE.NEWPID:
        pid_ns = new_pid_ns(task, cred)
    tid = pid_ns.allocate(task, args.set_tid)
    if flags & CLONE.VM:
        memory = task.memory
        memory.users += 1
    else:
        try:  # the last step that may fail comes before all others
            memory = task.memory.fork()
        except OutOfFrames:
            release(kernel, tid)
            raise
    kernel.forks += 1
    thread = bool(flags & CLONE.THREAD)
    process = task.process if thread else _new_process(task, tid, args, pid_ns)
    actions = task.actions.share() if flags & CLONE.SIGHAND else task.actions.copy()
    if flags & CLONE.CLEAR_SIGHAND:
        actions.flush()
    child = Task(
        kernel,
        tid,
        process,
        memory=memory,
        files=task.files.share() if flags & CLONE.FILES else task.files.copy(),
        fs=task.fs.share() if flags & CLONE.FS else task.fs.copy(),
        actions=actions,
        pending=PendingSignals(),
        cred=cred,
        context=kernel.engine.fork_context(args.stack, args.tls if flags & CLONE.SETTLS else None),
    )
    if flags & CLONE.NEWNS:
        child.fs.enter(*copy_namespace(child))
    child.comm = task.comm
    child.blocked = task.blocked
    owner = cred.user_ns
    child.uts, child.net, child.cgroup_ns = task.uts, task.net, task.cgroup_ns
    if flags & CLONE.NEWUTS:
        child.uts = task.uts.copy(kernel.new_namespace_ino(), owner)
    if flags & CLONE.NEWCGROUP:
        child.cgroup_ns = CgroupNamespace(task.cgroup, kernel.new_namespace_ino(), owner)
    if flags & CLONE.NEWNET:
        child.net = NetNamespace(kernel, task.net, owner)
    child.time, child.time_for_children = task.time, task.time_for_children
    if flags & CLONE.NEWTIME:
        child.time_for_children = task.time.copy(kernel.new_namespace_ino(), owner)
    if not flags & CLONE.VM:
        enter_time(child, child.time_for_children)
    if flags & CLONE.NEWIPC:
        enter_ipc(child, IpcNamespace(kernel, kernel.new_namespace_ino(), owner))
    elif task.ipc is not child.ipc:
        enter_ipc(child, task.ipc.get())
    if task.gate is not None:
        inherit_seccomp(task, child)
    if not flags & CLONE.VM:
        child.rseq = task.rseq
    if flags & CLONE.SYSVSEM:
        child.undo = undo_of(task)
        child.undo.users += 1
    if not flags & CLONE.VM or flags & CLONE.VFORK:
        child.altstack = task.altstack
    child.nice = task.nice
    child.mempolicy = task.mempolicy
    if task.io is not None:
        child.io = task.io if flags & CLONE.IO else task.io.inherited()
    child.affinity = task.affinity
    child.timer_slack = task.timer_slack
    child.memory_errors, child.io_flusher = task.memory_errors, task.io_flusher
    child.personality = task.personality
    if task.policy or task.reset_on_fork:
        _inherit_policy(task, child)
    child.start_time = kernel.clock.now
    child.exit_signal = 0 if thread else args.exit_signal
    if flags & CLONE.CHILD_CLEARTID:
        child.clear_child_tid = args.child_tid
    if flags & CLONE.VFORK:
        child.vfork_done = WaitQueue()
    process.threads[tid] = child
    kernel.tasks[tid] = child
    if cgroup.parent is not None:
        kernel.cgroups.forked(child, cgroup)
    if not thread:
        process.leader = child
        kernel.processes[tid] = process
        if process.limit(RLIMIT.CPU) != RLIM_INFINITY:
            timers_of(child).watch_cpu_limit()
    if task.trace is not None:
        ptrace.inherit(task, child, flags, args.exit_signal)
    if flags & CLONE.PIDFD:
        _give_pidfd(task, child, args)
    kernel.record_fork(task, child)
    kernel.scheduler.enqueue(child)
    try:
        if flags & CLONE.PARENT_SETTID:
            number = task.pid_ns.number(tid)
            task.memory.write_partial(args.parent_tid, number.to_bytes(4, "little"))
        if flags & CLONE.CHILD_SETTID:
            child.memory.write_partial(args.child_tid, child.vtid.to_bytes(4, "little"))
    except OutOfFrames:  # the child is there already: no way back
        kernel.out_of_memory(task)
    return child


def _give_pidfd(task: Task, child: Task, args: CloneArgs) -> None:
    """CLONE_PIDFD: the parent gets a descriptor for the child."""
    from pytest_kevlar.kernel.syscalls.pidfd import install_pidfd

    thread = O.EXCL if args.flags & CLONE.THREAD else 0
    number = install_pidfd(task, child, thread)
    task.memory.write_partial(args.pidfd, number.to_bytes(4, "little"))


def _new_process(task: Task, pid: int, args: CloneArgs, pid_ns: PidNamespace) -> Process:
    creator = task.process
    parent: Process | None = creator
    if args.flags & CLONE.PARENT:
        parent = creator.parent
        args.exit_signal = creator.leader.exit_signal if creator.leader else SIG.CHLD
    process = Process(pid, parent, PendingSignals(), dict(creator.limits), pid_ns)
    if pid_ns.reaper is None:
        pid_ns.reaper = process
        process.unkillable = True
    process.pgid, process.sid = creator.pgid, creator.sid
    process.autogroup = creator.autogroup
    process.dumpable = creator.dumpable
    process.memory_owner = creator.memory_owner
    process.oom_score_adj = creator.oom_score_adj
    process.coredump_filter = creator.coredump_filter
    process.controlling_tty = creator.controlling_tty
    if creator.exe is not None:
        creator.exe.inode.deny_write()
        process.exe = creator.exe.get()
    if parent is not None:
        parent.children[pid] = process
    return process


def _inherit_policy(task: Task, child: Task) -> None:
    """What is left of a policy other than SCHED_OTHER; kernel/sched/core.c:sched_fork()."""
    realtime = task.policy in (*REAL_TIME, SCHED.DEADLINE)
    if not task.reset_on_fork:
        child.policy = task.policy
        child.rt_priority = task.rt_priority
        if realtime:
            watch_real_time(child)
    elif realtime:
        child.nice = 0
    else:
        child.policy = task.policy
        child.nice = max(0, task.nice)


def _tasks_of(kernel: Kernel, uid: int) -> int:
    return sum(1 for task in kernel.tasks.values() if task.cred.uid == uid and task.alive)
