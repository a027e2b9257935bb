"""What a tracer elsewhere looks at, and how what it sends becomes events."""

from __future__ import annotations

import struct

import pytest

from pytest_kevlar.kernel import arch as architectures
from pytest_kevlar.kernel import remote
from pytest_kevlar.kernel.syscalls import table_for
from pytest_kevlar.kernel.syscalls.contents import ONE, RESULT, Reach
from pytest_kevlar.trace.event import Event

ARCHS = ("x86_64", "arm64")


def record(kind: int, body: bytes = b"", task: int = 7, process: int = 7, time: int = 1) -> bytes:
    return struct.pack("<IIIIQ", len(body), kind, task, process, time) + body


def memory(*parts: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<QI", at, len(data)) + data for at, data in parts)


def enter(name: str, *args: int, seen: bytes = b"", stack: bytes = b"", **who: int) -> bytes:
    number = architectures.get("arm64").numbers[name]
    values = [*args, *[0] * (6 - len(args))]
    body = struct.pack("<Q6QQI", number, *values, 0x401000, len(stack)) + stack + seen
    return record(remote.ENTER, body, **who)


def leave(result: int, seen: bytes = b"", **who: int) -> bytes:
    return record(remote.LEAVE, struct.pack("<q", result) + seen, **who)


def number(kind: int, value: int, **who: int) -> bytes:
    return record(kind, struct.pack("<I", value), **who)


def read(*records: bytes) -> list[Event]:
    return remote.events("arm64", b"".join(records))


@pytest.mark.parametrize("arch", ARCHS)
def test_the_table_has_a_row_for_every_content(arch) -> None:
    rows = remote.table(arch)
    assert len(rows) == remote.CALLS * 6 * 8
    for at, entry in table_for(architectures.get(arch)).items():
        for index, (_, arg) in enumerate(entry.args):
            kind, when, counts, _, limit, _ = struct.unpack_from(
                "<BBBBHH", rows, (at * 6 + index) * 8
            )
            assert bool(kind) == (arg.content is not None), entry.name
            if arg.content is not None:
                assert when & (remote.BEFORE | remote.AFTER), entry.name
                assert 0 < limit <= 4096 and counts < 14, entry.name


@pytest.mark.parametrize("arch", ARCHS)
def test_no_content_looks_farther_than_it_says(arch) -> None:
    """Asked to look, with arguments and results of any size, it stays within its reach."""
    of = architectures.get(arch)
    for entry in table_for(of).values():
        for index, (_, arg) in enumerate(entry.args):
            if arg.content is None:
                continue
            for value in (0, 1, 5, 300, 70_000):
                args = [value] * 6
                args[index] = base = 1 << 32
                check(arg.content, base, args, value)


def check(content, base, args, result) -> None:
    reach = content.reach()
    if reach.kind != "bytes":
        return
    asked = []

    def peek(address: int, size: int) -> bytes:
        if base <= address < base + 8192:
            asked.append(address + size - base)
        return bytes(size)

    before = content.take(peek, base, args, result)
    if before and hasattr(content, "again"):
        content.again(peek, base, args, result, before)
    farthest = max(asked, default=0)
    # A string ends before; a set of bits is looked at in whole words.
    assert farthest <= max(extent(reach, args, result, peek), 0) + 7 or farthest > 4000


def extent(reach: Reach, args, result, peek) -> int:
    if reach.count == ONE:
        return reach.limit
    count = result if reach.count == RESULT else args[reach.count]
    if reach.pointed:
        count = int.from_bytes(peek(count, 4), "little")
    return min(reach.limit, -(-count * reach.unit // reach.per))


def test_a_call_with_what_it_read_and_wrote() -> None:
    path = memory((0x1000, b"/tmp/a\0"))
    [opened, data] = read(
        enter(
            "openat", 2**64 - 100, 0x1000, 0, seen=path, stack=struct.pack("<3Q", 1, 0x401234, 0)
        ),
        leave(3),
        enter("read", 3, 0x2000, 64),
        leave(5, memory((0x2000, b"12345"))),
    )
    assert (opened.name, opened.text) == (
        "openat",
        '0xffffff9c /* AT_FDCWD */, "/tmp/a", 0 /* O_RDONLY */',
    )
    assert (opened.result, opened.stack, opened.process) == (3, (0x401234,), 7)
    assert (data.text, data.result) == ('3, "12345", 64', 5)
    assert data.buffers[0].data == b"12345"


def test_an_error_says_nothing_of_what_was_not_written() -> None:
    [call] = read(enter("read", 3, 0x2000, 64), leave(-9))
    assert (call.errno, call.text) == (9, "3, 0x2000, 64")


def test_a_call_that_goes_on_later_has_no_result() -> None:
    [call, after] = read(
        enter("read", 3, 0x2000, 64), leave(-512), enter("rt_sigreturn"), leave(17)
    )
    assert (call.result, call.note) == (None, "ERESTARTSYS")
    assert after.result is None


def test_pieces_are_joined_with_what_they_point_at() -> None:
    vectors = struct.pack("<4Q", 0x3000, 3, 0x4000, 2)
    seen = memory((0x2000, vectors), (0x3000, b"abc"), (0x4000, b"de"))
    [call] = read(enter("writev", 1, 0x2000, 2, seen=seen), leave(5))
    assert call.texts[1] == '[{iov_base="abc", iov_len=3}, {iov_base="de", iov_len=2}]'


def test_a_child_is_known_by_the_number_that_its_events_have() -> None:
    made = number(remote.CHILD, 12)
    [here] = read(enter("clone", 17), made, leave(12))
    [there] = read(enter("clone", 17), made, leave(2))
    assert (here.child, here.made) == (0, 12)
    assert (there.child, there.made) == (12, 12)


def test_another_thread_takes_the_place_of_the_leader_when_it_execs() -> None:
    path = memory((0x1000, b"/bin/x\0"))
    [sleep, call, began, end] = read(
        enter("ppoll", 0, 0),
        enter("execve", 0x1000, 0, 0, task=8, seen=path),
        number(remote.EXEC, 8),
        leave(0),
        number(remote.EXIT, 3 << 8),
    )
    assert sleep.result is None
    assert (call.task, call.result, call.texts[0]) == (8, 0, '"/bin/x"')
    assert (began.kind, end.kind, end.task, end.result) == ("exec", "exit", 7, 768)


def test_signals_and_what_is_unknown() -> None:
    info = struct.pack("<iiiiiI", 10, 0, 0, 0, 5, 0).ljust(128, b"\0")
    body = struct.pack("<Q6QQI", 511, 1, 2, 3, 4, 5, 6, 0, 0)
    [signal, call] = read(record(remote.SIGNAL, info), record(remote.ENTER, body), leave(-38))
    assert (signal.kind, signal.name) == ("signal", "SIGUSR1")
    assert "si_pid=5" in signal.text
    assert (call.kind, call.name, call.errno) == ("unknown", "syscall_0x1ff", 38)


def test_what_is_cut_is_left_out() -> None:
    whole = enter("getpid") + leave(7)
    for size in range(len(whole)):
        events = remote.events("arm64", whole[:size])
        assert len(events) <= 1
