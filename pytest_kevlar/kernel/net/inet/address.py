"""Internet addresses: 4 bytes for IPv4, 16 for IPv6, and how user space writes them.

An IPv4-mapped IPv6 address is an IPv4 address; only formatting for an AF_INET6 socket
maps it again. The only interface is ``lo``, so what is local is decided here too.
"""

from __future__ import annotations

from typing import NamedTuple

from pytest_kevlar.kernel.abi.sockets import AF
from pytest_kevlar.kernel.abi.structs import SOCKADDR_IN, SOCKADDR_IN6
from pytest_kevlar.kernel.errno import EAFNOSUPPORT, EINVAL

ANY4, ANY6 = bytes(4), bytes(16)
LOOPBACK4, LOOPBACK6 = b"\x7f\0\0\1", bytes(15) + b"\1"
BROADCAST4 = b"\xff\xff\xff\xff"
LOOPBACK_BROADCAST = b"\x7f\xff\xff\xff"
MAPPED = bytes(10) + b"\xff\xff"
#: The one interface.
LO_INDEX = 1
#: An AF_INET6 address may come without its scope (SIN6_LEN_RFC2133).
SHORT_IN6 = 24


class Endpoint(NamedTuple):
    """An address and a port."""

    ip: bytes
    port: int

    @property
    def is_any(self) -> bool:
        """Whether the address is the unspecified one."""
        return not any(self.ip)


NOWHERE4, NOWHERE6 = Endpoint(ANY4, 0), Endpoint(ANY6, 0)


def family_of(name: bytes) -> int:
    """The family that an address says it is of."""
    return int.from_bytes(name[:2], "little")


def parse4(name: bytes) -> Endpoint:
    """A ``struct sockaddr_in``; EINVAL if it is too short. The family is the caller's affair."""
    if len(name) < SOCKADDR_IN.size:
        raise EINVAL
    return Endpoint(bytes(name[4:8]), int.from_bytes(name[2:4], "big"))


def parse6(name: bytes) -> Endpoint:
    """A ``struct sockaddr_in6``; EINVAL, EAFNOSUPPORT. A mapped address becomes IPv4."""
    if len(name) < SHORT_IN6:
        raise EINVAL
    if family_of(name) != AF.INET6:
        raise EAFNOSUPPORT
    ip = bytes(name[8:24])
    if ip[:12] == MAPPED:
        ip = ip[12:]
    return Endpoint(ip, int.from_bytes(name[2:4], "big"))


def format_name(family: int, endpoint: Endpoint) -> bytes:
    """The address as a socket of `family` tells it."""
    port = int.from_bytes(endpoint.port.to_bytes(2, "big"), "little")
    if family == AF.INET:
        address = int.from_bytes(endpoint.ip[:4], "little")
        return SOCKADDR_IN.pack(sin_family=AF.INET, sin_port=port, sin_addr=address)
    ip = endpoint.ip
    if len(ip) == 4:
        ip = MAPPED + ip
    return SOCKADDR_IN6.pack(sin6_family=AF.INET6, sin6_port=port, sin6_addr=ip)


def is_local(ip: bytes) -> bool:
    """Whether the address is this machine's, the unspecified ones apart."""
    return ip[0] == 127 if len(ip) == 4 else ip == LOOPBACK6


def is_multicast(ip: bytes) -> bool:
    """Whether the address names a group."""
    return 224 <= ip[0] < 240 if len(ip) == 4 else ip[0] == 0xFF


def destination(ip: bytes) -> bytes:
    """Where packets to `ip` go: the unspecified address is the loopback's."""
    if any(ip):
        return ip
    return LOOPBACK4 if len(ip) == 4 else LOOPBACK6


def source_for(ip: bytes) -> bytes:
    """The address that packets to the local `ip` come from if no other is bound."""
    return LOOPBACK4 if len(ip) == 4 else LOOPBACK6
