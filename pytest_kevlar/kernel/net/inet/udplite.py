"""UDP-Lite: UDP whose checksum need not cover all of a datagram.

Nothing is damaged on the loopback, so all that is left of it are ports of its own and what a
receiver refuses. Mirrors net/ipv4/udplite.c and what net/ipv4/udp.c has of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sockets import IPPROTO, UDPLITE
from pytest_kevlar.kernel.net.inet.udp import UdpSocket

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.inet.ports import PortTable
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task

#: Bytes of its header, which are always covered.
HEADER = 8
MAX_COVERAGE = 0xFFFF


class UdpLiteSocket(UdpSocket):
    """One UDP-Lite socket."""

    __slots__ = ("_coverage",)

    protocol_number = IPPROTO.UDPLITE

    def __init__(self, net: NetNamespace, task: Task, family: int, flags: int = 0) -> None:
        super().__init__(net, task, family, flags)
        self._coverage: dict[int, int] = {}

    @property
    def ports(self) -> PortTable:
        """The protocol's ports."""
        return self.net.udplite

    def coverage(self, option: int) -> int:
        """UDPLITE_SEND_CSCOV or UDPLITE_RECV_CSCOV: bytes, header included; 0 for all."""
        return self._coverage.get(option, 0)

    def set_coverage(self, option: int, value: int) -> None:
        """Change one of them; udp_lib_setsockopt()."""
        if value:
            value = min(max(value, HEADER), MAX_COVERAGE)
        self._coverage[option] = value

    def takes(self, sender: UdpSocket, size: int) -> bool:
        """Whether enough of `size` bytes of payload is covered; udp_queue_rcv_one_skb()."""
        covered = sender.coverage(UDPLITE.SEND_CSCOV)
        wanted = self._coverage.get(UDPLITE.RECV_CSCOV)
        if wanted is None or not 0 < covered < size + HEADER:
            return True
        return 0 < wanted <= covered
