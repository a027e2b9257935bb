"""Entries of /proc that are about the machine: meminfo, stat, uptime, version, sys/…

Formats are those of fs/proc/*.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.errno import EINVAL, EPERM
from pytest_kevlar.kernel.fs.devices import major_of, minor_of
from pytest_kevlar.kernel.fs.generated import Link, Spec, Table, Text, line
from pytest_kevlar.kernel.fs.procfs.machine import MACHINE
from pytest_kevlar.kernel.ipc import msg, sem, shm
from pytest_kevlar.kernel.task.pidns import PID_MAX
from pytest_kevlar.kernel.task.task import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.process import Usage
    from pytest_kevlar.kernel.task.task import Task

TICK_NS = 10_000_000
#: Kinds of file systems, those without a device first; ext2 has one.
FILE_SYSTEMS = (
    b"sysfs",
    b"tmpfs",
    b"proc",
    b"cgroup2",
    b"devtmpfs",
    b"sockfs",
    b"pipefs",
    b"devpts",
    b"mqueue",
    b"ext2",
)


def memory_numbers(kernel: Kernel) -> tuple[int, int]:
    """Total and free memory in bytes, as sysinfo(2) and meminfo tell them."""
    total = kernel.profile.memory_total
    used = kernel.engine.frames_in_use * 4096
    return total, max(0, total - used)


def _meminfo(task: Task, subject: Any) -> bytes:
    total, free = (number >> 10 for number in memory_numbers(task.kernel))
    cached = 0
    rows: tuple[tuple[str, int], ...] = (
        ("MemTotal:", total),
        ("MemFree:", free),
        ("MemAvailable:", free),
        ("Buffers:", 0),
        ("Cached:", cached),
        ("SwapCached:", 0),
        ("Active:", 0),
        ("Inactive:", 0),
        ("Active(anon):", 0),
        ("Inactive(anon):", 0),
        ("Active(file):", 0),
        ("Inactive(file):", 0),
        ("Unevictable:", 0),
        ("Mlocked:", 0),
        ("SwapTotal:", 0),
        ("SwapFree:", 0),
        ("Dirty:", 0),
        ("Writeback:", 0),
        ("AnonPages:", total - free),
        ("Mapped:", 0),
        ("Shmem:", 0),
        ("KReclaimable:", 0),
        ("Slab:", 0),
        ("SReclaimable:", 0),
        ("SUnreclaim:", 0),
        ("KernelStack:", 0),
        ("PageTables:", 0),
        ("CommitLimit:", total // 2),
        ("Committed_AS:", total - free),
        ("VmallocTotal:", 34359738367),
        ("VmallocUsed:", 0),
        ("VmallocChunk:", 0),
        ("Percpu:", 0),
    )
    text = "".join(f"{name:<16}{value:>8} kB\n" for name, value in rows)
    text += f"{'HugePages_Total:':<16}{0:>8}\n{'HugePages_Free:':<16}{0:>8}\n"
    text += f"{'HugePages_Rsvd:':<16}{0:>8}\n{'HugePages_Surp:':<16}{0:>8}\n"
    return (text + f"{'Hugepagesize:':<16}{2048:>8} kB\n").encode()


def cpu_times(kernel: Kernel) -> tuple[int, int]:
    """User and system time of everything that runs or was waited for, in nanoseconds."""
    user = system = 0
    for task in kernel.tasks.values():
        user += task.user_ns
        system += task.system_ns
    for process in kernel.processes.values():
        user += process.usage.user_ns + process.child_usage.user_ns
        system += process.usage.system_ns + process.child_usage.system_ns
    return user, system


def _stat(task: Task, subject: Any) -> bytes:
    kernel = task.kernel
    user, system = (time // TICK_NS for time in cpu_times(kernel))
    up = kernel.clock.boottime_ns() // TICK_NS
    cpus = kernel.profile.cpus
    idle = max(0, up * cpus - user - system)
    lines = [f"cpu  {user} 0 {system} {idle} 0 0 0 0 0 0"]
    for cpu in range(cpus):
        mine = (user, system) if cpu == 0 else (0, 0)
        lines.append(f"cpu{cpu} {mine[0]} 0 {mine[1]} {max(0, up - sum(mine))} 0 0 0 0 0 0")
    counted: list[Task | Usage] = [
        *kernel.tasks.values(),
        *(process.usage for process in kernel.processes.values()),
        *(process.child_usage for process in kernel.processes.values()),
    ]
    switches = sum(one.voluntary_switches + one.nonvoluntary_switches for one in counted)
    running = sum(
        1 for one in kernel.tasks.values() if one.state is State.RUNNING and one.sleep is None
    )
    boot = (
        kernel.clock.realtime_ns() - kernel.clock.boottime_ns() - task.time.boottime
    ) // 1_000_000_000
    lines += [
        "intr 0",
        f"ctxt {switches}",
        f"btime {boot}",
        f"processes {kernel.forks}",
        f"procs_running {max(1, running)}",
        "procs_blocked 0",
        "softirq 0 0 0 0 0 0 0 0 0 0 0",
    ]
    return ("\n".join(lines) + "\n").encode()


def _uptime(task: Task, subject: Any) -> bytes:
    up = task.kernel.clock.boottime_ns() + task.time.boottime
    user, system = (time // TICK_NS for time in cpu_times(task.kernel))
    idle = max(0, up * task.kernel.profile.cpus - (user + system) * TICK_NS)
    return b"%s %s\n" % (_hundredths(up), _hundredths(idle))


def _hundredths(nanoseconds: int) -> bytes:
    ticks = nanoseconds // TICK_NS
    return b"%d.%02d" % (ticks // 100, ticks % 100)


def _loadavg(task: Task, subject: Any) -> bytes:
    kernel = task.kernel
    alive = [one for one in kernel.tasks.values() if one.alive]
    running = sum(1 for one in alive if one.sleep is None)
    return b"0.00 0.00 0.00 %d/%d %d\n" % (max(1, running), len(alive), task.pid_ns.last)


def _version(task: Task, subject: Any) -> bytes:
    profile = task.kernel.profile
    head = f"{profile.sysname} version {profile.release}"
    return f"{head} (kevlar@kevlar) (cc) {profile.version}\n".encode()


def _cpuinfo(task: Task, subject: Any) -> bytes:
    cpus = range(task.kernel.profile.cpus)
    if task.kernel.arch.machine == "x86_64":
        return "".join(_X86_CPU.format(cpu=cpu, cpus=len(cpus)) for cpu in cpus).encode()
    return "".join(_GENERIC_CPU.format(cpu=cpu) for cpu in cpus).encode()


_X86_CPU = """processor\t: {cpu}
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 6
model name\t: Kevlar Virtual CPU
stepping\t: 3
cpu MHz\t\t: 1000.000
cache size\t: 512 KB
physical id\t: 0
siblings\t: {cpus}
core id\t\t: {cpu}
cpu cores\t: {cpus}
apicid\t\t: {cpu}
initial apicid\t: {cpu}
fpu\t\t: yes
fpu_exception\t: yes
cpuid level\t: 13
wp\t\t: yes
flags\t\t: fpu de pse tsc msr pae mce cx8 apic sep pge mca cmov pat mmx fxsr sse sse2 syscall nx lm
bugs\t\t:
bogomips\t: 2000.00
clflush size\t: 64
cache_alignment\t: 64
address sizes\t: 40 bits physical, 48 bits virtual
power management:

