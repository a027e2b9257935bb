"""Peer groups, masters and slaves: which mounts take part in a change of another.

Mirrors fs/pnode.c; mount_namespaces(7) explains it. Only relations between mounts: the
changes themselves are made in :mod:`mounting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mount import MS

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.mount import Mount
    from pytest_kevlar.kernel.fs.vfs import Vfs


class PeerGroup:
    """Mounts that are shared with each other.

    Attributes:
        number: as in mountinfo; the lowest free one.
        members: in the order in which a change at the first reaches the others.
        slaves: mounts that get what happens here and give nothing back.
    """

    def __init__(self, vfs: Vfs) -> None:
        self.vfs = vfs
        self.number = 1
        while self.number in vfs.peer_groups:
            self.number += 1
        vfs.peer_groups.add(self.number)
        self.members: list[Mount] = []
        self.slaves: list[Mount] = []

    def join(self, mount: Mount, after: Mount | None = None) -> None:
        """`mount` becomes a member, next after `after`."""
        _insert(self.members, mount, after)
        mount.group = self

    def enslave(self, mount: Mount, after: Mount | None = None) -> None:
        """`mount` becomes a slave of the group."""
        _insert(self.slaves, mount, after)
        mount.master = self

    def others(self, mount: Mount) -> list[Mount]:
        """The peers of `mount`, beginning with the one after it."""
        at = self.members.index(mount)
        return self.members[at + 1 :] + self.members[:at]


def _insert(mounts: list[Mount], mount: Mount, after: Mount | None) -> None:
    mounts.insert(mounts.index(after) + 1 if after in mounts else 0, mount)


# -- kinds -----------------------------------------------------------------------------------


def make_shared(mount: Mount) -> None:
    """MS_SHARED: a group of its own, if it is in none."""
    mount.unbindable = False
    if mount.group is None:
        PeerGroup(mount.fs.vfs).join(mount)


def make_slave(mount: Mount) -> None:
    """MS_SLAVE: out of its group, whose slave it becomes; fs/pnode.c:do_make_slave()."""
    group = mount.group
    if group is None:
        return
    group.members.remove(mount)
    mount.group = None
    if group.members:
        free_from_master(mount)
        group.enslave(mount)
        return
    # Nobody is left: slaves go to the group's own master, or become free.
    group.vfs.peer_groups.discard(group.number)
    slaves, group.slaves = group.slaves, []
    for slave in slaves:
        slave.master = None
        if mount.master is not None:
            mount.master.enslave(slave, mount)


def free_from_master(mount: Mount) -> None:
    """No longer a slave."""
    if mount.master is not None:
        mount.master.slaves.remove(mount)
        mount.master = None


def change_kind(mount: Mount, kind: int) -> None:
    """``MS_SHARED``, ``MS_SLAVE``, ``MS_PRIVATE`` or ``MS_UNBINDABLE``."""
    if kind == MS.SHARED:
        make_shared(mount)
        return
    make_slave(mount)
    if kind != MS.SLAVE:
        free_from_master(mount)
        mount.unbindable = kind == MS.UNBINDABLE


def inherit_kind(copy: Mount, original: Mount) -> None:
    """A copy is a peer of what it was made from, and a slave like it."""
    if original.group is not None:
        original.group.join(copy, original)
    if original.master is not None:
        original.master.enslave(copy, original)


# -- who takes part ----------------------------------------------------------------------------


def receivers(mount: Mount) -> Iterator[Mount]:
    """Mounts that a change on `mount` reaches, itself not: peers, then slaves and theirs."""
    if mount.group is None:
        return
    yield from mount.group.others(mount)
    yield from _slaves_below(mount.group)


def _slaves_below(group: PeerGroup) -> Iterator[Mount]:
    for slaves in _slave_groups(group):
        yield from slaves
        below = slaves[0].group
        if below is not None:
            yield from _slaves_below(below)


def _slave_groups(group: PeerGroup) -> list[list[Mount]]:
    """Slaves of a group: single ones, and those that are peers together."""
    done: list[PeerGroup] = []
    groups: list[list[Mount]] = []
    for slave in group.slaves:
        if slave.group is None:
            groups.append([slave])
        elif slave.group not in done:
            done.append(slave.group)
            groups.append([slave, *slave.group.others(slave)])
    return groups


def copies_for_receivers(
    target: Mount, place: Dentry, source: Mount, copy: Callable[[Mount], Mount]
) -> Iterator[tuple[Mount, Mount]]:
    """Who gets a copy of the tree at `source` when it is mounted on `place` of `target`.

    Peers get peers of `source` (which is shared already), slaves slaves of it, and slaves
    that are shared among themselves a group of their own; fs/pnode.c:propagate_mnt().

    Args:
        copy: copies a tree; the copies are what inherit_kind() makes of them.

    Yields:
        The mount that receives, and the root of the tree for it.
    """
    if target.group is None:
        return
    for peer in target.group.others(target):
        if _takes_part(peer, place):
            yield peer, copy(source)
    yield from _copies_for_slaves(target.group, place, source, copy)


def _takes_part(mount: Mount, place: Dentry) -> bool:
    """Whether it shows `place` and is mounted: what is only just being made is not."""
    namespace = mount.namespace
    return namespace is not None and not namespace.anonymous and place.is_below(mount.root)


def _copies_for_slaves(
    group: PeerGroup, place: Dentry, source: Mount, copy: Callable[[Mount], Mount]
) -> Iterator[tuple[Mount, Mount]]:
    for slaves in _slave_groups(group):
        first = source
        for slave in slaves:
            if not _takes_part(slave, place):
                continue
            twin = copy(first)
            if first is source:
                for mount in twin.tree():
                    make_slave(mount)
                    if slave.group is not None:
                        make_shared(mount)
                first = twin
            yield slave, twin
        below = slaves[0].group
        if below is not None:
            yield from _copies_for_slaves(below, place, first, copy)
