"""AF_NETLINK with NETLINK_ROUTE: what there is of links and addresses, for who asks.

Enough for getifaddrs(3) and ``ip addr``: the dumps of links, addresses and routes, single
links, and errors for the rest. Mirrors net/netlink/af_netlink.c and net/core/rtnetlink.c.
"""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.sockets import AF, MSG, SOL
from pytest_kevlar.kernel.abi.structs import SOCKADDR_NL
from pytest_kevlar.kernel.errno import (
    EADDRINUSE,
    EAGAIN,
    ECONNREFUSED,
    EINVAL,
    EMSGSIZE,
    ENODEV,
    ENOPROTOOPT,
    ENOTSOCK,
    EOPNOTSUPP,
    EPERM,
    LinuxError,
)
from pytest_kevlar.kernel.net.inet.address import LOOPBACK4, LOOPBACK6
from pytest_kevlar.kernel.net.interfaces import (
    ARPHRD_LOOPBACK,
    FLAGS_DOWN,
    INDEX,
    MTU,
    NAME,
    NETLINK_FLAGS,
    QUEUE_LENGTH,
)
from pytest_kevlar.kernel.net.message import Outgoing, Received
from pytest_kevlar.kernel.net.options import signed, word
from pytest_kevlar.kernel.net.socket import READABLE, WRITABLE, Socket
from pytest_kevlar.kernel.task.cred import CAP_NET_ADMIN

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task

HEADER = struct.Struct("<IHHII")  # nlmsg_len, type, flags, seq, pid
NLMSG_ERROR, NLMSG_DONE, FIRST_TYPE = 2, 3, 16
F_REQUEST, F_MULTI, F_ACK, F_DUMP = 1, 2, 4, 0x300
RTM_NEWLINK, RTM_GETLINK, RTM_NEWADDR, RTM_GETADDR = 16, 18, 20, 22
RTM_GETROUTE, RTM_GETNEIGH, RTM_GETRULE, LAST_TYPE = 26, 30, 34, 123
SCOPE_HOST, IFA_PERMANENT = 254, 0x80
FOREVER = 0xFFFF_FFFF


def attribute(kind: int, data: bytes) -> bytes:
    """``struct rtattr`` with its padding."""
    raw = struct.pack("<HH", len(data) + 4, kind) + data
    return raw + bytes(-len(raw) % 4)


def message(kind: int, flags: int, sequence: int, port: int, body: bytes) -> bytes:
    """``struct nlmsghdr`` and what follows it."""
    return HEADER.pack(HEADER.size + len(body), kind, flags, sequence, port) + body


def link_body(up: bool) -> bytes:
    """RTM_NEWLINK for ``lo``: ``struct ifinfomsg`` and attributes."""
    head = struct.pack(
        "<BBHiII", AF.UNSPEC, 0, ARPHRD_LOOPBACK, INDEX, NETLINK_FLAGS if up else FLAGS_DOWN, 0
    )
    return head + b"".join(
        (
            attribute(3, NAME + b"\0"),  # IFLA_IFNAME
            attribute(13, word(QUEUE_LENGTH)),  # IFLA_TXQLEN
            attribute(16, b"\0" if up else b"\2"),  # IFLA_OPERSTATE
            attribute(17, b"\0"),  # IFLA_LINKMODE
            attribute(4, word(MTU)),  # IFLA_MTU
            attribute(27, word(0)),  # IFLA_GROUP
            attribute(1, bytes(6)),  # IFLA_ADDRESS
            attribute(2, bytes(6)),  # IFLA_BROADCAST
            attribute(23, bytes(200)),  # IFLA_STATS64
            attribute(7, bytes(96)),  # IFLA_STATS
            attribute(6, b"noqueue\0"),  # IFLA_QDISC
        )
    )


def address_body(family: int) -> bytes:
    """RTM_NEWADDR for the address of `family`: ``struct ifaddrmsg`` and attributes."""
    lifetimes = attribute(6, struct.pack("<4I", FOREVER, FOREVER, 0, 0))
    flags = attribute(8, word(IFA_PERMANENT))
    if family == AF.INET:
        head = struct.pack("<BBBBI", family, 8, IFA_PERMANENT, SCOPE_HOST, INDEX)
        ip = attribute(1, LOOPBACK4) + attribute(2, LOOPBACK4)
        return head + ip + attribute(3, NAME + b"\0") + flags + lifetimes
    head = struct.pack("<BBBBI", family, 128, IFA_PERMANENT, SCOPE_HOST, INDEX)
    return head + attribute(1, LOOPBACK6) + lifetimes + flags


