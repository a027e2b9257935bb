"""Credentials of a task: user and group ids, groups, capabilities.

Immutable; a call that changes them gives the task a new object, so that sharing and
comparing are free. Which change is allowed is the calls' business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID = range(5)
CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_SETPCAP, CAP_LINUX_IMMUTABLE = range(5, 10)
CAP_NET_BIND_SERVICE, CAP_NET_BROADCAST, CAP_NET_ADMIN, CAP_NET_RAW = range(10, 14)
CAP_IPC_LOCK, CAP_IPC_OWNER, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_CHROOT = range(14, 19)
CAP_SYS_PTRACE, CAP_SYS_PACCT, CAP_SYS_ADMIN, CAP_SYS_BOOT, CAP_SYS_NICE = range(19, 24)
CAP_SYS_RESOURCE, CAP_SYS_TIME, CAP_SYS_TTY_CONFIG, CAP_MKNOD, CAP_LEASE = range(24, 29)
CAP_AUDIT_WRITE, CAP_AUDIT_CONTROL, CAP_SETFCAP = range(29, 32)
CAP_LAST = CAP_CHECKPOINT_RESTORE = 40
CAP_ALL = (1 << (CAP_LAST + 1)) - 1


@dataclass(frozen=True, slots=True)
class Credentials:
    """See credentials(7) and capabilities(7). Capability sets are bit masks."""

    uid: int = 0
    euid: int = 0
    suid: int = 0
    fsuid: int = 0
    gid: int = 0
    egid: int = 0
    sgid: int = 0
    fsgid: int = 0
    groups: tuple[int, ...] = ()
    effective: int = CAP_ALL
    permitted: int = CAP_ALL
    inheritable: int = 0
    bounding: int = CAP_ALL
    ambient: int = 0
    securebits: int = 0
    no_new_privs: bool = False

    def capable(self, capability: int) -> bool:
        """Whether `capability` (``CAP_*``) is in the effective set."""
        return bool(self.effective >> capability & 1)

    def in_group(self, gid: int) -> bool:
        """Whether file access counts this task as a member of group `gid`."""
        return gid == self.fsgid or gid in self.groups

    def with_(self, **changes: Any) -> Credentials:
        """A copy with `changes`."""
        return replace(self, **changes)
