"""AF_UNIX SOCK_DGRAM and SOCK_SEQPACKET: messages that stay whole.

Mirrors af_unix.c:unix_dgram_sendmsg(), unix_dgram_recvmsg() and unix_dgram_connect().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.sockets import AF, MSG, SOCK, TCPSTATE
from pytest_kevlar.kernel.errno import (
    EAGAIN,
    ECONNREFUSED,
    ECONNRESET,
    EINVAL,
    EMSGSIZE,
    ENOTCONN,
    EOPNOTSUPP,
    EPERM,
    EPIPE,
)
from pytest_kevlar.kernel.net.memory import datagram_cost
from pytest_kevlar.kernel.net.message import Outgoing, Received
from pytest_kevlar.kernel.net.socket import DATA_READY, RECEIVE, SEND, WRITABLE
from pytest_kevlar.kernel.net.timestamp import stamp_control
from pytest_kevlar.kernel.net.unix import address, rights
from pytest_kevlar.kernel.net.unix.connection import ConnectionSocket
from pytest_kevlar.kernel.net.unix.socket import Packet, UnixSocket

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task


class UnixDatagram(UnixSocket):
    """A socket for datagrams."""

    __slots__ = ()

    async def connect(self, task: Task, name: bytes, flags: int) -> None:
        """connect(2): where datagrams go and who may send any; AF_UNSPEC undoes it."""
        if len(name) < 4:
            raise EINVAL
        other: UnixSocket | None = None
        if name[:2] != AF.UNSPEC.to_bytes(2, "little"):
            address.parse(name)
            self.autobind_for_credentials()
            other = address.find(self, task, name)
            if other.peer is not None and other.peer is not self:
                raise EPERM
        old, self.peer = self.peer, other
        self.state = TCPSTATE.CLOSE if other is None else TCPSTATE.ESTABLISHED
        if old is not None and old is not other:
            old.relays.pop(self, None)
            self._disconnected(old)

    def _disconnected(self, old: UnixSocket) -> None:
        """What the old peer sent is lost, and it is told (unix_dgram_disconnected())."""
        if not self.packets:
            return
        for file in self.empty_queue():
            file.put()
        self.room.wake()
        if not old.dead and old.peer is self:
            old.fail(ECONNRESET)

    # -- sending ---------------------------------------------------------------------------

    def push(self, task: Task, message: Outgoing, done: int) -> int:
        """Queue the message at its destination."""
        enclosed = rights.enclose(task, message.control) if message.control else None
        try:
            sent = self._send(task, message, enclosed)
        except BaseException:
            if enclosed is not None:
                rights.discard(enclosed)
            raise
        return sent

    def _send(self, task: Task, message: Outgoing, enclosed: rights.Enclosure | None) -> int:
        if message.flags & MSG.OOB:
            raise EOPNOTSUPP
        if message.name:
            address.parse(message.name)
        elif self.peer is None:
            raise ENOTCONN
        self.autobind_for_credentials()
        size = len(message.data)
        if size > self.options.sndbuf - 32:
            raise EMSGSIZE
        self.raise_error()
        if self.shut & SEND:
            raise EPIPE
        if self.charged >= self.options.sndbuf:
            raise EAGAIN
        other = address.find(self, task, message.name) if message.name else self.peer
        assert other is not None
        if other.peer is not None and other.peer is not self:
            raise EPERM
        if other.dead:
            self._lost_peer(other)
        if other.shut & RECEIVE:
            raise EPIPE
        if other is not self and other.peer is not self and other.queue_full:
            other.relays[self] = None
            raise EAGAIN
        if enclosed is not None and enclosed.files:
            if not other.options.passrights:
                raise EPERM
            rights.attach(task, self.net, enclosed)
        cost = datagram_cost(size)
        cred = self.credentials_for(task, other, enclosed.cred if enclosed else None)
        self.charged += cost
        other.packets.append(Packet(message.data, self, cost, cred, enclosed, self.stamped(task)))
        other.queue.wake(events=DATA_READY)
        return size

    def _lost_peer(self, other: UnixSocket) -> None:
        """The destination was closed."""
        if self.kind == SOCK.SEQPACKET:
            raise EPIPE
        if self.peer is other:
            self.peer = None
            self.state = TCPSTATE.CLOSE
            self._disconnected(other)
        raise ECONNREFUSED

    async def wait_for_room(self, task: Task, message: Outgoing, deadline: int | None) -> None:
        """Sleep for room in one's own buffer, or in the receiver's queue."""
        queues = [self.queue]
        if self.charged < self.options.sndbuf:
            other = address.find(self, task, message.name) if message.name else self.peer
            if other is not None:
                queues.append(other.room)
        await self.sleep(self.sleep_write, deadline, queues)

    def write(self, task: Task, data: bytes) -> int:
        """write(2) once."""
        return self.push(task, Outgoing(data), 0)

    # -- receiving -------------------------------------------------------------------------

    def take(self, task: Task, size: int, flags: int) -> Received:
        """Receive one message; af_unix.c:__unix_dgram_recvmsg()."""
        if flags & MSG.OOB:
            raise EOPNOTSUPP
        peek = bool(flags & MSG.PEEK)
        self.raise_error()
        skip = self.options.peek_offset if peek and self.options.peek_offset > 0 else 0
        packet = self._next(skip)
        if packet is None:
            # A connection ends; a datagram socket that may not wait has nothing to tell.
            waits = not flags & MSG.DONTWAIT
            if self.shut & RECEIVE and (waits or self.kind == SOCK.SEQPACKET):
                return Received()
            raise EAGAIN
        got = Received()
        if packet.sender.address is not None:
            got.name = packet.sender.name()
        whole = packet.data[skip:] if skip else packet.data
        got.data = whole[:size] if len(whole) > size else whole
        if len(whole) > size:
            got.flags |= MSG.TRUNC
            if flags & MSG.TRUNC:
                got.size = len(whole)
        stamp_control(self, got, packet.stamp)
        self.describe(task, got, packet.cred)
        got.rights = self.take_rights(packet, peek=peek)
        if self.options.peek_offset >= 0:
            offset = self.options.peek_offset
            step = len(got.data) if peek else len(packet.data)
            self.options.peek_offset = offset + step if peek else max(0, offset - step)
        if not peek:
            self.packets.popleft()
            self.free(packet)
            self._dequeued()
        return got

    def _next(self, skip: int) -> Packet | None:
        if not self.packets:
            return None
        if skip and skip >= len(self.packets[0].data):
            return None
        return self.packets[0]

    def _dequeued(self) -> None:
        """The queue is shorter: senders may go on."""
        if self.room:
            self.room.wake(events=WRITABLE)
        if self.relays:
            relays, self.relays = self.relays, {}
            for relay in relays:
                relay.queue.wake(events=WRITABLE)

    # -- what is ready ------------------------------------------------------------------------

    def poll(self) -> int:
        """What is ready; af_unix.c:unix_dgram_poll()."""
        events = super().poll()
        other = self.peer
        if (
            events & POLL.OUT
            and other is not None
            and other.peer is not self
            and other.queue_full
            and not other.dead
        ):
            other.relays[self] = None
            events &= ~WRITABLE
        return events


class UnixSeqpacket(ConnectionSocket, UnixDatagram):
    """A connection for messages."""

    __slots__ = ()

    def push(self, task: Task, message: Outgoing, done: int) -> int:
        """Queue the message at the peer; a name is ignored."""
        self.raise_error()
        if self.state != TCPSTATE.ESTABLISHED:
            raise ENOTCONN
        message.name = b""
        return super().push(task, message, done)

    def take(self, task: Task, size: int, flags: int) -> Received:
        """Receive one message."""
        if self.state != TCPSTATE.ESTABLISHED:
            raise ENOTCONN
        return super().take(task, size, flags)
