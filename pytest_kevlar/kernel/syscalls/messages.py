"""send(2), recv(2), sendmsg(2), recvmsg(2) and their relatives.

User memory, descriptors and the order in which results are told are decided here; what is
sent and received is ``net/``'s business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pytest_kevlar.kernel.abi.sockets import MSG, SCM, SOL
from pytest_kevlar.kernel.abi.structs import MMSGHDR, MSGHDR, UCRED
from pytest_kevlar.kernel.errno import (
    EAGAIN,
    EFAULT,
    EINVAL,
    EMFILE,
    EMSGSIZE,
    ENOBUFS,
    LinuxError,
)
from pytest_kevlar.kernel.fs.transfer import (
    IOV_MAX,
    MAX_COUNT,
    Pieces,
    check_buffer,
    pieces_of,
    scatter,
    total_of,
)
from pytest_kevlar.kernel.mm.user import UserPtr
from pytest_kevlar.kernel.net.message import (
    HEADER,
    Control,
    Identity,
    Outgoing,
    Received,
    credentials_control,
    pack_header,
    parse_control,
)
from pytest_kevlar.kernel.net.socket import Socket
from pytest_kevlar.kernel.syscalls.contents import KEPT_BYTES, Bytes, Peek
from pytest_kevlar.kernel.syscalls.pointers import (
    InBytes2,
    InMessage,
    InName5,
    InOutLength,
    InTimespec,
    OutMessageHeader,
    OutName5,
    after,
)
from pytest_kevlar.kernel.syscalls.poll import read_timespec
from pytest_kevlar.kernel.syscalls.registry import syscall
from pytest_kevlar.kernel.syscalls.sockets import MAX_NAME, read_name, socket_of, write_name
from pytest_kevlar.kernel.syscalls.types import Fd, Int, OutPtr, Ptr, Size, UInt, flags_of
from pytest_kevlar.kernel.task.task import Task
from pytest_kevlar.kernel.task.wait import Interrupted

MessageFlags: TypeAlias = Annotated[int, flags_of(MSG)]


@dataclass(frozen=True, slots=True)
class ReceivedBytes(Bytes):
    """What a receive filled: with MSG_TRUNC its result may be more than the buffer."""

    def take(self, peek: Peek, address: int, args: Sequence[int], result: int) -> Any:
        """Bytes, and how many there were."""
        count = min(result, args[2])
        if count < 0:
            return b""
        data = peek(address, min(count, KEPT_BYTES))
        return (data, count) if data or not count else b""


OutMessage: TypeAlias = Annotated[UserPtr, after(ReceivedBytes(-1))]

#: ``net.core.optmem_max``
MAX_CONTROL = 131_072
INT_MAX = 0x7FFF_FFFF


# -- sending ------------------------------------------------------------------------------


def _gather(task: Task, pieces: Pieces) -> bytes:
    """All the bytes, or EFAULT."""
    if len(pieces) == 1:
        address, size = pieces[0]
        return task.memory.read(address, size)
    return b"".join(task.memory.read(address, size) for address, size in pieces)


async def _send(task: Task, sock: Socket, message: Outgoing) -> int:
    if sock.nonblocking:
        message.flags |= MSG.DONTWAIT
    sock.get()
    try:
        return await sock.send(task, message)
    finally:
        sock.put()


@syscall()
async def sendto(
    task: Task, fd: Fd, buf: InBytes2, size: Size, flags: MessageFlags, name: InName5, length: Int
) -> int:
    """sendto(2). Mirrors net/socket.c:__sys_sendto()."""
    count = min(size, MAX_COUNT)
    check_buffer(buf.address, count)
    sock = socket_of(task, fd)
    target = read_name(name, length) if name else b""
    data = buf.read(count) if count else b""
    return await _send(task, sock, Outgoing(data, flags, target))


async def _send_message(task: Task, sock: Socket, pointer: UserPtr, flags: int) -> int:
    """net/socket.c:___sys_sendmsg()."""
    header = MSGHDR.unpack(pointer.read(MSGHDR.size))
    memory = task.memory
    length = header.msg_namelen if header.msg_name else 0
    if length < 0:
        raise EINVAL
    length = min(length, MAX_NAME)
    name = memory.read(header.msg_name, length) if length else b""
    if header.msg_iovlen > IOV_MAX:
        raise EMSGSIZE
    pieces = pieces_of(task, UserPtr(memory, header.msg_iov), header.msg_iovlen)
    size = header.msg_controllen
    if size > INT_MAX or size > MAX_CONTROL:
        raise ENOBUFS
    control = parse_control(memory.read(header.msg_control, size)) if size else ()
    message = Outgoing(_gather(task, pieces), flags & ~MSG.CMSG_CLOEXEC, name, control)
    return await _send(task, sock, message)


@syscall()
async def sendmsg(task: Task, fd: Fd, message: InMessage, flags: MessageFlags) -> int:
    """sendmsg(2). Mirrors net/socket.c:__sys_sendmsg()."""
    return await _send_message(task, socket_of(task, fd), message, flags)


@syscall()
async def sendmmsg(task: Task, fd: Fd, messages: Ptr, count: UInt, flags: MessageFlags) -> int:
    """sendmmsg(2). Mirrors net/socket.c:__sys_sendmmsg(): an error after the first is not told."""
    sock = socket_of(task, fd)
    sent = 0
    for at in range(min(count, IOV_MAX)):
        pointer = messages + at * MMSGHDR.size
        try:
            done = await _send_message(task, sock, pointer, flags)
            (pointer + MSGHDR.size).write_int(done)
        except (LinuxError, Interrupted):
            if not sent:
                raise
            break
        sent += 1
    return sent


# -- receiving ----------------------------------------------------------------------------


async def _receive(task: Task, sock: Socket, size: int, flags: int) -> Received:
    if sock.nonblocking:
        flags |= MSG.DONTWAIT
    sock.get()
    try:
        return await sock.receive(task, size, flags)
    finally:
        sock.put()


def _deliver(task: Task, sock: Socket, got: Received, pieces: Pieces, flags: int) -> int:
    """Copy the bytes out; EFAULT. What a stream could not deliver stays in it."""
    if not got.data:
        return got.result
    done = scatter(task, pieces, got.data)
    if done < len(got.data):
        if sock.stream and not flags & MSG.PEEK:
            sock.unread(got.data[done:])
        if not done or not sock.stream:
            got.drop_rights()
            raise EFAULT
        return done
    return got.result


@syscall()
async def recvfrom(
    task: Task,
    fd: Fd,
    buf: OutMessage,
    size: Size,
    flags: MessageFlags,
    name: OutName5,
    length: InOutLength,
) -> int:
    """recvfrom(2). Mirrors net/socket.c:__sys_recvfrom()."""
    count = min(size, MAX_COUNT)
    check_buffer(buf.address, count)
    sock = socket_of(task, fd)
    got = await _receive(task, sock, count, flags)
    done = _deliver(task, sock, got, [(buf.address, count)] if count else [], flags)
    got.drop_rights()
    if name:
        write_name(got.name, name, length)
    return done


class ControlWriter:
    """Fills the caller's control buffer; net/core/scm.c:put_cmsg().

    Attributes:
        used: bytes filled. truncated: something did not fit (MSG_CTRUNC).
    """

    def __init__(self, task: Task, address: int, size: int) -> None:
        self._task = task
        self._address = address
        self._room = size
        self.used = 0
        self.truncated = False

    def _advance(self, size: int) -> None:
        step = min(size, self._room)
        self._room -= step
        self.used += step

    def _pointer(self) -> UserPtr:
        return UserPtr(self._task.memory, self._address + self.used)

    def put(self, control: Control) -> None:
        """One control message, cut to what fits."""
        if not self._address or self._room < HEADER:
            self.truncated = True
            return
        length = HEADER + len(control.data)
        if length > self._room:
            self.truncated = True
            length = self._room
        raw = pack_header(length, control.level, control.kind) + control.data
        self._pointer().write(raw[:length])
        self._advance(HEADER + len(control.data) + 7 & ~7)

    def put_files(self, got: Received, *, cloexec: bool) -> None:
        """SCM_RIGHTS: as many descriptors as fit; net/core/scm.c:scm_detach_fds()."""
        files, got.rights = got.rights, []
        if not files:
            return
        task = self._task
        fits = max(0, self._room - HEADER) // 4 if self._address else 0
        numbers: list[int] = []
        pointer = self._pointer()
        for at, file in enumerate(files):
            if at >= fits:
                file.put()
                continue
            try:
                fd = task.files.lowest_free(task.process)
                (pointer + HEADER + 4 * at).write_int(fd)
            except (EMFILE, EFAULT):
                fits = at
                file.put()
                continue
            task.files.put_at(fd, file, cloexec=cloexec)
            numbers.append(fd)
        if numbers:
            length = HEADER + 4 * len(numbers)
            pointer.write(pack_header(length, SOL.SOCKET, SCM.RIGHTS))
            self._advance(length + 7 & ~7)
        if len(numbers) < len(files):
            self.truncated = True


def _as_seen(task: Task, control: Control) -> Control:
    """SCM_CREDENTIALS with the ids of the reader's user namespace; net/core/scm.c:scm_recv()."""
    reader = task.cred.user_ns
    if reader.parent is None or (control.level, control.kind) != (SOL.SOCKET, SCM.CREDENTIALS):
        return control
    said = UCRED.unpack(control.data)
    return credentials_control(
        Identity(said.pid, reader.uids.seen(said.uid), reader.gids.seen(said.gid))
    )


