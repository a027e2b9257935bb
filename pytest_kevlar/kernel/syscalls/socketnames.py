"""Socket addresses as traces show them: ``struct sockaddr`` of every family that there is."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.sockets import AF
from pytest_kevlar.kernel.syscalls.contents import Peek, Reach, named, quoted

if TYPE_CHECKING:
    from pytest_kevlar.kernel.arch.base import Arch

#: ``sizeof(struct sockaddr_storage)``
LARGEST = 128


@dataclass(frozen=True, slots=True)
class SocketName:
    """An address that the caller gives.

    Attributes:
        length: which argument tells its length.
    """

    length: int

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(LARGEST, count=self.length)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Its bytes."""
        length = args[self.length] & 0xFFFF_FFFF
        return peek(address, length) if length <= LARGEST else b""

    def show(self, taken: Any, arch: Arch) -> str:
        """By its family."""
        return socket_name(taken)


@dataclass(frozen=True, slots=True)
class SocketNameBack:
    """An address that the call tells: as much as there is room for.

    Attributes:
        length: which argument points at the room before, and at the length after.
    """

    length: int

    def _length(self, peek: Peek, args: Sequence[int]) -> int:
        word = peek(args[self.length], 4) if args[self.length] else b""
        return min(max(int.from_bytes(word, "little", signed=True), 0), LARGEST)

    def reach(self) -> Reach:
        """See `Reach`."""
        return Reach(LARGEST, count=self.length, pointed=True)

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """How much room there is."""
        return [self._length(peek, args)]

    def again(self, peek: Peek, address: int, args: Sequence[int], result: int, before: Any) -> Any:
        """What was written."""
        return [*before, peek(address, min(before[0], self._length(peek, args)))]

    def show(self, taken: Any, arch: Arch) -> str:
        """By its family; the pointer if nothing was told."""
        return socket_name(taken[1]) if len(taken) > 1 else ""


def socket_name(data: bytes) -> str:
    """An address in braces; empty if it is too short to have a family."""
    if len(data) < 2:
        return ""
    family = int.from_bytes(data[:2], "little")
    show = _FAMILIES.get(family, _other)
    fields = show(data) if len(data) > 2 else ""
    return f"{{sa_family={named(AF, family)}{', ' if fields else ''}{fields}}}"


def _hexadecimal(data: bytes) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def _port(data: bytes) -> str:
    return f"{_hexadecimal(data)} /* htons({int.from_bytes(data, 'big')}) */"


def _unix(data: bytes) -> str:
    path = data[2:]
    if path[:1] == b"\0":
        return f"sun_path=@{quoted(path[1:])}"
    return f"sun_path={quoted(path.partition(bytes(1))[0])}"


def _inet(data: bytes) -> str:
    if len(data) < 16:
        return _other(data)
    address = f'inet_addr("{socket.inet_ntoa(data[4:8])}")'
    return f"sin_port={_port(data[2:4])}, sin_addr={_hexadecimal(data[4:8])} /* {address} */"


def _inet6(data: bytes) -> str:
    if len(data) < 24:
        return _other(data)
    flow, scope = data[4:8], int.from_bytes(data[24:28], "little")
    address = f'inet_pton(AF_INET6, "{socket.inet_ntop(socket.AF_INET6, data[8:24])}")'
    return (
        f"sin6_port={_port(data[2:4])}, "
        f"sin6_flowinfo={_hexadecimal(flow)} /* htonl({int.from_bytes(flow, 'big')}) */, "
        f"sin6_addr={_hexadecimal(data[8:24])} /* {address} */, sin6_scope_id={scope}"
    )


def _netlink(data: bytes) -> str:
    if len(data) < 12:
        return _other(data)
    pid, groups = (int.from_bytes(data[at : at + 4], "little") for at in (4, 8))
    return f"nl_pid={pid}, nl_groups={groups:08x}"


def _other(data: bytes) -> str:
    return f"sa_data={quoted(data[2:])}"


_FAMILIES = {AF.UNIX: _unix, AF.INET: _inet, AF.INET6: _inet6, AF.NETLINK: _netlink}
