"""Changing the tree of mounts: mount, bind, move, unmount, pivot_root, and new namespaces.

Mirrors fs/namespace.c. Whether the caller may mount at all has been decided before, and
what a file system makes of its options is :mod:`fstypes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.mount import MNT, MS
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import (
    EACCES,
    EAGAIN,
    EBUSY,
    EINVAL,
    ELOOP,
    ENOENT,
    ENOTDIR,
    EPERM,
)
from pytest_kevlar.kernel.fs import fsnotify
from pytest_kevlar.kernel.fs.block.mounting import unmounted
from pytest_kevlar.kernel.fs.file import PathFile
from pytest_kevlar.kernel.fs.mount import ATIME, LOCK_ATIME, Mount, MountNamespace, VfsPath
from pytest_kevlar.kernel.fs.propagation import (
    PeerGroup,
    change_kind,
    copies_for_receivers,
    free_from_master,
    inherit_kind,
    make_shared,
    make_slave,
    receivers,
)
from pytest_kevlar.kernel.fs.users import check_no_writers, has_writers, in_use, is_mounted
from pytest_kevlar.kernel.fs.visibility import check_hides_nothing
from pytest_kevlar.kernel.task.cred import CAP_SYS_ADMIN

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.fstypes import Context
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task


def is_mount_root(place: VfsPath) -> bool:
    """Whether something is mounted exactly there; fs/namespace.c:path_mounted()."""
    return place.dentry is place.mount.root


def is_local(task: Task, mount: Mount) -> bool:
    """Whether `mount` is in the namespace of `task`; fs/namespace.c:check_mnt()."""
    return mount.namespace is task.fs.namespace


def is_free(mount: Mount) -> bool:
    """Whether it is the root of a tree that is not attached anywhere yet."""
    namespace = mount.namespace
    return namespace is not None and namespace.anonymous and namespace.root is mount


# -- copies ------------------------------------------------------------


def copy_mount(original: Mount, root: Dentry | None = None) -> Mount:
    """A mount of the same, not attached; fs/namespace.c:clone_mnt()."""
    number = original.fs.vfs.new_mount_id()
    root = root or original.root
    copy = Mount(number, original.fs, root, original.source, original.flags)
    copy.locked, copy.locked_flags = original.locked, original.locked_flags
    inherit_kind(copy, original)
    return copy


def copy_tree(
    original: Mount, root: Dentry | None = None, twins: dict[Mount, Mount] | None = None
) -> Mount:
    """A copy with what is mounted below `root`; fs/namespace.c:copy_tree().

    Args:
        twins: gets which mount became which; unbindable mounts are copied, too, then.
    """
    copy = copy_mount(original, root)
    if twins is not None:
        twins[original] = copy
    for mountpoint, child in list(original.children.items()):
        if not mountpoint.is_below(copy.root):
            continue
        if twins is None and child.unbindable:
            if child.locked:
                raise EPERM
            continue
        copy_tree(child, None, twins).attach(VfsPath(copy, mountpoint))
    return copy


def copy_namespace(task: Task) -> tuple[MountNamespace, VfsPath, VfsPath]:
    """CLONE_NEWNS: a copy, and the task's root and working directory in it."""
    old = task.fs.namespace
    twins: dict[Mount, Mount] = {}
    root = copy_tree(old.root, None, twins)
    owner = task.cred.user_ns
    if owner is not old.user_ns:
        for mount in root.tree():
            if mount.group is not None:  # what its members mount does not get out
                make_slave(mount)
        lock_tree(root)
    namespace = MountNamespace(old.vfs, root, task.kernel.new_namespace_ino(), owner)
    places = []
    for mount, dentry in (task.fs.root, task.fs.cwd):
        places.append(VfsPath(twins.get(mount, mount), dentry))
    return namespace, places[0], places[1]


def has_changed_root(task: Task) -> bool:
    """Whether the task's root is not its mount namespace's; fs/namespace.c:current_chrooted()."""
    root = task.fs.namespace.root
    return VfsPath(root, root.root).top() != task.fs.root


# -- locks: what the members of a less privileged namespace cannot undo ------------------------


def lock_tree(root: Mount) -> None:
    """Mounts that a namespace gets from one with more privilege; fs/namespace.c:lock_mnt_tree()."""
    for mount in root.tree():
        mount.locked_flags |= mount.flags & (MS.RDONLY | MS.NODEV | MS.NOSUID | MS.NOEXEC)
        mount.locked_flags |= LOCK_ATIME
        if mount is not root:
            mount.locked = True


