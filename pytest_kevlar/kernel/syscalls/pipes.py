"""pipe(2) and pipe2(2); the pipe itself is ``fs/pipe.py``."""

from __future__ import annotations

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EFAULT, EINVAL, LinuxError
from pytest_kevlar.kernel.fs.pipe import make_pipe
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.syscalls.pointers import OutPair
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import OpenFlags
from pytest_kevlar.kernel.task.task import Task


@syscall()
def pipe(task: Task, pipefd: OutPair) -> int:
    """pipe(2). Mirrors fs/pipe.c:do_pipe2()."""
    return _pipe(task, pipefd, 0)


@syscall(partial="O_NOTIFICATION_PIPE is ENOPKG on Linux without CONFIG_WATCH_QUEUE, EINVAL here")
def pipe2(task: Task, pipefd: OutPair, flags: OpenFlags) -> int:
    """pipe2(2): O_CLOEXEC, O_NONBLOCK, O_DIRECT."""
    if flags & ~(O.CLOEXEC | O.NONBLOCK | O.DIRECT):
        raise EINVAL
    return _pipe(task, pipefd, flags)


def _pipe(task: Task, pointer: UserPtr, flags: int) -> int:
    files, process = task.files, task.process
    read_end, write_end = make_pipe(task.fs.vfs, task.cred.fsuid, task.cred.fsgid, flags)
    cloexec = bool(flags & O.CLOEXEC)
    try:
        reading = files.install(process, read_end, cloexec=cloexec)
    except LinuxError:
        write_end.put()
        raise
    try:
        writing = files.install(process, write_end, cloexec=cloexec)
    except LinuxError:
        files.close(reading)
        raise
    try:
        pointer.write(reading.to_bytes(4, "little") + writing.to_bytes(4, "little"))
    except EFAULT:
        files.close(reading)
        files.close(writing)
        raise
    return 0
