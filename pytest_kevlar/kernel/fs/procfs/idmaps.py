"""/proc/PID/uid_map, gid_map, projid_map and setgroups: how a user namespace gets its ids.

What maps mean is ``task/userns.py``. Mirrors kernel/user_namespace.c.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_kevlar.kernel.abi.credentials import CAP
from pytest_kevlar.kernel.abi.files import DT, S
from pytest_kevlar.kernel.errno import EACCES, EINVAL, EPERM
from pytest_kevlar.kernel.fs.generated import GeneratedFileSystem, GeneratedInode
from pytest_kevlar.kernel.fs.procfs.text import SequenceFile
from pytest_kevlar.kernel.task.userns import NO_ID, Extent, IdMap, UserNamespace

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.mount import VfsPath
    from pytest_kevlar.kernel.task.cred import Credentials
    from pytest_kevlar.kernel.task.task import Task

PAGE: Final = 4096
MOST_EXTENTS: Final = 340
#: From here on Linux keeps a map sorted, and shows it so.
SORTED_FROM: Final = 6
SETGROUPS_SIZE: Final = 8


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the maps: its attribute, and the capability over the parent that it takes."""

    attribute: str
    capability: int | None


UIDS: Final = Kind("uids", CAP.SETUID)
GIDS: Final = Kind("gids", CAP.SETGID)
PROJIDS: Final = Kind("projids", None)


class MapEntry:
    """The entry of a map in the table of a process's directory."""

    kind = DT.REG

    def __init__(self, which: Kind | None) -> None:
        """`which` is None for ``setgroups``."""
        self._which = which

    def make(self, fs: GeneratedFileSystem, key: tuple[Any, ...], subject: Any) -> Inode:
        """The inode."""
        inode = MapInode(fs, key, subject, S.IFREG | 0o644)
        inode.which = self._which
        return inode


class MapInode(GeneratedInode):
    """The file before it is opened."""

    __slots__ = ("which",)

    which: Kind | None

    def open(self, task: Task | None, path: VfsPath, flags: int) -> File:
        """Open it, for the namespace that the process is in now."""
        assert task is not None
        namespace = self.subject.get().cred.user_ns
        if self.which is not None:
            return MapFile(path, flags, task.cred, namespace, self.which)
        file = SetgroupsFile(path, flags, namespace)
        if file.writable and not task.cred.capable_in(namespace, CAP.SYS_ADMIN):
            raise EACCES
        return file

    def truncate(self, size: int) -> None:
        """O_TRUNC means nothing."""


