"""What the three kinds of System V object share: identifiers, keys and permissions.

Mirrors ipc/util.c. What an object is, is :mod:`shm`, :mod:`sem` and :mod:`msg`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from pytest_kevlar.kernel.abi.ipc import IPC
from pytest_kevlar.kernel.abi.structs import IPC64_PERM
from pytest_kevlar.kernel.errno import (
    EACCES,
    EEXIST,
    EIDRM,
    EINVAL,
    ENOENT,
    ENOSPC,
    EPERM,
)
from pytest_kevlar.kernel.task.cred import CAP_IPC_OWNER, CAP_SYS_ADMIN

if TYPE_CHECKING:
    from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.task.userns import UserNamespace

#: An id is a slot and the number of times that slots were used up, ipc/util.h.
SLOT_BITS = 15
SLOTS = 1 << SLOT_BITS
SEQUENCES = 1 << 16
#: Slots go round among at least this many, so that ids are not reused at once.
MIN_CYCLE = 64
#: ``ipcperms()`` asks with the bits of a mode.
READ, WRITE = 0o444, 0o222
ACCESS_BITS = 0o777
SECOND = 1_000_000_000


class IpcObject:
    """The head of every object: ``struct kern_ipc_perm``.

    Attributes:
        key: IPC_PRIVATE if none finds it (any more). ident: its id.
        deleted: IPC_RMID was done; who still waits for it gets EIDRM.
        uid, gid: owner. cuid, cgid: creator. mode: permission bits and flags.
        ctime: of the last change, seconds.
    """

    def __init__(self, namespace: IpcNamespace, task: Task, key: int, mode: int) -> None:
        self.namespace = namespace
        self.key = key
        self.ident = -1
        self.deleted = False
        self.uid = self.cuid = task.cred.euid
        self.gid = self.cgid = task.cred.egid
        self.mode = mode & ACCESS_BITS
        self.ctime = self.now()

    def now(self) -> int:
        """Seconds since 1970."""
        return self.namespace.kernel.clock.realtime_ns() // SECOND

    def permits(self, task: Task, wanted: int) -> bool:
        """Whether `task` has the `wanted` mode bits; ipc/util.c:ipcperms()."""
        cred = task.cred
        asked = wanted >> 6 | wanted >> 3 | wanted
        granted = self.mode
        if cred.euid in (self.cuid, self.uid):
            granted >>= 6
        elif _in_group(task, self.cgid) or _in_group(task, self.gid):
            granted >>= 3
        return not asked & ~granted & 0o007 or cred.capable_in(task.ipc.user_ns, CAP_IPC_OWNER)

    def need(self, task: Task, wanted: int) -> None:
        """EACCES unless the `wanted` mode bits are there, EIDRM if the object is gone."""
        if not self.permits(task, wanted):
            raise EACCES
        if self.deleted:
            raise EIDRM

    def need_owner(self, task: Task) -> None:
        """EPERM unless `task` owns or made the object; ipc/util.c:ipcctl_obtain_check()."""
        if task.cred.euid not in (self.cuid, self.uid) and not task.cred.capable_in(
            task.ipc.user_ns, CAP_SYS_ADMIN
        ):
            raise EPERM

    def set_owner(self, setter: UserNamespace, uid: int, gid: int, mode: int) -> None:
        """IPC_SET; EINVAL for ids that are not mapped. ipc/util.c:ipc_update_perm()."""
        self.uid, self.gid = setter.uids.given(uid), setter.gids.given(gid)
        self.mode = self.mode & ~ACCESS_BITS | mode & ACCESS_BITS
        self.ctime = self.now()

    def permissions(self, reader: UserNamespace) -> dict[str, int]:
        """The fields of ``struct ipc64_perm``, ids as `reader` has them."""
        return {
            "key": self.key,
            "uid": reader.uids.seen(self.uid),
            "gid": reader.gids.seen(self.gid),
            "cuid": reader.uids.seen(self.cuid),
            "cgid": reader.gids.seen(self.cgid),
            "mode": self.mode,
            "seq": self.ident >> SLOT_BITS,
        }


def _in_group(task: Task, gid: int) -> bool:
    return gid == task.cred.egid or gid in task.cred.groups


Object = TypeVar("Object", bound=IpcObject)


class IpcIds(Generic[Object]):
    """All objects of one kind in one namespace.

    Attributes:
        limit: how many there may be.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._slots: dict[int, Object] = {}
        self._keys: dict[int, Object] = {}
        self._sequence = 0
        self._last_slot = -1

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def objects(self) -> list[Object]:
        """In the order of their slots, as /proc/sysvipc lists them."""
        return [self._slots[slot] for slot in sorted(self._slots)]

    @property
    def highest(self) -> int:
        """The highest slot in use, 0 if there is none: what ``*_INFO`` returns."""
        return max(self._slots, default=0)

    def get(
        self,
        task: Task,
        key: int,
        flags: int,
        make: Callable[[], Object],
        check: Callable[[Object], None],
    ) -> int:
        """The id for `key`, made if need be; ipc/util.c:ipcget().

        Args:
            make: a new object, or what forbids one.
            check: EINVAL if the object found does not fit what was asked for.
        """
        found = None if key == IPC.PRIVATE else self._keys.get(key)
        if found is None:
            if key != IPC.PRIVATE and not flags & IPC.CREAT:
                raise ENOENT
            return self.add(make())
        if flags & IPC.CREAT and flags & IPC.EXCL:
            raise EEXIST
        check(found)
        if not found.permits(task, flags):
            raise EACCES
        return found.ident

    def add(self, item: Object) -> int:
        """Give an object its id; ENOSPC if there are too many. ipc/util.c:ipc_addid()."""
        if len(self._slots) >= self.limit:
            raise ENOSPC
        cycle = min(max(len(self._slots) * 3 // 2, MIN_CYCLE), self.limit)
        order = [*range(self._last_slot + 1, cycle), *range(min(cycle, self._last_slot + 1))]
        slot = next(slot for slot in order if slot not in self._slots)
        if slot <= self._last_slot:
            self._sequence = (self._sequence + 1) % SEQUENCES
        self._last_slot = slot
        item.ident = self._sequence << SLOT_BITS | slot
        self._slots[slot] = item
        if item.key != IPC.PRIVATE:
            self._keys[item.key] = item
        return item.ident

    def find(self, ident: int) -> Object:
        """The object with an id: EINVAL if there is none. ipc/util.c:ipc_obtain_object_check()."""
        found = self._slots.get(ident & SLOTS - 1) if ident >= 0 else None
        if found is None or found.ident != ident:
            raise EINVAL
        return found

    def at(self, slot: int) -> Object:
        """The object in a slot, as ``*_STAT`` looks it up: EINVAL if there is none."""
        found = self._slots.get(slot & SLOTS - 1) if slot >= 0 else None
        if found is None:
            raise EINVAL
        return found

    def forget_key(self, item: Object) -> None:
        """No key leads to the object any more; ipc/util.c:ipc_set_key_private()."""
        if item.key != IPC.PRIVATE:
            self._keys.pop(item.key, None)
            item.key = IPC.PRIVATE

    def remove(self, item: Object) -> None:
        """The id is free again; ipc/util.c:ipc_rmid()."""
        del self._slots[item.ident & SLOTS - 1]
        if self._keys.get(item.key) is item:
            del self._keys[item.key]
        item.deleted = True


def owner_fields(data: bytes) -> tuple[int, int, int]:
    """Uid, gid and mode of an ``ipc64_perm`` that IPC_SET was given."""
    perm = IPC64_PERM.unpack(data)
    return perm.uid, perm.gid, perm.mode
