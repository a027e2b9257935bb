"""TCP and UDP as objects: ports, windows, connections that have to wait."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import pytest
from fs_world import World, finish, world  # noqa: F401

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.sockets import AF, SO, SOCK, TCPSTATE
from pytest_kevlar.kernel.errno import (
    EADDRINUSE,
    EAGAIN,
    ECONNREFUSED,
    EINPROGRESS,
    EMSGSIZE,
    ENETUNREACH,
)
from pytest_kevlar.kernel.net.families import make_socket
from pytest_kevlar.kernel.net.inet.address import Endpoint, format_name, parse6
from pytest_kevlar.kernel.net.inet.ports import FIRST_EPHEMERAL, TIME_WAIT_NS
from pytest_kevlar.kernel.net.message import Outgoing
from pytest_kevlar.kernel.net.namespace import NetNamespace
from pytest_kevlar.kernel.net.netlink import HEADER, NLMSG_DONE, NLMSG_ERROR, RTM_GETADDR

LOOPBACK = b"\x7f\0\0\1"


class Timers:
    def __init__(self) -> None:
        self.waiting: list[Any] = []

    def add(self, deadline: int, call: Any) -> Any:
        self.waiting.append(call)
        return SimpleNamespace(cancel=lambda: self.waiting.remove(call))


@pytest.fixture
def net(world: World) -> NetNamespace:  # noqa: F811
    world.kernel.random = lambda bound: 0
    world.kernel.timers = Timers()
    world.kernel.net = NetNamespace(world.kernel)
    return world.kernel.net


def name(port: int = 0, ip: bytes = LOOPBACK) -> bytes:
    return struct.pack("<H", AF.INET) + port.to_bytes(2, "big") + ip + bytes(8)


def tcp(net: NetNamespace, world: World, *options: int) -> Any:  # noqa: F811
    sock = make_socket(net, world.task, AF.INET, SOCK.STREAM, 0, 0)
    for option in options:
        sock.options.switch(option, 1)
    return sock


def listener(net: NetNamespace, world: World, backlog: int = 5, *options: int) -> Any:  # noqa: F811
    sock = tcp(net, world, *options)
    sock.bind(world.task, name())
    sock.listen(world.task, backlog)
    return sock


def connected(net: NetNamespace, world: World) -> tuple[Any, Any]:  # noqa: F811
    server = listener(net, world)
    client = tcp(net, world)
    finish(client.connect(world.task, name(server.local.port), 0))
    return client, server.pop_connection(world.task)


def test_mapped_addresses_are_ipv4_inside() -> None:
    endpoint = Endpoint(LOOPBACK, 80)
    told = format_name(AF.INET6, endpoint)
    assert parse6(told) == endpoint
    assert told[8:24] == bytes(10) + b"\xff\xff" + LOOPBACK


def test_ephemeral_ports_are_not_used_twice_in_a_row(net: NetNamespace, world: World) -> None:  # noqa: F811
    ports = []
    for _ in range(3):
        sock = tcp(net, world)
        sock.bind(world.task, name())
        ports.append(sock.local.port)
        sock.put()
    assert ports == [FIRST_EPHEMERAL, FIRST_EPHEMERAL + 1, FIRST_EPHEMERAL + 2]
    assert not net.tcp.holders


def test_time_wait_keeps_the_port_for_a_minute(net: NetNamespace, world: World) -> None:  # noqa: F811
    client, accepted = connected(net, world)
    port = client.local.port
    client.put()
    assert accepted.state == TCPSTATE.CLOSE_WAIT
    accepted.put()
    late = tcp(net, world)
    with pytest.raises(EADDRINUSE):
        late.bind(world.task, name(port))
    world.kernel.clock.now += TIME_WAIT_NS
    late.bind(world.task, name(port))


def test_bytes_beyond_the_window_wait_at_the_sender(net: NetNamespace, world: World) -> None:  # noqa: F811
    client, accepted = connected(net, world)
    task = world.task
    accepted.options.rcvbuf, accepted.options.rcvbuf_locked = 4096, True
    client.options.sndbuf, client.options.sndbuf_locked = 4096, True
    assert client.write(task, bytes(3000)) == 3000
    assert len(accepted.inbox) == 2048 and client.unsent_bytes() == 952
    client.shutdown(2)
    assert client.state == TCPSTATE.FIN_WAIT1 and not accepted.done
    assert len(accepted.read(task, 9000)) == 2048
    assert len(accepted.read(task, 9000)) == 952
    assert accepted.done and client.state == TCPSTATE.FIN_WAIT2
    assert accepted.read(task, 1) == b""


def test_a_full_backlog_is_knocked_at_again(net: NetNamespace, world: World) -> None:  # noqa: F811
    server = listener(net, world, 0)
    target = name(server.local.port)
    finish(tcp(net, world).connect(world.task, target, 0))
    late = tcp(net, world)
    with pytest.raises(EINPROGRESS):
        finish(late.connect(world.task, target, O.NONBLOCK))
    assert late.state == TCPSTATE.SYN_SENT
    server.pop_connection(world.task)
    world.kernel.timers.waiting.pop()()
    assert late.state == TCPSTATE.ESTABLISHED
    assert server.pop_connection(world.task).peer is late


def test_a_listener_that_goes_away_refuses_who_knocks(net: NetNamespace, world: World) -> None:  # noqa: F811
    server = listener(net, world, 0)
    target = name(server.local.port)
    finish(tcp(net, world).connect(world.task, target, 0))
    late = tcp(net, world)
    with pytest.raises(EINPROGRESS):
        finish(late.connect(world.task, target, O.NONBLOCK))
    server.put()
    world.kernel.timers.waiting.pop()()
    assert late.error is ECONNREFUSED


def test_nothing_but_the_loopback_can_be_reached(net: NetNamespace, world: World) -> None:  # noqa: F811
    with pytest.raises(ENETUNREACH):
        finish(tcp(net, world).connect(world.task, name(80, b"\1\2\3\4"), 0))


def test_listeners_that_share_a_port_take_turns_by_source(net: NetNamespace, world: World) -> None:  # noqa: F811
    first = listener(net, world, 5, SO.REUSEPORT)
    second = tcp(net, world, SO.REUSEPORT)
    second.bind(world.task, name(first.local.port))
    second.listen(world.task, 5)
    for _ in range(4):
        finish(tcp(net, world).connect(world.task, name(first.local.port), 0))
    assert len(first.pending) == len(second.pending) == 2


def test_udp_drops_what_has_no_room(net: NetNamespace, world: World) -> None:  # noqa: F811
    task = world.task
    receiver: Any = make_socket(net, task, AF.INET, SOCK.DGRAM, 0, 0)
    receiver.bind(task, name())
    receiver.options.rcvbuf = 10_000
    sender: Any = make_socket(net, task, AF.INET, SOCK.DGRAM, 0, 0)
    for _ in range(20):
        sender.push(task, Outgoing(b"x", name=name(receiver.local.port)), 0)
    assert len(receiver.datagrams) == 12 and receiver.drops == 8
    with pytest.raises(EMSGSIZE):
        sender.push(task, Outgoing(bytes(65508), name=name(receiver.local.port)), 0)


def test_netlink_answers_dumps_and_refuses_the_unknown(net: NetNamespace, world: World) -> None:  # noqa: F811
    task = world.task
    sock: Any = make_socket(net, task, AF.NETLINK, SOCK.RAW, 0, 0)
    sock.push(task, Outgoing(HEADER.pack(20, RTM_GETADDR, 0x301, 7, 0) + bytes(4)), 0)
    answer = sock.take(task, 4096, 0).data
    length, kind, _, sequence, port = HEADER.unpack_from(answer)
    assert (kind, sequence, port) == (20, 7, task.process.pid)
    assert HEADER.unpack_from(answer, length)[1] == 20
    assert HEADER.unpack_from(sock.take(task, 4096, 0).data)[1] == NLMSG_DONE
    sock.push(task, Outgoing(HEADER.pack(20, 999, 1, 8, 0) + bytes(4)), 0)
    error = sock.take(task, 4096, 0).data
    assert HEADER.unpack_from(error)[1] == NLMSG_ERROR
    assert struct.unpack_from("<i", error, 16) == (-95,)
    with pytest.raises(EAGAIN):
        sock.take(task, 4096, 0)