def check_flags(mount: Mount, flags: int) -> None:
    """EPERM if `flags` leave out what is locked; fs/namespace.c:can_change_locked_flags()."""
    locked = mount.locked_flags
    if locked & ~LOCK_ATIME & ~flags:
        raise EPERM
    if locked & LOCK_ATIME and (mount.flags ^ flags) & ATIME:
        raise EPERM


def _has_locked_children(mount: Mount, root: Dentry) -> bool:
    """Whether a copy of `mount` alone would uncover something."""
    return any(
        child.locked and mountpoint.is_below(root) for mountpoint, child in mount.children.items()
    )


# -- attaching ------------------------------------------------------------


def check_target(task: Task, place: VfsPath) -> None:
    """Whether something can be mounted there; fs/namespace.c:do_lock_mount()."""
    if place.mount.namespace is None or place.dentry.unlinked:
        raise ENOENT
    if place.inode.is_dir and not place.inode.nlink:
        raise ENOENT


def attach_tree(source: Mount, place: VfsPath) -> None:
    """Attach and propagate; fs/namespace.c:attach_recursive_mnt()."""
    target, dentry = place
    if target.group is not None:
        for mount in source.tree():
            make_shared(mount)
    copies = list(copies_for_receivers(target, dentry, source, copy_tree))
    source.attach(place)
    _enter(source, target.namespace)
    for receiver, copy in copies:
        covered = receiver.children.get(dentry)
        if covered is not None:
            covered.detach()
        copy.attach(VfsPath(receiver, dentry))
        theirs, ours = receiver.namespace, target.namespace
        if theirs is not None and ours is not None and theirs.user_ns is not ours.user_ns:
            lock_tree(copy)
        copy.locked = False
        _enter(copy, receiver.namespace)
        if covered is not None:  # what was there stays on top
            covered.attach(VfsPath(copy, copy.root))


def _enter(root: Mount, namespace: MountNamespace | None) -> None:
    for mount in root.tree():
        mount.namespace = namespace


def graft(task: Task, mount: Mount, place: VfsPath) -> None:
    """Attach what is new; fs/namespace.c:graft_tree()."""
    if mount.root.inode.is_dir != place.inode.is_dir:
        raise ENOTDIR
    attach_tree(mount, place)


def add_mount(task: Task, fs: FileSystem, place: VfsPath, source: bytes, flags: int) -> None:
    """mount(2) of a file system; fs/namespace.c:do_add_mount()."""
    check_target(task, place)
    if not is_local(task, place.mount):
        raise EINVAL
    if place.mount.fs is fs and is_mount_root(place):
        raise EBUSY
    mount = Mount(fs.vfs.new_mount_id(), fs, fs.root_for(task), source, flags)
    check_hides_nothing(task.fs.namespace, mount)
    graft(task, mount, place)


def copy_place(task: Task, old: VfsPath, *, recursive: bool) -> Mount:
    """What MS_BIND and OPEN_TREE_CLONE make of a place; fs/namespace.c:__do_loopback()."""
    mount = old.mount
    if mount.unbindable:
        raise EINVAL
    if not is_local(task, mount) and not is_free(mount) and not mount.fs.pseudo:
        raise EINVAL
    if not recursive and _has_locked_children(mount, old.dentry):
        raise EINVAL
    copy = (copy_tree if recursive else copy_mount)(mount, old.dentry)
    copy.locked = False
    return copy


def bind(task: Task, old: VfsPath, place: VfsPath, *, recursive: bool) -> None:
    """MS_BIND; fs/namespace.c:do_loopback()."""
    check_target(task, place)
    if not is_local(task, place.mount):
        raise EINVAL
    if old.inode.is_dir != place.inode.is_dir and not old.mount.unbindable:
        raise ENOTDIR
    attach_tree(copy_place(task, old, recursive=recursive), place)


def move(task: Task, old: VfsPath, place: VfsPath) -> None:
    """MS_MOVE and move_mount(2); fs/namespace.c:do_move_mount()."""
    check_target(task, place)
    mount, parent = old.mount, old.mount.parent
    free = is_free(mount)
    if not is_mount_root(old) or not is_local(task, place.mount):
        raise EINVAL
    if not free and (not is_local(task, mount) or parent is None):
        raise EINVAL
    if mount.locked:
        raise EINVAL
    if old.inode.is_dir != place.inode.is_dir:
        raise EINVAL
    if parent is not None and parent.group is not None:
        raise EINVAL
    if place.mount.group is not None and any(one.unbindable for one in mount.tree()):
        raise EINVAL
    here: Mount | None = place.mount
    while here is not None:
        if here is mount:
            raise ELOOP
        here = here.parent
    mount.detach()
    attach_tree(mount, place)


