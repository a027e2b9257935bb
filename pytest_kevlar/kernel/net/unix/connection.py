"""Connections of AF_UNIX: listen, connect and accept of streams and sequenced packets.

Mirrors af_unix.c:unix_listen(), unix_stream_connect(), unix_accept().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.sockets import TCPSTATE
from pytest_kevlar.kernel.errno import EAGAIN, ECONNREFUSED, EINVAL, EISCONN
from pytest_kevlar.kernel.net.socket import DATA_READY, RECEIVE
from pytest_kevlar.kernel.net.unix import address, rights
from pytest_kevlar.kernel.net.unix.socket import UnixSocket

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task


class ConnectionSocket(UnixSocket):
    """An AF_UNIX socket that listens, connects and accepts."""

    __slots__ = ()

    @property
    def accept_queue_full(self) -> bool:
        """Whether who connects has to wait: one more than the backlog fits."""
        return len(self.embryos) > self.backlog

    def listen(self, task: Task, backlog: int) -> None:
        """listen(2); a socket without a name cannot."""
        if self.address is None:
            raise EINVAL
        if self.state not in (TCPSTATE.CLOSE, TCPSTATE.LISTEN):
            raise EINVAL
        if backlog > self.backlog:
            self.room.wake()
        self.backlog = backlog
        self.state = TCPSTATE.LISTEN
        self.peer_cred = rights.effective_identity(task)

    async def connect(self, task: Task, name: bytes, flags: int) -> None:
        """connect(2): done as soon as there is a place in the queue, accepted or not."""
        address.parse(name)
        self.autobind_for_credentials()
        deadline = self.deadline(task, self.options.send_timeout)
        while True:
            other = address.find(self, task, name)
            if other.dead or other.state != TCPSTATE.LISTEN or other.shut & RECEIVE:
                raise ECONNREFUSED
            assert isinstance(other, ConnectionSocket)
            if not other.accept_queue_full:
                break
            if flags & O.NONBLOCK:
                raise EAGAIN
            await self.sleep("unix_wait_for_peer", deadline, (other.room,))
        if self.state != TCPSTATE.CLOSE:
            raise EISCONN if self.state == TCPSTATE.ESTABLISHED else EINVAL
        self._connect(task, other)

    def _connect(self, task: Task, other: ConnectionSocket) -> None:
        born = type(self)(self.net, task, self.kind)
        born.embryo = True
        born.address, born.bound = other.address, None
        born.options.passcred = other.options.passcred
        born.options.passrights = other.options.passrights
        born.peer_cred = rights.effective_identity(task)
        self.peer_cred = other.peer_cred
        self.join(born)
        other.embryos.append(born)
        other.queue.wake(events=DATA_READY)

    def join(self, other: ConnectionSocket) -> None:
        """Let two sockets be each other's peers."""
        self.peer, other.peer = other, self
        self.state = other.state = TCPSTATE.ESTABLISHED

    def pop_connection(self, task: Task) -> ConnectionSocket:
        """accept(2) once. A listening socket that was shut down is EINVAL."""
        if self.state != TCPSTATE.LISTEN:
            raise EINVAL
        if not self.embryos:
            if self.shut & RECEIVE:
                raise EINVAL
            raise EAGAIN
        born = self.embryos.popleft()
        assert isinstance(born, ConnectionSocket)
        born.embryo = False
        self.room.wake()
        return born
