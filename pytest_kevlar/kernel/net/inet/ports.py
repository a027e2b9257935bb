"""Who has which port: bind conflicts, ephemeral ports, and who gets what arrives.

One table for each protocol. Mirrors net/ipv4/inet_connection_sock.c:inet_bind_conflict(),
net/ipv4/udp.c:udp_lib_lport_inuse() and the scores of the lookup functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pytest_kevlar.kernel.abi.sockets import SO, TCPSTATE
from pytest_kevlar.kernel.errno import EADDRINUSE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.inet.address import Endpoint
    from pytest_kevlar.kernel.net.inet.socket import InetSocket
    from pytest_kevlar.kernel.net.namespace import NetNamespace

FIRST_EPHEMERAL, LAST_EPHEMERAL = 32768, 60999
#: How long the end that closed first keeps its port: TCP_TIMEWAIT_LEN.
TIME_WAIT_NS = 60_000_000_000


class Holder(Protocol):
    """Whoever has a port: a socket, or what is left of a connection."""

    @property
    def local(self) -> Endpoint:
        """Where it is bound."""

    @property
    def remote(self) -> Endpoint:
        """Where it is connected to; port 0 if nowhere."""

    @property
    def state(self) -> int:
        """``TCP_*``."""

    @property
    def only6(self) -> bool:
        """IPV6_V6ONLY."""

    @property
    def uid(self) -> int:
        """Whose it is."""

    def reuses(self, option: int) -> bool:
        """Whether SO_REUSEADDR or SO_REUSEPORT is on."""


class Remains:
    """A connection in TIME_WAIT.

    Attributes:
        until: monotonic nanoseconds.
    """

    __slots__ = ("_reuse", "local", "only6", "remote", "state", "uid", "until")

    def __init__(self, sock: InetSocket, until: int) -> None:
        self.local = sock.local
        self.remote = sock.remote
        self.state: int = TCPSTATE.TIME_WAIT
        self.only6 = sock.only6
        self.uid = sock.uid
        self.until = until
        self._reuse = {one: sock.reuses(one) for one in (SO.REUSEADDR, SO.REUSEPORT)}

    def reuses(self, option: int) -> bool:
        """As its socket did."""
        return self._reuse[option]


def overlap(one: Holder, other: Holder) -> bool:
    """Whether the two addresses have one in common; inet_rcv_saddr_equal()."""
    mine, theirs = one.local.ip, other.local.ip
    if len(mine) == len(theirs):
        return mine == theirs or not any(mine) or not any(theirs)
    wide = one if len(mine) == 16 else other
    return wide.local.is_any and not wide.only6


class PortTable:
    """The ports of one protocol.

    Attributes:
        holders: by port, oldest first.
    """

    def __init__(self, net: NetNamespace) -> None:
        self._net = net
        self._next = -1
        self.holders: dict[int, list[Holder]] = {}

    # -- taking and leaving -------------------------------------------------------------

    def bind(self, sock: InetSocket, port: int, *, stream: bool) -> int:
        """Give `sock` the port, an ephemeral one for 0; EADDRINUSE. Its address is set."""
        if port:
            if self.conflicts(sock, port, stream=stream):
                raise EADDRINUSE
        else:
            port = self.ephemeral()
        self.add(sock, port)
        return port

    def add(self, holder: Holder, port: int) -> None:
        """Enter a holder, without asking anybody."""
        self.holders.setdefault(port, []).append(holder)

    def remove(self, holder: Holder, port: int) -> None:
        """A holder leaves its port."""
        there = self.holders.get(port)
        if there is not None and holder in there:
            there.remove(holder)
            if not there:
                del self.holders[port]

    def wait_out(self, sock: InetSocket) -> None:
        """The connection of `sock` is over, but its port is not free yet (TIME_WAIT)."""
        now = self._net.kernel.clock.monotonic_ns()
        self.add(Remains(sock, now + TIME_WAIT_NS), sock.local.port)

    def at(self, port: int) -> list[Holder]:
        """Who has `port`; what has waited long enough is forgotten."""
        there = self.holders.get(port)
        if there is None:
            return []
        if any(isinstance(one, Remains) for one in there):
            now = self._net.kernel.clock.monotonic_ns()
            for one in list(there):
                if isinstance(one, Remains) and one.until <= now:
                    self.remove(one, port)
            return self.holders.get(port, [])
        return there

    def conflicts(self, sock: InetSocket, port: int, *, stream: bool) -> bool:
        """Whether somebody has `port` who does not share it with `sock`."""
        reuse, share = sock.reuses(SO.REUSEADDR), sock.reuses(SO.REUSEPORT)
        for other in self.at(port):
            if other is sock or not overlap(sock, other):
                continue
            listens = stream and other.state == TCPSTATE.LISTEN
            if reuse and other.reuses(SO.REUSEADDR) and not listens:
                continue
            same_user = other.uid == sock.uid or other.state == TCPSTATE.TIME_WAIT
            if share and other.reuses(SO.REUSEPORT) and same_user:
                continue
            return True
        return False

    def ephemeral(self) -> int:
        """A port that nobody has, each time another."""
        count = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1
        if self._next < 0:
            self._next = self._net.kernel.random(count)
        for _ in range(count):
            port = FIRST_EPHEMERAL + self._next
            self._next = (self._next + 1) % count
            if not self.at(port):
                return port
        raise EADDRINUSE

    # -- finding ------------------------------------------------------------------------

    def find(
        self, target: Endpoint, source: Endpoint, *, listening: bool = False
    ) -> InetSocket | None:
        """The socket that gets what `source` sends to `target`: the most specific one.

        Of several sockets that are equally good the newest counts, unless they share the
        port (SO_REUSEPORT): then the source decides.
        """
        best = 0
        found: list[InetSocket] = []
        for holder in self.holders.get(target.port, ()):
            score = self._score(holder, target, source, listening=listening)
            if score > best:
                best, found = score, []
            if score and score == best:
                found.append(holder)  # type: ignore[arg-type]
        if not found:
            return None
        if all(one.reuses(SO.REUSEPORT) for one in found):
            return found[(source.port + sum(source.ip)) % len(found)]
        return found[-1]

    def listeners(self, group: Endpoint, source: Endpoint) -> list[InetSocket]:
        """Who gets a copy of what `source` sends to a group; udp.c:__udp_is_mcast_sock()."""
        return [
            holder  # type: ignore[misc]
            for holder in self.holders.get(group.port, ())
            if self._score(holder, group, source, listening=False)
            and holder.multicast.takes(group.ip)  # type: ignore[attr-defined]
        ]

    def _score(self, holder: Holder, target: Endpoint, source: Endpoint, *, listening: bool) -> int:
        if isinstance(holder, Remains) or (holder.state == TCPSTATE.LISTEN) != listening:
            return 0
        local = holder.local
        if local.ip == target.ip:
            score = 4
        elif local.is_any and len(local.ip) == len(target.ip):
            score = 2
        elif local.is_any and len(local.ip) == 16 and not holder.only6:
            score = 1
        else:
            return 0
        remote = holder.remote
        if remote.port:
            if remote != source:
                return 0
            score += 8
        return score
