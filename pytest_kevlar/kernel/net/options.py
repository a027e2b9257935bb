"""SOL_SOCKET options: what can be set, and what is read back.

Mirrors net/core/sock.c:sk_setsockopt() and sk_getsockopt(). Options of the protocols are
with the protocols.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sockets import AF, SO, SOCK, TCPSTATE
from pytest_kevlar.kernel.abi.structs import LINGER, TIMEVAL
from pytest_kevlar.kernel.errno import (
    EACCES,
    EDOM,
    EINVAL,
    ENODATA,
    ENODEV,
    ENOENT,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPERM,
)
from pytest_kevlar.kernel.net.memory import (
    DEFAULT_BUFFER,
    MAX_BUFFER,
    MIN_RECEIVE,
    MIN_SEND,
)
from pytest_kevlar.kernel.task.cred import CAP_NET_ADMIN, CAP_NET_RAW

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_kevlar.kernel.net.socket import Socket
    from pytest_kevlar.kernel.task.task import Task

#: Time limits are kept in ticks of this many nanoseconds.
TICK_NS = 4_000_000
SECOND = 1_000_000_000
INT_MAX = 0x7FFF_FFFF

#: Options that are on or off and have no effect of their own here.
SWITCHES = (
    SO.REUSEADDR,
    SO.DONTROUTE,
    SO.BROADCAST,
    SO.KEEPALIVE,
    SO.OOBINLINE,
    SO.NO_CHECK,
    SO.TIMESTAMP_OLD,
    SO.TIMESTAMPNS_OLD,
    SO.TIMESTAMP_NEW,
    SO.TIMESTAMPNS_NEW,
    SO.RXQ_OVFL,
    SO.SELECT_ERR_QUEUE,
    SO.WIFI_STATUS,
    SO.NOFCS,
    SO.RCVMARK,
    SO.RCVPRIORITY,
)
#: Options that always read 0, and that setting leaves so.
CONSTANTS = {SO.BSDCOMPAT: 0, SO.SNDLOWAT: 1, SO.INCOMING_NAPI_ID: 0, SO.BPF_EXTENSIONS: 64}
INTERNET = (AF.INET, AF.INET6)


class SocketOptions:
    """The options of one socket.

    Attributes:
        on: switches that are on. numbers: plain numbers by option.
        sndbuf, rcvbuf: bytes, as read back (twice what was asked).
        receive_timeout, send_timeout: nanoseconds, None for no end.
        linger: seconds, None if off. receive_low: SO_RCVLOWAT, bytes.
        passcred: SO_PASSCRED. passrights: SO_PASSRIGHTS.
    """

    __slots__ = (
        "linger",
        "numbers",
        "on",
        "passcred",
        "passrights",
        "peek_offset",
        "rcvbuf",
        "rcvbuf_locked",
        "receive_low",
        "receive_timeout",
        "send_timeout",
        "sndbuf",
        "sndbuf_locked",
    )

    def __init__(self) -> None:
        self.on: dict[int, None] = {}
        self.numbers: dict[int, int] = {}
        self.sndbuf = self.rcvbuf = DEFAULT_BUFFER
        self.sndbuf_locked = self.rcvbuf_locked = False
        self.receive_timeout: int | None = None
        self.send_timeout: int | None = None
        self.linger: int | None = None
        self.receive_low = 1
        self.peek_offset = -1
        self.passcred = False
        self.passrights = True

    def has(self, option: int) -> bool:
        """Whether a switch is on."""
        return option in self.on

    def switch(self, option: int, value: int) -> None:
        """Turn a switch on or off."""
        if value:
            self.on[option] = None
        else:
            self.on.pop(option, None)

    def copy(self) -> SocketOptions:
        """For a connection that a listening socket accepts."""
        other = SocketOptions()
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        other.on = dict(self.on)
        other.numbers = dict(self.numbers)
        return other


def signed(data: bytes) -> int:
    """The ``int`` that an option's value begins with."""
    return int.from_bytes(data[:4], "little", signed=True)


def word(value: int) -> bytes:
    """An ``int``."""
    return (value & 0xFFFF_FFFF).to_bytes(4, "little")


# -- set --------------------------------------------------------------------------------


def set_socket_option(sock: Socket, task: Task, option: int, data: bytes) -> None:
    """setsockopt(2) with SOL_SOCKET."""
    if option == SO.BINDTODEVICE:
        _bind_to_device(sock, data)
        return
    if len(data) < 4:
        raise EINVAL
    value = signed(data)
    options = sock.options
    setter = SETTERS.get(option)
    if setter is not None:
        setter(sock, task, value, data)
    elif option in SWITCHES:
        options.switch(option, value)
    elif option != SO.BSDCOMPAT:
        raise ENOPROTOOPT
    sock.option_changed(option)


