"""mq_open(2), mq_unlink(2), mq_timedsend(2), mq_timedreceive(2), mq_notify(2), mq_getsetattr(2).

Thin: what a queue does is :mod:`pytest_kevlar.kernel.ipc.mqueue`.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.signals import SIGEV
from pytest_kevlar.kernel.abi.structs import MQ_ATTR, SIGEVENT
from pytest_kevlar.kernel.errno import EBADF, EINVAL
from pytest_kevlar.kernel.ipc import mqueue
from pytest_kevlar.kernel.ipc.mqueue import CookieSocket, Notification, QueueFile
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.net.netlink import netlink_of
from pytest_kevlar.kernel.syscalls.pointers import (
    InBytes2,
    InQueueAttributes,
    InTimespec,
    OutBytes,
    OutQueueAttributes,
)
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import Fd, Mode, OpenFlags, OutPtr, Path, Ptr, Size, UInt
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.time.units import read_timespec

PRIORITIES = 32768


@syscall()
def mq_open(task: Task, name: Path, oflag: OpenFlags, mode: Mode, attr: InQueueAttributes) -> int:
    """mq_open(2). Mirrors ipc/mqueue.c:do_mq_open()."""
    given = MQ_ATTR.unpack(attr.read(MQ_ATTR.size)) if attr else None
    sizes = (given.mq_maxmsg, given.mq_msgsize) if given is not None else None
    task.files.lowest_free(task.process)
    file = task.ipc.mqueue(task.fs.vfs).open(task, name, oflag, mode, sizes)
    return task.files.install(task.process, file, cloexec=True)


@syscall()
def mq_unlink(task: Task, name: Path) -> int:
    """mq_unlink(2). Mirrors ipc/mqueue.c:SYSCALL_DEFINE1(mq_unlink)."""
    task.ipc.mqueue(task.fs.vfs).unlink(task, name)
    return 0


def _queue_file(task: Task, fd: int) -> QueueFile:
    file = task.files.get(fd)
    if not isinstance(file, QueueFile):
        raise EBADF
    return file


@syscall()
async def mq_timedsend(
    task: Task, mqdes: Fd, msg_ptr: InBytes2, msg_len: Size, msg_prio: UInt, timeout: InTimespec
) -> int:
    """mq_timedsend(2). Mirrors ipc/mqueue.c:do_mq_timedsend(); `timeout` is wall time."""
    deadline = read_timespec(timeout) if timeout else None
    if msg_prio >= PRIORITIES:
        raise EINVAL("msg_prio")
    file = _queue_file(task, mqdes)
    if not file.writable:
        raise EBADF
    queue, inode = file.queue, file.inode
    mqueue.check_size(queue, msg_len, receiving=False)
    message = queue.message(msg_prio, msg_ptr.read(msg_len))
    file.get()
    try:
        await queue.send(task, message, deadline, wait=not file.nonblocking)
    finally:
        file.put()
    inode.atime = inode.mtime = inode.ctime = inode.fs.now()
    return 0


@syscall()
async def mq_timedreceive(
    task: Task, mqdes: Fd, msg_ptr: OutBytes, msg_len: Size, msg_prio: OutPtr, timeout: InTimespec
) -> int:
    """mq_timedreceive(2). Mirrors ipc/mqueue.c:do_mq_timedreceive()."""
    deadline = read_timespec(timeout) if timeout else None
    file = _queue_file(task, mqdes)
    if not file.readable:
        raise EBADF
    mqueue.check_size(file.queue, msg_len, receiving=True)
    file.get()
    try:
        message = await file.queue.receive(task, deadline, wait=not file.nonblocking)
        file.inode.atime = file.inode.ctime = file.inode.fs.now()
    finally:
        file.put()
    if msg_prio:
        msg_prio.write_int(message.priority, 4)
    msg_ptr.write(message.data)
    return len(message.data)


@syscall()
def mq_notify(task: Task, mqdes: Fd, sevp: Ptr) -> int:
    """mq_notify(2). Mirrors ipc/mqueue.c:do_mq_notify()."""
    process = task.process
    if not sevp:
        _queue_file(task, mqdes).queue.unwatch(process)
        return 0
    event = SIGEVENT.unpack(sevp.read(SIGEVENT.size))
    how, signo, value = event.sigev_notify, event.sigev_signo, event.sigev_value
    mqueue.check_event(how, signo)
    socket: CookieSocket | None = None
    cookie = b""
    if how == SIGEV.THREAD:  # the C library's thread waits for the cookie at a netlink socket
        cookie = UserPtr(task.memory, value).read(mqueue.COOKIE_SIZE)
        socket = netlink_of(task.files.get(signo))
    queue = _queue_file(task, mqdes).queue
    queue.watch(Notification(process, how, signo, value, socket, cookie))
    if socket is not None:
        task.files.get(signo).get()
    return 0


@syscall()
def mq_getsetattr(
    task: Task, mqdes: Fd, newattr: InQueueAttributes, oldattr: OutQueueAttributes
) -> int:
    """mq_getsetattr(2). Mirrors ipc/mqueue.c:do_mq_getsetattr(): only O_NONBLOCK can be set."""
    flags = None
    if newattr:
        flags = MQ_ATTR.unpack(newattr.read(MQ_ATTR.size)).mq_flags
        if flags & ~O.NONBLOCK:
            raise EINVAL("mq_flags")
    file = _queue_file(task, mqdes)
    queue = file.queue
    old = MQ_ATTR.pack(
        mq_flags=file.flags & O.NONBLOCK,
        mq_maxmsg=queue.max_messages,
        mq_msgsize=queue.max_size,
        mq_curmsgs=len(queue.messages),
    )
    if flags is not None:
        file.flags = file.flags & ~O.NONBLOCK | flags
    if oldattr:
        oldattr.write(old)
    return 0