async def _receive_message(task: Task, sock: Socket, pointer: UserPtr, flags: int) -> int:
    """net/socket.c:___sys_recvmsg()."""
    header = MSGHDR.unpack(pointer.read(MSGHDR.size))
    memory = task.memory
    if header.msg_name and header.msg_namelen < 0:
        raise EINVAL
    if header.msg_iovlen > IOV_MAX:
        raise EMSGSIZE
    pieces = pieces_of(task, UserPtr(memory, header.msg_iov), header.msg_iovlen)
    got = await _receive(task, sock, total_of(pieces), flags)
    done = _deliver(task, sock, got, pieces, flags)
    writer = ControlWriter(task, header.msg_control, header.msg_controllen & INT_MAX)
    for control in got.control:
        writer.put(_as_seen(task, control))
    writer.put_files(got, cloexec=bool(flags & MSG.CMSG_CLOEXEC))
    for control in got.later:
        writer.put(control)
    if header.msg_name:
        room = UserPtr(memory, pointer.address + MSGHDR.offset("msg_namelen"))
        write_name(got.name, UserPtr(memory, header.msg_name), room)
    told = got.flags | flags & MSG.CMSG_CLOEXEC | (MSG.CTRUNC if writer.truncated else 0)
    (pointer + MSGHDR.offset("msg_flags")).write_int(told)
    (pointer + MSGHDR.offset("msg_controllen")).write_int(writer.used, 8)
    return done


