"""SO_TIMESTAMP and SO_TIMESTAMPNS: when a datagram was sent, as a control message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_kevlar.kernel.abi.sockets import SO, SOL
from pytest_kevlar.kernel.abi.structs import TIMESPEC, TIMEVAL
from pytest_kevlar.kernel.net.message import Control

if TYPE_CHECKING:
    from pytest_kevlar.kernel.net.message import Received
    from pytest_kevlar.kernel.net.socket import Socket

SECOND = 1_000_000_000


def stamp_control(sock: Socket, got: Received, stamp: int) -> None:
    """Add the time `stamp` (nanoseconds since 1970) if the receiver asked for it."""
    options = sock.options
    if not options.on:
        return
    for option in (SO.TIMESTAMPNS_NEW, SO.TIMESTAMPNS_OLD):
        if options.has(option):
            data = TIMESPEC.pack(tv_sec=stamp // SECOND, tv_nsec=stamp % SECOND)
            got.control.append(Control(SOL.SOCKET, option, data))
            return
    for option in (SO.TIMESTAMP_NEW, SO.TIMESTAMP_OLD):
        if options.has(option):
            data = TIMEVAL.pack(tv_sec=stamp // SECOND, tv_usec=stamp % SECOND // 1000)
            got.control.append(Control(SOL.SOCKET, option, data))
            return
