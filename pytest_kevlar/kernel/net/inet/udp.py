"""UDP: datagrams over the loopback, delivered or refused before the sender's call returns.

Mirrors net/ipv4/udp.c. A port nobody has is told to connected senders only, as by ICMP.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.sockets import (
    AF,
    IP,
    IPPROTO,
    IPV6,
    MSG,
    SO,
    SOCK,
    SOL,
    TCPSTATE,
    UDP,
)
from pytest_kevlar.kernel.errno import (
    EACCES,
    EAGAIN,
    ECONNREFUSED,
    EDESTADDRREQ,
    EINVAL,
    EMSGSIZE,
    ENOPROTOOPT,
    ENOTCONN,
    EOPNOTSUPP,
    EPIPE,
)
from pytest_kevlar.kernel.net.inet.address import (
    BROADCAST4,
    LOOPBACK_BROADCAST,
    Endpoint,
    family_of,
    format_name,
)
from pytest_kevlar.kernel.net.inet.socket import InetSocket
from pytest_kevlar.kernel.net.memory import udp_cost
from pytest_kevlar.kernel.net.message import Control, Outgoing, Received
from pytest_kevlar.kernel.net.options import signed, word
from pytest_kevlar.kernel.net.socket import BOTH, DATA_READY, READABLE, RECEIVE, SEND, WRITABLE
from pytest_kevlar.kernel.net.timestamp import stamp_control

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.inet.ports import PortTable
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task

#: What fits into one IPv4 and one IPv6 packet.
MAX_PAYLOAD4, MAX_PAYLOAD6 = 65507, 65527
MAX_LENGTH = 0xFFFF


class Datagram(NamedTuple):
    """One datagram in a queue; `target` is the address that it was sent to."""

    data: bytes
    source: Endpoint
    target: bytes
    cost: int
    stamp: int
    tos: int
    ttl: int


class UdpSocket(InetSocket):
    """One UDP socket.

    Attributes:
        datagrams: what has arrived, `charged` bytes with overhead. drops: what had no room.
        errors: what could not be delivered, whereto, and who said so (IP_RECVERR).
        corked: what UDP_CORK or MSG_MORE holds back, and where it goes.
    """

    __slots__ = ("charged", "cork", "corked", "datagrams", "drops", "errors")

    def __init__(self, net: NetNamespace, task: Task, family: int, flags: int = 0) -> None:
        super().__init__(net, task, family, SOCK.DGRAM, IPPROTO.UDP, flags)
        self.datagrams: deque[Datagram] = deque()
        self.charged = 0
        self.drops = 0
        self.errors: deque[tuple[bytes, Endpoint, bytes]] = deque()
        self.cork = False
        self.corked: tuple[bytes, Endpoint] | None = None

    @property
    def ports(self) -> PortTable:
        """The protocol's ports."""
        return self.net.udp

    # -- connections of a sort -------------------------------------------------------------

    async def connect(self, task: Task, name: bytes, flags: int) -> None:
        """connect(2): where datagrams go and come from; AF_UNSPEC undoes it."""
        if len(name) < 2:
            raise EINVAL
        if family_of(name) == AF.UNSPEC:
            self._disconnect()
            return
        self.autobind()
        target = self.parse_target(name)
        self._check_broadcast(target)
        routed = self.route(target)
        if not any(self.local.ip):
            self.local = Endpoint(self.source_ip(routed), self.local.port)
        self.remote = routed
        self.state = TCPSTATE.ESTABLISHED

    def _disconnect(self) -> None:
        """net/ipv4/udp.c:__udp_disconnect()."""
        self.state = TCPSTATE.CLOSE
        self.remote = self.nowhere
        if not self.bound_address:
            self.local = Endpoint(self.nowhere.ip, self.local.port)
        if not self.bound_port:
            self.unbind()

    def shutdown(self, how: int) -> None:
        """shutdown(2): ENOTCONN if it is not connected, but done all the same."""
        self.shut |= how
        self.state_changed()
        if self.state == TCPSTATE.CLOSE:
            raise ENOTCONN

    def release(self) -> None:
        """The last descriptor is closed."""
        self.unbind()
        self.datagrams.clear()

    # -- sending ---------------------------------------------------------------------------

    def push(self, task: Task, message: Outgoing, done: int) -> int:
        """Send one datagram; net/ipv4/udp.c:udp_sendmsg()."""
        # Even a message that goes nowhere gets its socket a port (inet_send_prepare()).
        self.autobind()
        size = len(message.data)
        if size > MAX_LENGTH:
            raise EMSGSIZE
        if message.flags & MSG.OOB:
            raise EOPNOTSUPP
        pending = self.corked
        target = self._target(message) if pending is None else pending[1]
        tos, ttl = self._header(message)
        data = message.data if pending is None else pending[0] + message.data
        self._check_broadcast(target)
        target = self.route(target)
        if len(data) > (MAX_PAYLOAD4 if len(target.ip) == 4 else MAX_PAYLOAD6):
            raise EMSGSIZE
        self.raise_error()
        if self.shut & SEND:
            raise EPIPE
        if self.cork or message.flags & MSG.MORE:
            self.corked = (data, target)
            return size
        self.corked = None
        self._deliver(task, data, target, tos, ttl)
        return size

    def sends_sigpipe(self, flags: int) -> bool:
        """EPIPE comes alone."""
        return False

    def _target(self, message: Outgoing) -> Endpoint:
        if not message.name:
            if self.state != TCPSTATE.ESTABLISHED:
                raise EDESTADDRREQ
            return self.remote
        target = self.parse_target(message.name)
        if not target.port:
            raise EINVAL
        return target

    def _header(self, message: Outgoing) -> tuple[int, int]:
        """TOS and TTL, which control messages may set; ip_cmsg_send()."""
        options = self.ip
        tos, ttl = options.tos, options.ttl
        if self.family == AF.INET6:
            tos, ttl = options.tclass, options.hops
        for item in message.control:
            if (item.level, item.kind) == (SOL.IP, IP.TTL):
                ttl = signed(item.data)
                if len(item.data) < 4 or not 1 <= ttl <= 255:
                    raise EINVAL
            elif (item.level, item.kind) == (SOL.IP, IP.TOS):
                tos = item.data[0] if item.data else 0
            elif (item.level, item.kind) == (SOL.IPV6, IPV6.HOPLIMIT):
                ttl = signed(item.data)
            elif (item.level, item.kind) == (SOL.IPV6, IPV6.TCLASS):
                tos = signed(item.data) & 0xFF
            elif item.level in (SOL.IP, SOL.IPV6) and item.kind not in (IP.PKTINFO, IPV6.PKTINFO):
                raise EINVAL
        return tos, 64 if ttl == -1 else ttl

    def _check_broadcast(self, target: Endpoint) -> None:
        if target.ip in (BROADCAST4, LOOPBACK_BROADCAST) and not self.options.has(SO.BROADCAST):
            raise EACCES

    def _deliver(self, task: Task, data: bytes, target: Endpoint, tos: int, ttl: int) -> None:
        source = Endpoint(self.source_ip(target), self.local.port)
        receiver = self.ports.find(target, source)
        if not isinstance(receiver, UdpSocket):
            # ICMP port unreachable: only a connected socket hears of it.
            if self._wants_errors(target):
                self.errors.append((data, target, self.source_ip(target)))
                self.fail(ECONNREFUSED)
            elif self.state == TCPSTATE.ESTABLISHED and self.remote == target:
                self.fail(ECONNREFUSED)
            return
        cost = udp_cost(len(data), 28 if len(target.ip) == 4 else 48)
        room = receiver.options.rcvbuf - receiver.charged
        if receiver.charged and cost > room:
            receiver.drops += 1
            return
        stamp = task.kernel.clock.realtime_ns()
        receiver.charged += cost
        receiver.datagrams.append(Datagram(data, source, target.ip, cost, stamp, tos, ttl))
        receiver.queue.wake(events=DATA_READY)

    # -- receiving -------------------------------------------------------------------------

    async def receive(self, task: Task, size: int, flags: int) -> Received:
        """recvmsg(2): the error queue is never waited for."""
        return await super().receive(
            task, size, flags | MSG.DONTWAIT if flags & MSG.ERRQUEUE else flags
        )

    def _wants_errors(self, target: Endpoint) -> bool:
        """IP_RECVERR or IPV6_RECVERR, whichever the destination is."""
        if len(target.ip) == 4:
            return IP.RECVERR in self.ip.on4
        return IPV6.RECVERR in self.ip.on6

    def _take_error(self, size: int) -> Received:
        """MSG_ERRQUEUE: what could not be delivered, and why; ip_recv_error()."""
        if not self.errors:
            raise EAGAIN
        data, target, source = self.errors.popleft()
        # struct sock_extended_err, then who said so: ICMP port unreachable.
        old = len(target.ip) == 4
        kind = (2, 3, 3) if old else (3, 1, 4)
        head = ECONNREFUSED.number.to_bytes(4, "little") + bytes([*kind, 0]) + bytes(8)
        offender = format_name(AF.INET if old else AF.INET6, Endpoint(source, 0))
        got = Received(data[:size], name=format_name(self.family, target), flags=MSG.ERRQUEUE)
        if len(data) > size:
            got.flags |= MSG.TRUNC
        level, option = (SOL.IP, IP.RECVERR) if old else (SOL.IPV6, IPV6.RECVERR)
        got.control.append(Control(level, option, head + offender))
        self.error = ECONNREFUSED if self.errors else None
        return got

    def take(self, task: Task, size: int, flags: int) -> Received:
        """Receive one datagram; net/ipv4/udp.c:udp_recvmsg()."""
        if flags & MSG.ERRQUEUE:
            return self._take_error(size)
        self.raise_error()
        if not self.datagrams:
            if self.shut & RECEIVE and not flags & MSG.DONTWAIT:
                return Received()
            raise EAGAIN
        datagram = self.datagrams[0]
        got = Received(datagram.data[:size], name=format_name(self.family, datagram.source))
        if len(datagram.data) > size:
            got.flags |= MSG.TRUNC
            if flags & MSG.TRUNC:
                got.size = len(datagram.data)
        stamp_control(self, got, datagram.stamp)
        self.ip.describe(self, got, datagram.target, datagram.tos, datagram.ttl)
        if not flags & MSG.PEEK:
            self.datagrams.popleft()
            self.charged -= datagram.cost
        return got

    # -- what is ready ---------------------------------------------------------------------

    def poll(self) -> int:
        """What is ready; net/core/datagram.c:datagram_poll()."""
        events = WRITABLE
        if self.error is not None or self.errors:
            events |= POLL.ERR
        if self.shut & RECEIVE:
            events |= POLL.RDHUP | READABLE
        if self.shut == BOTH:
            events |= POLL.HUP
        if self.datagrams:
            events |= READABLE
        return events

    def readable_bytes(self) -> int:
        """FIONREAD: the next datagram."""
        return len(self.datagrams[0].data) if self.datagrams else 0

    def unsent_bytes(self) -> int:
        """SIOCOUTQ: everything is delivered at once."""
        return 0

    # -- options ---------------------------------------------------------------------------

    def set_option(self, task: Task, level: int, option: int, data: bytes) -> None:
        """setsockopt(2) of the levels UDP, IP and IPV6."""
        if level != SOL.UDP:
            super().set_option(task, level, option, data)
            return
        if len(data) < 4:
            raise EINVAL
        if option != UDP.CORK:
            raise ENOPROTOOPT
        self.cork = bool(signed(data))
        if not self.cork and self.corked is not None:
            (data, target), self.corked = self.corked, None
            tos, ttl = self._header(Outgoing(b""))
            self._deliver(task, data, target, tos, ttl)

    def get_option(self, task: Task, level: int, option: int, size: int) -> bytes:
        """getsockopt(2) of the levels UDP, IP and IPV6."""
        if level != SOL.UDP:
            return super().get_option(task, level, option, size)
        if option == UDP.CORK:
            return word(self.cork)
        raise ENOPROTOOPT