class MapFile(SequenceFile):
    """An open map: a namespace, and whoever opened it."""

    __slots__ = ("_namespace", "_opener", "_which")

    def __init__(
        self,
        path: VfsPath,
        flags: int,
        opener: Credentials,
        namespace: UserNamespace,
        which: Kind,
    ) -> None:
        super().__init__(path, flags)
        self._opener = opener
        self._namespace = namespace
        self._which = which

    def _map_of(self, namespace: UserNamespace) -> IdMap:
        found: IdMap = getattr(namespace, self._which.attribute)
        return found

    def text(self, task: Task) -> bytes:
        """The map, its right side as the opener's namespace has it; uid_m_show()."""
        reader = self._opener.user_ns
        if reader is self._namespace and reader.parent is not None:
            reader = reader.parent
        outer = self._map_of(reader)
        lines = (
            b"%10u %10u %10u\n" % (first, outer.up(lower), count)
            for first, lower, count in self._map_of(self._namespace).extents
        )
        return b"".join(lines)

    def write(self, task: Task, data: bytes) -> int:
        """Fill the map, once; map_write().

        Raises:
            EPERM: not the opener's to fill, filled already, no privilege, or ids that the
                parent has not. EINVAL: anything else.
        """
        namespace, opener = self._namespace, self._opener
        parent = namespace.parent
        if parent is None or opener.user_ns not in (namespace, parent):
            raise EPERM
        if self.pos or len(data) >= PAGE:
            raise EINVAL
        privileged = self._which.capability is None or opener.capable_in(namespace, CAP.SYS_ADMIN)
        if self._map_of(namespace).extents or not privileged:
            raise EPERM
        asked = parse(data)
        if not self._is_permitted(task, parent, asked):
            raise EPERM
        outer = self._map_of(parent)
        made = [Extent(one.first, outer.down(one.lower, one.size), one.size) for one in asked]
        if any(one.lower == NO_ID for one in made):
            raise EPERM
        if len(made) >= SORTED_FROM:
            made.sort()
        setattr(namespace, self._which.attribute, IdMap(made))
        self.pos += len(data)
        return len(data)

    def _is_permitted(self, task: Task, parent: UserNamespace, asked: list[Extent]) -> bool:
        """new_idmap_permitted()."""
        namespace, capability = self._namespace, self._which.capability
        if capability is None:
            return True
        if capability == CAP.SETUID and not self._may_map_root(parent, asked):
            return False
        cred = self._opener
        if len(asked) == 1 and asked[0].size == 1 and namespace.owner == cred.euid:
            kernel_id = self._map_of(parent).down(asked[0].lower)
            if capability == CAP.SETUID and kernel_id == cred.euid:
                return True
            denied = not namespace.setgroups_allowed
            if capability == CAP.SETGID and denied and kernel_id == cred.egid:
                return True
        return task.cred.capable_in(parent, capability) and cred.capable_in(parent, capability)

    def _may_map_root(self, parent: UserNamespace, asked: list[Extent]) -> bool:
        """Whether the parent's root may be among the ids; verify_root_map()."""
        if all(one.lower for one in asked):
            return True
        if self._opener.user_ns is self._namespace:
            return self._namespace.parent_could_setfcap
        return self._opener.capable_in(parent, CAP.SETFCAP)


class SetgroupsFile(SequenceFile):
    """``/proc/PID/setgroups``."""

    __slots__ = ("_namespace",)

    def __init__(self, path: VfsPath, flags: int, namespace: UserNamespace) -> None:
        super().__init__(path, flags)
        self._namespace = namespace

    def text(self, task: Task) -> bytes:
        """One word."""
        return b"allow\n" if self._namespace.setgroups_allowed else b"deny\n"

    def write(self, task: Task, data: bytes) -> int:
        """``deny``, for good and before gid_map is written; proc_setgroups_write()."""
        if self.pos or len(data) >= SETGROUPS_SIZE:
            raise EINVAL
        word = data.rstrip(b" \t\n\v\f\r")
        namespace = self._namespace
        if word not in (b"allow", b"deny"):
            raise EINVAL
        if word == b"allow":
            if not namespace.setgroups_allowed:
                raise EPERM
        elif namespace.gids.extents:
            raise EPERM
        else:
            namespace.setgroups_allowed = False
        self.pos += len(data)
        return len(data)


def parse(data: bytes) -> list[Extent]:
    """The extents that were written, lower ids as given; EINVAL."""
    lines = data.partition(b"\0")[0].split(b"\n")
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    if len(lines) > MOST_EXTENTS:
        raise EINVAL("too many extents")
    found: list[Extent] = []
    for line in lines:
        words = line.split()
        if len(words) != 3 or not all(word.isdigit() for word in words):
            raise EINVAL
        one = Extent(*(int(word) & NO_ID for word in words))
        top = NO_ID
        if NO_ID in (one.first, one.lower) or not one.size:
            raise EINVAL
        if one.first + one.size > top or one.lower + one.size > top:
            raise EINVAL
        if any(_overlap(one, other) for other in found):
            raise EINVAL
        found.append(one)
    return found


def _overlap(one: Extent, other: Extent) -> bool:
    return (one.first < other.first + other.size and other.first < one.first + one.size) or (
        one.lower < other.lower + other.size and other.lower < one.lower + one.size
    )
