"""The host that a machine pretends to be.

Captured once on the Linux side by the caller, so that a difference between the two
sides is the kernel's and not the room's. The kernel itself never looks at the host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

RLIM_INFINITY = (1 << 64) - 1

#: Soft and hard limits by ``RLIMIT_*`` number, as a freshly booted Linux has them.
DEFAULT_RLIMITS: Mapping[int, tuple[int, int]] = {
    0: (RLIM_INFINITY, RLIM_INFINITY),  # CPU
    1: (RLIM_INFINITY, RLIM_INFINITY),  # FSIZE
    2: (RLIM_INFINITY, RLIM_INFINITY),  # DATA
    3: (8 << 20, RLIM_INFINITY),  # STACK
    4: (0, RLIM_INFINITY),  # CORE
    5: (RLIM_INFINITY, RLIM_INFINITY),  # RSS
    6: (4096, 4096),  # NPROC
    7: (1024, 4096),  # NOFILE
    8: (8 << 20, 8 << 20),  # MEMLOCK
    9: (RLIM_INFINITY, RLIM_INFINITY),  # AS
    10: (RLIM_INFINITY, RLIM_INFINITY),  # LOCKS
    11: (4096, 4096),  # SIGPENDING
    12: (819200, 819200),  # MSGQUEUE
    13: (0, 0),  # NICE
    14: (0, 0),  # RTPRIO
    15: (RLIM_INFINITY, RLIM_INFINITY),  # RTTIME
}


@dataclass(frozen=True, slots=True)
class HostProfile:
    """Facts of the reference host that guest programs can see.

    Attributes:
        sysname, release, version, nodename, domainname: as ``uname(2)`` gives them;
            ``machine`` is the guest architecture's own and not listed here.
        uid, gid, groups: credentials of the first process.
        cap_effective, cap_permitted, cap_inheritable, cap_bounding, cap_ambient: bit
            sets as in ``/proc/self/status``.
        umask: of the first process.
        rlimits: soft and hard limit by ``RLIMIT_*`` number, in Linux's units.
        cpus: online CPUs, numbered from 0.
        cpumask_bytes: what the raw ``sched_getaffinity(2)`` returns: the size of the
            kernel's CPU mask, which its configuration decides.
        nice: -20..19.
        memory_total: bytes, for ``/proc/meminfo`` and ``sysinfo(2)``.
        protected: ``fs.protected_symlinks``, hardlinks, fifos and regular, in this order.
        realtime_ns: CLOCK_REALTIME at boot of the machine, nanoseconds since 1970.
            A constant by default, so that two runs give the same trace.
        clock_ticks_ns: resolution reported by ``clock_getres(2)``.
    """

    sysname: str = "Linux"
    release: str = "6.1.0"
    version: str = "#1 SMP PREEMPT_DYNAMIC"
    nodename: str = "kevlar"
    domainname: str = "(none)"
    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    cap_effective: int = (1 << 41) - 1
    cap_permitted: int = (1 << 41) - 1
    cap_inheritable: int = 0
    cap_bounding: int = (1 << 41) - 1
    cap_ambient: int = 0
    umask: int = 0o022
    rlimits: Mapping[int, tuple[int, int]] = field(default_factory=lambda: dict(DEFAULT_RLIMITS))
    cpus: int = 2
    cpumask_bytes: int = 8
    nice: int = 0
    memory_total: int = 4 << 30
    protected: tuple[int, int, int, int] = (0, 1, 0, 0)
    realtime_ns: int = 1_767_225_600_000_000_000
    clock_ticks_ns: int = 1
