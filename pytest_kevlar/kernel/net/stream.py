"""Receiving from a stream: how much is enough, for AF_UNIX and TCP alike.

Where the bytes come from is the subclass's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sockets import MSG
from pytest_kevlar.kernel.errno import EAGAIN, EINTR
from pytest_kevlar.kernel.net.message import Received
from pytest_kevlar.kernel.net.socket import Socket
from pytest_kevlar.kernel.task.wait import Interrupted

if TYPE_CHECKING:
    from pytest_kevlar.kernel.task.task import Task


class StreamSocket(Socket):
    """A socket whose messages have no boundaries."""

    __slots__ = ()

    def fill(self, task: Task, got: Received, size: int, flags: int) -> bool:
        """Add what is there to `got`, up to `size` bytes in all; True if that is the end.

        Nothing being there is False; the end of the stream is True. Errors are raised
        only if `got` is empty.
        """
        raise NotImplementedError

    def take(self, task: Task, size: int, flags: int) -> Received:
        """Receive what is there; EAGAIN if nothing."""
        got = Received()
        if not self.fill(task, got, size, flags) and not got.data and size:
            raise EAGAIN
        return got

    async def receive(self, task: Task, size: int, flags: int) -> Received:
        """recvmsg(2): wait for as much as MSG_WAITALL or SO_RCVLOWAT asks for."""
        options = self.options
        target = size if flags & MSG.WAITALL else min(options.receive_low, size)
        deadline: int | None = None
        first = True
        got = Received()
        while True:
            if flags & MSG.PEEK:
                got.drop_rights()
                got = Received()
            ended = self.fill(task, got, size, flags)
            if ended or len(got.data) >= max(target, 1) or not size:
                return got
            if flags & MSG.DONTWAIT:
                if got.data:
                    return got
                raise EAGAIN
            if first:
                deadline = self.deadline(task, options.receive_timeout)
                first = False
            try:
                await self.sleep(self.sleep_read, deadline)
            except (EAGAIN, EINTR, Interrupted):
                if got.data:
                    return got
                raise
