"""The socket: what all families share, as an open file and as the object of socket calls.

What a family or a type does otherwise is in its own module; SOL_SOCKET options are in
:mod:`options`. Like every file a socket never sleeps by itself but in the few coroutines
whose time limits are its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.files import S
from pytest_kevlar.kernel.abi.ioctl import IOCTL
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.signals import POLLCODE, SIG
from pytest_kevlar.kernel.abi.sockets import MSG, SHUT, SOCK, TCPSTATE
from pytest_kevlar.kernel.errno import (
    EAGAIN,
    EINTR,
    EINVAL,
    ENOTTY,
    EOPNOTSUPP,
    EPIPE,
    ESPIPE,
    LinuxError,
)
from pytest_kevlar.kernel.fs.fasync import AsyncList, owner_number, set_owner_number
from pytest_kevlar.kernel.fs.file import File
from pytest_kevlar.kernel.fs.inode import Inode
from pytest_kevlar.kernel.fs.pipe import raise_sigpipe
from pytest_kevlar.kernel.net.message import Outgoing, Received
from pytest_kevlar.kernel.net.options import SocketOptions
from pytest_kevlar.kernel.task.wait import Interrupted, Sleep, WaitQueue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_kevlar.kernel.mm.user import UserPtr
    from pytest_kevlar.kernel.net.message import Identity
    from pytest_kevlar.kernel.net.namespace import NetNamespace
    from pytest_kevlar.kernel.task.task import Task

RECEIVE, SEND = 1, 2
BOTH = RECEIVE | SEND
READABLE = POLL.IN | POLL.RDNORM
WRITABLE = POLL.OUT | POLL.WRNORM | POLL.WRBAND
DATA_READY = POLL.IN | POLL.PRI | POLL.RDNORM | POLL.RDBAND


class Socket(File):
    """One socket.

    Attributes:
        net: the network namespace. family, kind, protocol: as given to socket(2).
        options: those of SOL_SOCKET.
        state: ``TCP_*``, for every family.
        shut: halves that are shut down, `RECEIVE` and `SEND`.
        error: what the next call fails with (``sk_err``).
        queue: who waits for anything at all to change.
        peer_cred: SO_PEERCRED.
    """

    __slots__ = (
        "_signals",
        "error",
        "family",
        "kind",
        "net",
        "options",
        "peer_cred",
        "protocol",
        "queue",
        "shut",
        "state",
    )

    own_waits = True
    splices_in = True
    splices_out = True
    sleep_read = "skb_wait_for_more_packets"
    sleep_write = "sock_alloc_send_pskb"

    def __init__(
        self, net: NetNamespace, task: Task, family: int, kind: int, protocol: int, flags: int = 0
    ) -> None:
        vfs = task.fs.vfs
        inode = Inode(vfs.sockets, S.IFSOCK | 0o777, task.cred.fsuid, task.cred.fsgid)
        place = vfs.sockets.place(inode, b"socket:[%d]" % inode.ino)
        super().__init__(place, O.RDWR | flags & O.NONBLOCK)
        self.net: NetNamespace = net
        self.family: int = family
        self.kind: int = kind
        self.protocol: int = protocol
        self.options: SocketOptions = SocketOptions()
        self.state: int = TCPSTATE.CLOSE
        self.shut = 0
        self._signals: SocketSignals | None = None
        self.error: type[LinuxError] | None = None
        self.queue = WaitQueue()
        self.peer_cred: Identity | None = None

    @property
    def stream(self) -> bool:  # type: ignore[override]
        """A write may be partial and goes on."""
        return self.kind == SOCK.STREAM

    # -- what families do; the defaults are net/core/sock.c:sock_no_*() ----------------

    def bind(self, task: Task, name: bytes) -> None:
        """bind(2)."""
        raise EOPNOTSUPP

    async def connect(self, task: Task, name: bytes, flags: int) -> None:
        """connect(2); `flags` are the open file's."""
        raise EOPNOTSUPP

    def listen(self, task: Task, backlog: int) -> None:
        """listen(2); `backlog` 0..SOMAXCONN."""
        raise EOPNOTSUPP

    def pop_connection(self, task: Task) -> Socket:
        """accept(2) once: the connection that waits longest; EAGAIN."""
        raise EOPNOTSUPP

    def name(self) -> bytes:
        """getsockname(2)."""
        raise EOPNOTSUPP

    def peer_name(self) -> bytes:
        """getpeername(2); ENOTCONN."""
        raise EOPNOTSUPP

    def shutdown(self, how: int) -> None:
        """shutdown(2) of the halves `how`."""
        raise EOPNOTSUPP

    def push(self, task: Task, message: Outgoing, done: int) -> int:
        """Send what there is room for, `done` bytes having been sent; EAGAIN if nothing."""
        raise EOPNOTSUPP

    def take(self, task: Task, size: int, flags: int) -> Received:
        """Receive one message or what is there of a stream; EAGAIN if nothing."""
        raise EOPNOTSUPP

    def set_option(self, task: Task, level: int, option: int, data: bytes) -> None:
        """setsockopt(2) of other levels than SOL_SOCKET."""
        raise EOPNOTSUPP

    def get_option(self, task: Task, level: int, option: int, size: int) -> bytes:
        """getsockopt(2) of other levels than SOL_SOCKET; at most `size` bytes."""
        raise EOPNOTSUPP

    def readable_bytes(self) -> int:
        """FIONREAD."""
        raise ENOTTY

    def unsent_bytes(self) -> int:
        """SIOCOUTQ."""
        raise ENOTTY

    def at_mark(self) -> bool:
        """SIOCATMARK."""
        raise ENOTTY

    def accepts_passcred(self) -> bool:
        """Whether SO_PASSCRED means anything."""
        return False

    def option_changed(self, option: int) -> None:
        """A SOL_SOCKET option was set."""

    def incoming_credentials(self) -> Identity | None:
        """SO_PEERCRED; None before there is a peer."""
        return self.peer_cred

    # -- errors and state --------------------------------------------------------------

    def take_error(self) -> type[LinuxError] | None:
        """The pending error, which is then forgotten (sock_error())."""
        error, self.error = self.error, None
        return error

    def raise_error(self) -> None:
        """Raise the pending error, if there is one."""
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    def fail(self, error: type[LinuxError]) -> None:
        """Let the next call fail, and tell those who wait (sk_error_report())."""
        self.error = error
        self.queue.wake(events=POLL.ERR)

    def state_changed(self) -> None:
        """Wake everybody (sk_state_change())."""
        self.queue.wake()

    def send_sigurg(self) -> None:
        """SIGURG to who F_SETOWN named; net/core/sock.c:sk_send_sigurg()."""
        from pytest_kevlar.kernel.signals.info import SigInfo
        from pytest_kevlar.kernel.signals.send import send_to_process

        for task in self.owner.targets(self.net.kernel):
            if self.owner.may_signal(task.cred):
                send_to_process(task.process, SIG.URG, SigInfo.kernel(SIG.URG))

    # -- sleeping ----------------------------------------------------------------------

    def deadline(self, task: Task, limit: int | None) -> int | None:
        """When a sleep that may last `limit` nanoseconds ends."""
        return None if limit is None else task.kernel.clock.monotonic_ns() + limit

    async def sleep(
        self, what: str, deadline: int | None, queues: Iterable[WaitQueue] | None = None
    ) -> None:
        """Sleep until something changes. EAGAIN at the deadline.

        With a time limit an interrupted call is not restarted; sock.h:sock_intr_errno().
        """
        try:
            woken = await Sleep(queues or (self.queue,), what, deadline)
        except Interrupted:
            if deadline is not None:
                raise EINTR from None
            raise
        if not woken:
            raise EAGAIN("time is over")

    async def receive(self, task: Task, size: int, flags: int) -> Received:
        """recvmsg(2): one message, waited for."""
        deadline: int | None = None
        first = True
        while True:
            try:
                return self.take(task, size, flags)
            except EAGAIN:
                if flags & MSG.DONTWAIT:
                    raise
            if first:
                deadline = self.deadline(task, self.options.receive_timeout)
                first = False
            await self.sleep(self.sleep_read, deadline)

    async def send(self, task: Task, message: Outgoing, done: int = 0) -> int:
        """sendmsg(2): all of the message, as there is room; SIGPIPE with EPIPE."""
        deadline: int | None = None
        first = True
        size = len(message.data)
        while True:
            try:
                done += self.push(task, message, done)
                if done >= size:
                    return done
                if message.flags & MSG.DONTWAIT:
                    return done
            except EAGAIN:
                if message.flags & MSG.DONTWAIT:
                    if done:
                        return done
                    raise
            except LinuxError as error:
                if done:
                    return done
                if isinstance(error, EPIPE) and self.sends_sigpipe(message.flags):
                    raise_sigpipe(task)
                raise
            if first:
                deadline = self.deadline(task, self.options.send_timeout)
                first = False
            try:
                await self.wait_for_room(task, message, deadline)
            except (Interrupted, EAGAIN, EINTR):
                if done:
                    return done
                raise

    async def wait_for_room(self, task: Task, message: Outgoing, deadline: int | None) -> None:
        """Sleep until `push` may do better."""
        await self.sleep(self.sleep_write, deadline)

    def sends_sigpipe(self, flags: int) -> bool:
        """Whether EPIPE comes with a signal."""
        return self.kind == SOCK.STREAM and not flags & MSG.NOSIGNAL

    async def accept(self, task: Task, flags: int) -> Socket:
        """accept(2): the connection that waits longest, waited for."""
        deadline: int | None = None
        first = True
        while True:
            try:
                return self.pop_connection(task)
            except EAGAIN:
                if flags & O.NONBLOCK:
                    raise
            if first:
                deadline = self.deadline(task, self.options.receive_timeout)
                first = False
            await self.sleep("inet_csk_accept", deadline)

    # -- as a file ----------------------------------------------------------------------

    def read(self, task: Task, size: int) -> bytes:
        """read(2) once; descriptors that come along are lost."""
        if not size:
            return b""
        got = self.take(task, size, MSG.DONTWAIT if self.flags & O.NONBLOCK else 0)
        if got.rights:
            got.drop_rights()
        return got.data

    def write(self, task: Task, data: bytes) -> int:
        """write(2) once."""
        try:
            return self.push(task, Outgoing(data), 0)
        except EPIPE:
            if self.sends_sigpipe(0):
                raise_sigpipe(task)
            raise

    async def wait_and_read(self, task: Task, size: int) -> bytes:
        """read(2) after a first attempt found nothing."""
        self.get()
        try:
            got = await self.receive(task, size, MSG.DONTWAIT if self.nonblocking else 0)
        finally:
            self.put()
        got.drop_rights()
        return got.data

    async def wait_and_write(self, task: Task, data: bytes, done: int) -> int:
        """write(2) after a first attempt wrote `done` bytes."""
        self.get()
        try:
            return await self.send(task, Outgoing(data), done)
        finally:
            self.put()

    def seek(self, offset: int, whence: int) -> int:
        """Sockets have no position."""
        raise ESPIPE

    def queues(self, events: int) -> tuple[WaitQueue, ...]:
        """Who is woken when something changes."""
        return (self.queue,)

    def fasync(self) -> tuple[AsyncList, ...]:
        """net/socket.c:sock_fasync()."""
        if self._signals is None:
            self._signals = SocketSignals(self)
        return (self._signals,)

    @property
    def pollable(self) -> bool:
        """Whether epoll takes it."""
        return True

    def ioctl(self, task: Task, request: int, argument: UserPtr) -> int:
        """Requests of sockets; net/socket.c:sock_ioctl()."""
        if request == IOCTL.FIONREAD:
            argument.write_int(self.readable_bytes())
        elif request == IOCTL.SIOCOUTQ:
            argument.write_int(self.unsent_bytes())
        elif request == IOCTL.SIOCATMARK:
            argument.write_int(self.at_mark())
        elif request in (IOCTL.FIOSETOWN, IOCTL.SIOCSPGRP):
            set_owner_number(task, self, argument.read_int())
        elif request in (IOCTL.FIOGETOWN, IOCTL.SIOCGPGRP):
            argument.write_int(owner_number(task, self))
        else:
            from pytest_kevlar.kernel.net.interfaces import interface_ioctl

            return interface_ioctl(self, task, request, argument)
        return 0


