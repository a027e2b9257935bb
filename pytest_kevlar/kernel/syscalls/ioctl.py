"""ioctl(2): the requests that every file knows; the rest is asked of the file.

Mirrors fs/ioctl.c:do_vfs_ioctl().
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import ENOTTY, EOPNOTSUPP
from pytest_kevlar.kernel.fs import remap
from pytest_kevlar.kernel.fs.fasync import set_async
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.operands import IoctlArgument
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Fd, IoctlRequest
from pytest_kevlar.kernel.task.task import Task


@syscall()
def ioctl(task: Task, fd: Fd, request: IoctlRequest, arg: IoctlArgument) -> int:
    """ioctl(2). Unknown requests are ENOTTY, whatever the argument is."""
    file = task.files.get(fd)
    pointer = UserPtr(task.memory, arg)
    if request == IOCTL.FIOCLEX or request == IOCTL.FIONCLEX:
        task.files.set_cloexec(fd, request == IOCTL.FIOCLEX)
        return 0
    if request == IOCTL.FIONBIO:
        on = pointer.read_int()
        file.flags = file.flags | O.NONBLOCK if on else file.flags & ~O.NONBLOCK
        return 0
    if request == IOCTL.FIOASYNC:
        on = pointer.read_int()
        changed = bool(on) != bool(file.flags & O.ASYNC)
        if changed and not set_async(file, fd, on=bool(on)):
            raise ENOTTY
        return 0
    if request == IOCTL.FIOQSIZE:
        inode = file.inode
        if not (inode.is_dir or inode.is_regular or inode.is_symlink):
            raise ENOTTY
        pointer.write_int(inode.blocks * 512, 8)
        return 0
    if request == IOCTL.FIGETBSZ:
        pointer.write_int(file.inode.block_size, 4)
        return 0
    if request in (IOCTL.FIFREEZE, IOCTL.FITHAW):
        raise EOPNOTSUPP
    if request in remap.REQUESTS:
        remap.refuse(task, file, request, pointer)
    return file.ioctl(task, request, pointer)
