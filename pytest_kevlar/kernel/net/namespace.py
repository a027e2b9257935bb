"""The network namespace: names, ports and sockets that one machine has.

Only tables; there is one interface, ``lo``, and nothing leads out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.net.inet.ports import PortTable
    from pytest_kevlar.kernel.net.netlink import NetlinkSocket
    from pytest_kevlar.kernel.net.unix.socket import UnixSocket


class NetNamespace:
    """What sockets of one machine share.

    Attributes:
        abstract: AF_UNIX sockets by abstract name and type.
        unix: all AF_UNIX sockets, oldest first.
        inflight: AF_UNIX sockets that are in messages, and in how many.
        rights: open files in messages, by the user who sent them.
        netlink: bound AF_NETLINK sockets.
        tcp, udp: who has which port.
    """

    def __init__(self, kernel: Kernel) -> None:
        from pytest_kevlar.kernel.net.inet.ports import PortTable

        self.kernel = kernel
        self.abstract: dict[tuple[bytes, int], UnixSocket] = {}
        self.unix: dict[UnixSocket, None] = {}
        self.inflight: dict[UnixSocket, int] = {}
        self.rights: dict[int, int] = {}
        self.netlink: dict[NetlinkSocket, None] = {}
        self.tcp: PortTable = PortTable(self)
        self.udp: PortTable = PortTable(self)
