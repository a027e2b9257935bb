"""The kernel's log: what guests write into /dev/kmsg, read there and by syslog(2)."""

from __future__ import annotations

import pytest
from fs_world import World, world

from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.errno import EAGAIN, EINVAL, EPIPE
from pytest_kevlar.kernel.fs.kmsg import LOG_SIZE, RECORD_MAX, KernelLog

__all__ = ["world"]


@pytest.fixture
def log(world: World) -> KernelLog:
    world.kernel.log = KernelLog()
    found: KernelLog = world.kernel.log
    return found


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (b"plain\n", b"12,0,1,-;plain\n"),
        (b"<3>user error", b"11,0,1,-;user error\n"),
        (b"<30>of a daemon", b"30,0,1,-;of a daemon\n"),
        (b"<x>not a number", b"12,0,1,-;<x>not a number\n"),
        (b"tab\tand \\", b"12,0,1,-;tab\\x09and \\x5c\n"),
    ],
)
def test_records_are_read_as_they_were_written(
    world: World, log: KernelLog, written: bytes, line: bytes
) -> None:
    file = world.open(b"/dev/kmsg", O.RDWR)
    world.kernel.clock.now = 1000
    assert file.write(world.task, written) == len(written)
    assert file.read(world.task, 100) == line
    with pytest.raises(EAGAIN):
        file.read(world.task, 100)


def test_a_record_that_is_too_long_is_refused(world: World, log: KernelLog) -> None:
    file = world.open(b"/dev/kmsg", O.WRONLY)
    assert file.write(world.task, b"x" * RECORD_MAX) == RECORD_MAX
    with pytest.raises(EINVAL):
        file.write(world.task, b"x" * (RECORD_MAX + 1))


def test_the_oldest_records_make_room(world: World, log: KernelLog) -> None:
    file = world.open(b"/dev/kmsg", O.RDONLY)
    count = LOG_SIZE // 1000 + 10
    for number in range(count):
        log.append(b"%04d" % number + b"x" * 996, 6, 0)
    assert log.first >= 10
    with pytest.raises(EPIPE):
        file.read(world.task, 4096)
    assert file.read(world.task, 4096).startswith(b"6,%d,0,-;%04d" % (log.first, log.first))


def test_syslog_gives_the_last_lines_that_fit() -> None:
    log = KernelLog()
    log.append(b"one", 6, 1_500_000_000)
    log.append(b"two", 5, 2_000_001_000)
    assert log.text(1000) == b"<6>[    1.500000] one\n<5>[    2.000001] two\n"
    assert log.text(30) == b"<5>[    2.000001] two\n"
    log.cleared = 1
    assert log.text(1000) == b"<5>[    2.000001] two\n"
