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
from pytest_kevlar.kernel.fs.users import is_used

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.filesystem import FileSystem
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.task.task import Task

#: From a device, whether to mount it read-only, and options, to a file system.
Opener = Callable[["Vfs", BlockDevice, bool, bytes], "FileSystem"]


def mount_device(
    task: Task,
    source: bytes | None,
    read_only: bool,
    options: bytes,
    make: Opener,
    *,
    exclusive: bool = False,
) -> FileSystem:
    """The file system on the device `source`, which may be mounted already.

    Args:
        exclusive: EBUSY if it is.
    """
    device = _device(task, source)
    old = device.holder
    if old is not None and is_used(old):
        if exclusive or old.read_only != read_only:
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


def unmounted(fs: FileSystem) -> None:
    """A mount of `fs` is gone; the file system goes with the last one."""
    if fs.block_device is not None and not is_used(fs):
        put_super(fs)
