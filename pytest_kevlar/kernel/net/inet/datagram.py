"""What UDP and raw sockets share: datagrams that arrive one by one, and errors about others.

Mirrors net/core/datagram.c and net/ipv4/datagram.c.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.sockets import AF, IP, IPV6, MSG, SO, SOL, TCPSTATE
from pytest_kevlar.kernel.errno import EACCES, EAGAIN, ECONNREFUSED, EINVAL, ENOTCONN
from pytest_kevlar.kernel.net.inet.address import (
    BROADCAST4,
    LOOPBACK_BROADCAST,
    Endpoint,
    family_of,
    format_name,
)
from pytest_kevlar.kernel.net.inet.socket import InetSocket
from pytest_kevlar.kernel.net.message import Control, Outgoing, Received
from pytest_kevlar.kernel.net.options import signed
from pytest_kevlar.kernel.net.socket import BOTH, DATA_READY, READABLE, RECEIVE, WRITABLE
from pytest_kevlar.kernel.net.timestamp import stamp_control

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task


class Datagram(NamedTuple):
    """One datagram in a queue; `target` is the address that it was sent to."""

    data: bytes
    source: Endpoint
    target: bytes
    cost: int
    stamp: int
    tos: int
    ttl: int


class DatagramSocket(InetSocket):
    """One socket that sends and receives datagrams.

    Attributes:
        datagrams: what has arrived, `charged` bytes with overhead. drops: what had no room.
        errors: what could not be delivered, whereto, and who said so (IP_RECVERR).
    """

    __slots__ = ("charged", "datagrams", "drops", "errors")

    def __init__(
        self, net: NetNamespace, task: Task, family: int, kind: int, protocol: int, flags: int
    ) -> None:
        super().__init__(net, task, family, kind, protocol, flags)
        self.datagrams: deque[Datagram] = deque()
        self.charged = 0
        self.drops = 0
        self.errors: deque[tuple[bytes, Endpoint, bytes]] = deque()

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

    # -- sending ---------------------------------------------------------------------------

    def sends_sigpipe(self, flags: int) -> bool:
        """EPIPE comes alone."""
        return False

    def _header(self, message: Outgoing, *, group: bool = False) -> tuple[int, int]:
        """TOS and TTL, which control messages may set; ip_cmsg_send()."""
        options = self.ip
        tos, ttl = options.tos, options.mcast_ttl if group else options.ttl
        if self.family == AF.INET6 and not group:
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

    def arrived(self, datagram: Datagram) -> None:
        """Queue a datagram, or drop it if there is no room."""
        if self.charged and datagram.cost > self.options.rcvbuf - self.charged:
            self.drops += 1
            return
        self.charged += datagram.cost
        self.datagrams.append(datagram)
        self.queue.wake(events=DATA_READY)

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
