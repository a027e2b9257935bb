"""memory.stat and memory.numa_stat: what the pages of a group are.

What the kernel needs for itself is not charged to anybody, hence zeros. Lines about what nobody
counts here (mapped files, faults by group) are not there. Mirrors mm/memcontrol.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kevlar.kernel.cgroup.group import Cgroup
    from pytest_kevlar.kernel.task.task import Task

PAGE = 4096
#: mm/memcontrol.c:memory_stats[], and whether memory.numa_stat has them, too.
ROWS = {
    "anon": True,
    "file": True,
    "kernel": False,
    "kernel_stack": True,
    "pagetables": True,
    "sec_pagetables": True,
    "percpu": False,
    "sock": False,
    "vmalloc": False,
    "shmem": True,
    "file_dirty": True,
    "file_writeback": True,
    "swapcached": True,
    "anon_thp": True,
    "file_thp": True,
    "shmem_thp": True,
    "inactive_anon": True,
    "active_anon": True,
    "inactive_file": True,
    "active_file": True,
    "unevictable": True,
    "slab_reclaimable": True,
    "slab_unreclaimable": True,
    "slab": False,
}


def _bytes(group: Cgroup) -> dict[str, int]:
    """Bytes of each kind that there is."""
    if group.is_root:
        engine = group.hierarchy.kernel.engine
        caches = [cache for cache in engine.caches if not cache.disk]
        shmem = sum(cache.pages for cache in caches)
        file = sum(cache.pages for cache in engine.caches)
        anon = max(0, engine.frames_in_use - file)
    else:
        charged = group.states["memory"].charged
        file, shmem = charged.file, charged.shmem
        anon = charged.pages - file
    pages = {
        "anon": anon,
        "file": file,
        "shmem": shmem,
        "active_anon": anon + shmem,
        "inactive_file": file - shmem,
    }
    return {name: count * PAGE for name, count in pages.items()}


def show_stat(task: Task, group: Cgroup) -> bytes:
    """memory.stat."""
    found = _bytes(group)
    return "".join(f"{name} {found.get(name, 0)}\n" for name in ROWS).encode()


def show_numa_stat(task: Task, group: Cgroup) -> bytes:
    """memory.numa_stat, of the only node."""
    found = _bytes(group)
    rows = (name for name, by_node in ROWS.items() if by_node)
    return "".join(f"{name} N0={found.get(name, 0)}\n" for name in rows).encode()
