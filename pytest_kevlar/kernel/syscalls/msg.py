"""msgget(2), msgsnd(2), msgrcv(2), msgctl(2).

Thin: what a queue does is :mod:`pytest_kevlar.kernel.ipc.msg`.
"""

from __future__ import annotations

from pytest_kevlar.kernel.abi.ipc import IPC, MSG
from pytest_kevlar.kernel.abi.structs import MSGINFO, MSQID64_DS
from pytest_kevlar.kernel.errno import EACCES, EINVAL
from pytest_kevlar.kernel.ipc import msg
from pytest_kevlar.kernel.ipc.ids import READ, owner_fields
from pytest_kevlar.kernel.ipc.msg import Message
from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.types import (
    IpcKey,
    Long,
    MsgCommand,
    MsgFlags,
    MsgGetFlags,
    MsgId,
    OutPtr,
    Ptr,
    Size,
)
from pytest_kevlar.kernel.task.task import Task

LONG_MAX = (1 << 63) - 1
#: What IPC_INFO tells but nothing uses; include/uapi/linux/msg.h.
MSGPOOL, MSGMAP, MSGTQL, MSGSSZ, MSGSEG = 512000, 16384, 16384, 16, 0xFFFF


@syscall()
def msgget(task: Task, key: IpcKey, msgflg: MsgGetFlags) -> int:
    """msgget(2). Mirrors ipc/msg.c:ksys_msgget()."""
    return msg.msgget(task, key, msgflg)


@syscall()
async def msgsnd(task: Task, msqid: MsgId, msgp: Ptr, msgsz: Size, msgflg: MsgFlags) -> int:
    """msgsnd(2). Mirrors ipc/msg.c:do_msgsnd()."""
    kind = msgp.read_int(8)
    if msgsz > task.ipc.msgmax or msqid < 0:
        raise EINVAL
    if kind < 1:
        raise EINVAL("mtype")
    message = Message(kind, (msgp + 8).read(msgsz))
    return await task.ipc.msg.find(msqid).send(task, message, msgflg)


@syscall()
async def msgrcv(
    task: Task, msqid: MsgId, msgp: OutPtr, msgsz: Size, msgtyp: Long, msgflg: MsgFlags
) -> int:
    """msgrcv(2). Mirrors ipc/msg.c:do_msgrcv()."""
    message = await msg.receive(task, msqid, msgsz, msgtyp, msgflg)
    data = message.data[:msgsz]
    msgp.write_int(message.kind, 8)
    (msgp + 8).write(data)
    return len(data)


@syscall()
def msgctl(task: Task, msqid: MsgId, cmd: MsgCommand, buf: OutPtr) -> int:
    """msgctl(2). Mirrors ipc/msg.c:ksys_msgctl()."""
    if msqid < 0 or cmd < 0:
        raise EINVAL
    cmd &= ~IPC._64
    namespace = task.ipc
    if cmd in (IPC.INFO, MSG.INFO):
        buf.write(_information(namespace, used=cmd == MSG.INFO))
        return namespace.msg.highest
    if cmd in (IPC.STAT, MSG.STAT, MSG.STAT_ANY):
        queue = namespace.msg.find(msqid) if cmd == IPC.STAT else namespace.msg.at(msqid)
        if cmd != MSG.STAT_ANY and not queue.permits(task, READ):
            raise EACCES
        buf.write(queue.status(task))
        return 0 if cmd == IPC.STAT else queue.ident
    if cmd == IPC.SET:
        data = buf.read(MSQID64_DS.size)
        queue = namespace.msg.find(msqid)
        queue.need_owner(task)
        capacity: int = MSQID64_DS.unpack(data).msg_qbytes
        queue.check_capacity(task, capacity)
        queue.set_owner(task.cred.user_ns, *owner_fields(data))
        queue.resize(capacity)
        return 0
    if cmd == IPC.RMID:
        queue = namespace.msg.find(msqid)
        queue.need_owner(task)
        queue.remove()
        return 0
    raise EINVAL("cmd")


def _information(namespace: IpcNamespace, *, used: bool) -> bytes:
    """``struct msginfo``: limits, or with `used` what there is in three of its fields."""
    queues = namespace.msg.objects
    return MSGINFO.pack(
        msgpool=len(queues) if used else MSGPOOL,
        msgmap=sum(len(queue.messages) for queue in queues) if used else MSGMAP,
        msgmax=namespace.msgmax,
        msgmnb=namespace.msgmnb,
        msgmni=namespace.msgmni,
        msgssz=MSGSSZ,
        msgtql=sum(queue.used for queue in queues) if used else MSGTQL,
        msgseg=MSGSEG,
    )
