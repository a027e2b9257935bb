"""Credentials of a task: user and group ids, groups, capabilities.

Immutable; a call that changes them gives the task a new object, so that sharing and
comparing are free. Which change is allowed is the calls' business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.task.userns import INITIAL, UserNamespace

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode

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
    """See credentials(7) and capabilities(7). Capability sets are bit masks.

    All ids are the kernel's, that is those of the first user namespace; `user_ns` tells them
    to the task and takes them from it.
    """

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
    user_ns: UserNamespace = INITIAL

    def capable(self, capability: int) -> bool:
        """Whether the task has `capability` (``CAP_*``) over the whole machine."""
        return bool(self.effective >> capability & 1) and self.user_ns is INITIAL

    def capable_here(self, capability: int) -> bool:
        """Whether it has `capability` over its own user namespace."""
        return bool(self.effective >> capability & 1)

    def capable_in(self, namespace: UserNamespace, capability: int) -> bool:
        """Whether it has `capability` over a user namespace and what belongs to that.

        A member's own set counts; who made it, seen from the parent, has every one. Mirrors
        security/commoncap.c:cap_capable().
        """
        here = namespace
        while here is not self.user_ns:
            above = here.parent
            if above is None or here.level <= self.user_ns.level:
                return False
            if above is self.user_ns and here.owner == self.euid:
                return True
            here = above
        return bool(self.effective >> capability & 1)

    def capable_over(self, inode: Inode, capability: int) -> bool:
        """Whether `capability` counts for an inode; kernel/capability.c:capable_wrt_inode_uidgid().

        It does if the inode's ids have names in the task's user namespace.
        """
        return bool(self.effective >> capability & 1) and self.user_ns.names(inode.uid, inode.gid)

    @property
    def may_set_file_capabilities(self) -> bool:
        """CAP_SETFCAP, which children of a namespace need for mapping its root."""
        return self.capable_here(CAP_SETFCAP)

    def as_member(self, namespace: UserNamespace) -> Credentials:
        """As a new member of `namespace`: all capabilities; set_cred_user_ns()."""
        return replace(
            self,
            user_ns=namespace,
            securebits=0,
            inheritable=0,
            permitted=CAP_ALL,
            effective=CAP_ALL,
            ambient=0,
            bounding=CAP_ALL,
        )

    def covers(self, other: Credentials) -> bool:
        """Whether this may do all that `other` may; kernel/cred.c:cred_cap_issubset()."""
        if self.user_ns is other.user_ns:
            return not other.permitted & ~self.permitted
        here = other.user_ns
        while here.parent is not None:
            if here.parent is self.user_ns and here.owner == self.euid:
                return True
            here = here.parent
        return False

    @property
    def users(self) -> tuple[int, int, int, int]:
        """Real, effective, saved and file-system uid."""
        return self.uid, self.euid, self.suid, self.fsuid

    @property
    def own_groups(self) -> tuple[int, int, int, int]:
        """The same of groups."""
        return self.gid, self.egid, self.sgid, self.fsgid

    def in_group(self, gid: int) -> bool:
        """Whether file access counts this task as a member of group `gid`."""
        return gid == self.fsgid or gid in self.groups

    def with_(self, **changes: Any) -> Credentials:
        """A copy with `changes`."""
        return replace(self, **changes)
