"""What UDP and TCP sockets share: addresses, binding, and the options of IP and IPv6.

Mirrors net/ipv4/af_inet.c and net/ipv6/af_inet6.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pytest_kevlar.kernel.abi.sockets import AF, SOL, TCPSTATE
from pytest_kevlar.kernel.errno import (
    EACCES,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EINVAL,
    ENETUNREACH,
    ENOPROTOOPT,
    ENOTCONN,
)
from pytest_kevlar.kernel.net.inet.address import (
    ANY4,
    LOOPBACK6,
    NOWHERE4,
    NOWHERE6,
    Endpoint,
    destination,
    family_of,
    format_name,
    is_local,
    is_multicast,
    parse4,
    parse6,
    source_for,
)
from pytest_kevlar.kernel.net.inet.multicast import Multicast
from pytest_kevlar.kernel.net.inet.options import IpOptions
from pytest_kevlar.kernel.net.socket import Socket
from pytest_kevlar.kernel.task.cred import CAP_NET_BIND_SERVICE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.inet.ports import PortTable
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task

#: ``net.ipv4.ip_unprivileged_port_start``
FIRST_FREE_PORT = 1024


class InetSocket(Socket):
    """One AF_INET or AF_INET6 socket.

    Attributes:
        local, remote: where it is bound and connected; port 0 for not at all.
        bound_port, bound_address: bind(2) was asked for these, so disconnecting keeps them.
        ip: options of the levels IP and IPV6. multicast: those about groups.
        uid: whose it is, for SO_REUSEPORT.
    """

    __slots__ = ("bound_address", "bound_port", "ip", "local", "multicast", "remote", "uid")

    is_stream: ClassVar[bool] = False

    def __init__(
        self, net: NetNamespace, task: Task, family: int, kind: int, protocol: int, flags: int
    ) -> None:
        super().__init__(net, task, family, kind, protocol, flags)
        self.local = self.remote = self.nowhere
        self.bound_port = self.bound_address = False
        self.ip = IpOptions()
        self.multicast = Multicast()
        self.uid = task.cred.fsuid

    @property
    def nowhere(self) -> Endpoint:
        """The endpoint of a socket that is not bound."""
        return NOWHERE4 if self.family == AF.INET else NOWHERE6

    @property
    def ports(self) -> PortTable:
        """The protocol's ports."""
        raise NotImplementedError

    @property
    def only6(self) -> bool:
        """IPV6_V6ONLY."""
        return self.ip.only6

    def reuses(self, option: int) -> bool:
        """Whether SO_REUSEADDR or SO_REUSEPORT is on."""
        return self.options.has(option)

    # -- names ---------------------------------------------------------------------------

    def name(self) -> bytes:
        """getsockname(2)."""
        return format_name(self.family, self.local)

    def peer_name(self) -> bytes:
        """getpeername(2)."""
        if not self.remote.port or self.state in (TCPSTATE.CLOSE, TCPSTATE.SYN_SENT):
            raise ENOTCONN
        return format_name(self.family, self.remote)

    # -- bind ----------------------------------------------------------------------------

    def bind(self, task: Task, name: bytes) -> None:
        """bind(2); af_inet.c:__inet_bind(), af_inet6.c:__inet6_bind()."""
        wanted = self._parse_bind(name)
        ip = wanted.ip
        # Without a table of local addresses, before lo is up, any IPv4 address will do.
        known = self.net.up or len(ip) == 16
        foreign = (
            known
            and any(ip)
            and not self._is_local(ip)
            and (self.is_stream or not is_multicast(ip))
        )
        if foreign and not self.ip.freebind:
            raise EADDRNOTAVAIL
        if 0 < wanted.port < FIRST_FREE_PORT and not task.cred.capable_in(
            self.net.user_ns, CAP_NET_BIND_SERVICE
        ):
            raise EACCES
        if self.state != TCPSTATE.CLOSE or self.local.port:
            raise EINVAL
        before = self.local
        self.local = Endpoint(ip, 0)
        try:
            port = self.ports.bind(self, wanted.port, stream=self.is_stream)
        except BaseException:
            self.local = before
            raise
        self.local = Endpoint(ip, port)
        self.bound_address = any(ip)
        self.bound_port = wanted.port != 0
        self.remote = self.nowhere

    def _parse_bind(self, name: bytes) -> Endpoint:
        if self.family == AF.INET:
            wanted = parse4(name)
            family = family_of(name)
            # An unspecified family will do for the unspecified address.
            if family != AF.INET and (family != AF.UNSPEC or wanted.ip != ANY4):
                raise EAFNOSUPPORT
            return wanted
        wanted = parse6(name)
        if is_multicast(wanted.ip) and self.is_stream:
            raise EINVAL
        if len(wanted.ip) == 4 and self.only6:
            raise EINVAL
        return wanted

    def autobind(self) -> None:
        """Take an ephemeral port if there is none yet; af_inet.c:inet_autobind()."""
        if not self.local.port:
            port = self.ports.bind(self, 0, stream=self.is_stream)
            self.local = Endpoint(self.local.ip, port)

    def unbind(self) -> None:
        """Give the port back."""
        if self.local.port:
            self.ports.remove(self, self.local.port)
            self.local = Endpoint(self.local.ip, 0)

    def _is_local(self, ip: bytes) -> bool:
        """Whether an address is this namespace's: none is while ``lo`` is down."""
        return self.net.up and is_local(ip)

    def _reaches_group(self, ip: bytes) -> bool:
        """Whether packets to the group go out at ``lo``."""
        return False

    # -- routes ----------------------------------------------------------------------------

    def parse_target(self, name: bytes) -> Endpoint:
        """Where connect(2) or sendto(2) wants to go; EINVAL, EAFNOSUPPORT."""
        if self.family == AF.INET:
            target = parse4(name)
            if family_of(name) not in (AF.INET, AF.UNSPEC):
                raise EAFNOSUPPORT
            return target
        if family_of(name) == AF.INET and not self.is_stream:
            if self.only6:
                raise EAFNOSUPPORT
            return parse4(name)
        target = parse6(name)
        if len(target.ip) == 4 and self.only6:
            raise ENETUNREACH
        return target

    def route(self, target: Endpoint) -> Endpoint:
        """The same with the unspecified address replaced; ENETUNREACH for all but loopback."""
        ip = destination(target.ip)
        if not self._is_local(ip) and not self._reaches_group(ip):
            raise EADDRNOTAVAIL if ip == LOOPBACK6 else ENETUNREACH
        local = self.local.ip
        if any(local) and len(local) != len(ip):
            # Bound to an address of the other family.
            raise ENETUNREACH if len(ip) == 4 else EINVAL
        return Endpoint(ip, target.port)

    def source_ip(self, target: Endpoint) -> bytes:
        """The address that a packet to `target` comes from."""
        return self.local.ip if any(self.local.ip) else source_for(target.ip)

    # -- options ---------------------------------------------------------------------------

    def set_option(self, task: Task, level: int, option: int, data: bytes) -> None:
        """setsockopt(2) of the levels IP and IPV6."""
        if level == SOL.IP:
            self.ip.set4(self, task, option, data)
        elif level == SOL.IPV6 and self.family == AF.INET6:
            self.ip.set6(self, task, option, data)
        else:
            raise ENOPROTOOPT

    def get_option(self, task: Task, level: int, option: int, size: int) -> bytes:
        """getsockopt(2) of the levels IP and IPV6."""
        if level == SOL.IP:
            return self.ip.get4(self, option)
        if level == SOL.IPV6 and self.family == AF.INET6:
            return self.ip.get6(self, option)
        raise ENOPROTOOPT
