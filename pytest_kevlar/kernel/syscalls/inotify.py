"""inotify_init(2), inotify_add_watch(2), inotify_rm_watch(2); instances are ``fs/inotify.py``."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pytest_kevlar.kernel.abi.files import AT
from pytest_kevlar.kernel.abi.poll import IN, INIT
from pytest_kevlar.kernel.errno import EINVAL, ENOTDIR
from pytest_kevlar.kernel.fs.inode import MAY_READ
from pytest_kevlar.kernel.fs.inotify import InotifyFile
from pytest_kevlar.kernel.fs.lookup import lookup
from pytest_kevlar.kernel.syscalls.pointers import InString
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Fd, Int, flags_of
from pytest_kevlar.kernel.task.task import Task

InitFlags: TypeAlias = Annotated[int, flags_of(INIT)]
WatchMask: TypeAlias = Annotated[int, flags_of(IN)]

VALID = (
    IN.ALL_EVENTS
    | IN.UNMOUNT
    | IN.Q_OVERFLOW
    | IN.IGNORED
    | IN.ONLYDIR
    | IN.DONT_FOLLOW
    | IN.EXCL_UNLINK
    | IN.MASK_ADD
    | IN.MASK_CREATE
    | IN.ISDIR
    | IN.ONESHOT
)


@syscall()
def inotify_init(task: Task) -> int:
    """inotify_init(2)."""
    return inotify_init1(task, 0)


@syscall()
def inotify_init1(task: Task, flags: InitFlags) -> int:
    """inotify_init1(2). Mirrors fs/notify/inotify/inotify_user.c:do_inotify_init()."""
    if flags & ~(INIT.NONBLOCK | INIT.CLOEXEC):
        raise EINVAL
    file = InotifyFile(task.fs.vfs, task.cred.euid, flags & INIT.NONBLOCK)
    return task.files.install(task.process, file, cloexec=bool(flags & INIT.CLOEXEC))


def _instance(task: Task, fd: int) -> InotifyFile:
    file = task.files.get(fd)
    if not isinstance(file, InotifyFile):
        raise EINVAL("not an inotify instance")
    return file


@syscall()
def inotify_add_watch(task: Task, fd: Fd, path: InString, mask: WatchMask) -> int:
    """inotify_add_watch(2): the path is looked at after everything else."""
    if mask & ~VALID or not mask & VALID:
        raise EINVAL
    task.files.get(fd)
    if mask & IN.MASK_ADD and mask & IN.MASK_CREATE:
        raise EINVAL
    instance = _instance(task, fd)
    place = lookup(task, AT.FDCWD, path.read_cstring(), follow=not mask & IN.DONT_FOLLOW)
    if mask & IN.ONLYDIR and not place.inode.is_dir:
        raise ENOTDIR
    place.inode.permission(task.cred, MAY_READ)
    return instance.group.update(place.inode, mask)


@syscall()
def inotify_rm_watch(task: Task, fd: Fd, watch: Int) -> int:
    """inotify_rm_watch(2)."""
    _instance(task, fd).group.remove(watch)
    return 0
