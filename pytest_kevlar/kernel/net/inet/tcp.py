"""TCP over the loopback: two ends that hand each other bytes, with the states that show.

Nothing is put into segments: what one end sends the other has as soon as its window allows.
Connecting and accepting are in :mod:`handshake`, options in :mod:`tcp_options`. Mirrors
net/ipv4/tcp.c and tcp_input.c in what a program can see.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.sockets import IPPROTO, MSG, SO, SOCK, TCPSTATE
from pytest_kevlar.kernel.errno import (
    EAGAIN,
    ECONNREFUSED,
    ECONNRESET,
    EINVAL,
    ENOTCONN,
    EPIPE,
    LinuxError,
)
from pytest_kevlar.kernel.net.inet.handshake import Handshake
from pytest_kevlar.kernel.net.inet.tcp_options import TcpOptions
from pytest_kevlar.kernel.net.message import Outgoing, Received
from pytest_kevlar.kernel.net.socket import BOTH, READABLE, RECEIVE, SEND
from pytest_kevlar.kernel.net.stream import StreamSocket

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.inet.ports import PortTable
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task

#: ``tcp_wmem`` and ``tcp_rmem`` at the start.
SNDBUF, RCVBUF = 16384, 131072
MAX_RCVBUF = 33_554_432
#: What an unread stream takes where nobody set SO_SNDBUF or SO_RCVBUF, as it tunes itself.
TUNED = 2_500_000
WRITABLE = POLL.OUT | POLL.WRNORM
READY = POLL.IN | POLL.RDNORM | POLL.RDBAND | POLL.PRI

#: States in which data may be sent.
MAY_SEND = (TCPSTATE.ESTABLISHED, TCPSTATE.CLOSE_WAIT)


class TcpSocket(StreamSocket, Handshake):
    """One end of a connection, or a listener.

    Attributes:
        inbox: bytes to read. read_seq: how many were read before these.
        outbox: bytes that the other end has no room for. fin: to be sent after them.
        mark: where the urgent byte is, counted as `read_seq`; None if there is none.
        urgent: the byte, None once it was read.
        done: the other end sent its last byte. orphan: closed by everybody here.
        full: a sender or poll found no room, and will be told.
    """

    __slots__ = (
        "done",
        "fin",
        "full",
        "inbox",
        "mark",
        "orphan",
        "outbox",
        "read_seq",
        "tcp",
        "urgent",
    )

    is_stream: ClassVar[bool] = True
    sleep_read = "sk_wait_data"
    sleep_write = "sk_stream_wait_memory"

    def __init__(self, net: NetNamespace, task: Task, family: int, flags: int = 0) -> None:
        super().__init__(net, task, family, SOCK.STREAM, IPPROTO.TCP, flags)
        self.options.sndbuf, self.options.rcvbuf = SNDBUF, RCVBUF
        self.tcp = TcpOptions()
        self.pending: deque[TcpSocket] = deque()
        self.inbox = bytearray()
        self.outbox = bytearray()
        self.read_seq = 0
        self.mark: int | None = None
        self.urgent: int | None = None
        self.fin = self.done = self.orphan = self.full = False

    @property
    def ports(self) -> PortTable:
        """The protocol's ports."""
        return self.net.tcp

    @property
    def myself(self) -> TcpSocket:
        """This socket."""
        return self

    def born(self, task: Task) -> TcpSocket:
        """A socket for a connection to this listener, with its options."""
        made = TcpSocket(self.net, task, self.family)
        made.options, made.ip, made.tcp = self.options.copy(), self.ip.copy(), self.tcp.copy()
        made.uid = self.uid
        return made

    def forget_data(self) -> None:
        """Nothing is left of an earlier connection."""
        self.inbox.clear()
        self.outbox.clear()
        self.mark = self.urgent = None
        self.fin = self.done = self.full = False

    # -- windows -----------------------------------------------------------------------------

    @property
    def window(self) -> int:
        """Bytes that the inbox may still take."""
        options = self.options
        limit = options.rcvbuf // 2 if options.rcvbuf_locked else TUNED
        return max(0, limit - len(self.inbox))

    @property
    def send_limit(self) -> int:
        """Bytes that the outbox may hold."""
        options = self.options
        return options.sndbuf if options.sndbuf_locked else TUNED

    @property
    def writable_now(self) -> bool:
        """Whether poll says so: a third of the buffer is free (sk_stream_is_writeable())."""
        return self.send_limit - len(self.outbox) >= len(self.outbox) >> 1

    def unsent_bytes(self) -> int:
        """SIOCOUTQ; EINVAL on a listener."""
        if self.state == TCPSTATE.LISTEN:
            raise EINVAL
        return len(self.outbox)

    def readable_bytes(self) -> int:
        """FIONREAD: up to the urgent byte; EINVAL on a listener."""
        if self.state == TCPSTATE.LISTEN:
            raise EINVAL
        if self.mark is None or self.options.has(SO.OOBINLINE):
            return len(self.inbox)
        ahead = self.mark - self.read_seq
        return ahead if 0 <= ahead < len(self.inbox) else len(self.inbox)

    # -- sending -----------------------------------------------------------------------------

    def push(self, task: Task, message: Outgoing, done: int) -> int:
        """Send what there is room for; net/ipv4/tcp.c:tcp_sendmsg_locked()."""
        if self.state not in MAY_SEND:
            self.raise_error()
            if self.state in (TCPSTATE.SYN_SENT, TCPSTATE.SYN_RECV):
                raise EAGAIN
            raise EPIPE
        if self.error is not None or self.shut & SEND:
            self.raise_error()
            raise EPIPE
        data = message.data
        room = self.send_limit - len(self.outbox)
        if done >= len(data):
            return 0
        if room <= 0:
            self.full = True
            raise EAGAIN
        part = data[done : done + room] if done or len(data) > room else data
        self.outbox += part
        if message.flags & MSG.OOB and done + len(part) == len(data):
            self._send_urgent(part[-1])
        self.flush()
        if done + len(part) < len(data):
            self.full = True
        return len(part)

    def _send_urgent(self, byte: int) -> None:
        """The last byte of the outbox is urgent: tell the other end where it will be."""
        peer = self.peer
        if peer is None or peer.orphan:
            return
        peer.mark = peer.read_seq + len(peer.inbox) + len(self.outbox) - 1
        peer.urgent = byte
        peer.send_sigurg()
        peer.queue.wake(events=POLL.PRI)

    def flush(self) -> None:
        """Hand the other end what its window allows, and then the end of the stream."""
        peer = self.peer
        if peer is None:
            return
        if self.outbox:
            if peer.refuses_data:
                self.outbox.clear()
                peer.abort(tell=False)
                self.reset()
                return
            room = peer.window
            if room:
                peer.inbox += self.outbox[:room]
                del self.outbox[:room]
                peer.queue.wake(events=READY)
                if self.full and self.writable_now:
                    self.full = False
                    self.queue.wake(events=WRITABLE)
        if self.fin and not self.outbox:
            self.fin = False
            self._send_fin(peer)

    @property
    def refuses_data(self) -> bool:
        """Data can never be read: it is answered with a reset."""
        return self.orphan or (self.shut == BOTH and self.state != TCPSTATE.CLOSE_WAIT)

    # -- ends --------------------------------------------------------------------------------

    def _send_fin(self, peer: TcpSocket) -> None:
        """The other end has everything: its half is over, and it acknowledges that."""
        if self.state == TCPSTATE.LAST_ACK:
            self._finish()
        elif self.state == TCPSTATE.FIN_WAIT1:
            self.state = TCPSTATE.FIN_WAIT2
        elif self.state == TCPSTATE.CLOSING:
            self.net.tcp.wait_out(self)
            self._finish()
        peer.receive_fin()

    def receive_fin(self) -> None:
        """The other end sent its last byte; tcp_input.c:tcp_fin()."""
        self.shut |= RECEIVE
        self.done = True
        if self.state == TCPSTATE.ESTABLISHED:
            self.state = TCPSTATE.CLOSE_WAIT
        elif self.state == TCPSTATE.FIN_WAIT1:
            self.state = TCPSTATE.CLOSING
        elif self.state == TCPSTATE.FIN_WAIT2:
            self.net.tcp.wait_out(self)
            self._finish()
        self.state_changed()

    def _finish(self) -> None:
        """Nothing more can come or go (tcp_done())."""
        self.state = TCPSTATE.CLOSE
        self.shut = BOTH
        self.disconnect_peer()
        if self.orphan:
            self.unbind()
        self.state_changed()

    def shutdown(self, how: int) -> None:
        """shutdown(2); af_inet.c:inet_shutdown(). A listener stops listening."""
        if self.state == TCPSTATE.LISTEN:
            if how & RECEIVE:
                self.stop_listening()
                self.state_changed()
            return
        if self.state == TCPSTATE.SYN_SENT:
            self.give_up_connecting()
            return
        self.shut |= how
        if self.state == TCPSTATE.CLOSE:
            self.state_changed()
            raise ENOTCONN
        if how & SEND:
            self.close_half()
        self.state_changed()

    def close_half(self) -> None:
        """Send no more after what is in the outbox."""
        if self.state == TCPSTATE.ESTABLISHED:
            self.state = TCPSTATE.FIN_WAIT1
        elif self.state == TCPSTATE.CLOSE_WAIT:
            self.state = TCPSTATE.LAST_ACK
        else:
            return
        self.fin = True
        self.flush()

    def reset(self) -> None:
        """A reset arrived; tcp_input.c:tcp_reset()."""
        error: type[LinuxError] = ECONNRESET
        if self.state == TCPSTATE.SYN_SENT:
            error = ECONNREFUSED
        elif self.state == TCPSTATE.CLOSE_WAIT:
            error = EPIPE
        elif self.state == TCPSTATE.CLOSE:
            return
        self.error = error
        self.outbox.clear()
        self._finish()
        self.queue.wake(events=POLL.ERR)

    def abort(self, *, tell: bool = True) -> None:
        """End at once; the other end is told by a reset."""
        peer = self.peer
        self.outbox.clear()
        self._finish()
        if tell and peer is not None:
            peer.reset()

    def release(self) -> None:
        """The last descriptor is closed; net/ipv4/tcp.c:__tcp_close()."""
        self.orphan = True
        self.shut = BOTH
        if self.state == TCPSTATE.LISTEN:
            self.stop_listening()
        elif self.state == TCPSTATE.SYN_SENT:
            self.give_up_connecting()
        elif self.inbox:
            self.inbox.clear()
            self.abort()
        elif self.options.linger == 0:
            self.abort()
        else:
            self.close_half()
        if self.state == TCPSTATE.CLOSE:
            self.unbind()

    # -- receiving ---------------------------------------------------------------------------

    def fill(self, task: Task, got: Received, size: int, flags: int) -> bool:
        """Add what is there; reading stops at the urgent byte and jumps over it."""
        if self.state == TCPSTATE.LISTEN:
            raise ENOTCONN
        if flags & MSG.OOB:
            self._take_urgent(got, size, flags)
            return True
        if flags & MSG.ERRQUEUE:
            raise EAGAIN
        at, want = 0, size - len(got.data)
        ahead = None if self.mark is None else self.mark - self.read_seq
        inline = self.options.has(SO.OOBINLINE)
        if ahead is not None and 0 <= ahead < len(self.inbox):
            if ahead:
                want = min(want, ahead)
            elif got.data:
                return True
            elif not inline:
                at = 1
        part = bytes(self.inbox[at : at + want])
        got.data = got.data + part if got.data else part
        stopped = ahead is not None and 0 < ahead == want
        if not flags & MSG.PEEK:
            self._read(at + len(part))
        if flags & MSG.TRUNC and part:
            # What is truncated is not copied at all.
            got.size, got.data = len(part), b""
            return True
        if part or not size:
            return stopped or len(got.data) >= size or self._over(got)
        return self._over(got)

    def _over(self, got: Received) -> bool:
        """Whether nothing more will come: errors, the end, or nothing yet."""
        if got.data:
            return bool(
                self.error is not None or self.state == TCPSTATE.CLOSE or self.shut & RECEIVE
            )
        if self.done:
            return True
        self.raise_error()
        if self.shut & RECEIVE:
            return True
        if self.state == TCPSTATE.CLOSE:
            raise ENOTCONN
        return False

    def _read(self, count: int) -> None:
        if not count:
            return
        del self.inbox[:count]
        self.read_seq += count
        if self.mark is not None and self.mark < self.read_seq:
            self.mark = self.urgent = None
        peer = self.peer
        if peer is not None and (peer.outbox or peer.fin):
            peer.flush()

    def _take_urgent(self, got: Received, size: int, flags: int) -> None:
        """MSG_OOB; net/ipv4/tcp.c:tcp_recv_urg()."""
        if self.options.has(SO.OOBINLINE) or self.mark is None or self.urgent is None:
            raise EINVAL
        if self.state == TCPSTATE.CLOSE and not self.done:
            raise ENOTCONN
        got.flags |= MSG.OOB
        if size:
            got.data = bytes([self.urgent])
        else:
            got.flags |= MSG.TRUNC
        if not flags & MSG.PEEK:
            self.urgent = None

    def unread(self, data: bytes) -> None:
        """What the caller's buffer had no room for comes first again."""
        self.inbox[:0] = data
        self.read_seq -= len(data)

    def at_mark(self) -> bool:
        """SIOCATMARK: a listener is told no, too."""
        return self.mark is not None and self.mark == self.read_seq

    # -- what is ready -----------------------------------------------------------------------

    def poll(self) -> int:
        """What is ready; net/ipv4/tcp.c:tcp_poll()."""
        state = self.state
        if state == TCPSTATE.LISTEN:
            return READABLE if self.pending else 0
        events = 0
        if self.shut == BOTH or state == TCPSTATE.CLOSE:
            events |= POLL.HUP
        if self.shut & RECEIVE:
            events |= READABLE | POLL.RDHUP
        if state != TCPSTATE.SYN_SENT:
            target = self.options.receive_low
            if self.mark == self.read_seq and not self.options.has(SO.OOBINLINE):
                target += 1
            if len(self.inbox) >= target:
                events |= READABLE
            if self.shut & SEND or self.writable_now:
                events |= WRITABLE
            else:
                self.full = True
            if self.urgent is not None:
                events |= POLL.PRI
        if self.error is not None:
            events |= POLL.ERR
        return events

    # -- options -----------------------------------------------------------------------------

    def option_changed(self, option: int) -> None:
        """SO_RCVLOWAT is at most half of the buffer; net/ipv4/tcp.c:tcp_set_rcvlowat()."""
        if option == SO.RCVLOWAT:
            options = self.options
            most = (options.rcvbuf if options.rcvbuf_locked else MAX_RCVBUF) // 2
            options.receive_low = min(options.receive_low, most)
            if len(self.inbox) >= options.receive_low:
                self.queue.wake(events=READY)

    def set_option(self, task: Task, level: int, option: int, data: bytes) -> None:
        """setsockopt(2) of the levels TCP, IP and IPV6."""
        if level == IPPROTO.TCP:
            self.tcp.set(self, task, option, data)
        else:
            super().set_option(task, level, option, data)

    def get_option(self, task: Task, level: int, option: int, size: int) -> bytes:
        """getsockopt(2) of the levels TCP, IP and IPV6."""
        if level == IPPROTO.TCP:
            return self.tcp.get(self, option, size)
        return super().get_option(task, level, option, size)
