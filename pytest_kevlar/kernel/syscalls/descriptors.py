"""close(2), dup(2), fcntl(2), flock(2), umask(2) and what else is about descriptors.

The table is ``task/fdtable.py``, locks are ``fs/locks.py``.
"""

from __future__ import annotations

from collections.abc import Callable

from pytest_kevlar.kernel.abi.fcntl import FD, FLOCK, FOWNER, RWH, F
from pytest_kevlar.kernel.abi.files import CLOSERANGE, LOCK
from pytest_kevlar.kernel.abi.mm import PROT
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.process import RLIMIT
from pytest_kevlar.kernel.abi.structs import F_OWNER_EX
from pytest_kevlar.kernel.abi.structs import FLOCK as FLOCK_LAYOUT
from pytest_kevlar.kernel.errno import (
    EBADF,
    EINVAL,
    EPERM,
)
from pytest_kevlar.kernel.fs import leases, locks
from pytest_kevlar.kernel.fs.fasync import owner_number, set_async, set_owner, set_owner_number
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.memfd import memfd_of
from pytest_kevlar.kernel.fs.pipe import PAGE, PipeFile
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.operands import FcntlArgument
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    CloseRangeFlags,
    FcntlCommand,
    Fd,
    FlockOperation,
    Mode,
    OpenFlags,
    UInt,
    to_s32,
)
from pytest_kevlar.kernel.task.task import Task


@syscall()
def close(task: Task, fd: Fd) -> int:
    """close(2). Mirrors fs/open.c."""
    task.files.close(fd)
    return 0


@syscall()
def close_range(task: Task, first: UInt, last: UInt, flags: CloseRangeFlags) -> int:
    """close_range(2). Mirrors fs/file.c."""
    if flags & ~(CLOSERANGE.UNSHARE | CLOSERANGE.CLOEXEC) or first > last:
        raise EINVAL
    if flags & CLOSERANGE.UNSHARE and task.files.users > 1:
        mine = task.files.copy()
        task.files.release()
        task.files = mine
    task.files.close_range(first, last, cloexec=bool(flags & CLOSERANGE.CLOEXEC))
    return 0


@syscall()
def dup(task: Task, fd: Fd) -> int:
    """dup(2). Mirrors fs/file.c:SYSCALL_DEFINE1(dup)."""
    return task.files.install(task.process, task.files.get_any(fd).get())


@syscall()
def dup2(task: Task, oldfd: Fd, newfd: Fd) -> int:
    """dup2(2): the same descriptor twice is only checked."""
    if oldfd == newfd:
        task.files.get_any(oldfd)
        return newfd
    return _duplicate(task, oldfd, newfd, cloexec=False)


@syscall()
def dup3(task: Task, oldfd: Fd, newfd: Fd, flags: OpenFlags) -> int:
    """dup3(2). Mirrors fs/file.c:ksys_dup3()."""
    if flags & ~O.CLOEXEC or oldfd == newfd:
        raise EINVAL
    return _duplicate(task, oldfd, newfd, cloexec=bool(flags & O.CLOEXEC))


def _duplicate(task: Task, oldfd: int, newfd: int, *, cloexec: bool) -> int:
    if newfd < 0 or newfd >= task.process.limit(RLIMIT.NOFILE):
        raise EBADF
    task.files.put_at(newfd, task.files.get_any(oldfd).get(), cloexec=cloexec)
    return newfd


@syscall()
def umask(task: Task, mask: Mode) -> int:
    """umask(2)."""
    before, task.fs.umask = task.fs.umask, mask & 0o777
    return before


@syscall()
async def flock(task: Task, fd: Fd, operation: FlockOperation) -> int:
    """flock(2). Mirrors fs/locks.c."""
    if operation & LOCK.MAND:
        return 0  # mandatory locks are gone; asking for one is ignored
    kind = operation & ~LOCK.NB
    if kind not in (LOCK.SH, LOCK.EX, LOCK.UN):
        raise EINVAL
    file = task.files.get(fd)
    await locks.flock(file, kind, wait=not operation & LOCK.NB)
    return 0


# -- fcntl ------------------------------------------------------------------------------

#: A command that does not sleep: task, descriptor, file, argument.
Command = Callable[[Task, int, File, int], int]