"""
_GENERIC_CPU = """processor\t: {cpu}
BogoMIPS\t: 125.00
Features\t: fp asimd
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd07
CPU revision\t: 0

"""


def _filesystems(task: Task, subject: Any) -> bytes:
    return b"".join(
        b"%s\t%s\n" % (b"" if name == b"ext2" else b"nodev", name) for name in FILE_SYSTEMS
    )


def _from_profile(name: str) -> Text:
    return Text(0o444, lambda task, subject: f"{getattr(task.kernel.profile, name)}\n".encode())


def _uts(name: str) -> Text:
    """A name of the reader's UTS namespace; writable by root."""

    def show(task: Task, subject: Any) -> bytes:
        value: bytes = getattr(task.uts, name)
        return value + b"\n"

    def store(task: Task, subject: Any, data: bytes) -> None:
        setattr(task.uts, name, data.partition(b"\n")[0][:64])

    return Text(0o644, show, store)


def _uuid(task: Task, subject: Any) -> bytes:
    return _format_uuid(task.kernel.rng.randbytes(16))


def _boot_id(task: Task, subject: Any) -> bytes:
    import random

    return _format_uuid(random.Random(task.kernel.seed).randbytes(16))


def _format_uuid(raw: bytes) -> bytes:
    number = bytearray(raw)
    number[6] = number[6] & 0x0F | 0x40
    number[8] = number[8] & 0x3F | 0x80
    text = number.hex()
    parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
    return "-".join(parts).encode() + b"\n"