def change_propagation(task: Task, place: VfsPath, flags: int) -> None:
    """MS_SHARED and its relatives; fs/namespace.c:do_change_type()."""
    kind = flags & ~(MS.REC | MS.SILENT)
    if kind not in (MS.SHARED, MS.SLAVE, MS.PRIVATE, MS.UNBINDABLE):
        raise EINVAL
    if not is_mount_root(place) or not is_local(task, place.mount):
        raise EINVAL
    for mount in list(place.mount.tree()) if flags & MS.REC else [place.mount]:
        change_kind(mount, kind)


# -- unmounting ------------------------------------------------------------


def unmount(task: Task, place: VfsPath, flags: int) -> None:
    """umount2(2) once the place is found; fs/namespace.c:do_umount()."""
    mount = place.mount
    if not is_mount_root(place) or not is_local(task, mount) or mount.locked:
        raise EINVAL
    privileged = task.cred.capable_in(mount.fs.user_ns, CAP_SYS_ADMIN)
    if flags & MNT.MNT_FORCE and not privileged:
        raise EPERM
    if flags & MNT.MNT_EXPIRE:
        if mount is task.fs.root.mount or flags & (MNT.MNT_FORCE | MNT.MNT_DETACH):
            raise EINVAL
        if in_use(task, mount):
            raise EBUSY
        if not mount.expiring:
            mount.expiring = True
            raise EAGAIN
    if mount is task.fs.root.mount and not flags & MNT.MNT_DETACH:
        if not privileged:
            raise EPERM
        check_no_writers(task, mount.fs)
        mount.fs.remount(True, b"")
        return
    if mount.parent is None:
        raise EINVAL
    if not flags & MNT.MNT_DETACH:
        _check_idle(task, mount)
    take_down(mount)


def _check_idle(task: Task, mount: Mount) -> None:
    """fs/pnode.c:propagate_mount_busy()."""
    if mount.children or in_use(task, mount):
        raise EBUSY
    for child in _counterparts(mount):
        if not child.children and in_use(task, child):
            raise EBUSY


def _counterparts(mount: Mount) -> Iterator[Mount]:
    """What is mounted at the same place in mounts that get what happens there."""
    if mount.parent is None or mount.mountpoint is None:
        return
    for receiver in receivers(mount.parent):
        child = receiver.children.get(mount.mountpoint)
        if child is not None:
            yield child


def take_down(root: Mount) -> None:
    """Unmount a tree and its counterparts elsewhere; fs/namespace.c:umount_tree()."""
    doomed = dict.fromkeys(root.tree())
    for mount in list(doomed):
        for child in _counterparts(mount):
            doomed[child] = None
    kept: set[Mount] = set()
    while True:  # a counterpart goes only if all that is mounted in it goes, too
        spared = [
            mount
            for mount in doomed
            if mount not in kept
            and any(child not in doomed or child in kept for child in mount.children.values())
        ]
        if not spared:
            break
        kept.update(spared)
    for mount in doomed:
        if mount not in kept:
            _disconnect(mount)


def _disconnect(mount: Mount) -> None:
    mount.detach()
    mount.namespace = None
    make_slave(mount)
    free_from_master(mount)
    if mount.fs.marks and not is_mounted(mount.fs):
        fsnotify.unmounted(mount.fs)
    unmounted(mount.fs)


def dissolve(namespace: MountNamespace) -> None:
    """Its last user is gone: everything is unmounted."""
    for mount in list(namespace.root.tree()):
        _disconnect(mount)


def detach_mounts(dentry: Dentry) -> None:
    """A mount point is removed by another namespace; fs/namespace.c:__detach_mounts()."""
    for mount in list(dentry.inode.fs.vfs.mountpoints.get(dentry, ())):
        if mount.parent is not None:
            take_down(mount)


def is_local_mountpoint(task: Task, dentry: Dentry) -> bool:
    """Whether something is mounted on `dentry` in the namespace of `task`."""
    if not dentry.mounts:
        return False
    return any(is_local(task, one) for one in task.fs.vfs.mountpoints.get(dentry, ()))


