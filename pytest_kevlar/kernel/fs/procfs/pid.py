"""The table of /proc/PID: which entries there are, and the small ones.

Bigger ones have modules of their own: :mod:`status`, :mod:`maps`, :mod:`descriptors`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.files import DT
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.errno import EACCES, EINVAL, ENOENT, EPERM, ESRCH
from pytest_kevlar.kernel.fs.generated import (
    Directory,
    GeneratedDirectory,
    Link,
    Show,
    Spec,
    Table,
    TableInode,
    Text,
    line,
)
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.mount import path_text
from pytest_kevlar.kernel.fs.procfs.descriptors import FdDirectory, FdInfoDirectory
from pytest_kevlar.kernel.fs.procfs.idmaps import GIDS, PROJIDS, UIDS, MapEntry
from pytest_kevlar.kernel.fs.procfs.maps import show_maps, show_rollup, show_smaps
from pytest_kevlar.kernel.fs.procfs.memory import MemoryEntry
from pytest_kevlar.kernel.fs.procfs.mounts import show_mountinfo, show_mounts, show_mountstats
from pytest_kevlar.kernel.fs.procfs.namespaces import NamespaceDirectory
from pytest_kevlar.kernel.fs.procfs.net import NET
from pytest_kevlar.kernel.fs.procfs.status import show_stat, show_statm, show_status
from pytest_kevlar.kernel.fs.procfs.subject import Subject, inspect
from pytest_kevlar.kernel.task.cred import CAP_SYS_RESOURCE
from pytest_kevlar.kernel.task.task import State

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.generated import GeneratedFileSystem
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.task import Task

RLIM_INFINITY = (1 << 64) - 1

#: Name and unit of each limit, in order of ``RLIMIT_*``.
#: MMF_DUMP_FILTER_MASK: kinds of memory that a core dump may hold.
CORE_FILTER = 0x1FF
LIMITS = (
    ("Max cpu time", "seconds"),
    ("Max file size", "bytes"),
    ("Max data size", "bytes"),
    ("Max stack size", "bytes"),
    ("Max core file size", "bytes"),
    ("Max resident set", "bytes"),
    ("Max processes", "processes"),
    ("Max open files", "files"),
    ("Max locked memory", "bytes"),
    ("Max address space", "bytes"),
    ("Max file locks", "locks"),
    ("Max pending signals", "signals"),
    ("Max msgqueue size", "bytes"),
    ("Max nice priority", ""),
    ("Max realtime priority", ""),
    ("Max realtime timeout", "us"),
)


def _place_link(which: str) -> Link:
    """cwd or root."""

    def place(reader: Task, subject: Subject) -> VfsPath:
        task = inspect(reader, subject)
        if not task.alive:
            raise ENOENT
        found: VfsPath = getattr(task.fs, which)
        return found

    return Link(lambda reader, subject: path_text(place(reader, subject), reader.fs.root), place)


def _exe(reader: Task, subject: Subject) -> VfsPath:
    task = inspect(reader, subject)
    program: File | None = task.process.exe if task.alive else None
    if program is None:
        raise ENOENT
    return program.path


def _show_cmdline(reader: Task, subject: Subject) -> bytes:
    """fs/proc/base.c:get_mm_cmdline(): a title that overwrote the last NUL runs on."""
    task = subject.get()
    if not task.alive:
        return b""
    memory = task.memory
    text = memory.read_partial(memory.arg_start, memory.arg_end - memory.arg_start)
    if text and text[-1]:
        title = text + memory.read_partial(memory.env_start, memory.env_end - memory.env_start)
        text = title.partition(b"\0")[0]
    return text


def _show_environ(reader: Task, subject: Subject) -> bytes:
    if not subject.has_memory:
        return b""
    memory = subject.task.memory
    return memory.read_partial(memory.env_start, memory.env_end - memory.env_start)


def _inspect_open(reader: Task, subject: Subject) -> Task:
    subject.get()
    return inspect(reader, subject)


def _needs_memory(reader: Task, subject: Subject) -> Task:
    """ESRCH where there is no address space any more; fs/proc/base.c:proc_mem_open()."""
    task = _inspect_open(reader, subject)
    if not task.alive:
        raise ESRCH
    return task


def _show_auxv(reader: Task, subject: Subject) -> bytes:
    return _needs_memory(reader, subject).memory.auxv


def _show_comm(reader: Task, subject: Subject) -> bytes:
    return subject.get().comm + b"\n"


def _store_comm(writer: Task, subject: Subject, data: bytes) -> None:
    task = subject.get()
    if task.process is not writer.process:
        raise EINVAL
    task.comm = data.partition(b"\0")[0].partition(b"\n")[0][:15]


def _show_limits(reader: Task, subject: Subject) -> bytes:
    task = subject.get()
    rows = [f"{'Limit':<25} {'Soft Limit':<20} {'Hard Limit':<20} {'Units':<10}\n"]
    for number, (name, unit) in enumerate(LIMITS):
        values = []
        for value in task.process.limits[number]:
            values.append("unlimited" if value == RLIM_INFINITY else str(value))
        tail = f"{unit:<10}" if unit else ""
        rows.append(f"{name:<25} {values[0]:<20} {values[1]:<20} {tail}\n")
    return "".join(rows).encode()


def _show_wchan(reader: Task, subject: Subject) -> bytes:
    task = subject.get()
    if task.state is State.FROZEN:
        return b"do_freezer_trap"
    return task.sleep.what.encode() if task.sleep is not None else b"0"


def _show_io(reader: Task, subject: Subject) -> bytes:
    _inspect_open(reader, subject)
    io = subject.get().process.io
    values = {
        "rchar": io.bytes_read,
        "wchar": io.bytes_written,
        "syscr": io.read_calls,
        "syscw": io.write_calls,
        "read_bytes": 0,  # there is no block device
        "write_bytes": 0,
        "cancelled_write_bytes": 0,
    }
    return "".join(f"{name}: {value}\n" for name, value in values.items()).encode()


def _show_oom_score_adj(reader: Task, subject: Subject) -> bytes:
    return b"%d\n" % subject.get().process.oom_score_adj


def _store_oom_score_adj(writer: Task, subject: Subject, data: bytes) -> None:
    """fs/proc/base.c:__set_oom_adj(): lowering it needs CAP_SYS_RESOURCE."""
    process = subject.get().process
    value = _number(data)
    if not -1000 <= value <= 1000:
        raise EINVAL
    if value < process.oom_score_adj and not writer.cred.capable(CAP_SYS_RESOURCE):
        raise EACCES
    process.oom_score_adj = value


def _show_coredump_filter(reader: Task, subject: Subject) -> bytes:
    task = subject.get()
    return b"%08x\n" % task.process.coredump_filter if task.alive else b""


def _store_coredump_filter(writer: Task, subject: Subject, data: bytes) -> None:
    """fs/proc/base.c:proc_coredump_filter_write(): bits that mean nothing are dropped."""
    value = _number(data)
    if value < 0:
        raise EINVAL
    task = subject.get()
    if not task.alive:
        raise ESRCH
    task.process.coredump_filter = value & CORE_FILTER


def _show_autogroup(reader: Task, subject: Subject) -> bytes:
    group = subject.get().process.autogroup
    return group.show() if group is not None else b""


def _store_autogroup(writer: Task, subject: Subject, data: bytes) -> None:
    value = _number(data)
    group = subject.get().process.autogroup
    if group is not None:
        writer.kernel.autogroups.renice(writer, group, value)


def _show_schedstat(reader: Task, subject: Subject) -> bytes:
    """Time on a CPU, time waiting for one (not counted), times that it got one."""
    task = subject.get()
    turns = task.voluntary_switches + task.nonvoluntary_switches + 1
    return b"%d 0 %d\n" % (task.user_ns + task.system_ns, turns)


def _show_offsets(reader: Task, subject: Subject) -> bytes:
    return subject.get().time_for_children.show()


def _store_offsets(writer: Task, subject: Subject, data: bytes) -> None:
    subject.get().time_for_children.store(writer, data)


def _show_children(reader: Task, subject: Subject) -> bytes:
    children = sorted(subject.get().process.children)
    return b"".join(b"%d " % subject.pid_ns.number(pid) for pid in children)


def _show_oom_score(reader: Task, subject: Subject) -> bytes:
    process = subject.get().process
    return b"%d\n" % (666 + process.oom_score_adj * 2 // 3)


def _number(data: bytes) -> int:
    """lib/kstrtox.c: any of C's bases, a leading 0 being octal."""
    text = data.strip()
    octal = text[:1] == b"0" and text.isdigit()
    try:
        return int(text, 8 if octal else 0)
    except ValueError:
        raise EINVAL from None


