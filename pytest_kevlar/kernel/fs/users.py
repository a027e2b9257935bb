"""Who uses a mount or a file system: tasks, open and mapped files, loop devices, other mounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.errno import EBUSY

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.mount import Mount
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task


def _open_files(vfs: Vfs) -> Iterator[File]:
    """Every file that a task of the machine has open, mapped or runs, or a loop device shows."""
    yield from vfs.blocks.loop_files()
    seen = set()
    for task in vfs.kernel.tasks.values():
        if not task.alive:
            continue
        if task.process.exe is not None:
            yield task.process.exe
        if task.files not in seen:
            seen.add(task.files)
            for _, file in task.files:
                yield file
        for vma in task.memory.vmas:
            if vma.file is not None:
                yield vma.file


def _places(vfs: Vfs) -> Iterator[Mount]:
    """The mounts of all roots and working directories."""
    for task in vfs.kernel.tasks.values():
        if task.alive:
            yield task.fs.cwd.mount
            yield task.fs.root.mount


def in_use(task: Task, mount: Mount) -> bool:
    """Whether a working directory, a root, or an open or mapped file is on the mount."""
    vfs = task.fs.vfs
    if any(one is mount for one in _places(vfs)):
        return True
    return any(file.path.mount is mount for file in _open_files(vfs))


def _writes(file: File) -> bool:
    """Whether it keeps its mount from becoming read-only; fs/open.c:do_dentry_open()."""
    return file.writable and file.inode.kind in (S.IFREG, S.IFDIR)


def has_writers(task: Task, mount: Mount) -> bool:
    """Whether a file is open for writing through `mount`."""
    return any(file.path.mount is mount and _writes(file) for file in _open_files(task.fs.vfs))


def check_no_writers(task: Task, fs: FileSystem) -> None:
    """EBUSY while a file of `fs` is open for writing, or without a name.

    Mirrors fs/namespace.c:sb_prepare_remount_readonly().
    """
    for file in _open_files(task.fs.vfs):
        if file.path.mount.fs is fs and (_writes(file) or not file.inode.nlink):
            raise EBUSY


def is_mounted(fs: FileSystem) -> bool:
    """Whether any mount of it is left in any namespace."""
    return any(one.fs is fs for mounts in fs.vfs.mountpoints.values() for one in mounts)


def is_used(fs: FileSystem) -> bool:
    """Whether it is mounted in any namespace, or kept by what is in use."""
    if is_mounted(fs) or any(mount.fs is fs for mount in _places(fs.vfs)):
        return True
    return any(file.keeps(fs) for file in _open_files(fs.vfs))
