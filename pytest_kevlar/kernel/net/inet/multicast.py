"""Groups: which ones a socket joined, and through which interface it sends to them.

Mirrors net/ipv4/igmp.c and net/ipv6/mcast.c for the one interface that there is, ``lo``. No route
of IPv6 leads to a group, so that its groups are joined and left only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pytest_kevlar.kernel.abi.sockets import IP, IPV6, SO, SOCK
from pytest_kevlar.kernel.errno import (
    EADDRINUSE,
    EADDRNOTAVAIL,
    EINVAL,
    ENOBUFS,
    ENODEV,
    ENOPROTOOPT,
    EPROTO,
)
from pytest_kevlar.kernel.net.inet.address import ANY4, LO_INDEX, is_local, is_multicast
from pytest_kevlar.kernel.net.options import signed, word

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.inet.socket import InetSocket

#: Sizes of ``struct in_addr``, ``ip_mreq``, ``ip_mreqn`` and ``ipv6_mreq``.
IN_ADDR, IP_MREQ, IP_MREQN, IPV6_MREQ = 4, 8, 12, 20
#: ``net.ipv4.igmp_max_memberships``
MOST_MEMBERSHIPS = 20

OPTIONS4 = (IP.MULTICAST_IF, IP.MULTICAST_ALL, IP.ADD_MEMBERSHIP, IP.DROP_MEMBERSHIP)
OPTIONS6 = (IPV6.MULTICAST_IF, IPV6.MULTICAST_ALL, IPV6.ADD_MEMBERSHIP, IPV6.DROP_MEMBERSHIP)


class Request(NamedTuple):
    """A ``struct ip_mreqn``: a group, and an interface by address or by index."""

    group: bytes
    address: bytes
    interface: int


class Multicast:
    """What one socket has to do with groups.

    Attributes:
        index4, address4: IP_MULTICAST_IF, 0 and the unspecified address if nothing was chosen.
        index6: IPV6_MULTICAST_IF.
        all4, all6: IP_MULTICAST_ALL, IPV6_MULTICAST_ALL: also what others joined.
        joined: the groups, with the address by which the interface was named.
    """

    __slots__ = ("address4", "all4", "all6", "index4", "index6", "joined")

    def __init__(self) -> None:
        self.index4 = self.index6 = 0
        self.address4 = ANY4
        self.all4 = self.all6 = True
        self.joined: dict[bytes, bytes] = {}

    def takes(self, group: bytes) -> bool:
        """Whether what was sent to a group is for this socket; igmp.c:ip_mc_sf_allow()."""
        return group in self.joined or self.all4

    def leave_all(self, sock: InetSocket) -> None:
        """The socket is closed."""
        for group in list(self.joined):
            self._leave(sock, group)

    # -- level IP ----------------------------------------------------------------------------

    def set4(self, sock: InetSocket, option: int, data: bytes) -> None:
        """setsockopt(2) of one of OPTIONS4."""
        if option == IP.MULTICAST_ALL:
            value = signed(data) if len(data) >= 4 else data[0] if data else -1
            if value not in (0, 1):
                raise EINVAL
            self.all4 = bool(value)
        elif option == IP.MULTICAST_IF:
            self._choose4(sock, data)
        elif sock.kind == SOCK.STREAM:
            raise EPROTO
        elif len(data) < IP_MREQ:
            raise EINVAL
        elif option == IP.ADD_MEMBERSHIP:
            self._join4(sock, _request(data))
        else:
            self._leave4(sock, _request(data))

    def get4(self, option: int) -> bytes:
        """getsockopt(2) of MULTICAST_IF or MULTICAST_ALL."""
        return self.address4 if option == IP.MULTICAST_IF else word(self.all4)

    def _choose4(self, sock: InetSocket, data: bytes) -> None:
        if sock.kind == SOCK.STREAM or len(data) < IN_ADDR:
            raise EINVAL
        request = _request(data) if len(data) >= IP_MREQ else Request(b"", data[:4], 0)
        index = request.interface
        if index or any(request.address):
            if not _names_lo(sock, request):
                raise EADDRNOTAVAIL
            index = LO_INDEX
        self.index4, self.address4 = index, request.address

    def _join4(self, sock: InetSocket, request: Request) -> None:
        """igmp.c:__ip_mc_join_group()."""
        if not is_multicast(request.group):
            raise EINVAL
        if not _names_lo(sock, request):
            raise ENODEV
        if request.group in self.joined:
            raise EADDRINUSE
        if sum(len(group) == IN_ADDR for group in self.joined) >= MOST_MEMBERSHIPS:
            raise ENOBUFS
        self._join(sock, request.group, request.address)

    def _leave4(self, sock: InetSocket, request: Request) -> None:
        """igmp.c:ip_mc_leave_group(): an address may also be the one that was given to join."""
        known = _names_lo(sock, request)
        if not known and not request.interface and not any(request.address):
            raise ENODEV
        joined = self.joined.get(request.group)
        if joined is None or (not known and (request.interface or request.address != joined)):
            raise EADDRNOTAVAIL
        self._leave(sock, request.group)

    # -- level IPV6 --------------------------------------------------------------------------

    def set6(self, sock: InetSocket, option: int, data: bytes) -> None:
        """setsockopt(2) of one of OPTIONS6."""
        size = IPV6_MREQ if option in (IPV6.ADD_MEMBERSHIP, IPV6.DROP_MEMBERSHIP) else 4
        if option == IPV6.MULTICAST_IF and sock.kind == SOCK.STREAM:
            raise ENOPROTOOPT
        if len(data) < size:
            raise EINVAL
        if option == IPV6.MULTICAST_ALL:
            self.all6 = bool(signed(data))
        elif option == IPV6.MULTICAST_IF:
            index = signed(data)
            if index and sock.options.numbers.get(SO.BINDTOIFINDEX, index) != index:
                raise EINVAL
            if index not in (0, LO_INDEX):
                raise ENODEV
            self.index6 = index
        elif sock.kind == SOCK.STREAM:
            raise EPROTO
        else:
            group, index = bytes(data[:16]), int.from_bytes(data[16:20], "little", signed=True)
            (self._join6 if option == IPV6.ADD_MEMBERSHIP else self._leave6)(sock, group, index)

    def get6(self, option: int) -> bytes:
        """getsockopt(2) of MULTICAST_IF or MULTICAST_ALL."""
        return word(self.index6 if option == IPV6.MULTICAST_IF else self.all6)

    def _join6(self, sock: InetSocket, group: bytes, index: int) -> None:
        """mcast.c:__ipv6_sock_mc_join()."""
        if not is_multicast(group):
            raise EINVAL
        if group in self.joined and index in (0, LO_INDEX):
            raise EADDRINUSE
        if index != LO_INDEX:
            raise ENODEV
        self._join(sock, group, b"")

    def _leave6(self, sock: InetSocket, group: bytes, index: int) -> None:
        """mcast.c:ipv6_sock_mc_drop()."""
        if group not in self.joined or index not in (0, LO_INDEX):
            raise EADDRNOTAVAIL
        self._leave(sock, group)

    # -- both --------------------------------------------------------------------------------

    def _join(self, sock: InetSocket, group: bytes, address: bytes) -> None:
        members = sock.net.members
        self.joined[group] = address
        members[group] = members.get(group, 0) + 1

    def _leave(self, sock: InetSocket, group: bytes) -> None:
        members = sock.net.members
        del self.joined[group]
        members[group] -= 1
        if not members[group]:
            del members[group]


def _request(data: bytes) -> Request:
    """A ``struct ip_mreqn``, or an ``ip_mreq``, which has no index."""
    index = signed(data[8:]) if len(data) >= IP_MREQN else 0
    return Request(bytes(data[:4]), bytes(data[4:8]), index)


def _names_lo(sock: InetSocket, request: Request) -> bool:
    """Whether a request names an interface that exists; igmp.c:ip_mc_find_dev()."""
    if request.interface:
        return request.interface == LO_INDEX
    return any(request.address) and sock.net.up and is_local(request.address)
