"""Names, links and mounts: the trees of every tmpfs, and what is mounted on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.fs.tmpfs import DIRENT_SIZE, DirectoryInode, attribute_space

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.fs.tmpfs import Tmpfs
    from pytest_kevlar.kernel.invariants.census import Census


def directories(census: Census) -> Iterator[str]:
    """Each name is in its directory under itself; sizes and positions agree."""
    for names in census.trees.values():
        for dentry in names:
            inode = dentry.inode
            if dentry.unlinked:
                yield f"{dentry} is unlinked, and in a directory"
            if not isinstance(inode, DirectoryInode):
                continue
            for name, child in inode.children.items():
                if child.name != name or child.parent is not dentry:
                    yield f"{child} is in {dentry} as {name!r}, and is not its child"
                if child.cookie >= inode.next_cookie:
                    yield f"{child} is at position {child.cookie}, which is still to come"
            if inode.size != (2 + len(inode.children)) * DIRENT_SIZE:
                yield f"{dentry} has {len(inode.children)} entries and the size {inode.size}"


def links(census: Census) -> Iterator[str]:
    """Inodes have as many links as names, and file systems as many inodes as are used."""
    for fs, names in census.trees.items():
        found: dict[Inode, int] = {}
        for dentry in names:
            found[dentry.inode] = found.get(dentry.inode, 0) + 1
        for inode, count in found.items():
            expected = count
            if isinstance(inode, DirectoryInode):
                inner = sum(1 for child in inode.children.values() if child.inode.is_dir)
                expected = 2 + inner
                if count > 1:
                    yield f"directory {inode.ino} has {count} names"
            if inode.nlink != expected:
                yield f"inode {inode.ino} has {inode.nlink} links, found are {expected}"
        yield from _inodes(census, fs, found)


def _inodes(census: Census, fs: Tmpfs, named: dict[Inode, int]) -> Iterator[str]:
    """Count inodes: those with a name, and those without one that a file is open of."""
    orphans = {
        file.inode: None
        for file in census.files
        if file.inode.fs is fs and file.inode not in named and file.inode.is_regular
    }
    for orphan in orphans:
        if orphan.nlink:
            yield f"inode {orphan.ino} has {orphan.nlink} links and no name"
    count = len(named) + len(orphans)
    if fs.inodes != count:
        yield f"a tmpfs counts {fs.inodes} inodes, found are {count}"
    used = sum(
        attribute_space(name, value)
        for inode in (*named, *orphans)
        for name, value in (inode.xattrs or {}).items()
    )
    if fs.xattr_used != used:
        yield f"a tmpfs counts {fs.xattr_used} bytes of attributes, found are {used}"


def mounts(census: Census) -> Iterator[str]:
    """Mounts and what they are mounted on know each other."""
    for mount in census.mounts:
        for dentry, child in mount.children.items():
            if child.parent is not mount or child.mountpoint is not dentry:
                yield f"mount {child.id} is on mount {mount.id}, and does not know it"
            if child.namespace is not mount.namespace:
                yield f"mount {child.id} is in another namespace than what it is on"
    for namespace in census.namespaces:
        holders = sum(
            1 for context in {task.fs for task in census.tasks} if context.namespace is namespace
        )
        if namespace.users < holders:
            yield f"{holders} tasks see a namespace of mounts that counts {namespace.users}"
    for dentry, here in census.kernel.init.leader.fs.vfs.mountpoints.items():  # type: ignore[union-attr]
        if dentry.mounts != len(here) or any(mount.mountpoint is not dentry for mount in here):
            yield f"{dentry} counts {dentry.mounts} mounts, found are {len(here)}"
