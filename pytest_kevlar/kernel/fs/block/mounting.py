"""Mounting what is on a block device: finding the device, sharing its super block, unmounting.

Mirrors fs/super.c:get_tree_bdev(); the file systems themselves know nothing of mounts.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import AT, S
from pytest_kevlar.kernel.abi.mount import MS
from pytest_kevlar.kernel.errno import EACCES, EBUSY, EINVAL, ENOTBLK, LinuxError
from pytest_kevlar.kernel.fs.block.device import BlockDevice, BlockDevices
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
        # Unmounting a damaged disk, or one that is full, cannot fail.
        with suppress(LinuxError):
            fs.shut_down()
        with suppress(LinuxError):
            device.flush()
        device.holder = None
        device.closing()


def put_all(blocks: BlockDevices) -> None:
    """Unmount everything, as when the machine is shut down: what is on loops over files first."""
    while True:
        held = [device.holder for device in blocks.in_use() if device.holder is not None]
        if not held:
            break
        under = [file.inode.fs for file in blocks.loop_files()]
        for fs in [fs for fs in held if fs not in under] or held:
            put_super(fs)
        for loop in blocks.loops.values():
            if loop.holder is None:
                with suppress(LinuxError):
                    loop.unbind()
    blocks.sync()


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
    if any(file.inode.fs is fs for file in fs.vfs.blocks.loop_files()):
        return True
    return any(mount.fs is fs for namespace in seen for mount in namespace.mounts())
