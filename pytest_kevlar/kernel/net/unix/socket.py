"""What all AF_UNIX sockets share: names, peers, buffers and their accounting, closing.

Streams, datagrams and connections have modules of their own. Mirrors net/unix/af_unix.c.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.sockets import AF, SOCK, TCPSTATE
from pytest_kevlar.kernel.errno import ECONNRESET, EINVAL, ENOTCONN, EOPNOTSUPP
from pytest_kevlar.kernel.net.message import NOBODY, Identity, Received, credentials_control
from pytest_kevlar.kernel.net.socket import BOTH, READABLE, RECEIVE, SEND, WRITABLE, Socket
from pytest_kevlar.kernel.net.unix import address, rights
from pytest_kevlar.kernel.task.wait import WaitQueue

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.inode import Inode
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.net.unix.rights import Enclosure
    from pytest_kevlar.kernel.task.task import Task

#: ``net.unix.max_dgram_qlen``
QUEUE_LENGTH = 10


class Packet:
    """One buffer in a receive queue.

    Attributes:
        data: its bytes; `start` of them have been read.
        sender: who is charged `cost` bytes for it.
        enclosed: files and explicit credentials. cred: who sent it, None if unknown.
        stamp: when, nanoseconds since 1970.
    """

    __slots__ = ("cost", "cred", "data", "enclosed", "sender", "stamp", "start")

    def __init__(
        self,
        data: bytes,
        sender: UnixSocket,
        cost: int,
        cred: Identity | None,
        enclosed: Enclosure | None,
        stamp: int,
    ) -> None:
        self.data = data
        self.start = 0
        self.sender = sender
        self.cost = cost
        self.cred = cred
        self.enclosed = enclosed
        self.stamp = stamp


class UnixSocket(Socket):
    """One AF_UNIX socket of any type.

    Attributes:
        address: path, or abstract name with its NUL; None if there is none.
        bound: the inode of the path. peer: who it is connected to; stays when that dies.
        packets: what has arrived. embryos: connections to accept.
        backlog: how many messages or connections may wait.
        room: who waits for this socket's queue to get shorter.
        relays: connected senders to tell of that.
        charged: bytes of this socket's messages that nobody has read.
        dead: closed. embryo: nobody has accepted it yet.
    """

    __slots__ = (
        "address",
        "backlog",
        "bound",
        "charged",
        "dead",
        "embryo",
        "embryos",
        "packets",
        "peer",
        "relays",
        "room",
    )

    def __init__(
        self, net: NetNamespace, task: Task, kind: int, flags: int = 0, protocol: int = 0
    ) -> None:
        super().__init__(net, task, AF.UNIX, kind, protocol, flags)
        self.address: bytes | None = None
        self.bound: Inode | None = None
        self.peer: UnixSocket | None = None
        self.packets: deque[Packet] = deque()
        self.embryos: deque[UnixSocket] = deque()
        self.backlog = QUEUE_LENGTH
        self.room = WaitQueue()
        self.relays: dict[UnixSocket, None] = {}
        self.charged = 0
        self.dead = False
        self.embryo = False
        net.unix[self] = net.unix_anywhere[self] = None

    # -- names ---------------------------------------------------------------------------

    def bind(self, task: Task, name: bytes) -> None:
        """bind(2)."""
        address.bind(self, task, name)

    def name(self) -> bytes:
        """getsockname(2)."""
        return address.format_name(self.address)

    def peer_name(self) -> bytes:
        """getpeername(2)."""
        if self.peer is None:
            raise ENOTCONN
        return self.peer.name()

    def autobind_for_credentials(self) -> None:
        """Who wants credentials must have a name to be answered at."""
        if self.options.passcred:
            address.autobind(self)

    def accepts_passcred(self) -> bool:
        """Whether SO_PASSCRED means anything."""
        return True

    # -- queues ----------------------------------------------------------------------------

    @property
    def queue_full(self) -> bool:
        """Whether senders that are not its peer have to wait (unix_recvq_full())."""
        return len(self.packets) > self.backlog

    @property
    def has_room(self) -> bool:
        """Whether poll says that it can be written to (unix_writable())."""
        return self.state != TCPSTATE.LISTEN and (self.charged + 1) * 4 <= self.options.sndbuf

    def free(self, packet: Packet) -> None:
        """A packet was read or thrown away: its sender has room again (sock_wfree())."""
        sender = packet.sender
        sender.charged -= packet.cost
        if sender.queue and sender.has_room:
            sender.queue.wake(events=WRITABLE)

    def stamped(self, task: Task) -> int:
        """The time that a packet carries."""
        return task.kernel.clock.realtime_ns()

    def credentials_for(
        self, task: Task, other: UnixSocket, said: Identity | None
    ) -> Identity | None:
        """What a packet to `other` tells of its sender (unix_maybe_add_creds())."""
        if said is not None:
            return said
        if self.options.passcred or other.options.passcred or other.embryo:
            return rights.real_identity(task)
        return None

    def describe(self, task: Task, got: Received, cred: Identity | None) -> None:
        """Add the control messages that this socket asked for."""
        if self.options.passcred:
            identity = (cred or NOBODY).seen_from(task.pid_ns)
            got.control.append(credentials_control(identity))

    def take_rights(self, packet: Packet, *, peek: bool) -> list[File]:
        """The files of a packet, for the receiver."""
        enclosed = packet.enclosed
        if enclosed is None or not enclosed.files:
            return []
        if peek:
            return [file.get() for file in enclosed.files]
        return rights.detach(self.net, enclosed)

    def empty_queue(self) -> list[File]:
        """Throw everything away that waits; returns files for the caller to put."""
        lost: list[File] = []
        for embryo in self.embryos:
            lost.extend(embryo.empty_queue())
        while self.packets:
            packet = self.packets.popleft()
            lost.extend(self.take_rights(packet, peek=False))
            self.free(packet)
        return lost

    def holds(self) -> list[UnixSocket]:
        """Sockets that can be had by reading and accepting from this one."""
        found = [
            file
            for packet in self.packets
            if packet.enclosed is not None
            for file in packet.enclosed.files
            if isinstance(file, UnixSocket)
        ]
        return [*found, *self.embryos]

    # -- what is ready -----------------------------------------------------------------------

    def poll(self) -> int:
        """What is ready; af_unix.c:unix_poll()."""
        events = 0
        if self.error is not None:
            events |= POLL.ERR
        if self.shut:
            if self.shut == BOTH:
                events |= POLL.HUP
            if self.shut & RECEIVE:
                events |= POLL.RDHUP | READABLE
        if self.packets or self.embryos:
            events |= READABLE
        if self.state == TCPSTATE.CLOSE and self.kind != SOCK.DGRAM:
            events |= POLL.HUP
        if self.has_room:
            events |= WRITABLE
        return events

    def readable_bytes(self) -> int:
        """FIONREAD: all of a stream, one datagram; EINVAL if listening."""
        if self.state == TCPSTATE.LISTEN:
            raise EINVAL
        if self.kind == SOCK.DGRAM:
            return len(self.packets[0].data) if self.packets else 0
        return sum(len(packet.data) - packet.start for packet in self.packets)

    def unsent_bytes(self) -> int:
        """SIOCOUTQ: what unread messages cost, overhead included."""
        return self.charged

    def at_mark(self) -> bool:
        """SIOCATMARK."""
        raise EOPNOTSUPP

    # -- ending ---------------------------------------------------------------------------------

    def shutdown(self, how: int) -> None:
        """shutdown(2); the other end of a connection sees the other half."""
        self.shut |= how
        other = self.peer
        if other is not None and self.kind != SOCK.DGRAM:
            other.shut |= (SEND if how & RECEIVE else 0) | (RECEIVE if how & SEND else 0)
            other.state_changed()
        self.state_changed()

    def release(self) -> None:
        """The last descriptor is closed; af_unix.c:unix_release_sock()."""
        net = self.net
        del net.unix[self], net.unix_anywhere[self]
        address.forget(self)
        self.dead = True
        was_embryo = self.embryo
        # A byte that was read out of band is still in the queue, but empty.
        unread = any(not one.data or one.start < len(one.data) for one in self.packets)
        self.shut = BOTH
        self.state = TCPSTATE.CLOSE
        self.room.wake()
        peer = self.peer
        if peer is not None:
            if self.kind != SOCK.DGRAM and not peer.dead:
                peer.shut = BOTH
                if unread or was_embryo:
                    peer.error = ECONNRESET
                peer.state_changed()
            peer.relays.pop(self, None)
        relays, self.relays = self.relays, {}
        for relay in relays:
            relay.queue.wake(events=WRITABLE)
        embryos = list(self.embryos)
        self.embryos.clear()
        for embryo in embryos:
            embryo.put()
        for file in self.empty_queue():
            file.put()
        if net.inflight:
            rights.collect_garbage(net)
