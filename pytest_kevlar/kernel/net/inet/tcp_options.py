"""Options of the level TCP, with their readback and TCP_INFO.

Mirrors net/ipv4/tcp.c:do_tcp_setsockopt() and do_tcp_getsockopt(); most change nothing on
a loopback that neither loses nor delays.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sockets import TCP, TCPSTATE
from pytest_kevlar.kernel.errno import (
    EINVAL,
    ENOENT,
    ENOPROTOOPT,
    EPERM,
)
from pytest_kevlar.kernel.net.options import signed, word
from pytest_kevlar.kernel.task.cred import CAP_NET_ADMIN

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.inet.tcp import TcpSocket
    from pytest_kevlar.kernel.task.task import Task

#: Lowest and highest value, and what is read if nothing was set.
RANGES: dict[int, tuple[int, int, int]] = {
    TCP.KEEPIDLE: (1, 32767, 7200),
    TCP.KEEPINTVL: (1, 32767, 75),
    TCP.KEEPCNT: (1, 127, 9),
    TCP.SYNCNT: (1, 127, 6),
    TCP.USER_TIMEOUT: (0, 0x7FFF_FFFF, 0),
    TCP.NOTSENT_LOWAT: (-(1 << 31), 0x7FFF_FFFF, -1),
}
SWITCHES = (TCP.NODELAY, TCP.CORK, TCP.THIN_LINEAR_TIMEOUTS, TCP.SAVE_SYN)
ALGORITHM = b"cubic"
#: Those of modules that are there; the first is the default.
ALGORITHMS = (b"cubic", b"reno")
LO_MSS = 65483
DEFAULT_MSS = 536
MAX_WINDOW = 65535
FIN_TIMEOUT = 60


class TcpOptions:
    """The options of one socket.

    Attributes:
        on: switches that are on. numbers: what was set, by option.
    """

    __slots__ = ("algorithm", "numbers", "on")

    def __init__(self) -> None:
        self.on: dict[int, None] = {}
        self.numbers: dict[int, int] = {}
        self.algorithm = ALGORITHM

    def copy(self) -> TcpOptions:
        """For an accepted connection."""
        other = TcpOptions()
        other.on, other.numbers = dict(self.on), dict(self.numbers)
        other.algorithm = self.algorithm
        return other

    def set(self, sock: TcpSocket, task: Task, option: int, data: bytes) -> None:
        """setsockopt(2)."""
        if option == TCP.CONGESTION:
            self._set_algorithm(data)
            return
        if len(data) < 4:
            raise EINVAL
        value = signed(data)
        if option in SWITCHES:
            if option in (TCP.THIN_LINEAR_TIMEOUTS, TCP.SAVE_SYN) and not 0 <= value <= 2:
                raise EINVAL
            if value:
                self.on[option] = None
            else:
                self.on.pop(option, None)
        elif option in RANGES:
            low, high, _ = RANGES[option]
            if not low <= value <= high:
                raise EINVAL
            self.numbers[option] = value
        elif option == TCP.MAXSEG:
            if value and not 88 <= value <= 32767:
                raise EINVAL
            self.numbers[option] = value
        elif option == TCP.LINGER2:
            self.numbers[option] = -1 if value < 0 else 0 if value > 120 else value
        elif option == TCP.DEFER_ACCEPT:
            self.numbers[option] = _defer(value)
        elif option == TCP.WINDOW_CLAMP:
            if not value and sock.state != TCPSTATE.CLOSE:
                raise EINVAL
            self.numbers[option] = max(value, 1152) if value else 0
        elif option == TCP.QUICKACK:
            self.numbers[option] = value & 1
        elif option == TCP.REPAIR:
            if not task.cred.capable_in(sock.net.user_ns, CAP_NET_ADMIN):
                raise EPERM
            raise ENOPROTOOPT
        else:
            raise ENOPROTOOPT

    def _set_algorithm(self, data: bytes) -> None:
        if not data:
            raise EINVAL
        name = data[:15].partition(b"\0")[0]
        if name not in ALGORITHMS:
            raise ENOENT
        self.algorithm = name

    def get(self, sock: TcpSocket, option: int, size: int) -> bytes:
        """getsockopt(2)."""
        numbers = self.numbers
        if option in SWITCHES:
            return word(option in self.on)
        if option in RANGES:
            return word(numbers.get(option, RANGES[option][2]))
        if option == TCP.MAXSEG:
            if sock.state in (TCPSTATE.CLOSE, TCPSTATE.LISTEN):
                return word(numbers.get(option) or DEFAULT_MSS)
            return word(self._segment(sock))
        if option == TCP.LINGER2:
            value = numbers.get(option, 0)
            return word(value if value else FIN_TIMEOUT)
        if option in (TCP.DEFER_ACCEPT, TCP.WINDOW_CLAMP):
            return word(numbers.get(option, 0))
        if option == TCP.QUICKACK:
            return word(numbers.get(option, 1))
        if option == TCP.CONGESTION:
            return self.algorithm.ljust(16, b"\0")
        if option == TCP.INFO:
            return self._info(sock)
        if option == TCP.ULP:
            return b""
        if option in (TCP.FASTOPEN, TCP.REPAIR):
            return word(0)
        raise ENOPROTOOPT

    def _segment(self, sock: TcpSocket) -> int:
        lo = LO_MSS if len(sock.remote.ip) == 4 else LO_MSS - 20
        peer = sock.peer.tcp.numbers.get(TCP.MAXSEG, 0) if sock.peer is not None else 0
        chosen = [value - 12 for value in (self.numbers.get(TCP.MAXSEG, 0), peer) if value]
        return min([lo, *chosen])

    def _info(self, sock: TcpSocket) -> bytes:
        """The beginning of ``struct tcp_info``, up to tcpi_total_retrans."""
        connected = sock.state not in (TCPSTATE.CLOSE, TCPSTATE.LISTEN)
        segment = self._segment(sock) if connected else DEFAULT_MSS
        unacked = len(sock.pending) if sock.state == TCPSTATE.LISTEN else 0
        sacked = sock.backlog if sock.state == TCPSTATE.LISTEN else 0
        if sock.state == TCPSTATE.LISTEN:  # who waits, and how many may; no connection
            words = [0, 0, 0, 0, unacked, sacked, *[0] * 12, 10, 0, 3, 0, 0, 0]
            return struct.pack("<8B24I", sock.state, *bytes(7), *words)
        # state, ca_state, retransmits, probes, backoff, options, window scales, flags
        head = struct.pack("<8B", sock.state, 0, 0, 0, 0, 7 if connected else 0, 0x77, 0)
        words = [204000, 40000, segment, segment, unacked, sacked, 0, 0, 0]
        words += [0, 0, 0, 0]
        words += [LO_MSS + 52, 65483, 100, 50, 0x7FFF_FFFF, 10, segment, 3]
        words += [0, 65495, 0]
        return head + struct.pack(f"<{len(words)}I", *words)


def _defer(seconds: int) -> int:
    """What TCP_DEFER_ACCEPT rounds to: the time of whole retransmissions."""
    if seconds <= 0:
        return 0
    total, timeout = 1, 1
    while total < seconds and timeout < 120:
        timeout = min(timeout * 2, 120)
        total += timeout
    return total
