"""/proc/PID/stat, statm and status. Mirrors fs/proc/array.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.fs.procfs.subject import Subject, may_inspect
from pytest_kevlar.kernel.task.policy import processor_of
from pytest_kevlar.kernel.task.task import State

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.pidns import PidNamespace
    from pytest_kevlar.kernel.task.task import Task

TICK_NS = 10_000_000
PF_FORKNOEXEC, PF_RANDOMIZE, PF_EXITING = 0x40, 0x400000, 0x4

NAMES = {
    "R": "R (running)",
    "S": "S (sleeping)",
    "D": "D (disk sleep)",
    "T": "T (stopped)",
    "t": "t (tracing stop)",
    "Z": "Z (zombie)",
    "X": "X (dead)",
}


#: Where priorities that nice decides begin, among the kernel's own.
MAX_RT_PRIORITY = 100


def state_letter(task: Task) -> str:
    """The letter of ``ps``; an init that waits for the rest of its namespace sleeps."""
    if task.process.lingers:
        return "S"
    if task.state is State.RUNNING and task.sleep is not None:
        return "S" if task.sleep.interruptible else "D"
    return "S" if task.state is State.FROZEN else task.state.value


def _signal_sets(task: Task) -> tuple[int, int]:
    """Ignored and caught signals as masks."""
    ignored = caught = 0
    for number in range(1, 65):
        action = task.actions[number]
        if action.handler == 1:
            ignored |= 1 << (number - 1)
        elif action.handler:
            caught |= 1 << (number - 1)
    return ignored, caught


def _parent(task: Task, pid_ns: PidNamespace) -> int:
    parent = task.process.parent
    return pid_ns.number(parent.pid) if parent is not None else 0


def _numbers(subject: Subject, ident: int) -> str:
    """What an id is called in this /proc's namespace and in those down to the task's own."""
    return "\t".join(map(str, subject.pid_ns.numbers(subject.task.pid_ns, ident)))


def _times(task: Task, whole: bool) -> tuple[int, int]:
    """User and system nanoseconds of the thread, or of its whole process."""
    if not whole:
        return task.user_ns, task.system_ns
    usage = task.process.usage
    threads = list(task.process.threads.values())
    return (
        usage.user_ns + sum(thread.user_ns for thread in threads),
        usage.system_ns + sum(thread.system_ns for thread in threads),
    )


def show_stat(reader: Task, subject: Subject) -> bytes:
    """One line of 52 fields; fs/proc/array.c:do_task_stat()."""
    task = subject.get()
    number = subject.pid_ns.number
    process = task.process
    alive = task.alive
    allowed = may_inspect(reader, task) and alive
    memory = task.memory if alive else None
    user, system = _times(task, task.is_leader)
    child = process.child_usage
    ignored, caught = _signal_sets(task)
    flags = PF_RANDOMIZE | (0 if process.did_exec else PF_FORKNOEXEC)
    flags |= 0 if alive else PF_EXITING
    seen = memory if allowed else None
    mask = 0x7FFF_FFFF
    tty = process.controlling_tty
    fields = [
        _parent(task, subject.pid_ns),
        number(process.pgid),
        number(process.sid),
        tty.dentry.inode.rdev if tty is not None else 0,
        number(tty.group) or -1 if tty is not None else -1,
        flags,
        memory.minor_faults if memory else process.usage.minor_faults,
        child.minor_faults,
        0,
        0,
        user // TICK_NS,
        system // TICK_NS,
        child.user_ns // TICK_NS,
        child.system_ns // TICK_NS,
        task.kernel.locks.inherited_priority(task) - MAX_RT_PRIORITY,
        task.nice,
        max(1, len(process.threads)),
        0,
        (task.start_time + reader.time.boottime) // TICK_NS,
        memory.total_pages() * 4096 if memory else 0,
        memory.resident_pages() if memory else 0,
        process.limit(RLIMIT.RSS),
        seen.start_code if seen else int(memory is not None),
        seen.end_code if seen else int(memory is not None),
        seen.stack_start if seen else 0,
        0,
        0,
        task.pending.mask & mask,
        task.blocked & mask,
        ignored & mask,
        caught & mask,
        int(task.sleep is not None) if allowed else 0,
        0,
        0,
        task.exit_signal if task.is_leader else -1,
        processor_of(task),
        task.rt_priority,
        task.policy,
        0,
        0,
        0,
        seen.start_data if seen else 0,
        seen.end_data if seen else 0,
        seen.brk_start if seen else 0,
        seen.arg_start if seen else 0,
        seen.arg_end if seen else 0,
        seen.env_start if seen else 0,
        seen.env_end if seen else 0,
        task.exit_code if may_inspect(reader, task) else 0,
    ]
    head = b"%d (%s) %s " % (number(task.tid), task.comm, state_letter(task).encode())
    return head + " ".join(map(str, fields)).encode() + b"\n"


def show_statm(reader: Task, subject: Subject) -> bytes:
    """Sizes in pages."""
    task = subject.get()
    if not task.alive:
        return b"0 0 0 0 0 0 0\n"
    memory = task.memory
    text = (memory.end_code - (memory.start_code & ~4095) + 4095) // 4096
    data = sum(
        vma.size for vma in memory.vmas if vma.prot & 2 and not vma.shared and not vma.flags & 0x100
    )
    stack = sum(vma.size for vma in memory.vmas if vma.flags & 0x100)
    return b"%d %d %d %d 0 %d 0\n" % (
        memory.total_pages(),
        memory.resident_pages(),
        memory.shared_pages(),
        text,
        (data + stack) // 4096,
    )


def _memory_lines(task: Task) -> list[str]:
    memory = task.memory
    text = (memory.end_code - (memory.start_code & ~4095) + 4095) // 4096 * 4
    stack = sum(vma.size for vma in memory.vmas if vma.flags & 0x100) >> 10
    data = sum(
        vma.size for vma in memory.vmas if vma.prot & 2 and not vma.shared and not vma.flags & 0x100
    )
    library = sum(
        vma.size
        for vma in memory.vmas
        if vma.prot & 4 and not vma.prot & 2 and vma.file is not None
    )
    total, resident, shared = (
        memory.total_pages() * 4,
        memory.resident_pages() * 4,
        memory.shared_pages() * 4,
    )
    rows = (
        ("VmPeak", total),
        ("VmSize", total),
        ("VmLck", memory.locked_pages * 4),
        ("VmPin", 0),
        ("VmHWM", max(memory.peak_rss * 4, resident)),
        ("VmRSS", resident),
        ("RssAnon", resident - shared),
        ("RssFile", shared),
        ("RssShmem", 0),
        ("VmData", data >> 10),
        ("VmStk", stack),
        ("VmExe", text),
        ("VmLib", max(0, (library >> 10) - text)),
        ("VmPTE", 4 * (3 + len(memory.vmas) // 4)),
        ("VmSwap", 0),
    )
    lines = [f"{name}:\t{value:>8} kB" for name, value in rows]
    return [*lines, "CoreDumping:\t0", "THP_enabled:\t0", "untag_mask:\t0xffffffffffffffff"]


def _cpu_list(mask: int) -> str:
    """``0-1,3``; lib/bitmap.c."""
    parts = []
    cpu = 0
    while mask >> cpu:
        if mask >> cpu & 1:
            end = cpu
            while mask >> (end + 1) & 1:
                end += 1
            parts.append(str(cpu) if end == cpu else f"{cpu}-{end}")
            cpu = end
        cpu += 1
    return ",".join(parts)


def show_status(reader: Task, subject: Subject) -> bytes:
    """stat for people; fs/proc/array.c:proc_pid_status()."""
    task = subject.get()
    number = subject.pid_ns.number
    process, cred = task.process, task.cred
    ignored, caught = _signal_sets(task)
    alive = task.alive
    users, groups = reader.cred.user_ns.uids.seen, reader.cred.user_ns.gids.seen
    lines = [f"Umask:\t{task.fs.umask:04o}"] if alive else []
    lines += [
        f"State:\t{NAMES[state_letter(task)]}",
        f"Tgid:\t{number(process.pid)}",
        "Ngid:\t0",
        f"Pid:\t{number(task.tid)}",
        f"PPid:\t{_parent(task, subject.pid_ns)}",
        f"TracerPid:\t{number(task.trace.tracer.process.pid) if task.trace else 0}",
        "\t".join(("Uid:", *(str(users(one)) for one in cred.users))),
        "\t".join(("Gid:", *(str(groups(one)) for one in cred.own_groups))),
        f"FDSize:\t{task.files.size if alive else 0}",
        "Groups:\t"
        + "".join(f"{groups(gid)} " for gid in cred.groups)
        + ("" if cred.groups else " "),
        f"NStgid:\t{_numbers(subject, process.pid)}",
        f"NSpid:\t{_numbers(subject, task.tid)}",
        f"NSpgid:\t{_numbers(subject, process.pgid)}",
        f"NSsid:\t{_numbers(subject, process.sid)}",
        "Kthread:\t0",
    ]
    if alive:
        lines += _memory_lines(task)
    from pytest_kevlar.kernel.signals.send import queued_by_user
    from pytest_kevlar.kernel.task.seccomp import filters_of, mode_of

    lines += [
        f"Threads:\t{max(1, len(process.threads))}",
        f"SigQ:\t{queued_by_user(task.kernel, cred.uid)}/{process.limit(RLIMIT.SIGPENDING)}",
        f"SigPnd:\t{task.pending.mask:016x}",
        f"ShdPnd:\t{process.pending.mask:016x}",
        f"SigBlk:\t{task.blocked:016x}",
        f"SigIgn:\t{ignored:016x}",
        f"SigCgt:\t{caught:016x}",
        f"CapInh:\t{cred.inheritable:016x}",
        f"CapPrm:\t{cred.permitted:016x}",
        f"CapEff:\t{cred.effective:016x}",
        f"CapBnd:\t{cred.bounding:016x}",
        f"CapAmb:\t{cred.ambient:016x}",
        f"NoNewPrivs:\t{int(cred.no_new_privs)}",
        f"Seccomp:\t{mode_of(task)}",
        f"Seccomp_filters:\t{filters_of(task)}",
        f"Cpus_allowed:\t{task.affinity:x}",
        f"Cpus_allowed_list:\t{_cpu_list(task.affinity)}",
        "Mems_allowed:\t1",
        "Mems_allowed_list:\t0",
        f"voluntary_ctxt_switches:\t{task.voluntary_switches}",
        f"nonvoluntary_ctxt_switches:\t{task.nonvoluntary_switches}",
    ]
    name = task.comm.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
    return b"Name:\t" + name + b"\n" + "\n".join(lines).encode() + b"\n"
