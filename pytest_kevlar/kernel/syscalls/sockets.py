"""socket(2), bind(2), connect(2), accept(2) and what else is about sockets themselves.

Messages are in ``messages.py``; what the calls mean is the sockets' business, in ``net/``.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pytest_kevlar.kernel.abi import names
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.sockets import AF, SHUT, SO, SOCK, SOCKLIMIT, SOL
from pytest_kevlar.kernel.errno import ECONNABORTED, EINVAL, ENOTCONN, ENOTSOCK, ERANGE
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.net.families import make_socket, make_socket_pair
from pytest_kevlar.kernel.net.options import get_socket_option, set_socket_option
from pytest_kevlar.kernel.net.socket import Socket, shutdown_bits
from pytest_kevlar.kernel.syscalls.operands import InOption, Option, OutOption
from pytest_kevlar.kernel.syscalls.pointers import InName2, InOutLength, OutName2, OutPair
from pytest_kevlar.kernel.syscalls.registry import Arg, syscall
from pytest_kevlar.kernel.syscalls.types import Fd, Int, one_of, to_s32
from pytest_kevlar.kernel.task.task import Task

#: ``sizeof(struct sockaddr_storage)``
MAX_NAME = 128
#: Bytes of an option's value that are looked at.
MAX_OPTION = 4096

Family: TypeAlias = Annotated[int, one_of(AF)]
Kind: TypeAlias = Annotated[
    int, Arg(to_s32, lambda task, raw: names.flags(SOCK, raw & 0xFFFF_FFFF), space=SOCK)
]
How: TypeAlias = Annotated[int, one_of(SHUT)]
Level: TypeAlias = Annotated[int, one_of(SOL)]


def socket_of(task: Task, fd: int) -> Socket:
    """The socket of a descriptor; EBADF, ENOTSOCK."""
    file = task.files.get(fd)
    if not isinstance(file, Socket):
        raise ENOTSOCK
    return file


def read_name(pointer: UserPtr, length: int) -> bytes:
    """An address from user space; net/socket.c:move_addr_to_kernel()."""
    if not 0 <= length <= MAX_NAME:
        raise EINVAL
    return pointer.read(length) if length else b""


def write_name(name: bytes, pointer: UserPtr, length: UserPtr) -> None:
    """An address to user space, cut to the room there is; net/socket.c:move_addr_to_user()."""
    room = length.read_int()
    if room < 0:
        raise EINVAL
    pointer.write(name[:room])
    length.write_int(len(name))


def _split_kind(kind: int) -> tuple[int, int, bool]:
    """Type, file flags and close-on-exec of socket(2)'s second argument; EINVAL."""
    flags = kind & 0xFFFF_FFF0
    if flags & ~(SOCK.CLOEXEC | SOCK.NONBLOCK):
        raise EINVAL
    return kind & SOCK.mask, _file_flags(flags), bool(flags & SOCK.CLOEXEC)


def _file_flags(flags: int) -> int:
    return O.NONBLOCK if flags & SOCK.NONBLOCK else 0


@syscall(
    partial="no AF_PACKET or vsock sockets; of raw ones IPv4 ICMP only; "
    "AF_NETLINK is NETLINK_ROUTE only"
)
def socket(task: Task, family: Family, kind: Kind, protocol: Int) -> int:
    """socket(2). Mirrors net/socket.c:__sys_socket()."""
    kind, flags, cloexec = _split_kind(kind)
    made = make_socket(task.net, task, family, kind, protocol, flags)
    return task.files.install(task.process, made, cloexec=cloexec)


@syscall()
def socketpair(task: Task, family: Family, kind: Kind, protocol: Int, sv: OutPair) -> int:
    """socketpair(2). Mirrors net/socket.c:__sys_socketpair(): the numbers are told first."""
    kind, flags, cloexec = _split_kind(kind)
    files, process = task.files, task.process
    first = files.lowest_free(process)
    second = files.lowest_free(process, first + 1)
    sv.write(first.to_bytes(4, "little") + second.to_bytes(4, "little"))
    one, other = make_socket_pair(task.net, task, family, kind, protocol, flags)
    files.put_at(first, one, cloexec=cloexec)
    files.put_at(second, other, cloexec=cloexec)
    return 0


@syscall()
def bind(task: Task, fd: Fd, name: InName2, length: Int) -> int:
    """bind(2). Mirrors net/socket.c:__sys_bind()."""
    sock = socket_of(task, fd)
    sock.bind(task, read_name(name, length))
    return 0


