"""Reads from this host what a contract on it would see, for a machine that mirrors it.

Called in the process that starts the contracts on Linux, whose credentials, limits, umask
and priority they inherit; it changes nothing.
"""

from __future__ import annotations

import ctypes
import os
import resource
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_kevlar.kernel import HostProfile

#: The host name of a machine that we boot.
MACHINE_NAME = "kevlar"
#: What the first process there is, beside root.
_MACHINE = {"uid": 0, "gid": 0, "groups": (), "umask": 0o022, "nice": 0, "domainname": "(none)"}
_CAPABILITIES = {
    "CapEff": "cap_effective",
    "CapPrm": "cap_permitted",
    "CapInh": "cap_inheritable",
    "CapBnd": "cap_bounding",
    "CapAmb": "cap_ambient",
}
_RLIMITS = range(16)
_INFINITY = (1 << 64) - 1


def capture() -> HostProfile:
    """Return the profile of this host and this process.

    The clock is left at the profile's constant, so that two runs give the same trace.
    Raises OSError where ``/proc`` is not mounted.
    """
    from pytest_kevlar.kernel import HostProfile

    name = os.uname()
    status = process_status()
    return HostProfile(
        sysname=name.sysname,
        release=name.release,
        version=name.version,
        nodename=name.nodename,
        domainname=Path("/proc/sys/kernel/domainname").read_text().strip(),
        uid=os.getuid(),
        gid=os.getgid(),
        groups=tuple(os.getgroups()),
        cap_effective=int(status["CapEff"], 16),
        cap_permitted=int(status["CapPrm"], 16),
        cap_inheritable=int(status["CapInh"], 16),
        cap_bounding=int(status["CapBnd"], 16),
        cap_ambient=int(status.get("CapAmb", "0"), 16),
        umask=int(status["Umask"], 8),
        rlimits=limits(),
        cpus=os.cpu_count() or 1,
        cpumask_bytes=_cpumask_bytes(),
        nice=os.getpriority(os.PRIO_PROCESS, 0),
        memory_total=_memory_total(),
        protected=protected(),
        clock_ticks_ns=max(1, round(time.clock_getres(time.CLOCK_MONOTONIC) * 1e9)),
    )


def of_machine(room: Mapping[str, str]) -> HostProfile | None:
    """Return the profile of a machine on this host, by what it said of itself; None if nothing.

    Names and limits are those of this host: such a machine is given them.
    """
    if not room:
        return None
    numbers = ("clock_ticks_ns", "cpus", "cpumask_bytes", "memory_total")
    facts: dict[str, Any] = {"nodename": MACHINE_NAME, **_MACHINE}
    facts |= {name: int(room[name]) for name in numbers if name in room}
    facts |= {name: room[name] for name in ("release", "version") if name in room}
    facts |= {field: int(room[key]) for key, field in _CAPABILITIES.items() if key in room}
    return replace(capture(), **facts)


def process_status() -> dict[str, str]:
    """Return ``/proc/self/status`` as a dictionary of stripped values."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def limits() -> dict[int, tuple[int, int]]:
    """Return soft and hard limit of every resource, by number."""
    return {number: _rlimit(number) for number in _RLIMITS}


def _rlimit(number: int) -> tuple[int, int]:
    soft, hard = resource.getrlimit(number)
    return (
        _INFINITY if soft == resource.RLIM_INFINITY else soft,
        _INFINITY if hard == resource.RLIM_INFINITY else hard,
    )


def protected() -> tuple[int, int, int, int]:
    """Return what the profile calls so; 0 where the kernel does not have a setting."""

    def setting(what: str) -> int:
        path = Path(f"/proc/sys/fs/protected_{what}")
        return int(path.read_text()) if path.exists() else 0

    return setting("symlinks"), setting("hardlinks"), setting("fifos"), setting("regular")


def _memory_total() -> int:
    """Return the memory of this host in bytes, as ``/proc/meminfo`` says."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    raise OSError("/proc/meminfo has no MemTotal")


def _cpumask_bytes() -> int:
    """What the raw sched_getaffinity(2) returns; the C library's call hides it."""
    number = {"x86_64": 204, "aarch64": 123}.get(os.uname().machine)
    if number is None:
        return 8
    mask = ctypes.create_string_buffer(1 << 16)
    return max(8, int(ctypes.CDLL(None).syscall(number, 0, len(mask), mask)))
