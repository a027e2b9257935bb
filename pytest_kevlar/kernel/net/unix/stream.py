"""AF_UNIX SOCK_STREAM: bytes in order, cut where descriptors or credentials change.

Mirrors af_unix.c:unix_stream_sendmsg(), unix_stream_read_generic() and manage_oob().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.sockets import MSG, SO, TCPSTATE
from pytest_kevlar.kernel.errno import (
    EAGAIN,
    EINVAL,
    EISCONN,
    ENOTCONN,
    EOPNOTSUPP,
    EPERM,
    EPIPE,
)
from pytest_kevlar.kernel.net.memory import stream_piece
from pytest_kevlar.kernel.net.socket import DATA_READY, RECEIVE, SEND
from pytest_kevlar.kernel.net.stream import StreamSocket
from pytest_kevlar.kernel.net.unix import rights
from pytest_kevlar.kernel.net.unix.connection import ConnectionSocket
from pytest_kevlar.kernel.net.unix.socket import Packet, UnixSocket

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.net.message import Outgoing, Received
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task


class UnixStream(StreamSocket, ConnectionSocket):
    """One end of a stream.

    Attributes:
        urgent: the packet with the out-of-band byte, while that has not been read.
    """

    __slots__ = ("urgent",)

    sleep_read = "unix_stream_data_wait"

    def __init__(
        self, net: NetNamespace, task: Task, kind: int, flags: int = 0, protocol: int = 0
    ) -> None:
        super().__init__(net, task, kind, flags, protocol)
        self.urgent: Packet | None = None

    # -- sending -------------------------------------------------------------------------

    def push(self, task: Task, message: Outgoing, done: int) -> int:
        """Queue what there is room for at the peer."""
        if message.flags & MSG.OOB and not message.data:
            raise EOPNOTSUPP
        if message.name:
            raise EISCONN if self.state == TCPSTATE.ESTABLISHED else EOPNOTSUPP
        other = self.peer
        enclosed: rights.Enclosure | None = None
        if message.control and not done:
            enclosed = rights.enclose(task, message.control)
        try:
            if other is None:
                raise ENOTCONN
            if self.shut & SEND:
                raise EPIPE
            if message.flags & MSG.OOB:
                return self._push_urgent(task, other, message.data, done, enclosed)
            return self._queue(task, other, message.data, done, enclosed)
        finally:
            if enclosed is not None:
                rights.discard(enclosed)

    def _push_urgent(
        self,
        task: Task,
        other: UnixSocket,
        data: bytes,
        done: int,
        enclosed: rights.Enclosure | None,
    ) -> int:
        """MSG_OOB: the last byte is a packet of its own; af_unix.c:queue_oob()."""
        sent = 0
        if done < len(data) - 1:
            sent = self._queue(task, other, data[:-1], done, enclosed)
            if done + sent < len(data) - 1:
                return sent
        try:
            self._queue(task, other, data, len(data) - 1, None if sent else enclosed)
        except EAGAIN:
            if sent:
                return sent
            raise
        if isinstance(other, UnixStream):
            other.urgent = other.packets[-1]
            other.send_sigurg()
        return sent + 1

    def _queue(
        self,
        task: Task,
        other: UnixSocket,
        data: bytes,
        done: int,
        enclosed: rights.Enclosure | None,
    ) -> int:
        size = len(data)
        sndbuf = self.options.sndbuf
        start = done
        cred = self.credentials_for(task, other, enclosed.cred if enclosed else None)
        while done < size:
            if self.charged >= sndbuf:
                if done > start:
                    return done - start
                raise EAGAIN
            piece, cost = stream_piece(size - done, sndbuf)
            if other.dead or other.shut & RECEIVE:
                if done > start:
                    return done - start
                raise EPIPE
            first = enclosed if done == start else None
            if first is not None and first.files:
                if not other.options.passrights:
                    raise EPERM
                rights.attach(task, self.net, first)
            part = data if piece == size else data[done : done + piece]
            packet = Packet(part, self, cost, cred, first, self.stamped(task))
            self.charged += cost
            other.packets.append(packet)
            done += piece
            if other.queue:
                other.queue.wake(events=DATA_READY)
        return done - start

    # -- receiving -------------------------------------------------------------------------

    def read(self, task: Task, size: int) -> bytes:
        """read(2) once: one whole packet is the common case."""
        packets = self.packets
        if len(packets) == 1 and size and self.urgent is None:
            packet = packets[0]
            if not packet.start and len(packet.data) <= size and packet.enclosed is None:
                packets.popleft()
                self.free(packet)
                return packet.data
        return super().read(task, size)

    def unread(self, data: bytes) -> None:
        """What the caller's buffer had no room for comes first again."""
        self.packets.appendleft(Packet(data, self, 0, None, None, 0))

    def fill(self, task: Task, got: Received, size: int, flags: int) -> bool:
        """Add what is there; credentials and descriptors end a message."""
        if self.state != TCPSTATE.ESTABLISHED:
            raise EINVAL
        if flags & MSG.OOB:
            self._take_urgent(got, size, flags)
            return True
        peek = bool(flags & MSG.PEEK)
        skip = max(self.options.peek_offset, 0)
        at = 0
        while len(got.data) < size:
            if at >= len(self.packets):
                return self._nothing_more(got)
            place = self._past_urgent(at, got, peek=peek)
            if place is None:
                break
            at = place
            if at >= len(self.packets):
                continue
            packet = self.packets[at]
            left = len(packet.data) - packet.start
            if peek and skip >= left:
                skip -= left
                at += 1
                continue
            if self._is_from_another(task, got, packet):
                return True
            if packet.sender.address is not None:
                got.name = packet.sender.name()
            begin = packet.start + (skip if peek else 0)
            part = packet.data[begin : begin + size - len(got.data)]
            skip = 0
            got.data = got.data + part if got.data else part
            ended = self._take_files(got, packet, peek=peek)
            if peek:
                at += 1
            elif self._consume(packet, len(part)):
                self.packets.popleft()
                self.free(packet)
            if ended:
                break
        self._move_peek_offset(len(got.data), peek=peek)
        return True

    def _past_urgent(self, at: int, got: Received, *, peek: bool) -> int | None:
        """Where reading goes on at packet `at`: not at an out-of-band byte; None to stop before.

        One that was read by MSG_OOB stays as an empty packet, and is a place to stop, too.
        """
        packets = self.packets
        packet = packets[at]
        if packet.start >= len(packet.data):
            if got.data and self.urgent in (None, packet):
                return None
            if peek:
                at += 1
            else:
                packets.popleft()
                self.free(packet)
            if at >= len(packets):
                return at
            packet = packets[at]
        if packet is not self.urgent:
            return at
        if got.data:
            return None
        inline = self.options.has(SO.OOBINLINE)
        if peek:
            return at if inline else at + 1
        self.urgent = None
        if not inline:
            packets.popleft()
            self.free(packet)
        return at

    def _take_urgent(self, got: Received, size: int, flags: int) -> None:
        """MSG_OOB; af_unix.c:unix_stream_recv_urg()."""
        packet = self.urgent
        if packet is None or self.options.has(SO.OOBINLINE):
            raise EINVAL
        got.data = packet.data[:size]
        got.flags |= MSG.OOB
        got.size = 1
        if not flags & MSG.PEEK:
            self.urgent = None
            packet.start = 1

    def at_mark(self) -> bool:
        """SIOCATMARK; af_unix.c:unix_ioctl()."""
        packets = self.packets
        if not packets:
            return False
        first, urgent = packets[0], self.urgent
        if first is urgent:
            return True
        following = packets[1] if len(packets) > 1 else None
        return first.start >= len(first.data) and (urgent is None or following is urgent)

    def poll(self) -> int:
        """What is ready."""
        events = super().poll()
        return events | POLL.PRI if self.urgent is not None else events

    def _nothing_more(self, got: Received) -> bool:
        """The queue is empty: an error, the end, or nothing yet."""
        if got.data:
            return bool(self.shut & RECEIVE) or self.error is not None
        self.raise_error()
        return bool(self.shut & RECEIVE)

    def _is_from_another(self, task: Task, got: Received, packet: Packet) -> bool:
        """Whether a packet must not be glued to what there is; else describe its sender."""
        if not self.options.passcred:
            return False
        before = list(got.control)
        got.control = []
        self.describe(task, got, packet.cred)
        if before and before != got.control:
            got.control = before
            return True
        return False

    def _take_files(self, got: Received, packet: Packet, *, peek: bool) -> bool:
        files: list[File] = self.take_rights(packet, peek=peek)
        if files:
            got.rights = files
        return bool(files)

    def _consume(self, packet: Packet, size: int) -> bool:
        """Move on in a packet; whether it is used up."""
        packet.start += size
        return packet.start >= len(packet.data)

    def _move_peek_offset(self, size: int, *, peek: bool) -> None:
        offset = self.options.peek_offset
        if offset >= 0:
            self.options.peek_offset = offset + size if peek else max(0, offset - size)


def make_pair(one: ConnectionSocket | UnixSocket, other: UnixSocket, task: Task) -> None:
    """socketpair(2); af_unix.c:unix_socketpair()."""
    one.peer, other.peer = other, one
    one.peer_cred = other.peer_cred = rights.effective_identity(task)
    one.state = other.state = TCPSTATE.ESTABLISHED