#: Commands that O_PATH descriptors know too; fs/fcntl.c:check_fcntl_cmd().
ON_PATHS = (F.DUPFD, F.DUPFD_CLOEXEC, F.DUPFD_QUERY, F.CREATED_QUERY, F.GETFD, F.SETFD, F.GETFL)


@syscall()
async def fcntl(task: Task, fd: Fd, cmd: FcntlCommand, arg: FcntlArgument) -> int:
    """fcntl(2). Mirrors fs/fcntl.c:do_fcntl()."""
    file = task.files.get_any(fd)
    if file.flags & O.PATH and cmd not in ON_PATHS:
        raise EBADF
    command = COMMANDS.get(cmd)
    if command is not None:
        return command(task, fd, file, arg)
    if cmd in LOCK_COMMANDS:
        return await _lock(task, fd, file, cmd, UserPtr(task.memory, arg))
    raise EINVAL


def _dupfd(task: Task, fd: int, file: File, arg: int) -> int:
    return _dup_from(task, file, arg & 0xFFFF_FFFF, cloexec=False)


def _dupfd_cloexec(task: Task, fd: int, file: File, arg: int) -> int:
    return _dup_from(task, file, arg & 0xFFFF_FFFF, cloexec=True)


def _dup_from(task: Task, file: File, least: int, *, cloexec: bool) -> int:
    if least >= task.process.limit(RLIMIT.NOFILE):
        raise EINVAL
    return task.files.install(task.process, file.get(), cloexec=cloexec, at_least=least)


def _dupfd_query(task: Task, fd: int, file: File, arg: int) -> int:
    other = task.files.find(arg) if arg < 1 << 31 else None
    if other is None:
        raise EBADF
    return int(other is file)


def _getfd(task: Task, fd: int, file: File, arg: int) -> int:
    return FD.CLOEXEC if task.files.is_cloexec(fd) else 0


def _setfd(task: Task, fd: int, file: File, arg: int) -> int:
    task.files.set_cloexec(fd, bool(arg & FD.CLOEXEC))
    return 0


def _getfl(task: Task, fd: int, file: File, arg: int) -> int:
    return task.kernel.arch.open_flags_out(file.flags)


def _setfl(task: Task, fd: int, file: File, arg: int) -> int:
    """fs/fcntl.c:setfl(): access mode and creation flags are ignored."""
    flags = task.kernel.arch.open_flags_in(arg & 0xFFFF_FFFF)
    wanted = flags & ~file.flags
    if wanted & O.NOATIME and not file.inode.owned_by(task.cred):
        raise EPERM
    file.check_flags(flags)
    if (flags ^ file.flags) & O.ASYNC:
        set_async(file, fd, on=bool(flags & O.ASYNC))
    file.set_flags(flags)
    return 0


def _setown(task: Task, fd: int, file: File, arg: int) -> int:
    set_owner_number(task, file, to_s32(task, arg))
    return 0


def _getown(task: Task, fd: int, file: File, arg: int) -> int:
    return owner_number(task, file)


def _setown_ex(task: Task, fd: int, file: File, arg: int) -> int:
    owner = F_OWNER_EX.unpack(UserPtr(task.memory, arg).read(F_OWNER_EX.size))
    if owner.type not in (FOWNER.TID, FOWNER.PID, FOWNER.PGRP):
        raise EINVAL
    set_owner(task, file, owner.type, owner.pid)
    return 0


def _getown_ex(task: Task, fd: int, file: File, arg: int) -> int:
    owner = file.owner
    number = owner.number(task)
    UserPtr(task.memory, arg).write(F_OWNER_EX.pack(type=owner.kind, pid=number))
    return 0


def _setsig(task: Task, fd: int, file: File, arg: int) -> int:
    if arg > 64:
        raise EINVAL
    file.signal = arg
    return 0


def _getsig(task: Task, fd: int, file: File, arg: int) -> int:
    return file.signal


def _pipe(file: File) -> PipeFile:
    if not isinstance(file, PipeFile):
        raise EBADF
    return file


def _setpipe_sz(task: Task, fd: int, file: File, arg: int) -> int:
    return _pipe(file).pipe.resize(task, arg & 0xFFFF_FFFF)


def _getpipe_sz(task: Task, fd: int, file: File, arg: int) -> int:
    return _pipe(file).pipe.slots * PAGE