class SocketSignals(AsyncList):
    """SIGIO of one socket: watches its wait queue; net/socket.c:sock_wake_async().

    Room to write is not told.
    """

    __slots__ = ("_socket",)

    def __init__(self, socket: Socket) -> None:
        super().__init__()
        self._socket = socket

    def set(self, file: File, fd: int, *, on: bool) -> None:
        """Enter or leave; the queue is watched as long as somebody is in."""
        super().set(file, fd, on=on)
        if self.entries:
            self._socket.queue.add(self)
        else:
            self._socket.queue.remove(self)

    def woken(self, queue: WaitQueue, events: int) -> bool:
        """Something happened to the socket."""
        shut = self._socket.shut
        if events & POLL.IN:
            self.kill(POLLCODE.IN)
        elif events & POLL.PRI:
            self.kill(POLLCODE.PRI)
        elif events & POLL.ERR:
            self.kill(POLLCODE.ERR)
        elif not events and shut & RECEIVE:
            self.kill(POLLCODE.HUP if shut & SEND else POLLCODE.IN)
        return False


def shutdown_bits(how: int) -> int:
    """`RECEIVE` and `SEND` of shutdown(2)'s argument; EINVAL."""
    if not SHUT.RD <= how <= SHUT.RDWR:
        raise EINVAL
    return how + 1
