"""Mounting what is on a block device: finding the device, sharing its super block, unmounting.

Mirrors fs/super.c:get_tree_bdev(); the file systems themselves know nothing of mounts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import AT, S
from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.errno import EACCES, EBUSY, EINVAL, ENOTBLK
from pytest_kevlar.kernel.fs.block.device import BlockDevice
from pytest_kevlar.kernel.fs.block.file import find_device
from pytest_kevlar.kernel.fs.lookup import lookup

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.mount import MountNamespace
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.task.task import Task

#: From a device, whether to mount it read-only, and options, to a file system.
Opener = Callable[["Vfs", BlockDevice, bool, bytes], "FileSystem"]


def mount_device(
    task: Task, source: bytes | None, read_only: bool, options: bytes, make: Opener
) -> FileSystem:
    """The file system on the device `source`, which may be mounted already."""
    device = _device(task, source)
    old = device.holder
    if old is not None and is_used(task.kernel, old):
        if old.read_only != read_only:
            raise EBUSY
        return old
    if old is not None:
        put_super(old)
    if device.exclusive:
        raise EBUSY
    if device.read_only and not read_only:
        raise EACCES
    fs = make(task.fs.vfs, device, read_only, options)
    device.holder = fs
    device.opening()
    return fs


def _device(task: Task, source: bytes | None) -> BlockDevice:
    """fs/super.c:lookup_bdev()."""
    if not source:
        raise EINVAL
    place = lookup(task, AT.FDCWD, source)
    if place.inode.kind != S.IFBLK:
        raise ENOTBLK
    if place.mount.flags & MS.NODEV:
        raise EACCES
    return find_device(place)


def put_super(fs: FileSystem) -> None:
    """The last mount is gone: bring everything to the device and let it go."""
    device = fs.block_device
    if device is not None and device.holder is fs:
        fs.shut_down()
        device.flush()
        device.holder = None
        device.closing()


def unmounted(kernel: Kernel, fs: FileSystem) -> None:
    """A mount of `fs` is gone; the file system goes with the last one."""
    if fs.block_device is not None and not is_used(kernel, fs):
        put_super(fs)


def is_used(kernel: Kernel, fs: FileSystem) -> bool:
    """Whether it is mounted in any namespace, or kept by files and directories in use."""
    seen: dict[MountNamespace, None] = {}
    for task in kernel.tasks.values():
        if not task.alive:
            continue
        seen[task.fs.namespace] = None
        if fs in (task.fs.cwd.mount.fs, task.fs.root.mount.fs):
            return True
        if any(file.inode.fs is fs for _, file in task.files):
            return True
        if any(vma.file is not None and vma.file.inode.fs is fs for vma in task.memory.vmas):
            return True
    return any(mount.fs is fs for namespace in seen for mount in namespace.mounts())
