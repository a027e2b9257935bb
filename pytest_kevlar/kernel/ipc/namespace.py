"""The IPC namespace: every System V object and message queue that its tasks can name.

Only tables and limits, as sysctl(8) shows them under kernel/ and fs/mqueue/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.ipc.ids import IpcIds
from pytest_kevlar.kernel.task.userns import INITIAL, UserNamespace

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.vfs import Vfs
    from pytest_kevlar.kernel.ipc.mqueuefs import MqueueFs
    from pytest_kevlar.kernel.ipc.msg import MessageQueue
    from pytest_kevlar.kernel.ipc.sem import SemaphoreSet
    from pytest_kevlar.kernel.ipc.shm import Segment
    from pytest_kevlar.kernel.kernel import Kernel

#: include/uapi/linux/nsfs.h:IPC_NS_INIT_INO
INITIAL_INO = 4026531839
ULONG_MAX = (1 << 64) - 1


class IpcNamespace:
    """What ``CLONE_NEWIPC`` makes anew, empty and with the limits at their defaults.

    Attributes:
        ino: inode number in nsfs, by which ``/proc/PID/ns/ipc`` tells namespaces apart.
        user_ns: to whom it belongs.
        shm, sem, msg: objects by id and key.
        shm_pages: pages of all segments. semaphores: of all sets.
        shmmax, shmall: bytes of one segment, pages of all. semmsl, semmns, semopm: of one
            set, of all, of one call. msgmax, msgmnb: bytes of one message, of one queue.
        mq_queues_max, mq_msg_max, mq_msgsize_max: queues, messages of one, bytes of one message,
            as far as privilege does not go further. mq_msg_default, mq_msgsize_default.
    """

    def __init__(
        self, kernel: Kernel, ino: int = INITIAL_INO, user_ns: UserNamespace = INITIAL
    ) -> None:
        self.kernel = kernel
        self.ino = ino
        self.user_ns = user_ns
        self.shmmax = self.shmall = ULONG_MAX - (1 << 24)
        self.semmsl, self.semmns, self.semopm, self.semmni = 32000, 1024000000, 500, 32000
        self.msgmax, self.msgmnb, self.msgmni = 8192, 16384, 32000
        self.shm: IpcIds[Segment] = IpcIds(4096)
        self.sem: IpcIds[SemaphoreSet] = IpcIds(self.semmni)
        self.msg: IpcIds[MessageQueue] = IpcIds(self.msgmni)
        self.shm_pages = 0
        self.semaphores = 0
        self.mq_queues_max = 256
        self.mq_msg_max = self.mq_msg_default = 10
        self.mq_msgsize_max = self.mq_msgsize_default = 8192
        self._mqueue: MqueueFs | None = None
        self._users = 1

    def get(self) -> IpcNamespace:
        """A task or an open file more that keeps it."""
        self._users += 1
        return self

    def put(self) -> None:
        """One less; with the last one all objects go. Mirrors ipc/namespace.c:free_ipc_ns()."""
        self._users -= 1
        if not self._users:
            for objects in (self.sem.objects, self.msg.objects, self.shm.objects):
                for each in objects:
                    each.remove()

    def mqueue(self, vfs: Vfs) -> MqueueFs:
        """The file system of its POSIX message queues, the same one wherever it is mounted."""
        if self._mqueue is None:
            from pytest_kevlar.kernel.ipc.mqueuefs import MqueueFs

            self._mqueue = MqueueFs(vfs, self)
        return self._mqueue