def _setting(value: int | str, mode: int = 0o644) -> Text:
    """A setting that is what it is: writing the same value works, another is refused."""

    def store(task: Task, subject: Any, data: bytes) -> None:
        if data.strip() != str(value).encode():
            raise EINVAL if mode & 0o200 else EPERM

    return Text(mode, line(value), store if mode & 0o200 else None)


def _protected(name: str, greatest: int) -> Text:
    """fs.protected_*; fs/namei.c:namei_sysctls."""

    def show(task: Task, subject: Any) -> bytes:
        return b"%d\n" % task.fs.vfs.protected[name]

    def store(task: Task, subject: Any, data: bytes) -> None:
        text = data.strip()
        if not text.isdigit() or int(text) > greatest:
            raise EINVAL
        task.fs.vfs.protected[name] = int(text)

    return Text(0o644, show, store)


def _show_ctrl_alt_del(task: Task, subject: Any) -> bytes:
    return b"%d\n" % task.kernel.ctrl_alt_del


def _store_ctrl_alt_del(task: Task, subject: Any, data: bytes) -> None:
    text = data.strip()
    if not text.isdigit() or int(text) >= 1 << 31:
        raise EINVAL
    task.kernel.ctrl_alt_del = int(text)


def _show_last_pid(task: Task, subject: Any) -> bytes:
    return b"%d\n" % task.pid_ns.last


def _store_last_pid(task: Task, subject: Any, data: bytes) -> None:
    """kernel/pid_namespace.c:pid_ns_ctl_handler()."""
    if not task.pid_ns.may_choose(task):
        raise EPERM
    text = data.strip()
    if not text.isdigit() or int(text) > PID_MAX:
        raise EINVAL
    task.pid_ns.count_from(int(text))


INOTIFY = (b"max_queued_events", b"max_user_instances", b"max_user_watches")


def _inotify(name: bytes) -> Text:
    """A limit of inotify(7); any number that is not negative may be written."""
    attribute = name.decode()

    def show(task: Task, subject: Any) -> bytes:
        return b"%d\n" % getattr(task.fs.vfs.inotify, attribute)

    def store(task: Task, subject: Any, data: bytes) -> None:
        text = data.split(b"\0")[0].strip()
        if not text.isdigit() or int(text) >= 1 << 31:
            raise EINVAL
        setattr(task.fs.vfs.inotify, attribute, int(text))

    return Text(0o644, show, store)


def _show_dir_notify(task: Task, subject: Any) -> bytes:
    return b"%d\n" % task.fs.vfs.dnotify.enabled


def _set_dir_notify(task: Task, subject: Any, data: bytes) -> None:
    text = data.strip()
    if not text.isdigit() or int(text) >= 1 << 31:
        raise EINVAL
    task.fs.vfs.dnotify.enabled = int(text)


def _aio(name: str) -> Callable[[Task, Any], bytes]:
    def show(task: Task, subject: Any) -> bytes:
        return b"%d\n" % getattr(task.fs.vfs.aio, name)

    return show


def _set_aio_most(task: Task, subject: Any, data: bytes) -> None:
    text = data.strip()
    if not text.isdigit():
        raise EINVAL
    task.fs.vfs.aio.most = int(text)