def _show_timerslack(reader: Task, subject: Subject) -> bytes:
    return b"%d\n" % subject.get().timer_slack


def _store_timerslack(writer: Task, subject: Subject, data: bytes) -> None:
    task = subject.get()
    value = _number(data)
    if value < 0:
        raise EINVAL
    task.timer_slack = value or 50_000


def _constant(text: bytes) -> Show:
    """The same for every task that is there; ESRCH for one that is not."""

    def show(reader: Task, subject: Subject) -> bytes:
        subject.get()
        return text

    return show


def _show_cgroup(reader: Task, subject: Subject) -> bytes:
    """As the reader's namespace names it; kernel/cgroup/cgroup.c:proc_cgroup_show()."""
    group = subject.get().cgroup
    gone = b" (deleted)" if group.dead else b""
    return b"0::%s%s\n" % (group.path_from(reader.cgroup_ns.root), gone)


def _inspected(reader: Task, subject: Subject, text: bytes) -> bytes:
    _inspect_open(reader, subject)
    return text


def _store_loginuid(writer: Task, subject: Subject, data: bytes) -> None:
    _number(data)
    raise EPERM


class ProcessInode(TableInode):
    """The directory of one task: nothing can be searched for in it once the task is gone."""

    __slots__ = ()

    def permits(self, cred: Credentials, mask: int) -> bool:
        """ESRCH for a task that is gone; fs/proc/base.c:proc_pid_permission()."""
        self.subject.get()
        return super().permits(cred, mask)

    def names(self, task: Task) -> Iterator[tuple[bytes, int, tuple[Any, ...]]]:
        """What there is; ENOENT for a task that is gone."""
        self.subject.entered()
        return super().names(task)