def open_detached(vfs: Vfs, mount: Mount) -> DetachedMount:
    """An O_PATH file of a mount that has no place yet; it goes when the file is closed."""
    return DetachedMount(MountNamespace(vfs, mount, 0, anonymous=True))


class DetachedMount(PathFile):
    """What ``fsmount`` and ``open_tree`` give."""

    __slots__ = ("namespace",)

    def __init__(self, namespace: MountNamespace) -> None:
        mount = namespace.root
        super().__init__(VfsPath(mount, mount.root), O.PATH)
        self.namespace = namespace

    def release(self) -> None:
        """Unmount, unless it has got a place; fs/namespace.c:dissolve_on_fput()."""
        if self.namespace.root.namespace is self.namespace:
            dissolve(self.namespace)


# -- changing mounts and file systems ------------------------------------------------------------


def set_flags(task: Task, mount: Mount, flags: int) -> None:
    """New ``MS_*`` flags of a mount; EBUSY if it would be read-only while written to."""
    check_flags(mount, flags)
    if flags & MS.RDONLY and not mount.flags & MS.RDONLY and has_writers(task, mount):
        raise EBUSY
    mount.flags = flags


def set_attributes(
    task: Task, place: VfsPath, on: int, off: int, kind: int, *, recursive: bool
) -> None:
    """mount_setattr(2): all mounts of a tree, or none; fs/namespace.c:do_mount_setattr()."""
    mount = place.mount
    if not is_mount_root(place) or not (is_local(task, mount) or is_free(mount)):
        raise EINVAL
    mounts = list(mount.tree()) if recursive else [mount]
    for one in mounts:
        check_flags(one, one.flags & ~off | on)
        if on & MS.RDONLY and not one.flags & MS.RDONLY and has_writers(task, one):
            raise EBUSY
    for one in mounts:
        one.flags = one.flags & ~off | on
        if kind:
            change_kind(one, kind)


def change_file_system(task: Task, fs: FileSystem, context: Context) -> None:
    """Remount with what `context` has collected; fs/super.c:reconfigure_super()."""
    if context.mask & MS.RDONLY:
        device = fs.block_device
        if device is not None and device.read_only and not context.flags & MS.RDONLY:
            raise EACCES
        if context.flags & MS.RDONLY and not fs.read_only:
            check_no_writers(task, fs)
    context.change(fs)


# -- pivot_root ------------------------------------------------------------


def is_reachable(place: VfsPath, root: VfsPath) -> bool:
    """Whether `place` is at or below `root`; fs/namespace.c:is_path_reachable()."""
    mount, dentry = place
    while mount is not root.mount:
        above = mount.place
        if above is None:
            return False
        mount, dentry = above
    return dentry.is_below(root.dentry)


def dominating_group(group: PeerGroup, root: VfsPath) -> PeerGroup | None:
    """The nearest group above that can be seen from `root`; fs/pnode.c:get_dominating_id()."""
    here: PeerGroup | None = group
    while here is not None and here.members:
        if any(is_reachable(VfsPath(one, one.root), root) for one in here.members):
            return here
        here = here.members[0].master
    return None


def pivot_root(task: Task, new: VfsPath, put_old: VfsPath) -> None:
    """pivot_root(2) once both places are found; fs/namespace.c:path_pivot_root()."""
    root = task.fs.root
    new_mount, root_mount = new.mount, root.mount
    check_target(task, put_old)
    parents = (new_mount.parent, root_mount.parent)
    if put_old.mount.group or any(one is not None and one.group for one in parents):
        raise EINVAL
    if not is_local(task, root_mount) or not is_local(task, new_mount) or new_mount.locked:
        raise EINVAL
    if new.dentry.unlinked:
        raise ENOENT
    if root_mount in (new_mount, put_old.mount):
        raise EBUSY
    bottom = root_mount.place
    if not is_mount_root(root) or bottom is None:
        raise EINVAL
    if not is_mount_root(new) or new_mount.parent is None:
        raise EINVAL
    if not is_reachable(put_old, new) or not is_reachable(new, root):
        raise EINVAL
    if root_mount.locked:
        new_mount.locked, root_mount.locked = True, False
    new_mount.detach()
    root_mount.detach()
    root_mount.attach(put_old)
    new_mount.attach(bottom)
    for other in task.kernel.tasks.values():
        if not other.alive:
            continue
        if other.fs.root == root:
            other.fs.root = new
        if other.fs.cwd == root:
            other.fs.cwd = new
