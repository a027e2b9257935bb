"""socket(2): which families, types and protocols there are, and what the others are told.

Mirrors net/socket.c:__sock_create() and the create functions of the families.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sockets import AF, IPPROTO, NETLINK, SOCK
from pytest_kevlar.kernel.errno import (
    EACCES,
    EAFNOSUPPORT,
    EINVAL,
    EOPNOTSUPP,
    EPERM,
    EPROTONOSUPPORT,
    ESOCKTNOSUPPORT,
)
from pytest_kevlar.kernel.net.inet.raw import RawSocket
from pytest_kevlar.kernel.net.inet.tcp import TcpSocket
from pytest_kevlar.kernel.net.inet.udp import UdpSocket
from pytest_kevlar.kernel.net.inet.udplite import UdpLiteSocket
from pytest_kevlar.kernel.net.netlink import NetlinkSocket
from pytest_kevlar.kernel.net.unix.datagram import UnixDatagram, UnixSeqpacket
from pytest_kevlar.kernel.net.unix.stream import UnixStream, make_pair
from pytest_kevlar.kernel.task.cred import CAP_NET_RAW

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.net.socket import Socket
    from pytest_kevlar.kernel.net.unix.socket import UnixSocket
    from pytest_kevlar.kernel.task.task import Task

#: Types are 0..10, families 0..45, protocols of the Internet families 0..262.
TYPES, FAMILIES, PROTOCOLS = 11, 46, 263

UNIX_TYPES: dict[int, type[UnixSocket]] = {
    SOCK.STREAM: UnixStream,
    SOCK.DGRAM: UnixDatagram,
    SOCK.RAW: UnixDatagram,
    SOCK.SEQPACKET: UnixSeqpacket,
}


def make_socket(
    net: NetNamespace, task: Task, family: int, kind: int, protocol: int, flags: int
) -> Socket:
    """A new socket; `flags` of O_NONBLOCK."""
    if not 0 <= family < FAMILIES:
        raise EAFNOSUPPORT
    if not 0 <= kind < TYPES:
        raise EINVAL
    if family == AF.UNIX:
        return _make_unix(net, task, kind, protocol, flags)
    if family in (AF.INET, AF.INET6) and kind != SOCK.PACKET:
        return _make_inet(net, task, family, kind, protocol, flags)
    if family == AF.NETLINK:
        return _make_netlink(net, task, kind, protocol, flags)
    if family == AF.PACKET or (family == AF.INET and kind == SOCK.PACKET):
        if not task.cred.capable_in(task.net.user_ns, CAP_NET_RAW):
            raise EPERM
        raise EAFNOSUPPORT("packet sockets")
    raise EAFNOSUPPORT


def make_socket_pair(
    net: NetNamespace, task: Task, family: int, kind: int, protocol: int, flags: int
) -> tuple[Socket, Socket]:
    """socketpair(2): two sockets connected to each other; EOPNOTSUPP but for AF_UNIX."""
    one = make_socket(net, task, family, kind, protocol, flags)
    try:
        other = make_socket(net, task, family, kind, protocol, flags)
    except BaseException:
        one.put()
        raise
    if family != AF.UNIX:
        one.put()
        other.put()
        raise EOPNOTSUPP
    make_pair(one, other, task)  # type: ignore[arg-type]
    return one, other


def _make_unix(net: NetNamespace, task: Task, kind: int, protocol: int, flags: int) -> UnixSocket:
    if protocol and protocol != AF.UNIX:
        raise EPROTONOSUPPORT
    made = UNIX_TYPES.get(kind)
    if made is None:
        raise ESOCKTNOSUPPORT
    # SOCK_RAW is another word for SOCK_DGRAM.
    return made(net, task, SOCK.DGRAM if kind == SOCK.RAW else kind, flags)


def _make_inet(
    net: NetNamespace, task: Task, family: int, kind: int, protocol: int, flags: int
) -> Socket:
    if not 0 <= protocol < PROTOCOLS:
        raise EINVAL
    if kind == SOCK.STREAM:
        if protocol not in (0, IPPROTO.TCP):
            raise EPROTONOSUPPORT
        return TcpSocket(net, task, family, flags)
    if kind == SOCK.DGRAM:
        if protocol == (IPPROTO.ICMP if family == AF.INET else IPPROTO.ICMPV6):
            raise EACCES("net.ipv4.ping_group_range is empty")
        if protocol == IPPROTO.UDPLITE:
            return UdpLiteSocket(net, task, family, flags)
        if protocol not in (0, IPPROTO.UDP):
            raise EPROTONOSUPPORT
        return UdpSocket(net, task, family, flags)
    if kind == SOCK.RAW:
        if protocol and not task.cred.capable_in(task.net.user_ns, CAP_NET_RAW):
            raise EPERM
        if family == AF.INET and protocol == IPPROTO.ICMP:
            return RawSocket(net, task, flags)
        raise EPROTONOSUPPORT("raw sockets of other protocols")
    raise ESOCKTNOSUPPORT


def _make_netlink(net: NetNamespace, task: Task, kind: int, protocol: int, flags: int) -> Socket:
    if kind not in (SOCK.RAW, SOCK.DGRAM):
        raise ESOCKTNOSUPPORT
    if protocol != NETLINK.ROUTE:
        raise EPROTONOSUPPORT
    return NetlinkSocket(net, task, kind, flags)
