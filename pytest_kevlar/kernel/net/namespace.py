"""Network namespaces: names, ports and sockets that one machine, or a part of it, has.

Only tables; there is one interface, ``lo``, and nothing leads out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.task.userns import INITIAL, UserNamespace

if TYPE_CHECKING:
    from pytest_kevlar.kernel.kernel import Kernel
    from pytest_kevlar.kernel.net.inet.ports import PortTable
    from pytest_kevlar.kernel.net.inet.raw import RawSocket
    from pytest_kevlar.kernel.net.netlink import NetlinkSocket
    from pytest_kevlar.kernel.net.unix.socket import UnixSocket


#: include/uapi/linux/nsfs.h:NET_NS_INIT_INO
INITIAL_INO = 4026531833


class NetNamespace:
    """What ``CLONE_NEWNET`` makes anew: no socket, and ``lo`` down.

    Attributes:
        ino: inode number in nsfs, by which ``/proc/PID/ns/net`` tells namespaces apart.
        user_ns: to whom it belongs.
        up: ``lo`` is up and has its addresses.
        abstract: AF_UNIX sockets by abstract name and type.
        unix: all AF_UNIX sockets, oldest first.
        unix_anywhere: the same of all namespaces, as messages lead from one to another.
        inflight: AF_UNIX sockets that are in messages, and in how many; of all namespaces.
        rights: open files in messages, by the user who sent them; of all namespaces.
        netlink: bound AF_NETLINK sockets.
        raw: raw sockets, oldest first. packet_id: that of the last packet they saw.
        tcp, udp, udplite: who has which port.
        members: how many sockets have joined each group.
    """

    def __init__(
        self,
        kernel: Kernel,
        first: NetNamespace | None = None,
        user_ns: UserNamespace = INITIAL,
    ) -> None:
        from pytest_kevlar.kernel.net.inet.ports import PortTable

        self.kernel = kernel
        self.user_ns = user_ns
        self.ino = INITIAL_INO if first is None else kernel.new_namespace_ino()
        self.up = first is None
        self.abstract: dict[tuple[bytes, int], UnixSocket] = {}
        self.unix: dict[UnixSocket, None] = {}
        self.unix_anywhere: dict[UnixSocket, None] = {} if first is None else first.unix_anywhere
        self.inflight: dict[UnixSocket, int] = {} if first is None else first.inflight
        self.rights: dict[int, int] = {} if first is None else first.rights
        self.netlink: dict[NetlinkSocket, None] = {}
        self.raw: dict[RawSocket, None] = {}
        self.packet_id = 0
        self.tcp: PortTable = PortTable(self)
        self.udp: PortTable = PortTable(self)
        self.udplite: PortTable = PortTable(self)
        self.members: dict[bytes, int] = {}
