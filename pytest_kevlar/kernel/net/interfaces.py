"""The one interface, ``lo``, and the ioctls that ask about interfaces.

Mirrors net/core/dev_ioctl.c and net/ipv4/devinet.c. All that can be changed about ``lo`` is that it
comes up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.sockets import AF
from pytest_kevlar.kernel.abi.structs import SOCKADDR_IN
from pytest_kevlar.kernel.errno import (
    EADDRNOTAVAIL,
    EINVAL,
    ENODEV,
    ENOTTY,
    EOPNOTSUPP,
    EPERM,
)
from pytest_kevlar.kernel.net.inet.address import LOOPBACK4
from pytest_kevlar.kernel.task.cred import CAP_NET_ADMIN

if TYPE_CHECKING:
    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.net.socket import Socket
    from pytest_kevlar.kernel.task.task import Task

NAME = b"lo"
INDEX = 1
MTU = 65536
QUEUE_LENGTH = 1000
ARPHRD_LOOPBACK = 772
#: IFF_UP, IFF_LOOPBACK, IFF_RUNNING; netlink tells IFF_LOWER_UP too.
FLAGS = 0x49
FLAGS_DOWN = 0x8
NETLINK_FLAGS = FLAGS | 0x10000
#: ``struct ifreq``: a name and a union.
IFREQ_SIZE, NAME_SIZE = 40, 16


def _address(ip: bytes) -> bytes:
    return SOCKADDR_IN.pack(sin_family=AF.INET, sin_addr=int.from_bytes(ip, "little"))


#: What AF_INET sockets know about addresses.
ADDRESSES = {
    IOCTL.SIOCGIFADDR: LOOPBACK4,
    IOCTL.SIOCGIFNETMASK: b"\xff\0\0\0",
    IOCTL.SIOCGIFDSTADDR: LOOPBACK4,
    IOCTL.SIOCGIFBRDADDR: bytes(4),
}
#: What every socket knows.
FACTS = {
    IOCTL.SIOCGIFFLAGS: FLAGS.to_bytes(2, "little"),
    IOCTL.SIOCGIFMTU: MTU.to_bytes(4, "little"),
    IOCTL.SIOCGIFINDEX: INDEX.to_bytes(4, "little"),
    IOCTL.SIOCGIFHWADDR: ARPHRD_LOOPBACK.to_bytes(2, "little") + bytes(14),
    IOCTL.SIOCGIFMETRIC: bytes(4),
    IOCTL.SIOCGIFTXQLEN: QUEUE_LENGTH.to_bytes(4, "little"),
    IOCTL.SIOCGIFMAP: bytes(24),
}
CHANGES = (
    IOCTL.SIOCSIFFLAGS,
    IOCTL.SIOCSIFADDR,
    IOCTL.SIOCSIFNETMASK,
    IOCTL.SIOCSIFBRDADDR,
    IOCTL.SIOCSIFDSTADDR,
    IOCTL.SIOCSIFMTU,
    IOCTL.SIOCSIFHWADDR,
    IOCTL.SIOCADDRT,
    IOCTL.SIOCDELRT,
)


def interface_ioctl(sock: Socket, task: Task, request: int, argument: UserPtr) -> int:
    """SIOCGIF*; ENOTTY for what is no request about interfaces."""
    if request == IOCTL.SIOCGIFCONF:
        return _list_interfaces(argument, sock.net.up)
    if request == IOCTL.SIOCGIFNAME:
        raw = argument.read(IFREQ_SIZE)
        if int.from_bytes(raw[16:20], "little") != INDEX:
            raise ENODEV
        argument.write(NAME.ljust(NAME_SIZE, b"\0"))
        return 0
    inet = sock.family == AF.INET
    if request in FACTS or (inet and request in ADDRESSES):
        raw = argument.read(IFREQ_SIZE)
        name = raw[: NAME_SIZE - 1].partition(b"\0")[0]
        if name.partition(b":")[0] != NAME:
            raise ENODEV
        if request in ADDRESSES and name != NAME:
            raise EADDRNOTAVAIL
        if request in ADDRESSES and not sock.net.up:
            raise EADDRNOTAVAIL
        value = FACTS[request] if request in FACTS else _address(ADDRESSES[request])
        if request == IOCTL.SIOCGIFFLAGS and not sock.net.up:
            value = FLAGS_DOWN.to_bytes(2, "little")
        (argument + NAME_SIZE).write(value)
        return 0
    if request in CHANGES:
        if not task.cred.capable_in(sock.net.user_ns, CAP_NET_ADMIN):
            raise EPERM
        _change(sock.net, request, argument)
        return 0
    raise ENOTTY


def _change(net: NetNamespace, request: int, argument: UserPtr) -> None:
    """Setting what is so already succeeds, and ``lo`` may come up; the rest is refused."""
    raw = argument.read(IFREQ_SIZE)
    if raw[: NAME_SIZE - 1].partition(b"\0")[0] != NAME:
        raise ENODEV
    if request == IOCTL.SIOCSIFFLAGS and int.from_bytes(raw[16:18], "little") & 1:
        net.up = True
        return
    if request == IOCTL.SIOCSIFFLAGS and not net.up and raw[16:18] in (b"\0\0", b"\x08\0"):
        return
    if request == IOCTL.SIOCSIFADDR and not net.up:
        raise EOPNOTSUPP
    if request == IOCTL.SIOCSIFADDR and raw[20:24] == LOOPBACK4:
        return
    if request == IOCTL.SIOCSIFMTU and int.from_bytes(raw[16:20], "little") == MTU:
        return
    raise EOPNOTSUPP


def _list_interfaces(argument: UserPtr, up: bool) -> int:
    """SIOCGIFCONF: a buffer is filled, or without one its size is told."""
    length = argument.read_int()
    buffer = argument + 8
    address = buffer.read_int(8, signed=False)
    entry = NAME.ljust(NAME_SIZE, b"\0") + _address(LOOPBACK4)
    entry = entry.ljust(IFREQ_SIZE, b"\0")
    if not address:
        argument.write_int(IFREQ_SIZE if up else 0)
        return 0
    if length < 0:
        raise EINVAL
    used = 0
    if up and length >= IFREQ_SIZE:
        type(argument)(argument.memory, address).write(entry)
        used = IFREQ_SIZE
    argument.write_int(used)
    return 0
