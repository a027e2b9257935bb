"""Entries of /proc about hardware, drivers and the kernel's own accounts: vmstat, interrupts,
devices, buddyinfo, tty/… This machine takes no interrupts and counts no transfers, and they say so.

Formats are those of fs/proc, mm/vmstat.c, mm/slab_common.c, block/genhd.c, kernel/softirq.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.fs.generated import Spec, Table, Text, line

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.task import Task

PAGE = 4096
ORDERS = 11
SOFT_INTERRUPTS = (
    "HI",
    "TIMER",
    "NET_TX",
    "NET_RX",
    "BLOCK",
    "IRQ_POLL",
    "TASKLET",
    "SCHED",
    "HRTIMER",
    "RCU",
)
DEVICES = """Character devices:
  1 mem
  5 /dev/tty
  5 /dev/console
  5 /dev/ptmx
 10 misc
128 ptm
136 pts

Block devices:
  7 loop
254 virtblk
"""
TTY_DRIVERS = """\
/dev/tty             /dev/tty        5       0 system:/dev/tty
/dev/console         /dev/console    5       1 system:console
/dev/ptmx            /dev/ptmx       5       2 system
pty_slave            /dev/pts      136 0-1048575 pty:slave
pty_master           /dev/ptm      128 0-1048575 pty:master
"""
SLAB_COLUMNS = (
    "slabinfo - version: 2.1\n"
    "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>"
    " : tunables <limit> <batchcount> <sharedfactor>"
    " : slabdata <active_slabs> <num_slabs> <sharedavail>\n"
)
#: Counters that nothing here moves, before and after those that something does.
STILL = (
    "nr_zone_inactive_anon",
    "nr_zone_active_anon",
    "nr_zone_inactive_file",
    "nr_zone_active_file",
    "nr_zone_unevictable",
    "nr_zone_write_pending",
    "nr_mlock",
    "nr_bounce",
    "nr_free_cma",
    "nr_inactive_anon",
    "nr_active_anon",
    "nr_inactive_file",
    "nr_active_file",
    "nr_unevictable",
    "nr_slab_reclaimable",
    "nr_slab_unreclaimable",
    "nr_isolated_anon",
    "nr_isolated_file",
)
STILL_TOO = (
    "nr_mapped",
    "nr_file_pages",
    "nr_dirty",
    "nr_writeback",
    "nr_shmem",
    "nr_vmscan_write",
    "nr_vmscan_immediate_reclaim",
    "nr_dirtied",
    "nr_written",
    "nr_kernel_stack",
    "nr_page_table_pages",
    "nr_dirty_threshold",
    "nr_dirty_background_threshold",
    "pgpgin",
    "pgpgout",
    "pswpin",
    "pswpout",
)
LAST = (
    "pgrefill",
    "pgsteal_kswapd",
    "pgsteal_direct",
    "pgscan_kswapd",
    "pgscan_direct",
    "oom_kill",
)


def _free_pages(kernel: Kernel) -> int:
    return max(0, kernel.profile.memory_total // PAGE - kernel.engine.frames_in_use)


def _page_faults(kernel: Kernel) -> int:
    """Of what runs and of what was waited for."""
    spaces = {task.memory: None for task in kernel.tasks.values() if task.alive}
    return sum(space.minor_faults for space in spaces) + sum(
        process.usage.minor_faults + process.child_usage.minor_faults
        for process in kernel.processes.values()
    )


def _vmstat(task: Task, subject: Any) -> bytes:
    kernel = task.kernel
    rows = {
        "nr_free_pages": _free_pages(kernel),
        **dict.fromkeys(STILL, 0),
        "nr_anon_pages": kernel.engine.frames_in_use,
        **dict.fromkeys(STILL_TOO, 0),
        "pgfault": _page_faults(kernel),
        "pgmajfault": 0,
        **dict.fromkeys(LAST, 0),
    }
    return "".join(f"{name} {value}\n" for name, value in rows.items()).encode()


def _buddyinfo(task: Task, subject: Any) -> bytes:
    """Free memory in the largest blocks that it makes."""
    left = _free_pages(task.kernel)
    blocks = [left >> order & 1 for order in range(ORDERS - 1)] + [left >> (ORDERS - 1)]
    return f"Node 0, zone {'Normal':>8} {' '.join(f'{count:6}' for count in blocks)} \n".encode()


def _cpus(task: Task, indent: int, width: int) -> str:
    names = "".join(f"CPU{cpu:<{width - 3}}" for cpu in range(task.kernel.profile.cpus))
    return " " * indent + names + "\n"


def _interrupts(task: Task, subject: Any) -> bytes:
    rows = ("ERR", "MIS") if task.kernel.arch.machine == "x86_64" else ("Err",)
    text = "".join(f"{name}: {0:>10}\n" for name in rows)
    return (_cpus(task, 11, 11) + text).encode()


def _softirqs(task: Task, subject: Any) -> bytes:
    counts = f" {0:10}" * task.kernel.profile.cpus
    text = "".join(f"{name:>12}:{counts}\n" for name in SOFT_INTERRUPTS)
    return (_cpus(task, 20, 11) + text).encode()


def _cgroups(task: Task, subject: Any) -> bytes:
    """Controllers, all in the one tree; kernel/cgroup/cgroup-v1.c:proc_cgroupstats_show()."""
    tree = task.kernel.cgroups
    count = sum(1 for _ in tree.root.subtree())
    rows = "".join(f"{name}\t0\t{count}\t1\n" for name in tree.controllers)
    return f"#subsys_name\thierarchy\tnum_cgroups\tenabled\n{rows}".encode()


def _text(text: str, mode: int = 0o444) -> Text:
    data = text.encode()
    return Text(mode, lambda task, subject: data)


#: What /proc has besides the entries of :mod:`system`.
MACHINE: dict[bytes, Spec] = {
    b"buddyinfo": Text(0o444, _buddyinfo),
    b"bus": Table({}),
    b"cgroups": Text(0o444, _cgroups),
    b"consoles": _text(""),
    b"devices": _text(DEVICES),
    b"diskstats": _text(""),
    b"driver": Table({}),
    b"execdomains": Text(0o444, line("0-0\tLinux           \t[kernel]")),
    b"fs": Table({}),
    b"interrupts": Text(0o444, _interrupts),
    b"irq": Table({}),
    b"misc": _text(""),
    b"slabinfo": _text(SLAB_COLUMNS, 0o400),
    b"softirqs": Text(0o444, _softirqs),
    b"tty": Table(
        {
            b"driver": Table({}),
            b"drivers": _text(TTY_DRIVERS),
            b"ldisc": Table({}),
            b"ldiscs": Text(0o444, line("n_tty       0")),
        }
    ),
    b"vmstat": Text(0o444, _vmstat),
}
