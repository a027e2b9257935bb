"""UDP: datagrams over the loopback, delivered or refused before the sender's call returns.

Mirrors net/ipv4/udp.c. A port nobody has is told to connected senders only, as by ICMP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pytest_kevlar.kernel.abi.sockets import (
    IPPROTO,
    MSG,
    SO,
    SOCK,
    SOL,
    TCPSTATE,
    UDP,
    UDPLITE,
)
from pytest_kevlar.kernel.errno import (
    ECONNREFUSED,
    EDESTADDRREQ,
    EINVAL,
    EMSGSIZE,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPIPE,
)
from pytest_kevlar.kernel.net.inet.address import (
    LO_INDEX,
    LOOPBACK4,
    Endpoint,
    is_multicast,
)
from pytest_kevlar.kernel.net.inet.datagram import Datagram, DatagramSocket
from pytest_kevlar.kernel.net.memory import udp_cost
from pytest_kevlar.kernel.net.message import Outgoing
from pytest_kevlar.kernel.net.options import signed, word
from pytest_kevlar.kernel.net.socket import SEND

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.inet.ports import PortTable
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task

#: What fits into one IPv4 and one IPv6 packet.
MAX_PAYLOAD4, MAX_PAYLOAD6 = 65507, 65527
MAX_LENGTH = 0xFFFF
LEVELS = (SOL.UDP, SOL.UDPLITE)
COVERAGES = (UDPLITE.SEND_CSCOV, UDPLITE.RECV_CSCOV)


class UdpSocket(DatagramSocket):
    """One UDP socket.

    Attributes:
        corked: what UDP_CORK or MSG_MORE holds back, and where it goes.
    """

    __slots__ = ("cork", "corked")

    protocol_number: ClassVar[int] = IPPROTO.UDP

    def __init__(self, net: NetNamespace, task: Task, family: int, flags: int = 0) -> None:
        super().__init__(net, task, family, SOCK.DGRAM, self.protocol_number, flags)
        self.cork = False
        self.corked: tuple[bytes, Endpoint] | None = None

    @property
    def ports(self) -> PortTable:
        """The protocol's ports."""
        return self.net.udp

    def release(self) -> None:
        """The last descriptor is closed."""
        self.unbind()
        self.multicast.leave_all(self)
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
        tos, ttl = self._header(message, group=is_multicast(target.ip))
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

    def _target(self, message: Outgoing) -> Endpoint:
        if not message.name:
            if self.state != TCPSTATE.ESTABLISHED:
                raise EDESTADDRREQ
            return self.remote
        target = self.parse_target(message.name)
        if not target.port:
            raise EINVAL
        return target

    def _deliver(self, task: Task, data: bytes, target: Endpoint, tos: int, ttl: int) -> None:
        source = Endpoint(self.source_ip(target), self.local.port)
        cost = udp_cost(len(data), 28 if len(target.ip) == 4 else 48)
        stamp = task.kernel.clock.realtime_ns()
        datagram = Datagram(data, source, target.ip, cost, stamp, tos, ttl)
        if is_multicast(target.ip):
            self._deliver_copies(datagram, target)
            return
        receiver = self.ports.find(target, source)
        if not isinstance(receiver, UdpSocket):
            # ICMP port unreachable: only a connected socket hears of it.
            if self._wants_errors(target):
                self.errors.append((data, target, self.source_ip(target)))
                self.fail(ECONNREFUSED)
            elif self.state == TCPSTATE.ESTABLISHED and self.remote == target:
                self.fail(ECONNREFUSED)
            return
        self._hand_to(receiver, datagram)

    def _hand_to(self, receiver: UdpSocket, datagram: Datagram) -> None:
        if receiver.takes(self, len(datagram.data)):
            receiver.arrived(datagram)
        else:
            receiver.drops += 1

    # -- groups ----------------------------------------------------------------------------

    def _reaches_group(self, ip: bytes) -> bool:
        """If the socket has chosen or is bound to it; net/ipv4/route.c:ip_route_output_key()."""
        chosen = self.multicast.index4 == LO_INDEX or SO.BINDTOIFINDEX in self.options.numbers
        bound = self._is_local(self.local.ip)
        return len(ip) == 4 and is_multicast(ip) and self.net.up and (chosen or bound)

    def source_ip(self, target: Endpoint) -> bytes:
        """The address that a packet to `target` comes from."""
        if is_multicast(target.ip) and not any(self.local.ip):
            chosen = self.multicast.address4
            return chosen if any(chosen) else LOOPBACK4
        return super().source_ip(target)

    def _deliver_copies(self, datagram: Datagram, group: Endpoint) -> None:
        """udp.c:__udp4_lib_mcast_deliver(); ``lo`` takes only what somebody joined there."""
        if group.ip in self.net.members:
            for receiver in self.ports.listeners(group, datagram.source):
                assert isinstance(receiver, UdpSocket)
                self._hand_to(receiver, datagram)

    # -- UDP-Lite's part: how much a checksum covers ---------------------------------------

    def coverage(self, option: int) -> int:
        """UDPLITE_SEND_CSCOV or UDPLITE_RECV_CSCOV: UDP covers all."""
        return 0

    def set_coverage(self, option: int, value: int) -> None:
        """Change one of them, which UDP does not know."""
        raise ENOPROTOOPT

    def takes(self, sender: UdpSocket, size: int) -> bool:
        """Whether enough of `size` bytes of payload is covered."""
        return True

    # -- options ---------------------------------------------------------------------------

    def set_option(self, task: Task, level: int, option: int, data: bytes) -> None:
        """setsockopt(2) of the levels UDP, IP and IPV6."""
        if level not in LEVELS:
            super().set_option(task, level, option, data)
            return
        if len(data) < 4:
            raise EINVAL
        if option in COVERAGES:
            self.set_coverage(option, signed(data))
            return
        if option != UDP.CORK:
            raise ENOPROTOOPT
        self.cork = bool(signed(data))
        if not self.cork and self.corked is not None:
            (data, target), self.corked = self.corked, None
            tos, ttl = self._header(Outgoing(b""), group=is_multicast(target.ip))
            self._deliver(task, data, target, tos, ttl)

    def get_option(self, task: Task, level: int, option: int, size: int) -> bytes:
        """getsockopt(2) of the levels UDP, IP and IPV6."""
        if level not in LEVELS:
            return super().get_option(task, level, option, size)
        if option == UDP.CORK:
            return word(self.cork)
        if option in COVERAGES:
            return word(self.coverage(option))
        raise ENOPROTOOPT
