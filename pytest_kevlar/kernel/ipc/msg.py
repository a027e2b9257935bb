"""Message queues: typed messages, and who waits to send or to receive.

Mirrors ipc/msg.c. A sender hands its message to a waiting receiver directly.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.ipc import IPC, MSG
from pytest_kevlar.kernel.abi.structs import MSQID64_DS
from pytest_kevlar.kernel.errno import (
    E2BIG,
    EAGAIN,
    EIDRM,
    EINVAL,
    ENOMSG,
    EPERM,
    LinuxError,
)
from pytest_kevlar.kernel.ipc.ids import READ, WRITE, IpcObject
from pytest_kevlar.kernel.task.cred import CAP_SYS_RESOURCE
from pytest_kevlar.kernel.task.wait import Interrupted, InterruptedNoHand, WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.ipc.namespace import IpcNamespace
    from pytest_kevlar.kernel.task.pidns import PidNamespace
    from pytest_kevlar.kernel.task.task import Task

LONG_MAX = (1 << 63) - 1


class Message(NamedTuple):
    """One message: its type, which is positive, and its bytes."""

    kind: int
    data: bytes


class Receiver:
    """A sleeping ``msgrcv``.

    Attributes:
        outcome: a message or an error once it is there.
    """

    def __init__(self, pid: int, kind: int, flags: int, size: int) -> None:
        self.pid = pid
        self.kind = kind
        self.flags = flags
        self.size = LONG_MAX if flags & MSG.NOERROR else size
        self.queue = WaitQueue()
        self.outcome: Message | LinuxError | None = None

    def wants(self, message: Message) -> bool:
        """Whether the type is right; ipc/msg.c:testmsg()."""
        if not self.kind:
            return True
        if self.kind < 0:
            return message.kind <= -self.kind
        return (message.kind == self.kind) != bool(self.flags & MSG.EXCEPT)

    def finish(self, outcome: Message | LinuxError) -> None:
        """Wake the sleeper."""
        self.outcome = outcome
        self.queue.wake()


class MessageQueue(IpcObject):
    """One queue.

    Attributes:
        capacity: bytes that it may hold, and messages. used: bytes that it holds.
        stime, rtime: of the last ``msgsnd`` and ``msgrcv``, seconds. lspid, lrpid: by whom.
    """

    def __init__(self, namespace: IpcNamespace, task: Task, key: int, flags: int) -> None:
        super().__init__(namespace, task, key, flags)
        self.capacity = namespace.msgmnb
        self.used = 0
        self.messages: deque[Message] = deque()
        self.stime = self.rtime = self.lspid = self.lrpid = 0
        self._receivers: list[Receiver] = []
        self._senders: dict[WaitQueue, int] = {}

    def _fits(self, size: int) -> bool:
        return self.used + size <= self.capacity and len(self.messages) + 1 <= self.capacity

    async def send(self, task: Task, message: Message, flags: int) -> int:
        """``msgsnd``; ipc/msg.c:do_msgsnd()."""
        size = len(message.data)
        while True:
            self.need(task, WRITE)
            if self._fits(size):
                break
            if flags & IPC.NOWAIT:
                raise EAGAIN
            await self._wait_for_room(size)
        self.lspid = task.process.pid
        self.stime = self.now()
        if not self._hand_over(message):
            self.messages.append(message)
            self.used += size
        return 0

    async def _wait_for_room(self, size: int) -> None:
        queue = WaitQueue()
        self._senders[queue] = size
        try:
            await queue.wait("msgsnd")
        except Interrupted:
            raise InterruptedNoHand from None
        finally:
            self._senders.pop(queue, None)
        if self.deleted:
            raise EIDRM

    def _hand_over(self, message: Message) -> bool:
        """Give it to the first waiting receiver that can take it; ipc/msg.c:pipelined_send()."""
        for receiver in list(self._receivers):
            if not receiver.wants(message):
                continue
            self._receivers.remove(receiver)
            if receiver.size < len(message.data):
                receiver.finish(E2BIG())
                continue
            receiver.finish(message)
            self.lrpid = receiver.pid
            self.rtime = self.now()
            return True
        return False

    async def receive(self, task: Task, size: int, kind: int, flags: int) -> Message:
        """``msgrcv``; ipc/msg.c:do_msgrcv()."""
        self.need(task, READ)
        receiver = Receiver(task.process.pid, kind, flags, size)
        found = self._nth(kind) if flags & MSG.COPY else self._first(receiver)
        if found is not None:
            if len(found.data) > receiver.size:
                raise E2BIG
            if not flags & MSG.COPY:
                self._take(task, found)
            elif len(found.data) > size:
                raise EINVAL("a copy is not cut")
            return found
        if flags & IPC.NOWAIT:
            raise ENOMSG
        self._receivers.append(receiver)
        try:
            while receiver.outcome is None:
                await receiver.queue.wait("msgrcv")
        except Interrupted:
            if receiver.outcome is None:
                raise InterruptedNoHand from None
        finally:
            if receiver in self._receivers:
                self._receivers.remove(receiver)
        if isinstance(receiver.outcome, LinuxError):
            raise receiver.outcome
        assert receiver.outcome is not None
        return receiver.outcome

    def _nth(self, index: int) -> Message | None:
        return self.messages[index] if 0 <= index < len(self.messages) else None

    def _first(self, receiver: Receiver) -> Message | None:
        """The first wanted one; of the lowest type if the type is negative."""
        wanted = [message for message in self.messages if receiver.wants(message)]
        if not wanted:
            return None
        return min(wanted, key=lambda message: message.kind) if receiver.kind < 0 else wanted[0]

    def _take(self, task: Task, message: Message) -> None:
        position = next(i for i, one in enumerate(self.messages) if one is message)
        del self.messages[position]
        self.used -= len(message.data)
        self.rtime = self.now()
        self.lrpid = task.process.pid
        self._wake_senders()

    def _wake_senders(self) -> None:
        for queue, size in list(self._senders.items()):
            if self._fits(size):
                queue.wake()

    def check_capacity(self, task: Task, capacity: int) -> None:
        """EPERM if the queue must not become that big; ipc/msg.c:msgctl_down()."""
        if capacity > self.namespace.msgmnb and not task.cred.capable(CAP_SYS_RESOURCE):
            raise EPERM("msg_qbytes")

    def resize(self, capacity: int) -> None:
        """IPC_SET: permissions may have gone and room may have come, so all look again."""
        self.capacity = capacity
        for receiver in list(self._receivers):
            self._receivers.remove(receiver)
            receiver.finish(EAGAIN())
        for queue in list(self._senders):
            queue.wake()

    def remove(self) -> None:
        """IPC_RMID: everybody who waits gets EIDRM; ipc/msg.c:freeque()."""
        self.namespace.msg.remove(self)
        for receiver in self._receivers:
            receiver.finish(EIDRM())
        for queue in list(self._senders):
            queue.wake()
        self.messages.clear()

    def status(self, task: Task) -> bytes:
        """``struct msqid64_ds`` as `task` sees it."""
        number = task.pid_ns.number
        return MSQID64_DS.pack(
            msg_perm=self.permissions(task.cred.user_ns),
            msg_stime=self.stime,
            msg_rtime=self.rtime,
            msg_ctime=self.ctime,
            msg_cbytes=self.used,
            msg_qnum=len(self.messages),
            msg_qbytes=self.capacity,
            msg_lspid=number(self.lspid),
            msg_lrpid=number(self.lrpid),
        )


def msgget(task: Task, key: int, flags: int) -> int:
    """The id of the queue of `key`; ipc/msg.c:ksys_msgget()."""
    namespace = task.ipc
    return namespace.msg.get(
        task, key, flags, lambda: MessageQueue(namespace, task, key, flags), lambda found: None
    )


async def receive(task: Task, ident: int, size: int, kind: int, flags: int) -> Message:
    """Check the arguments of ``msgrcv``, find the queue and receive from it."""
    if ident < 0 or size > LONG_MAX:
        raise EINVAL
    if flags & MSG.COPY and (flags & MSG.EXCEPT or not flags & IPC.NOWAIT):
        raise EINVAL("MSG_COPY")
    queue = task.ipc.msg.find(ident)
    while True:
        try:
            return await queue.receive(task, size, kind, flags)
        except EAGAIN:  # IPC_SET woke it
            if queue.deleted:
                raise EIDRM from None


def listing(namespace: IpcNamespace, reader: PidNamespace) -> bytes:
    """/proc/sysvipc/msg; ipc/msg.c:sysvipc_msg_proc_show()."""
    number = reader.number
    head = (
        "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid"
        "      stime      rtime      ctime\n"
    )
    rows = [
        f"{one.key:10d} {one.ident:10d}  {one.mode:4o}  {one.used:10d} {len(one.messages):10d} "
        f"{number(one.lspid):5d} {number(one.lrpid):5d} "
        f"{one.uid:5d} {one.gid:5d} {one.cuid:5d} {one.cgid:5d} "
        f"{one.stime:10d} {one.rtime:10d} {one.ctime:10d}\n"
        for one in namespace.msg.objects
    ]
    return "".join([head, *rows]).encode()