@syscall()
async def recvmsg(task: Task, fd: Fd, message: OutMessageHeader, flags: MessageFlags) -> int:
    """recvmsg(2). Mirrors net/socket.c:__sys_recvmsg()."""
    return await _receive_message(task, socket_of(task, fd), message, flags)


@syscall()
async def recvmmsg(
    task: Task, fd: Fd, messages: OutPtr, count: UInt, flags: MessageFlags, timeout: InTimespec
) -> int:
    """recvmmsg(2). Mirrors net/socket.c:do_recvmmsg(): time is looked at between messages."""
    duration = read_timespec(timeout)
    clock = task.kernel.clock
    deadline = None if duration is None else clock.monotonic_ns() + duration
    sock = socket_of(task, fd)
    sock.raise_error()
    received = 0
    for at in range(min(count, IOV_MAX)):
        pointer = messages + at * MMSGHDR.size
        try:
            done = await _receive_message(task, sock, pointer, flags & ~MSG.WAITFORONE)
            (pointer + MSGHDR.size).write_int(done)
        except (LinuxError, Interrupted) as error:
            if not received:
                raise
            if isinstance(error, LinuxError) and not isinstance(error, EAGAIN):
                # Not lost: the next call tells it.
                sock.error = type(error)
            break
        received += 1
        if flags & MSG.WAITFORONE:
            flags |= MSG.DONTWAIT
        if deadline is not None and clock.monotonic_ns() >= deadline:
            break
    if timeout and duration is not None and deadline is not None:
        left = max(0, deadline - clock.monotonic_ns())
        timeout.write_int(left // 1_000_000_000, 8)
        (timeout + 8).write_int(left % 1_000_000_000, 8)
    return received
