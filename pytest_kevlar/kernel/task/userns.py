"""User namespaces: which ids their members see, and who has capabilities over them.

The kernel itself works with ids of the first namespace only (Linux's kuid_t and kgid_t);
they are translated where a system call takes or tells one. Writing maps is
``fs/procfs/idmaps.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_kevlar.kernel.errno import EINVAL, ENOSPC, EPERM

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.cred import Credentials

#: include/uapi/linux/nsfs.h:USER_NS_INIT_INO
INITIAL_INO: Final = 4026531837
#: No id; Linux's INVALID_UID and INVALID_GID.
NO_ID: Final = 0xFFFF_FFFF
#: What an id without a name in the reader's namespace is shown as; /proc/sys/kernel/overflowuid.
OVERFLOW_ID: Final = 65534
#: A namespace at a deeper level has no children.
DEEPEST: Final = 32


class Extent(NamedTuple):
    """`size` ids of a namespace from `first` on are those of the kernel from `lower` on."""

    first: int
    lower: int
    size: int


class IdMap:
    """A map between the ids of a namespace and those of the kernel.

    Attributes:
        extents: as ``/proc/PID/uid_map`` lists them; none until the map is written.
    """

    __slots__ = ("extents",)

    def __init__(self, extents: Sequence[Extent] = ()) -> None:
        self.extents = tuple(extents)

    def down(self, ident: int, count: int = 1) -> int:
        """The kernel's id of `ident`, NO_ID unless all `count` from it on are in one extent."""
        for first, lower, size in self.extents:
            if first <= ident and ident + count <= first + size:
                return lower + ident - first
        return NO_ID

    def up(self, kernel_id: int) -> int:
        """The namespace's id of one of the kernel's, NO_ID if it has none."""
        for first, lower, size in self.extents:
            if lower <= kernel_id < lower + size:
                return first + kernel_id - lower
        return NO_ID

    def has(self, kernel_id: int) -> bool:
        """Whether the namespace has a name for one of the kernel's ids."""
        return self.up(kernel_id) != NO_ID

    def seen(self, kernel_id: int) -> int:
        """What system calls tell: from_kuid_munged()."""
        ident = self.up(kernel_id)
        return OVERFLOW_ID if ident == NO_ID else ident

    def given(self, ident: int) -> int:
        """The kernel's id of one that was passed in; EINVAL if it is not mapped."""
        found = self.down(ident)
        if found == NO_ID:
            raise EINVAL("the id is not mapped")
        return found

    def changed(self, ident: int) -> int:
        """The same for calls that take -1 as "leave it alone"."""
        return NO_ID if ident == NO_ID else self.given(ident)


class IdentityMap(IdMap):
    """The map of the first namespace, whose ids are the kernel's."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((Extent(0, 0, NO_ID),))

    def up(self, kernel_id: int) -> int:
        """Itself."""
        return kernel_id

    def seen(self, kernel_id: int) -> int:
        """Itself."""
        return kernel_id

    def has(self, kernel_id: int) -> bool:
        """Every one but NO_ID."""
        return kernel_id != NO_ID


class UserNamespace:
    """What ``CLONE_NEWUSER`` makes.

    Attributes:
        ino: inode number in nsfs, by which ``/proc/PID/ns/user`` tells namespaces apart.
        parent: the one it was made in, None for the first. level: how many are above it.
        owner, group: effective ids of who made it, as the kernel's.
        uids, gids, projids: its maps; empty until written.
        setgroups_allowed: what ``/proc/PID/setgroups`` says.
        parent_could_setfcap: whoever made it had CAP_SETFCAP.
    """

    __slots__ = (
        "gids",
        "group",
        "ino",
        "level",
        "owner",
        "parent",
        "parent_could_setfcap",
        "projids",
        "setgroups_allowed",
        "uids",
    )

    def __init__(self, ino: int, parent: UserNamespace | None, owner: int, group: int) -> None:
        self.ino = ino
        self.parent = parent
        self.level: int = 0 if parent is None else parent.level + 1
        self.owner = owner
        self.group = group
        first = parent is None
        self.uids: IdMap = IdentityMap() if first else IdMap()
        self.gids: IdMap = IdentityMap() if first else IdMap()
        self.projids: IdMap = IdentityMap() if first else IdMap()
        self.setgroups_allowed: bool = parent is None or parent.setgroups_allowed
        self.parent_could_setfcap = False

    @property
    def user_ns(self) -> UserNamespace | None:
        """To whom it belongs: its parent."""
        return self.parent

    def is_within(self, other: UserNamespace) -> bool:
        """Whether it is `other` or below it; kernel/user_namespace.c:in_userns()."""
        here: UserNamespace | None = self
        while here is not None and here.level > other.level:
            here = here.parent
        return here is other

    def names(self, uid: int, gid: int) -> bool:
        """Whether both ids of an inode are mapped; privileged_wrt_inode_uidgid()."""
        return self.parent is None or (self.uids.has(uid) and self.gids.has(gid))


#: The first namespace, which is the same for every machine: nothing about it changes.
INITIAL: Final = UserNamespace(INITIAL_INO, None, 0, 0)


def create(cred: Credentials, ino: int, *, changed_root: bool) -> Credentials:
    """Credentials of the first member of a new namespace; create_user_ns().

    Args:
        changed_root: whether its root directory is not that of its mount namespace.

    Raises:
        ENOSPC: too deep. EPERM: a changed root, or the maker's ids are not mapped.
    """
    parent = cred.user_ns
    if parent.level > DEEPEST:
        raise ENOSPC("nesting of user namespaces")
    if changed_root or not parent.names(cred.euid, cred.egid):
        raise EPERM
    made = UserNamespace(ino, parent, cred.euid, cred.egid)
    made.parent_could_setfcap = cred.may_set_file_capabilities
    return cred.as_member(made)