def _bind_to_device(sock: Socket, data: bytes) -> None:
    name = data[:15].partition(b"\0")[0]
    if not name:
        sock.options.numbers.pop(SO.BINDTOIFINDEX, None)
    elif name == b"lo":
        sock.options.numbers[SO.BINDTOIFINDEX] = 1
    else:
        raise ENODEV


def _may(sock: Socket, task: Task, capability: int) -> bool:
    """Whether the task has a capability over the socket's namespace; sockopt_ns_capable()."""
    return task.cred.capable_in(sock.net.user_ns, capability)


def _debug(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if value and not task.cred.capable(CAP_NET_ADMIN):
        raise EACCES
    sock.options.switch(SO.DEBUG, value)


def _reuseport(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if value and sock.family not in INTERNET:
        raise EOPNOTSUPP
    sock.options.switch(SO.REUSEPORT, value)


def _sndbuf(sock: Socket, task: Task, value: int, data: bytes) -> None:
    # Mirrors C: the comparison with the maximum is unsigned.
    size = min(value & 0xFFFF_FFFF, MAX_BUFFER)
    sock.options.sndbuf = max(size * 2, MIN_SEND)
    sock.options.sndbuf_locked = True
    sock.queue.wake(events=0x304)


def _sndbuf_force(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if not task.cred.capable(CAP_NET_ADMIN):
        raise EPERM
    sock.options.sndbuf = max(min(max(value, 0), INT_MAX // 2) * 2, MIN_SEND)
    sock.options.sndbuf_locked = True
    sock.queue.wake(events=0x304)


def _rcvbuf(sock: Socket, task: Task, value: int, data: bytes) -> None:
    size = min(value & 0xFFFF_FFFF, MAX_BUFFER)
    sock.options.rcvbuf = max(size * 2, MIN_RECEIVE)
    sock.options.rcvbuf_locked = True


def _rcvbuf_force(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if not _may(sock, task, CAP_NET_ADMIN):
        raise EPERM
    sock.options.rcvbuf = max(min(max(value, 0), INT_MAX // 2) * 2, MIN_RECEIVE)
    sock.options.rcvbuf_locked = True


def _priority(sock: Socket, task: Task, value: int, data: bytes) -> None:
    privileged = _may(sock, task, CAP_NET_RAW) or _may(sock, task, CAP_NET_ADMIN)
    if not 0 <= value <= 6 and not privileged:
        raise EPERM
    sock.options.numbers[SO.PRIORITY] = value


def _mark(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if not _may(sock, task, CAP_NET_RAW) and not _may(sock, task, CAP_NET_ADMIN):
        raise EPERM
    sock.options.numbers[SO.MARK] = value


def _linger(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if len(data) < LINGER.size:
        raise EINVAL
    fields = LINGER.unpack(data)
    sock.options.linger = fields.l_linger & 0xFFFF_FFFF if fields.l_onoff else None


def _passcred(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if not sock.accepts_passcred():
        raise EOPNOTSUPP
    sock.options.passcred = bool(value)


def _pass_other(option: int) -> Callable[[Socket, Task, int, bytes], None]:
    def setter(sock: Socket, task: Task, value: int, data: bytes) -> None:
        if sock.family != AF.UNIX and not (option == SO.PASSSEC and sock.accepts_passcred()):
            raise EOPNOTSUPP
        if option == SO.PASSRIGHTS:
            sock.options.passrights = bool(value)
        else:
            sock.options.switch(option, value)

    return setter


def _rcvlowat(sock: Socket, task: Task, value: int, data: bytes) -> None:
    sock.options.receive_low = INT_MAX if value < 0 else value or 1


def _timeout(data: bytes) -> int | None:
    """Nanoseconds of a ``struct timeval``, whole ticks; sock_set_timeout()."""
    if len(data) < TIMEVAL.size:
        raise EINVAL
    time = TIMEVAL.unpack(data)
    if not 0 <= time.tv_usec < 1_000_000:
        raise EDOM
    if time.tv_sec < 0:
        return 0
    total = time.tv_sec * SECOND + time.tv_usec * 1000
    if not total or time.tv_sec >= (1 << 63) // SECOND:
        return None
    return int(-(-total // TICK_NS) * TICK_NS)


def _rcvtimeo(sock: Socket, task: Task, value: int, data: bytes) -> None:
    sock.options.receive_timeout = _timeout(data)


def _sndtimeo(sock: Socket, task: Task, value: int, data: bytes) -> None:
    sock.options.send_timeout = _timeout(data)


def _peek_off(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if sock.family not in (AF.UNIX, *INTERNET):
        raise EOPNOTSUPP
    if value < -1:
        raise EINVAL
    sock.options.peek_offset = value


def _zerocopy(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if sock.family not in INTERNET:
        raise EOPNOTSUPP
    if not 0 <= value <= 1:
        raise EINVAL
    sock.options.switch(SO.ZEROCOPY, value)


def _incoming_cpu(sock: Socket, task: Task, value: int, data: bytes) -> None:
    sock.options.numbers[SO.INCOMING_CPU] = value


def _bind_to_index(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if value < 0:
        raise EINVAL
    if value > 1:
        raise ENODEV
    sock.options.numbers[SO.BINDTOIFINDEX] = value


def _no_filter(sock: Socket, task: Task, value: int, data: bytes) -> None:
    raise ENOENT


def _lock_filter(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if sock.options.has(SO.LOCK_FILTER) and not value:
        raise EPERM
    sock.options.switch(SO.LOCK_FILTER, value)


def _busy_poll(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if value < 0:
        raise EINVAL
    if value > sock.options.numbers.get(SO.BUSY_POLL, 0) and not _may(sock, task, CAP_NET_ADMIN):
        raise EPERM
    sock.options.numbers[SO.BUSY_POLL] = value


def _buf_lock(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if value & ~3:
        raise EINVAL
    sock.options.sndbuf_locked, sock.options.rcvbuf_locked = bool(value & 1), bool(value & 2)


def _txrehash(sock: Socket, task: Task, value: int, data: bytes) -> None:
    if sock.family not in INTERNET or sock.kind != SOCK.STREAM:
        raise EOPNOTSUPP
    if not -1 <= value <= 1:
        raise EINVAL
    sock.options.numbers[SO.TXREHASH] = value & 0xFF


SETTERS: dict[int, Callable[[Socket, Task, int, bytes], None]] = {
    SO.DEBUG: _debug,
    SO.REUSEPORT: _reuseport,
    SO.SNDBUF: _sndbuf,
    SO.SNDBUFFORCE: _sndbuf_force,
    SO.RCVBUF: _rcvbuf,
    SO.RCVBUFFORCE: _rcvbuf_force,
    SO.PRIORITY: _priority,
    SO.MARK: _mark,
    SO.LINGER: _linger,
    SO.PASSCRED: _passcred,
    SO.PASSSEC: _pass_other(SO.PASSSEC),
    SO.PASSRIGHTS: _pass_other(SO.PASSRIGHTS),
    SO.RCVLOWAT: _rcvlowat,
    SO.RCVTIMEO_OLD: _rcvtimeo,
    SO.RCVTIMEO_NEW: _rcvtimeo,
    SO.SNDTIMEO_OLD: _sndtimeo,
    SO.SNDTIMEO_NEW: _sndtimeo,
    SO.PEEK_OFF: _peek_off,
    SO.ZEROCOPY: _zerocopy,
    SO.INCOMING_CPU: _incoming_cpu,
    SO.BINDTOIFINDEX: _bind_to_index,
    SO.DETACH_FILTER: _no_filter,
    SO.LOCK_FILTER: _lock_filter,
    SO.BUSY_POLL: _busy_poll,
    SO.BUF_LOCK: _buf_lock,
    SO.TXREHASH: _txrehash,
}


# -- get --------------------------------------------------------------------------------


def get_socket_option(sock: Socket, task: Task, option: int, size: int) -> bytes:
    """getsockopt(2) with SOL_SOCKET: the value, not cut to `size` yet."""
    options = sock.options
    if option in SWITCHES or option in (SO.DEBUG, SO.REUSEPORT, SO.LOCK_FILTER, SO.ZEROCOPY):
        return word(options.has(option))
    if option in CONSTANTS:
        return word(CONSTANTS[option])
    if option in PEER_GETTERS:
        return PEER_GETTERS[option](sock, task)
    getter = GETTERS.get(option)
    if getter is None:
        raise ENOPROTOOPT
    return getter(sock, size)


def _error(sock: Socket, size: int) -> bytes:
    error = sock.take_error()
    return word(0 if error is None else error.number)


def _get_linger(sock: Socket, size: int) -> bytes:
    linger = sock.options.linger
    return LINGER.pack(l_onoff=linger is not None, l_linger=signed(word(linger or 0)))


def _time(limit: int | None) -> bytes:
    limit = limit or 0
    return TIMEVAL.pack(tv_sec=limit // SECOND, tv_usec=limit % SECOND // 1000)


def _get_passcred(sock: Socket, size: int) -> bytes:
    if not sock.accepts_passcred():
        raise EOPNOTSUPP
    return word(sock.options.passcred)


def _get_pass(option: int) -> Callable[[Socket, int], bytes]:
    def getter(sock: Socket, size: int) -> bytes:
        if sock.family != AF.UNIX and not (option == SO.PASSSEC and sock.accepts_passcred()):
            raise EOPNOTSUPP
        if option == SO.PASSRIGHTS:
            return word(sock.options.passrights)
        return word(sock.options.has(option))

    return getter


def _peercred(sock: Socket, task: Task) -> bytes:
    cred = sock.incoming_credentials()
    parts: tuple[int, ...] = (0, 0xFFFF_FFFF, 0xFFFF_FFFF)
    if cred is not None:
        reader = task.cred.user_ns
        number = task.pid_ns.number(cred.pid)
        parts = (number, reader.uids.seen(cred.uid), reader.gids.seen(cred.gid))
    return b"".join((part & 0xFFFF_FFFF).to_bytes(4, "little") for part in parts)


def _peergroups(sock: Socket, task: Task) -> bytes:
    if sock.peer_cred is None:
        raise ENODATA
    reader = task.cred.user_ns
    return b"".join(reader.gids.seen(gid).to_bytes(4, "little") for gid in sock.peer_cred.groups)


def _peername(sock: Socket, size: int) -> bytes:
    name = sock.peer_name()
    if len(name) < size:
        raise EINVAL
    return name


def _device(sock: Socket, size: int) -> bytes:
    if not sock.options.numbers.get(SO.BINDTOIFINDEX):
        return b""
    if size < 16:
        raise EINVAL
    return b"lo\0"


def _meminfo(sock: Socket, size: int) -> bytes:
    options = sock.options
    return b"".join(map(word, (0, options.rcvbuf, 0, options.sndbuf, 0, 0, 0, 0, 0)))


def _cookie(sock: Socket, size: int) -> bytes:
    if size < 8:
        raise EINVAL
    return sock.inode.ino.to_bytes(8, "little")


def _get_peek_off(sock: Socket, size: int) -> bytes:
    if sock.family not in (AF.UNIX, *INTERNET):
        raise EOPNOTSUPP
    return word(sock.options.peek_offset)


def _get_txrehash(sock: Socket, size: int) -> bytes:
    if sock.family not in INTERNET or sock.kind != SOCK.STREAM:
        raise EOPNOTSUPP
    return word(sock.options.numbers.get(SO.TXREHASH, 1))


def _number(option: int, default: int = 0) -> Callable[[Socket, int], bytes]:
    return lambda sock, size: word(sock.options.numbers.get(option, default))


#: What tells ids, as the reader sees them.
PEER_GETTERS: dict[int, Callable[[Socket, Task], bytes]] = {
    SO.PEERCRED: _peercred,
    SO.PEERGROUPS: _peergroups,
}

GETTERS: dict[int, Callable[[Socket, int], bytes]] = {
    SO.TYPE: lambda sock, size: word(sock.kind),
    SO.ERROR: _error,
    SO.SNDBUF: lambda sock, size: word(sock.options.sndbuf),
    SO.RCVBUF: lambda sock, size: word(sock.options.rcvbuf),
    SO.PRIORITY: _number(SO.PRIORITY),
    SO.LINGER: _get_linger,
    SO.PASSCRED: _get_passcred,
    SO.RCVLOWAT: lambda sock, size: word(sock.options.receive_low),
    SO.RCVTIMEO_OLD: lambda sock, size: _time(sock.options.receive_timeout),
    SO.RCVTIMEO_NEW: lambda sock, size: _time(sock.options.receive_timeout),
    SO.SNDTIMEO_OLD: lambda sock, size: _time(sock.options.send_timeout),
    SO.SNDTIMEO_NEW: lambda sock, size: _time(sock.options.send_timeout),
    SO.BINDTODEVICE: _device,
    SO.ATTACH_FILTER: lambda sock, size: b"",
    SO.PEERNAME: _peername,
    SO.ACCEPTCONN: lambda sock, size: word(sock.state == TCPSTATE.LISTEN),
    SO.PASSSEC: _get_pass(SO.PASSSEC),
    SO.PASSRIGHTS: _get_pass(SO.PASSRIGHTS),
    SO.MARK: _number(SO.MARK),
    SO.PROTOCOL: lambda sock, size: word(sock.protocol),
    SO.DOMAIN: lambda sock, size: word(sock.family),
    SO.PEEK_OFF: _get_peek_off,
    SO.BUSY_POLL: _number(SO.BUSY_POLL),
    SO.INCOMING_CPU: _number(SO.INCOMING_CPU, -1),
    SO.MEMINFO: _meminfo,
    SO.COOKIE: _cookie,
    SO.BINDTOIFINDEX: _number(SO.BINDTOIFINDEX),
    SO.BUF_LOCK: lambda sock, size: word(
        int(sock.options.sndbuf_locked) | 2 * sock.options.rcvbuf_locked
    ),
    SO.TXREHASH: _get_txrehash,
}
