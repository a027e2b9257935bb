"""Raw ICMP sockets of IPv4, and the kernel's own answer to an echo request.

Mirrors net/ipv4/raw.c and net/ipv4/icmp.c. Every raw socket gets a copy of each packet with its
header; the kernel sends no other ICMP messages through here.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sockets import AF, IPPROTO, MSG, SOCK, SOL, TCPSTATE
from pytest_kevlar.kernel.errno import (
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EDESTADDRREQ,
    EFAULT,
    EINVAL,
    EMSGSIZE,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPIPE,
)
from pytest_kevlar.kernel.net.inet.address import Endpoint, family_of, is_local, parse4
from pytest_kevlar.kernel.net.inet.datagram import Datagram, DatagramSocket
from pytest_kevlar.kernel.net.memory import udp_cost
from pytest_kevlar.kernel.net.socket import SEND

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.message import Outgoing
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task

HEADER = struct.Struct(">BBHHHBBH4s4s")
VERSION_AND_LENGTH, DONT_FRAGMENT = 0x45, 0x4000
MAX_LENGTH = 0xFFFF
ECHO_REPLY, ECHO, ECHO_SIZE = 0, 8, 8
#: Types whose messages ICMP_FILTER can keep away.
FILTERED_TYPES = 32
ICMP_FILTER, FILTER_SIZE = 1, 4
TIME_TO_LIVE = 64


class RawSocket(DatagramSocket):
    """One socket of SOCK_RAW and IPPROTO_ICMP.

    Attributes:
        filter: a bit for each ICMP type that it does not want.
    """

    __slots__ = ("filter",)

    def __init__(self, net: NetNamespace, task: Task, flags: int = 0) -> None:
        super().__init__(net, task, AF.INET, SOCK.RAW, IPPROTO.ICMP, flags)
        self.filter = 0
        # A raw socket's port is its protocol; nobody else looks at it.
        self.local = Endpoint(self.local.ip, IPPROTO.ICMP)
        net.raw[self] = None

    # -- names -----------------------------------------------------------------------------

    def bind(self, task: Task, name: bytes) -> None:
        """bind(2): the address that packets must be for; raw.c:raw_bind()."""
        wanted = parse4(name)
        if self.state != TCPSTATE.CLOSE:
            raise EINVAL
        if any(wanted.ip) and not is_local(wanted.ip):
            raise EADDRNOTAVAIL
        self.local = Endpoint(wanted.ip, IPPROTO.ICMP)
        self.bound_address = any(wanted.ip)

    def autobind(self) -> None:
        """There is nothing to take."""

    def unbind(self) -> None:
        """There is nothing to give back."""

    def release(self) -> None:
        """The last descriptor is closed."""
        self.net.raw.pop(self, None)
        self.multicast.leave_all(self)
        self.datagrams.clear()

    # -- sending ---------------------------------------------------------------------------

    def push(self, task: Task, message: Outgoing, done: int) -> int:
        """Send one packet behind a header that the kernel makes; raw.c:raw_sendmsg()."""
        size = len(message.data)
        if size > MAX_LENGTH:
            raise EMSGSIZE
        if message.flags & MSG.OOB:
            raise EOPNOTSUPP
        target = self._target(message)
        tos, ttl = self._header(message)
        self._check_broadcast(target)
        target = self.route(target)
        if size < 2:
            raise EFAULT("no type and code")
        if size + HEADER.size > MAX_LENGTH:
            raise EMSGSIZE
        self.raise_error()
        if self.shut & SEND:
            raise EPIPE
        source = self.source_ip(target)
        packet = _packet(self.net, message.data, source, target.ip, tos, ttl, DONT_FRAGMENT)
        _receive(self.net, task, packet)
        return size

    def _target(self, message: Outgoing) -> Endpoint:
        if not message.name:
            if self.state != TCPSTATE.ESTABLISHED:
                raise EDESTADDRREQ
            return self.remote
        target = parse4(message.name)
        if family_of(message.name) not in (AF.INET, AF.UNSPEC):
            raise EAFNOSUPPORT
        return target

    # -- receiving -------------------------------------------------------------------------

    def wants(self, kind: int, source: bytes, target: bytes) -> bool:
        """Whether a packet is for this socket; raw_v4_match(), icmp_filter()."""
        if any(self.local.ip) and self.local.ip != target:
            return False
        if any(self.remote.ip) and self.remote.ip != source:
            return False
        return kind >= FILTERED_TYPES or not self.filter >> kind & 1

    # -- options ---------------------------------------------------------------------------

    def set_option(self, task: Task, level: int, option: int, data: bytes) -> None:
        """setsockopt(2): ICMP_FILTER, whatever part of it is given, and the level IP."""
        if level != SOL.RAW:
            super().set_option(task, level, option, data)
        elif option == ICMP_FILTER:
            kept = self.filter.to_bytes(FILTER_SIZE, "little")
            given = data[:FILTER_SIZE]
            self.filter = int.from_bytes(given + kept[len(given) :], "little")
        else:
            raise ENOPROTOOPT

    def get_option(self, task: Task, level: int, option: int, size: int) -> bytes:
        """getsockopt(2)."""
        if level != SOL.RAW:
            return super().get_option(task, level, option, size)
        if option == ICMP_FILTER:
            return self.filter.to_bytes(FILTER_SIZE, "little")
        raise ENOPROTOOPT


def checksum(data: bytes) -> int:
    """The Internet checksum: 0 for data that contains its own; RFC 1071."""
    padded = data + b"\0" if len(data) % 2 else data
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _packet(
    net: NetNamespace, data: bytes, source: bytes, target: bytes, tos: int, ttl: int, flags: int
) -> bytes:
    net.packet_id = net.packet_id + 1 & 0xFFFF
    length = HEADER.size + len(data)
    fields = (VERSION_AND_LENGTH, tos, length, net.packet_id, flags, ttl, IPPROTO.ICMP)
    bare = HEADER.pack(*fields, 0, source, target)
    return HEADER.pack(*fields, checksum(bare), source, target) + data


def _receive(net: NetNamespace, task: Task, packet: bytes) -> None:
    """A packet is there: sockets get it first, then the kernel answers."""
    _, tos, _, _, _, ttl, _, _, source, target = HEADER.unpack_from(packet)
    data = packet[HEADER.size :]
    stamp = task.kernel.clock.realtime_ns()
    cost = udp_cost(len(data), HEADER.size)
    for sock in list(net.raw):
        if sock.wants(data[0], source, target):
            sock.arrived(Datagram(packet, Endpoint(source, 0), target, cost, stamp, tos, ttl))
    if len(data) < ECHO_SIZE or data[0] != ECHO or data[1] or checksum(data):
        return
    body = data[4:]
    answer = bytes([ECHO_REPLY, 0]) + checksum(bytes(4) + body).to_bytes(2, "big") + body
    _receive(net, task, _packet(net, answer, target, source, tos, TIME_TO_LIVE, 0))