def process_of(inode: Inode) -> Subject | None:
    """Whom /proc/PID is about, thread directories apart; fs/proc/base.c:tgid_pidfd_to_pid()."""
    if isinstance(inode, ProcessInode) and inode.table is PROCESS:
        found: Subject = inode.subject
        return found
    return None


class TaskDirectory(GeneratedDirectory):
    """/proc/PID/task."""

    __slots__ = ()

    def __init__(
        self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any, mode: int = 0o555
    ) -> None:
        super().__init__(fs, key, subject, mode)
        self.nlink = 2 + len(subject.task.process.threads)

    def find(self, task: Task | None, name: bytes) -> Inode | None:
        """The entry `name`, or None."""
        process = self.subject.entered().process
        if not name.isdigit() or (name[:1] == b"0" and len(name) > 1):
            return None
        pid_ns = self.subject.pid_ns
        thread = pid_ns.task(int(name))
        if thread is None or thread.process is not process:
            return None
        return ProcessInode(self.fs, ("thread", int(name)), Subject(thread, pid_ns), THREAD)

    def names(self, task: Task) -> Iterator[tuple[bytes, int, tuple[Any, ...]]]:
        """What there is."""
        process = self.subject.entered().process
        leader = process.leader
        tids = {*process.threads, *([leader.tid] if leader is not None else [])}
        for number in sorted(map(self.subject.pid_ns.number, tids)):
            yield b"%d" % number, DT.DIR, ("thread", number)


def _directory(kind: type[GeneratedDirectory], mode: int) -> Directory:
    def make(fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any) -> Inode:
        return kind(fs, key, subject, mode)

    return Directory(make)


COMMON: dict[bytes, Spec] = {
    b"attr": Table({}),
    b"auxv": Text(0o400, _show_auxv, held=True),
    b"cgroup": Text(0o444, _show_cgroup),
    b"cmdline": Text(0o444, _show_cmdline),
    b"comm": Text(0o644, _show_comm, _store_comm),
    b"coredump_filter": Text(0o644, _show_coredump_filter, _store_coredump_filter),
    b"cpuset": Text(0o444, _constant(b"/\n")),
    b"cwd": _place_link("cwd"),
    b"environ": Text(0o400, _show_environ, check=_needs_memory),
    b"exe": Link(lambda reader, subject: path_text(_exe(reader, subject), reader.fs.root), _exe),
    b"fd": _directory(FdDirectory, 0o500),
    b"fdinfo": _directory(FdInfoDirectory, 0o555),
    b"gid_map": MapEntry(GIDS),
    b"io": Text(0o400, _show_io),
    b"limits": Text(0o444, _show_limits),
    b"loginuid": Text(0o644, _constant(b"4294967295"), _store_loginuid),
    b"maps": Text(0o444, show_maps),
    b"mem": MemoryEntry(),
    b"mountinfo": Text(0o444, show_mountinfo, events=POLL.IN | POLL.RDNORM, held=True),
    b"mounts": Text(0o444, show_mounts, events=POLL.IN | POLL.RDNORM, held=True),
    b"net": NET,
    b"ns": _directory(NamespaceDirectory, 0o511),
    b"oom_adj": Text(0o644, line(0)),
    b"oom_score": Text(0o444, _show_oom_score),
    b"oom_score_adj": Text(0o644, _show_oom_score_adj, _store_oom_score_adj),
    b"personality": Text(0o400, lambda reader, subject: _inspected(reader, subject, b"00000000\n")),
    b"projid_map": MapEntry(PROJIDS),
    b"root": _place_link("root"),
    b"schedstat": Text(0o444, _show_schedstat),
    b"sessionid": Text(0o444, _constant(b"4294967295")),
    b"setgroups": MapEntry(None),
    b"smaps": Text(0o444, show_smaps),
    b"smaps_rollup": Text(0o444, show_rollup),
    b"stat": Text(0o444, show_stat),
    b"statm": Text(0o444, show_statm),
    b"status": Text(0o444, show_status),
    b"timens_offsets": Text(0o644, _show_offsets, _store_offsets),
    b"uid_map": MapEntry(UIDS),
    b"wchan": Text(0o444, _show_wchan),
}

#: /proc/PID/task/TID
THREAD: dict[bytes, Spec] = {
    **COMMON,
    b"children": Text(0o444, _show_children),
}

#: /proc/PID
PROCESS: dict[bytes, Spec] = dict(
    sorted(
        {
            **COMMON,
            b"autogroup": Text(0o644, _show_autogroup, _store_autogroup),
            b"mountstats": Text(0o400, show_mountstats),
            b"task": _directory(TaskDirectory, 0o555),
            b"timerslack_ns": Text(0o666, _show_timerslack, _store_timerslack),
        }.items()
    )
)
