"""How TCP connections begin: listen, connect, accept, and a backlog that is full.

Over the loopback a handshake is over before connect(2) returns, but for a listener whose
queue is full: its caller knocks again and again, as SYN segments are sent again.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.sockets import AF, TCPSTATE
from pytest_kevlar.kernel.errno import (
    EADDRINUSE,
    EADDRNOTAVAIL,
    EAGAIN,
    EALREADY,
    ECONNABORTED,
    ECONNREFUSED,
    ECONNRESET,
    EINPROGRESS,
    EINVAL,
    EISCONN,
    ENETUNREACH,
    ETIMEDOUT,
)
from pytest_kevlar.kernel.net.inet.address import (
    BROADCAST4,
    LOOPBACK_BROADCAST,
    Endpoint,
    family_of,
    is_multicast,
)
from pytest_kevlar.kernel.net.inet.socket import InetSocket
from pytest_kevlar.kernel.net.socket import BOTH, READABLE

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.inet.tcp import TcpSocket
    from pytest_kevlar.kernel.task.task import Task
    from pytest_kevlar.kernel.time.queue import Timer

SECOND = 1_000_000_000
#: ``net.ipv4.tcp_syn_retries``
SYN_RETRIES = 6


class Handshake(InetSocket):
    """The part of a TCP socket that has to do with connections.

    Attributes:
        peer: the other end, while there is a connection.
        pending: connections to accept. backlog: how many may wait, less one.
        connecting: connect(2) has not told the outcome yet (SS_CONNECTING).
    """

    __slots__ = ("_retries", "_timer", "backlog", "connecting", "peer", "pending")

    pending: deque[TcpSocket]
    peer: TcpSocket | None
    connecting: bool
    backlog: int

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.peer = None
        self.connecting = False
        self.backlog = 0
        self._timer: Timer | None = None
        self._retries = 0

    # -- listen ------------------------------------------------------------------------------

    def listen(self, task: Task, backlog: int) -> None:
        """listen(2); af_inet.c:inet_listen(). Without a port an ephemeral one is taken."""
        if self.state == TCPSTATE.LISTEN:
            self.backlog = backlog
            return
        if self.state != TCPSTATE.CLOSE or self.connecting:
            raise EINVAL
        self.backlog = backlog
        if self.local.port:
            if self.ports.conflicts(self, self.local.port, stream=True):
                raise EADDRINUSE
        else:
            self.autobind()
        self.shut = 0
        self.state = TCPSTATE.LISTEN

    def stop_listening(self) -> None:
        """Connections that nobody accepted are reset."""
        self.state = TCPSTATE.CLOSE
        waiting = list(self.pending)
        self.pending.clear()
        for sock in waiting:
            sock.orphan = True
            sock.abort()
            sock.put()
        if not self.bound_port:
            self.unbind()

    def pop_connection(self, task: Task) -> TcpSocket:
        """accept(2) once."""
        if self.state != TCPSTATE.LISTEN:
            raise EINVAL
        if not self.pending:
            raise EAGAIN
        return self.pending.popleft()

    # -- connect -----------------------------------------------------------------------------

    async def connect(self, task: Task, name: bytes, flags: int) -> None:
        """connect(2); af_inet.c:__inet_stream_connect()."""
        if len(name) < 2:
            raise EINVAL
        if family_of(name) == AF.UNSPEC:
            self._disconnect()
            return
        if self.state == TCPSTATE.LISTEN:
            raise EISCONN
        fresh = not self.connecting
        if fresh:
            if self.state != TCPSTATE.CLOSE or self.peer is not None:
                raise EISCONN
            self._begin(task, name)
        if flags & O.NONBLOCK and (fresh or self.state == TCPSTATE.SYN_SENT):
            raise EINPROGRESS if fresh else EALREADY
        deadline = self.deadline(task, self.options.send_timeout)
        while self.state == TCPSTATE.SYN_SENT:
            try:
                await self.sleep("inet_wait_for_connect", deadline)
            except EAGAIN:
                raise EINPROGRESS if fresh else EALREADY from None
        self.connecting = False
        if self.state == TCPSTATE.CLOSE:
            error = self.take_error() or ECONNABORTED
            self.shut = 0
            self._forget_address()
            raise error

    def _begin(self, task: Task, name: bytes) -> None:
        """Send the first segment; net/ipv4/tcp_ipv4.c:tcp_v4_connect()."""
        target = self.parse_target(name)
        broadcast = target.ip in (BROADCAST4, LOOPBACK_BROADCAST)
        if is_multicast(target.ip) or broadcast:
            raise ENETUNREACH
        routed = self.route(target)
        self.error = None
        self.shut = 0
        self.forget_data()
        fresh_port = not self.local.port
        local = Endpoint(self.source_ip(routed), self.local.port)
        if fresh_port:
            self.autobind()
            local = Endpoint(local.ip, self.local.port)
        elif self._taken(local, routed):
            raise EADDRNOTAVAIL
        self.local, self.remote = local, routed
        self.connecting = True
        self.state = TCPSTATE.SYN_SENT
        self._retries = 0
        self._knock(task)

    def _taken(self, local: Endpoint, remote: Endpoint) -> bool:
        """Whether there is such a connection already."""
        return any(
            other is not self and other.local == local and other.remote == remote
            for other in self.ports.at(local.port)
        )

    # -- what the rest of the socket does ------------------------------------------------------

    @property
    def myself(self) -> TcpSocket:
        """This socket, by the name of its whole class."""
        raise NotImplementedError

    def born(self, task: Task) -> TcpSocket:
        """A socket for a connection to this listener, with its options."""
        raise NotImplementedError

    def forget_data(self) -> None:
        """Nothing is left of an earlier connection."""
        raise NotImplementedError

    def abort(self, *, tell: bool = True) -> None:
        """End at once."""
        raise NotImplementedError

    # -- knocking --------------------------------------------------------------------------------

    def _knock(self, task: Task) -> None:
        """Ask the listener; nobody answers if its queue is full."""
        self._timer = None
        listener = self.ports.find(self.remote, self.local, listening=True)
        if not isinstance(listener, Handshake):
            self._refused()
        elif len(listener.pending) > listener.backlog:
            self._knock_later(task)
        else:
            listener.admit(task, self.myself)

    def _refused(self) -> None:
        self.state = TCPSTATE.CLOSE
        self.shut = BOTH
        self.error = ECONNREFUSED
        self.state_changed()

    def _knock_later(self, task: Task) -> None:
        kernel = self.net.kernel
        if self._retries > SYN_RETRIES:
            self.state = TCPSTATE.CLOSE
            self.shut = BOTH
            self.error = ETIMEDOUT
            self.state_changed()
            return
        delay = SECOND << self._retries
        self._retries += 1
        deadline = kernel.clock.monotonic_ns() + delay
        self._timer = kernel.timers.add(deadline, lambda: self._knock(task))

    def give_up_connecting(self) -> None:
        """The connection is not wanted any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.state = TCPSTATE.CLOSE
        self.connecting = False
        self.shut = BOTH
        self.state_changed()

    def admit(self, task: Task, caller: TcpSocket) -> None:
        """A new connection for the queue of this listener."""
        born = self.born(task)
        born.local = caller.remote
        born.remote = caller.local
        born.bound_port = True
        born.state = TCPSTATE.ESTABLISHED
        self.ports.add(born, born.local.port)
        born.peer, caller.peer = caller, born
        caller.state = TCPSTATE.ESTABLISHED
        self.pending.append(born)
        caller.queue.wake(events=POLL.OUT | POLL.WRNORM)
        self.queue.wake(events=READABLE)

    # -- disconnect --------------------------------------------------------------------------

    def disconnect_peer(self) -> None:
        """Forget the other end; it keeps its own memory of this one."""
        self.peer = None

    def _disconnect(self) -> None:
        """connect(2) with AF_UNSPEC; net/ipv4/tcp.c:tcp_disconnect()."""
        if self.state == TCPSTATE.LISTEN:
            self.stop_listening()
        elif self.state == TCPSTATE.SYN_SENT:
            self.give_up_connecting()
            self.error = ECONNRESET
        elif self.state != TCPSTATE.CLOSE:
            self.abort()
            self.error = ECONNRESET
        self.connecting = False
        self.shut = 0
        self.forget_data()
        self._forget_address()

    def _forget_address(self) -> None:
        """What connecting chose is free again."""
        self.remote = self.nowhere
        if not self.bound_address:
            self.local = Endpoint(self.nowhere.ip, self.local.port)
        if not self.bound_port:
            self.unbind()
