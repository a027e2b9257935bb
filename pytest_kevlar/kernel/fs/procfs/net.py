"""/proc/net: the sockets of the machine, and its interface.

Formats are those of net/ipv4/tcp_ipv4.c, udp.c, net/unix/af_unix.c and net/core/net-procfs.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_kevlar.kernel.abi.sockets import TCPSTATE
from pytest_kevlar.kernel.fs.generated import Spec, Table, Text, line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_kevlar.kernel.net.inet.address import Endpoint
    from pytest_kevlar.kernel.net.inet.ports import PortTable
    from pytest_kevlar.kernel.task.task import Task

#: SO_ACCEPTCON, a flag that only this file shows.
LISTENS = 1 << 16
#: Pointers are nobody's business.
POINTER = "0000000000000000"

QUEUES_HEAD = "st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
TCP_HEAD = "  sl  local_address rem_address   " + QUEUES_HEAD
TCP6_HEAD = (
    "  sl  local_address                         remote_address                        "
    + QUEUES_HEAD
)
UDP_HEAD = "   sl" + TCP_HEAD[4:] + " ref pointer drops"
UDP6_HEAD = TCP6_HEAD + " ref pointer drops"


def _unix(task: Task, subject: Any) -> bytes:
    """af_unix.c:unix_seq_show()."""
    rows = [b"Num       RefCount Protocol Flags    Type St Inode Path\n"]
    for sock in subject.task.net.unix:
        connected = sock.state == TCPSTATE.ESTABLISHED
        state = (2 if connected else 4) if sock.embryo else 3 if connected else 1
        flags = LISTENS if sock.state == TCPSTATE.LISTEN else 0
        ino = 0 if sock.embryo else sock.inode.ino
        refs = 3 if connected else 2
        row = f"{POINTER}: {refs:08X} {0:08X} {flags:08X} {sock.kind:04X} {state:02X} {ino:5}"
        name = sock.address
        if name is not None:
            row += " " + (name.replace(b"\0", b"@") if name[:1] == b"\0" else name).decode(
                "latin-1"
            )
        rows.append(row.encode("latin-1") + b"\n")
    return b"".join(rows)


def _if_inet6(task: Task, subject: Any) -> bytes:
    return b"%032x 01 80 10 80       lo\n" % 1 if subject.task.net.up else b""


def _hex(endpoint: Endpoint, wide: bool) -> str:
    ip = endpoint.ip
    if wide and len(ip) == 4:
        ip = bytes(10) + b"\xff\xff" + ip if any(ip) else bytes(16)
    words = [int.from_bytes(ip[at : at + 4], "little") for at in range(0, len(ip), 4)]
    return "".join(f"{word:08X}" for word in words) + f":{endpoint.port:04X}"


def _holders(ports: PortTable, wide: bool) -> Iterator[Any]:
    """Sockets of one family that have a port, by port."""
    for port in sorted(ports.holders):
        for holder in ports.at(port):
            family = getattr(holder, "family", 10 if len(holder.local.ip) == 16 else 2)
            if (family == 10) is wide:
                yield holder


def _common(number: str, sock: Any, wide: bool, queues: tuple[int, int]) -> str:
    ends = f"{_hex(sock.local, wide)} {_hex(sock.remote, wide)}"
    ino = sock.inode.ino if hasattr(sock, "inode") and not getattr(sock, "orphan", False) else 0
    uid = sock.uid if ino else 0
    timers = f"{queues[0]:08X}:{queues[1]:08X} 00:{0:08X} {0:08X}"
    return f"{number}: {ends} {sock.state:02X} {timers} {uid:5} {0:8} {ino}"


def _tcp(wide: bool) -> Text:
    def show(task: Task, subject: Any) -> bytes:
        found = [one for one in _holders(subject.task.net.tcp, wide) if one.state != TCPSTATE.CLOSE]
        found.sort(key=lambda one: one.state != TCPSTATE.LISTEN)
        rows = [TCP6_HEAD if wide else f"{TCP_HEAD:<149}"]
        for at, sock in enumerate(found):
            if sock.state == TCPSTATE.LISTEN:
                queues, tail = (0, len(sock.pending)), f"1 {POINTER} 100 0 0 10 0"
            elif sock.state == TCPSTATE.TIME_WAIT:
                queues, tail = (0, 0), f"3 {POINTER}"
            else:
                queues = (len(sock.outbox), len(sock.inbox))
                tail = f"1 {POINTER} 20 4 30 10 -1"
            row = f"{_common(f'{at:4}', sock, wide, queues)} {tail}"
            rows.append(row if wide else f"{row:<149}")
        return "".join(row + "\n" for row in rows).encode()

    return Text(0o444, show)


def _udp(protocol: str, wide: bool) -> Text:
    def show(task: Task, subject: Any) -> bytes:
        rows = [UDP6_HEAD if wide else f"{UDP_HEAD:<127}"]
        for at, sock in enumerate(_holders(getattr(subject.task.net, protocol), wide)):
            row = _common(f"{at:5}", sock, wide, (0, sock.charged))
            row += f" 2 {POINTER} {sock.drops}"
            rows.append(row if wide else f"{row:<127}")
        return "".join(row + "\n" for row in rows).encode()

    return Text(0o444, show)


NET: Spec = Table(
    {
        b"dev": Text(
            0o444,
            line(
                "Inter-|   Receive                                                |  Transmit\n"
                " face |bytes    packets errs drop fifo frame compressed multicast|bytes    "
                "packets errs drop fifo colls carrier compressed\n"
                "    lo:       0       0    0    0    0     0          0         0        0"
                "       0    0    0    0     0       0          0"
            ),
        ),
        b"if_inet6": Text(0o444, _if_inet6),
        b"raw": Text(0o444, line(f"{UDP_HEAD:<127}")),
        b"raw6": Text(0o444, line(UDP6_HEAD)),
        b"route": Text(
            0o444,
            line(
                "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\t"
                "MTU\tWindow\tIRTT" + " " * 55
            ),
        ),
        b"tcp": _tcp(False),
        b"tcp6": _tcp(True),
        b"udp": _udp("udp", False),
        b"udp6": _udp("udp", True),
        b"udplite": _udp("udplite", False),
        b"udplite6": _udp("udplite", True),
        b"unix": Text(0o444, _unix),
    }
)