@syscall()
def listen(task: Task, fd: Fd, backlog: Int) -> int:
    """listen(2): a negative backlog, as one beyond SOMAXCONN, is SOMAXCONN."""
    sock = socket_of(task, fd)
    sock.listen(task, min(backlog & 0xFFFF_FFFF, SOCKLIMIT.SOMAXCONN))
    return 0


@syscall()
async def connect(task: Task, fd: Fd, name: InName2, length: Int) -> int:
    """connect(2). Mirrors net/socket.c:__sys_connect()."""
    sock = socket_of(task, fd)
    target = read_name(name, length)
    sock.get()
    try:
        await sock.connect(task, target, sock.flags)
    finally:
        sock.put()
    return 0


@syscall()
async def accept(task: Task, fd: Fd, name: OutName2, length: InOutLength) -> int:
    """accept(2)."""
    return await _accept(task, fd, name, length, 0)


@syscall()
async def accept4(task: Task, fd: Fd, name: OutName2, length: InOutLength, flags: Kind) -> int:
    """accept4(2). Mirrors net/socket.c:__sys_accept4()."""
    return await _accept(task, fd, name, length, flags & 0xFFFF_FFFF)


async def _accept(task: Task, fd: int, name: UserPtr, length: UserPtr, flags: int) -> int:
    """net/socket.c:do_accept(): a descriptor is found first."""
    listener = socket_of(task, fd)
    if flags & ~(SOCK.CLOEXEC | SOCK.NONBLOCK):
        raise EINVAL
    task.files.lowest_free(task.process)
    listener.get()
    try:
        made = await listener.accept(task, listener.flags)
    finally:
        listener.put()
    made.flags |= _file_flags(flags)
    try:
        if name:
            try:
                peer = made.peer_name()
            except ENOTCONN:
                raise ECONNABORTED from None
            write_name(peer, name, length)
    except BaseException:
        made.put()
        raise
    return task.files.install(task.process, made, cloexec=bool(flags & SOCK.CLOEXEC))


@syscall()
def getsockname(task: Task, fd: Fd, name: OutName2, length: InOutLength) -> int:
    """getsockname(2). Mirrors net/socket.c:__sys_getsockname()."""
    write_name(socket_of(task, fd).name(), name, length)
    return 0


@syscall()
def getpeername(task: Task, fd: Fd, name: OutName2, length: InOutLength) -> int:
    """getpeername(2). Mirrors net/socket.c:__sys_getpeername()."""
    write_name(socket_of(task, fd).peer_name(), name, length)
    return 0


@syscall()
def shutdown(task: Task, fd: Fd, how: How) -> int:
    """shutdown(2). Mirrors net/socket.c:__sys_shutdown()."""
    sock = socket_of(task, fd)
    sock.shutdown(shutdown_bits(how))
    return 0


@syscall(
    partial="no filters, no multicast; TCP_CORK, TCP_DEFER_ACCEPT, SO_LINGER's time are only kept"
)
def setsockopt(
    task: Task, fd: Fd, level: Level, option: Option, value: InOption, length: Int
) -> int:
    """setsockopt(2). Mirrors net/socket.c:__sys_setsockopt()."""
    sock = socket_of(task, fd)
    if length < 0:
        raise EINVAL
    size = min(length, MAX_OPTION)
    data = value.read_partial(size)
    if size and len(data) < min(size, 4):
        data = value.read(min(size, 4))
    if level == SOL.SOCKET:
        set_socket_option(sock, task, option, data)
    else:
        sock.set_option(task, level, option, data)
    return 0


@syscall(partial="no filters, no multicast")
def getsockopt(
    task: Task, fd: Fd, level: Level, option: Option, value: OutOption, length: InOutLength
) -> int:
    """getsockopt(2). Mirrors net/socket.c:__sys_getsockopt(): a short buffer cuts the value."""
    sock = socket_of(task, fd)
    room = length.read_int()
    if room < 0:
        raise EINVAL
    if level == SOL.SOCKET:
        data = get_socket_option(sock, task, option, room)
    else:
        data = sock.get_option(task, level, option, room)
    if len(data) > room and (level, option) == (SOL.SOCKET, SO.PEERGROUPS):
        length.write_int(len(data))
        raise ERANGE
    value.write(data[:room])
    length.write_int(min(room, len(data)))
    return 0