def netlink_of(file: File) -> NetlinkSocket:
    """The socket behind a descriptor: ECONNREFUSED if it is another kind."""
    if not isinstance(file, Socket):
        raise ENOTSOCK
    if not isinstance(file, NetlinkSocket):
        raise EINVAL
    return file


class NetlinkSocket(Socket):
    """One socket to the kernel.

    Attributes:
        port: its address, 0 before it is bound. groups: a bit mask.
        answers: what the kernel has sent.
        extended: NETLINK_EXT_ACK and its like, which are only kept.
    """

    __slots__ = ("answers", "extended", "groups", "port")

    def __init__(self, net: NetNamespace, task: Task, kind: int, flags: int = 0) -> None:
        super().__init__(net, task, AF.NETLINK, kind, 0, flags)
        self.port = 0
        self.groups = 0
        self.answers: deque[bytes] = deque()
        self.extended: dict[int, int] = {}

    # -- names -------------------------------------------------------------------------------

    def _format(self, port: int, groups: int) -> bytes:
        return SOCKADDR_NL.pack(nl_family=AF.NETLINK, nl_pid=port, nl_groups=groups)

    def name(self) -> bytes:
        """getsockname(2)."""
        return self._format(self.port, self.groups)

    def peer_name(self) -> bytes:
        """getpeername(2): the kernel."""
        return self._format(0, 0)

    def _parse(self, name: bytes) -> tuple[int, int]:
        if len(name) < SOCKADDR_NL.size or int.from_bytes(name[:2], "little") != AF.NETLINK:
            raise EINVAL
        fields = SOCKADDR_NL.unpack(name)
        return int(fields.nl_pid), int(fields.nl_groups)

    def _ports(self) -> list[int]:
        return [sock.port for sock in self.net.netlink]

    def bind(self, task: Task, name: bytes) -> None:
        """bind(2): port 0 takes one; another port than the bound one is EINVAL."""
        port, groups = self._parse(name)
        if self.port:
            if port not in (0, self.port):
                raise EINVAL
        elif port:
            if port in self._ports():
                raise EADDRINUSE
            self.port = port
            self.net.netlink[self] = None
        else:
            self._autobind(task)
        self.groups = groups

    def _autobind(self, task: Task) -> None:
        """The process id for its first socket, negative numbers for more."""
        if self.port:
            return
        port = task.process.vpid
        while port in self._ports():
            port = port - 1 if port > 1 << 31 else (1 << 32) - 4097
        self.port = port
        self.net.netlink[self] = None

    async def connect(self, task: Task, name: bytes, flags: int) -> None:
        """connect(2): only the kernel answers."""
        if len(name) < 2:
            raise EINVAL
        if int.from_bytes(name[:2], "little") == AF.UNSPEC:
            return
        port, _ = self._parse(name)
        if port:
            raise ECONNREFUSED
        self._autobind(task)

    def release(self) -> None:
        """The last descriptor is closed."""
        self.net.netlink.pop(self, None)
        self.answers.clear()

    def accepts_passcred(self) -> bool:
        """Whether SO_PASSCRED means anything."""
        return True

    # -- messages ----------------------------------------------------------------------------

    def push(self, task: Task, outgoing: Outgoing, done: int) -> int:
        """Hand the kernel a request; it answers at once."""
        if outgoing.flags & MSG.OOB:
            raise EOPNOTSUPP
        if outgoing.name:
            port, groups = self._parse(outgoing.name)
            if groups and not task.cred.capable_in(self.net.user_ns, CAP_NET_ADMIN):
                raise EPERM
            if port:
                raise ECONNREFUSED
        self._autobind(task)
        if len(outgoing.data) > self.options.sndbuf - 32:
            raise EMSGSIZE
        data = outgoing.data
        while len(data) >= HEADER.size:
            length, kind, flags, sequence, _ = HEADER.unpack_from(data)
            if length < HEADER.size or length > len(data):
                break
            self._request(task, data[:length], kind, flags, sequence)
            data = data[length + 3 & ~3 :]
        return len(outgoing.data)

    def sends_sigpipe(self, flags: int) -> bool:
        """EPIPE does not happen."""
        return False

    def _answer(self, *messages: bytes) -> None:
        self.answers.append(b"".join(messages))
        self.queue.wake(events=READABLE)

    def _request(self, task: Task, raw: bytes, kind: int, flags: int, sequence: int) -> None:
        if not flags & F_REQUEST or kind < FIRST_TYPE:
            if flags & F_ACK:
                self._error(raw, sequence, 0)
            return
        try:
            dumped = self._route_request(task, raw, kind, flags, sequence)
        except LinuxError as error:
            self._error(raw, sequence, -error.number)
            return
        if flags & F_ACK and not dumped:
            self._error(raw, sequence, 0)

    def _error(self, raw: bytes, sequence: int, number: int) -> None:
        """NLMSG_ERROR: a failure comes with the whole request, success with its header."""
        echo = raw if number else raw[: HEADER.size]
        flags = 0 if number else 0x100  # NLM_F_CAPPED
        body = struct.pack("<i", number) + echo
        self._answer(message(NLMSG_ERROR, flags, sequence, self.port, body))

    def _route_request(self, task: Task, raw: bytes, kind: int, flags: int, sequence: int) -> bool:
        """net/core/rtnetlink.c:rtnetlink_rcv_msg(); whether it was a dump."""
        if kind > LAST_TYPE:
            raise EOPNOTSUPP
        is_get = (kind - FIRST_TYPE) % 4 == 2
        if not is_get and not task.cred.capable_in(self.net.user_ns, CAP_NET_ADMIN):
            raise EPERM
        body = raw[HEADER.size :]
        if not body:
            return False
        family = body[0]
        if is_get and flags & F_DUMP:
            self._dump(kind, family, sequence)
            return True
        if kind == RTM_GETLINK:
            self._one_link(body, sequence)
            return False
        raise EOPNOTSUPP

    def _dump(self, kind: int, family: int, sequence: int) -> None:
        parts: list[tuple[int, bytes]]
        if kind == RTM_GETLINK:
            parts = [(RTM_NEWLINK, link_body(self.net.up))]
        elif kind == RTM_GETADDR:
            families = [one for one in (AF.INET, AF.INET6) if self.net.up and family in (0, one)]
            parts = [(RTM_NEWADDR, address_body(one)) for one in families]
        elif kind in (RTM_GETROUTE, RTM_GETNEIGH, RTM_GETRULE):
            parts = []
        else:
            raise EOPNOTSUPP
        made = [message(one, F_MULTI, sequence, self.port, body) for one, body in parts]
        if made:
            self._answer(*made)
        self._answer(message(NLMSG_DONE, F_MULTI, sequence, self.port, word(0)))

    def _one_link(self, body: bytes, sequence: int) -> None:
        if len(body) < 16:
            raise EINVAL
        index = int.from_bytes(body[4:8], "little", signed=True)
        name = b""
        at = 16
        while at + 4 <= len(body):
            length, kind = struct.unpack_from("<HH", body, at)
            if length < 4:
                break
            if kind & 0x3FFF == 3:
                name = body[at + 4 : at + length].partition(b"\0")[0]
            at += length + 3 & ~3
        if not index and not name:
            raise EINVAL
        if (index and index != INDEX) or (not index and name != NAME):
            raise ENODEV
        self._answer(message(RTM_NEWLINK, 0, sequence, self.port, link_body(self.net.up)))

    def take(self, task: Task, size: int, flags: int) -> Received:
        """Receive what the kernel sent at once: one or several messages."""
        if flags & MSG.OOB:
            raise EOPNOTSUPP
        self.raise_error()
        if not self.answers:
            raise EAGAIN
        data = self.answers[0]
        got = Received(data[:size], name=self._format(0, 0))
        if len(data) > size:
            got.flags |= MSG.TRUNC
            if flags & MSG.TRUNC:
                got.size = len(data)
        if self.options.passcred:
            from pytest_kevlar.kernel.net.message import Identity, credentials_control

            got.control.append(credentials_control(Identity(0, 0, 0)))
        if not flags & MSG.PEEK:
            self.answers.popleft()
        return got

    def kernel_sends(self, data: bytes) -> None:
        """A message that nobody asked for; ``mq_notify`` sends its cookie this way."""
        self._answer(data)

    # -- what is ready, and options ------------------------------------------------------------

    def poll(self) -> int:
        """What is ready."""
        events = WRITABLE
        if self.answers:
            events |= READABLE
        if self.error is not None:
            events |= POLL.ERR
        return events

    def set_option(self, task: Task, level: int, option: int, data: bytes) -> None:
        """setsockopt(2): switches are kept, memberships need no more than that."""
        if level != SOL.NETLINK:
            raise ENOPROTOOPT
        if option in (1, 2):  # NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP
            if len(data) < 4 or not 0 < signed(data) < 64:
                raise EINVAL
        elif option in (3, 4, 5, 10, 11, 12):
            self.extended[option] = int(len(data) >= 4 and bool(signed(data)))
        else:
            raise ENOPROTOOPT

    def get_option(self, task: Task, level: int, option: int, size: int) -> bytes:
        """getsockopt(2)."""
        if level != SOL.NETLINK or option not in (3, 4, 5, 10, 11, 12):
            raise ENOPROTOOPT
        return word(self.extended.get(option, 0))
