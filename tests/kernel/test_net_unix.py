"""AF_UNIX sockets as objects: accounting, descriptors in messages, garbage."""

from __future__ import annotations

from typing import Any

import pytest
from fs_world import World, finish, sleeps, world  # noqa: F401

from pytest_kevlar.kernel.abi.poll import POLL
from pytest_kevlar.kernel.abi.sockets import AF, MSG, SCM, SOCK, SOL
from pytest_kevlar.kernel.errno import EAGAIN, ECONNRESET, EMSGSIZE, EPIPE
from pytest_kevlar.kernel.fs.pipe import make_pipe
from pytest_kevlar.kernel.net.families import make_socket, make_socket_pair
from pytest_kevlar.kernel.net.memory import datagram_cost, stream_piece, truesize, udp_cost
from pytest_kevlar.kernel.net.message import Control, Outgoing
from pytest_kevlar.kernel.net.namespace import NetNamespace
from pytest_kevlar.kernel.task.wait import WaitQueue

# Measured on Linux by SIOCOUTQ after one write of so many bytes.
STREAM_COSTS = {1: 768, 192: 768, 193: 1280, 705: 2304, 3776: 4352, 3777: 4864, 16000: 16640}
DATAGRAM_COSTS = {0: 768, 3776: 4352, 3777: 8448, 16064: 16640, 16065: 20736, 100000: 102656}
UDP_COSTS = {0: 832, 192: 832, 400: 1280, 1000: 2304, 16000: 16640, 30000: 30832}


class Counter:
    def __init__(self) -> None:
        self.events: list[int] = []

    def woken(self, queue: WaitQueue, events: int) -> bool:
        self.events.append(events)
        return False


@pytest.fixture
def net(world: World) -> NetNamespace:  # noqa: F811
    world.kernel.random = lambda bound: 0
    world.process.limit = lambda number: 1024
    namespace = NetNamespace(world.kernel)
    world.kernel.net = namespace
    return namespace


def pair(net: NetNamespace, world: World, kind: int = SOCK.STREAM) -> tuple[Any, Any]:  # noqa: F811
    return make_socket_pair(net, world.task, AF.UNIX, kind, 0, 0)


def give(task: Any, sock: Any, *files: Any) -> None:
    numbers = [task.files.install(task.process, file.get()) for file in files]
    data = b"".join(number.to_bytes(4, "little") for number in numbers)
    control = (Control(SOL.SOCKET, SCM.RIGHTS, data),)
    assert finish(sock.send(task, Outgoing(b"x", control=control))) == 1
    for number in numbers:
        task.files.close(number)


def test_a_message_costs_what_linux_charges() -> None:
    assert {size: stream_piece(size, 212_992)[1] for size in STREAM_COSTS} == STREAM_COSTS
    assert {size: datagram_cost(size) for size in DATAGRAM_COSTS} == DATAGRAM_COSTS
    assert {size: udp_cost(size, 28) for size in UDP_COSTS} == UDP_COSTS
    assert truesize(0, 1) == 768 + 4096


def test_a_large_write_is_cut_into_pieces_of_a_stream() -> None:
    assert stream_piece(100_000, 212_992)[0] == 36_544
    assert stream_piece(100_000, 40_000)[0] == 19_936


def test_a_full_stream_waits_and_wakes_at_a_quarter(net: NetNamespace, world: World) -> None:  # noqa: F811
    one, two = pair(net, world)
    one.options.sndbuf = 4608
    task = world.task
    sent = 0
    with pytest.raises(EAGAIN):
        while True:
            sent += one.write(task, b"x")
    assert sent == 6 and one.charged == 6 * 768
    assert not one.poll() & POLL.OUT
    sleep = sleeps(one.send(task, Outgoing(b"x")))
    assert sleep.queues == (one.queue,)
    counter = Counter()
    one.queue.add(counter)
    for _ in range(5):
        two.read(task, 1)
    assert one.poll() & POLL.OUT and counter.events
    assert two.read(task, 9) == b"x" and one.charged == 0


def test_a_datagram_that_can_never_fit_is_refused(net: NetNamespace, world: World) -> None:  # noqa: F811
    one, _ = pair(net, world, SOCK.DGRAM)
    one.options.sndbuf = 4608
    with pytest.raises(EMSGSIZE):
        one.write(world.task, bytes(4577))
    assert one.write(world.task, bytes(4576)) == 4576


def test_what_a_fault_keeps_from_the_caller_is_read_again(net: NetNamespace, world: World) -> None:  # noqa: F811
    one, two = pair(net, world)
    one.write(world.task, b"abcdef")
    assert two.read(world.task, 6) == b"abcdef"
    two.unread(b"def")
    assert two.read(world.task, 6) == b"def"


def test_waitall_keeps_waiting_after_a_part(net: NetNamespace, world: World) -> None:  # noqa: F811
    one, two = pair(net, world)
    one.write(world.task, b"abc")
    receiving = two.receive(world.task, 6, MSG.WAITALL)
    receiving.send(None)
    one.write(world.task, b"defg")
    with pytest.raises(StopIteration) as stop:
        receiving.send(True)
    assert stop.value.value.data == b"abcdef"


def test_closing_with_unread_bytes_resets_the_peer(net: NetNamespace, world: World) -> None:  # noqa: F811
    one, two = pair(net, world)
    one.write(world.task, b"unread")
    two.put()
    with pytest.raises(ECONNRESET):
        one.read(world.task, 1)
    assert one.read(world.task, 1) == b""
    with pytest.raises(EPIPE):
        one.push(world.task, Outgoing(b"x"), 0)
    assert one.charged == 0


def test_files_in_a_message_are_closed_with_it(net: NetNamespace, world: World) -> None:  # noqa: F811
    one, two = pair(net, world)
    reader, writer = make_pipe(world.task.fs.vfs, 0, 0)
    give(world.task, one, writer)
    writer.put()
    assert writer.refs == 1
    two.put()
    assert writer.refs == 0 and reader.read(world.task, 1) == b""


@pytest.mark.parametrize("kind", [SOCK.STREAM, SOCK.DGRAM, SOCK.SEQPACKET])
def test_a_cycle_is_collected_when_a_socket_is_closed(
    net: NetNamespace,
    world: World,  # noqa: F811
    kind: int,
) -> None:
    one, two = pair(net, world, kind)
    _, writer = make_pipe(world.task.fs.vfs, 0, 0)
    give(world.task, one, two, writer)
    writer.put()
    two.put()
    assert net.inflight == {two: 1}
    one.put()
    assert writer.refs == 0 and two.dead
    assert not net.inflight and not net.unix and not any(net.rights.values())


def test_what_is_reachable_through_a_queue_is_kept(net: NetNamespace, world: World) -> None:  # noqa: F811
    one, two = pair(net, world)
    inner, other = pair(net, world)
    give(world.task, one, inner)
    inner.put()
    other.put()
    assert not inner.dead
    got = finish(two.receive(world.task, 1, 0))
    assert got.rights == [inner]
    got.drop_rights()
    assert inner.dead


def test_autobind_finds_the_next_free_name(net: NetNamespace, world: World) -> None:  # noqa: F811
    names = []
    for _ in range(2):
        sock = make_socket(net, world.task, AF.UNIX, SOCK.DGRAM, 0, 0)
        sock.bind(world.task, b"\1\0")
        names.append(sock.name())
    assert names == [b"\1\0\0" + b"00000", b"\1\0\0" + b"00001"]
