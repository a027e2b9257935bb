"""Options of the levels IP and IPV6, and the control messages that some of them cause.

Mirrors net/ipv4/ip_sockglue.c and net/ipv6/ipv6_sockglue.c for what loopback can show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sockets import AF, IP, IPV6, SOCK, SOL, TCPSTATE
from pytest_kevlar.kernel.abi.structs import IN_PKTINFO
from pytest_kevlar.kernel.errno import (
    EINVAL,
    ENOPROTOOPT,
    ENOTCONN,
    EPERM,
)
from pytest_kevlar.kernel.net.inet.address import LO_INDEX, MAPPED
from pytest_kevlar.kernel.net.inet.multicast import OPTIONS4, OPTIONS6
from pytest_kevlar.kernel.net.message import Control
from pytest_kevlar.kernel.net.options import signed, word
from pytest_kevlar.kernel.task.cred import CAP_NET_ADMIN, CAP_NET_RAW

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.inet.socket import InetSocket
    from pytest_kevlar.kernel.net.message import Received
    from pytest_kevlar.kernel.task.task import Task

LO_MTU = 65536
DEFAULT_TTL = 64

#: On or off.
SWITCHES4 = (
    IP.PKTINFO,
    IP.RECVTTL,
    IP.RECVTOS,
    IP.RECVOPTS,
    IP.RETOPTS,
    IP.RECVERR,
    IP.FREEBIND,
    IP.BIND_ADDRESS_NO_PORT,
    IP.ROUTER_ALERT,
)
SWITCHES6 = (
    IPV6.RECVPKTINFO,
    IPV6.RECVHOPLIMIT,
    IPV6.RECVTCLASS,
    IPV6.RECVERR,
    IPV6.FREEBIND,
    IPV6.DONTFRAG,
)


class IpOptions:
    """The options of one socket.

    Attributes:
        only6: IPV6_V6ONLY. on4, on6: switches that are on.
        ttl, tos: -1 and 0 unless set. hops: IPV6_UNICAST_HOPS, -1 unless set.
    """

    __slots__ = (
        "discover4",
        "discover6",
        "hops",
        "mcast_hops",
        "mcast_loop",
        "mcast_loop6",
        "mcast_ttl",
        "on4",
        "on6",
        "only6",
        "tclass",
        "tos",
        "ttl",
    )

    def __init__(self) -> None:
        self.on4: dict[int, None] = {}
        self.on6: dict[int, None] = {}
        self.only6 = False
        self.ttl = -1
        self.tos = self.tclass = 0
        self.hops = self.mcast_hops = -1
        self.mcast_ttl = self.mcast_loop = self.mcast_loop6 = 1
        self.discover4 = self.discover6 = 1

    def copy(self) -> IpOptions:
        """For an accepted connection."""
        other = IpOptions()
        for name in self.__slots__:
            value = getattr(self, name)
            setattr(other, name, dict(value) if isinstance(value, dict) else value)
        return other

    @property
    def freebind(self) -> bool:
        """Addresses of others may be bound."""
        return IP.FREEBIND in self.on4 or IPV6.FREEBIND in self.on6

    # -- level IP ----------------------------------------------------------------------------

    def set4(self, sock: InetSocket, task: Task, option: int, data: bytes) -> None:
        """setsockopt(2)."""
        value = signed(data) if len(data) >= 4 else data[0] if data else 0
        if option in SWITCHES4:
            _switch(self.on4, option, value)
        elif option == IP.TTL:
            if not data or (value != -1 and not 1 <= value <= 255):
                raise EINVAL
            self.ttl = value
        elif option == IP.TOS:
            # The two lowest bits of a stream belong to congestion control.
            self.tos = value & 0xFC if sock.kind == SOCK.STREAM else value & 0xFF
        elif option == IP.MTU_DISCOVER:
            if not 0 <= value <= 5:
                raise EINVAL
            self.discover4 = value
        elif option == IP.MULTICAST_TTL:
            if sock.kind == SOCK.STREAM or not data or not -1 <= value <= 255:
                raise EINVAL
            self.mcast_ttl = 1 if value == -1 else value
        elif option == IP.MULTICAST_LOOP:
            if not data:
                raise EINVAL
            self.mcast_loop = int(bool(value))
        elif option == IP.TRANSPARENT:
            owner = sock.net.user_ns
            privileges = (CAP_NET_RAW, CAP_NET_ADMIN)
            if value and not any(task.cred.capable_in(owner, one) for one in privileges):
                raise EPERM
            _switch(self.on4, option, value)
        elif option in OPTIONS4:
            sock.multicast.set4(sock, option, data)
        else:
            raise ENOPROTOOPT

    def get4(self, sock: InetSocket, option: int) -> bytes:
        """getsockopt(2)."""
        if option in SWITCHES4 or option == IP.TRANSPARENT:
            return word(option in self.on4)
        if option == IP.OPTIONS:
            return b""
        values = {
            IP.TTL: DEFAULT_TTL if self.ttl == -1 else self.ttl,
            IP.TOS: self.tos,
            IP.MTU_DISCOVER: self.discover4,
            IP.MULTICAST_TTL: self.mcast_ttl,
            IP.MULTICAST_LOOP: self.mcast_loop,
            IP.HDRINCL: 0,
            IP.MINTTL: 0,
        }
        if option == IP.MTU:
            if not sock.remote.port:
                raise ENOTCONN
            return word(LO_MTU)
        if option in (IP.MULTICAST_IF, IP.MULTICAST_ALL):
            return sock.multicast.get4(option)
        if option not in values:
            raise ENOPROTOOPT
        return word(values[option])

    # -- level IPV6 ----------------------------------------------------------------------------

    def set6(self, sock: InetSocket, task: Task, option: int, data: bytes) -> None:
        """setsockopt(2)."""
        if len(data) < 4:
            if option in (IPV6.V6ONLY, *SWITCHES6):
                raise EINVAL
            value = 0
        else:
            value = signed(data)
        if option in SWITCHES6:
            _switch(self.on6, option, value)
        elif option == IPV6.V6ONLY:
            if sock.local.port:
                raise EINVAL
            self.only6 = bool(value)
        elif option in (IPV6.UNICAST_HOPS, IPV6.MULTICAST_HOPS):
            if len(data) < 4 or not -1 <= value <= 255:
                raise EINVAL
            if option == IPV6.UNICAST_HOPS:
                self.hops = value
            else:
                self.mcast_hops = 1 if value == -1 else value
        elif option == IPV6.TCLASS:
            if len(data) < 4 or not -1 <= value <= 255:
                raise EINVAL
            self.tclass = max(value, 0) & (0xFC if sock.kind == SOCK.STREAM else 0xFF)
        elif option == IPV6.MTU_DISCOVER:
            if len(data) < 4 or not 0 <= value <= 5:
                raise EINVAL
            self.discover6 = value
        elif option == IPV6.MULTICAST_LOOP:
            if len(data) < 4 or not 0 <= value <= 1:
                raise EINVAL
            self.mcast_loop6 = value
        elif option in OPTIONS6:
            sock.multicast.set6(sock, option, data)
        else:
            raise ENOPROTOOPT

    def get6(self, sock: InetSocket, option: int) -> bytes:
        """getsockopt(2)."""
        if option in SWITCHES6:
            return word(option in self.on6)
        values = {
            IPV6.V6ONLY: int(self.only6),
            IPV6.UNICAST_HOPS: DEFAULT_TTL if self.hops == -1 else self.hops,
            IPV6.MULTICAST_HOPS: 1 if self.mcast_hops == -1 else self.mcast_hops,
            IPV6.TCLASS: self.tclass,
            IPV6.MTU_DISCOVER: self.discover6,
            IPV6.MULTICAST_LOOP: self.mcast_loop6,
        }
        if option in (IPV6.MULTICAST_IF, IPV6.MULTICAST_ALL):
            return sock.multicast.get6(option)
        if option == IPV6.MTU:
            if sock.state == TCPSTATE.CLOSE:
                raise ENOTCONN
            return word(LO_MTU)
        if option not in values:
            raise ENOPROTOOPT
        return word(values[option])

    # -- control messages ----------------------------------------------------------------------

    def describe(self, sock: InetSocket, got: Received, target: bytes, tos: int, ttl: int) -> None:
        """Add what was asked for about a datagram that came to address `target`."""
        if self.on4 and len(target) == 4 and sock.family == AF.INET:
            if IP.PKTINFO in self.on4:
                address = int.from_bytes(target, "little")
                info = IN_PKTINFO.pack(ipi_ifindex=LO_INDEX, ipi_spec_dst=address, ipi_addr=address)
                got.control.append(Control(SOL.IP, IP.PKTINFO, info))
            if IP.RECVTTL in self.on4:
                got.control.append(Control(SOL.IP, IP.TTL, word(ttl)))
            if IP.RECVTOS in self.on4:
                got.control.append(Control(SOL.IP, IP.TOS, bytes([tos])))
        if self.on6:
            full = target if len(target) == 16 else MAPPED + target
            if IPV6.RECVPKTINFO in self.on6:
                got.control.append(Control(SOL.IPV6, IPV6.PKTINFO, full + word(LO_INDEX)))
            if IPV6.RECVHOPLIMIT in self.on6 and len(target) == 16:
                got.control.append(Control(SOL.IPV6, IPV6.HOPLIMIT, word(ttl)))
            if IPV6.RECVTCLASS in self.on6 and len(target) == 16:
                got.control.append(Control(SOL.IPV6, IPV6.TCLASS, word(tos)))


def _switch(table: dict[int, None], option: int, value: int) -> None:
    if value:
        table[option] = None
    else:
        table.pop(option, None)
