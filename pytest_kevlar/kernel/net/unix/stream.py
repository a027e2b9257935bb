"""AF_UNIX SOCK_STREAM: bytes in order, cut where descriptors or credentials change.

Mirrors af_unix.c:unix_stream_sendmsg() and unix_stream_read_generic(). Out-of-band data
is refused as with CONFIG_AF_UNIX_OOB off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sockets import MSG, TCPSTATE
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
    from pytest_kevlar.kernel.task.task import Task


class UnixStream(StreamSocket, ConnectionSocket):
    """One end of a stream."""

    __slots__ = ()

    sleep_read = "unix_stream_data_wait"

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
                raise EOPNOTSUPP
            return self._queue(task, other, message.data, done, enclosed)
        finally:
            if enclosed is not None:
                rights.discard(enclosed)

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
        if len(packets) == 1 and size:
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
            raise EOPNOTSUPP
        peek = bool(flags & MSG.PEEK)
        skip = max(self.options.peek_offset, 0)
        at = 0
        while len(got.data) < size:
            if at >= len(self.packets):
                return self._nothing_more(got)
            packet = self.packets[at]
            left = len(packet.data) - packet.start
            if peek and skip >= left:
                skip -= left
                at += 1
                continue
            if self._is_from_another(got, packet):
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

    def _nothing_more(self, got: Received) -> bool:
        """The queue is empty: an error, the end, or nothing yet."""
        if got.data:
            return bool(self.shut & RECEIVE) or self.error is not None
        self.raise_error()
        return bool(self.shut & RECEIVE)

    def _is_from_another(self, got: Received, packet: Packet) -> bool:
        """Whether a packet must not be glued to what there is; else describe its sender."""
        if not self.options.passcred:
            return False
        before = list(got.control)
        got.control = []
        self.describe(got, packet.cred)
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