SYS: dict[bytes, Spec] = {
    b"fs": Table(
        {
            b"aio-max-nr": Text(0o644, _aio("most"), _set_aio_most),
            b"aio-nr": Text(0o444, _aio("used")),
            b"dir-notify-enable": Text(0o644, _show_dir_notify, _set_dir_notify),
            b"inotify": Table({name: _inotify(name) for name in INOTIFY}),
            b"mqueue": Table(
                {
                    b"msg_default": _setting(10),
                    b"msg_max": _setting(10),
                    b"msgsize_default": _setting(8192),
                    b"msgsize_max": _setting(8192),
                    b"queues_max": _setting(256),
                }
            ),
            b"file-max": _setting(9223372036854775807),
            b"file-nr": Text(0o444, line("0\t0\t9223372036854775807")),
            b"nr_open": _setting(1048576),
            b"pipe-max-size": _setting(1048576),
            b"pipe-user-pages-hard": _setting(0),
            b"pipe-user-pages-soft": _setting(16384),
            b"protected_fifos": _protected("fifos", 2),
            b"protected_hardlinks": _protected("hardlinks", 1),
            b"protected_regular": _protected("regular", 2),
            b"protected_symlinks": _protected("symlinks", 1),
            b"suid_dumpable": _setting(0),
        }
    ),
    b"kernel": Table(
        {
            b"cap_last_cap": Text(0o444, line(40)),
            b"core_pattern": _setting("core"),
            b"core_uses_pid": _setting(0),
            b"ctrl-alt-del": Text(0o644, _show_ctrl_alt_del, _store_ctrl_alt_del),
            b"domainname": _uts("domainname"),
            b"hostname": _uts("nodename"),
            b"io_uring_disabled": _setting(2),
            b"io_uring_group": _setting(-1),
            b"msgmax": _setting(8192),
            b"msgmnb": _setting(16384),
            b"msgmni": _setting(32000),
            b"ngroups_max": Text(0o444, line(65536)),
            b"ns_last_pid": Text(0o666, _show_last_pid, _store_last_pid),
            b"osrelease": _from_profile("release"),
            b"ostype": _from_profile("sysname"),
            b"overflowgid": _setting(65534),
            b"overflowuid": _setting(65534),
            b"pid_max": _setting(PID_MAX),
            b"printk": _setting("4\t4\t1\t7"),
            b"random": Table(
                {
                    b"boot_id": Text(0o444, _boot_id),
                    b"entropy_avail": Text(0o444, line(256)),
                    b"poolsize": Text(0o444, line(256)),
                    b"uuid": Text(0o444, _uuid),
                }
            ),
            b"randomize_va_space": _setting(2),
            b"sched_rr_timeslice_ms": _setting(100),
            b"sem": _setting("32000\t1024000000\t500\t32000"),
            b"shmall": _setting(18446744073692774399),
            b"shmmax": _setting(18446744073692774399),
            b"shmmni": _setting(4096),
            b"tainted": _setting(0),
            b"threads-max": _setting(192730),
            b"version": _from_profile("version"),
            b"yama": Table({b"ptrace_scope": _setting(0)}),
        }
    ),
    b"net": Table(
        {
            b"core": Table({b"somaxconn": _setting(4096)}),
            b"ipv4": Table({b"ip_local_port_range": _setting("32768\t60999")}),
        }
    ),
    b"vm": Table(
        {
            b"max_map_count": _setting(65530),
            b"mmap_min_addr": _setting(65536),
            b"overcommit_memory": _setting(0),
            b"overcommit_ratio": _setting(50),
            b"swappiness": _setting(60),
        }
    ),
}


def _partitions(task: Task, subject: Any) -> bytes:
    """Block devices that have a size, in KiB; block/genhd.c:show_partition()."""
    lines = [
        b"%4d  %7d %10d %s\n"
        % (major_of(device.number), minor_of(device.number), device.size // 1024, device.name)
        for device in task.fs.vfs.blocks.in_use()
        if device.size
    ]
    return b"major minor  #blocks  name\n\n" + b"".join(lines)


ROOT: dict[bytes, Spec] = {
    **MACHINE,
    b"cmdline": Text(0o444, line("")),
    b"cpuinfo": Text(0o444, _cpuinfo),
    b"filesystems": Text(0o444, _filesystems),
    b"loadavg": Text(0o444, _loadavg),
    b"meminfo": Text(0o444, _meminfo),
    b"mounts": Link(lambda task, subject: b"self/mounts", size=11),
    b"net": Link(lambda task, subject: b"self/net", size=8),
    b"partitions": Text(0o444, _partitions),
    b"stat": Text(0o444, _stat),
    b"swaps": Text(0o444, line("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority")),
    b"sys": Table(SYS),
    b"sysvipc": Table(
        {
            b"msg": Text(0o444, lambda task, subject: msg.listing(task.ipc, task.pid_ns)),
            b"sem": Text(0o444, lambda task, subject: sem.listing(task.ipc)),
            b"shm": Text(0o444, lambda task, subject: shm.listing(task.ipc, task.pid_ns)),
        }
    ),
    b"uptime": Text(0o444, _uptime),
    b"version": Text(0o444, _version),
}