def _add_seals(task: Task, fd: int, file: File, arg: int) -> int:
    inode = memfd_of(file)
    if not file.writable:
        raise EPERM
    mapped = any(
        vma.pages is inode.pages and vma.shared and vma.max_prot & PROT.WRITE
        for other in task.kernel.tasks.values()
        if other.memory is not None
        for vma in other.memory.vmas
    )
    inode.add_seals(arg & 0xFFFF_FFFF, mapped_writable=mapped)
    return 0


def _get_seals(task: Task, fd: int, file: File, arg: int) -> int:
    return memfd_of(file).seals


def _getlease(task: Task, fd: int, file: File, arg: int) -> int:
    return leases.get_lease(task, file)


def _setlease(task: Task, fd: int, file: File, arg: int) -> int:
    leases.set_lease(task, file, fd, to_s32(task, arg))
    return 0


def _get_rw_hint(task: Task, fd: int, file: File, arg: int) -> int:
    UserPtr(task.memory, arg).write_int(file.inode.write_hint, 8)
    return 0


def _set_rw_hint(task: Task, fd: int, file: File, arg: int) -> int:
    """fs/fcntl.c:fcntl_set_rw_hint(): no content is touched, so any mode will do."""
    hint = UserPtr(task.memory, arg).read_int(8, signed=False)
    if hint > RWH.EXTREME:
        raise EINVAL
    file.inode.write_hint = hint
    return 0


def _notify(task: Task, fd: int, file: File, arg: int) -> int:
    task.fs.vfs.dnotify.watch(task, fd, file, arg & 0xFFFF_FFFF)
    return 0


COMMANDS: dict[int, Command] = {
    F.DUPFD: _dupfd,
    F.DUPFD_CLOEXEC: _dupfd_cloexec,
    F.DUPFD_QUERY: _dupfd_query,
    F.GETFD: _getfd,
    F.SETFD: _setfd,
    F.GETFL: _getfl,
    F.SETFL: _setfl,
    F.SETOWN: _setown,
    F.GETOWN: _getown,
    F.SETOWN_EX: _setown_ex,
    F.GETOWN_EX: _getown_ex,
    F.SETSIG: _setsig,
    F.NOTIFY: _notify,
    F.GETSIG: _getsig,
    F.SETPIPE_SZ: _setpipe_sz,
    F.GETPIPE_SZ: _getpipe_sz,
    F.ADD_SEALS: _add_seals,
    F.GET_SEALS: _get_seals,
    F.GETLEASE: _getlease,
    F.SETLEASE: _setlease,
    F.GET_RW_HINT: _get_rw_hint,
    F.SET_RW_HINT: _set_rw_hint,
}

LOCK_COMMANDS = (F.GETLK, F.SETLK, F.SETLKW, F.OFD_GETLK, F.OFD_SETLK, F.OFD_SETLKW)


async def _lock(task: Task, fd: int, file: File, cmd: int, pointer: UserPtr) -> int:
    """POSIX and open-file-description locks; fs/locks.c:fcntl_setlk(), fcntl_getlk()."""
    raw = FLOCK_LAYOUT.unpack(pointer.read(FLOCK_LAYOUT.size))
    of_file = cmd >= F.OFD_GETLK
    if of_file and raw.l_pid:
        raise EINVAL
    request = locks.decode(task, file, raw, of_file=of_file)
    if cmd in (F.GETLK, F.OFD_GETLK):
        if raw.l_type not in (FLOCK.RDLCK, FLOCK.WRLCK):
            raise EINVAL
        found = locks.test(file, request)
        if found is None:
            fields = {"l_type": FLOCK.UNLCK, "l_whence": raw.l_whence, "l_start": raw.l_start}
            pointer.write(FLOCK_LAYOUT.pack(**fields, l_len=raw.l_len, l_pid=raw.l_pid))
        else:
            pointer.write(FLOCK_LAYOUT.pack(**found.describe(task.pid_ns)))
        return 0
    if (raw.l_type == FLOCK.RDLCK and not file.readable) or (
        raw.l_type == FLOCK.WRLCK and not file.writable
    ):
        raise EBADF
    await locks.lock(task, file, request, wait=cmd in (F.SETLKW, F.OFD_SETLKW))
    return 0
