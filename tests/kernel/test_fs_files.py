"""Open files: regular ones, descriptors, pipes, locks, epoll, and what /proc shows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fs_world import World, finish, sleeps, world

from pytest_kevlar.kernel.abi.fcntl import FLOCK
from pytest_kevlar.kernel.abi.files import LOCK, SEEK
from pytest_kevlar.kernel.abi.open import O
from pytest_kevlar.kernel.abi.poll import EPOLL, EPOLLCTL, POLL
from pytest_kevlar.kernel.errno import (
    EAGAIN,
    EBADF,
    EBUSY,
    EINVAL,
    ELOOP,
    EMFILE,
    ENOENT,
    ENOSPC,
    ENXIO,
    ESPIPE,
    ETXTBSY,
)
from pytest_kevlar.kernel.fs import locks
from pytest_kevlar.kernel.fs.epoll import EpollFile
from pytest_kevlar.kernel.fs.eventfd import EventFile
from pytest_kevlar.kernel.fs.pipe import PipeFile, make_pipe
from pytest_kevlar.kernel.fs.transfer import read_file, write_file
from pytest_kevlar.kernel.task.fdtable import FdTable

__all__ = ["world"]


def pipe(world: World, flags: int = 0) -> tuple[PipeFile, PipeFile]:
    return make_pipe(world.task.fs.vfs, 0, 0, flags)


# -- regular files ------------------------------------------------------------------


def test_holes_and_truncation(world: World) -> None:
    file = world.open(b"/tmp/f", O.CREAT | O.RDWR)
    file.pwrite(world.task, b"end", 10000)
    assert file.pread(world.task, 4, 9998) == b"\0\0en"
    assert (file.inode.size, file.inode.blocks) == (10003, 8)
    assert file.seek(0, SEEK.DATA) == 8192
    assert file.seek(0, SEEK.HOLE) == 0
    assert file.seek(8192, SEEK.HOLE) == 10003
    with pytest.raises(ENXIO):
        file.seek(10003, SEEK.DATA)
    file.truncate(world.task, 10001)
    file.truncate(world.task, 10003)
    assert file.pread(world.task, 9, 10000) == b"e\0\0"


def test_append_wins_over_the_position(world: World) -> None:
    file = world.open(b"/tmp/f", O.CREAT | O.RDWR | O.APPEND)
    file.write(world.task, b"abc")
    file.seek(0, SEEK.SET)
    file.write(world.task, b"def")
    file.pwrite(world.task, b"X", 0)
    assert (file.pos, world.read(b"/tmp/f")) == (6, b"abcdefX")


def test_running_text_is_busy(world: World) -> None:
    world.write(b"/tmp/f", b"")
    inode = world.open(b"/tmp/f").inode
    inode.deny_write()
    with pytest.raises(ETXTBSY):
        world.open(b"/tmp/f", O.WRONLY)
    inode.allow_write()
    held = world.open(b"/tmp/f", O.WRONLY)
    with pytest.raises(ETXTBSY):
        inode.deny_write()
    held.put()
    inode.deny_write()


# -- descriptors --------------------------------------------------------------------


def test_lowest_descriptor_and_limit(world: World) -> None:
    table, process = FdTable(), world.process
    file = world.open(b"/dev/null")
    assert [table.install(process, file.get()) for _ in range(32)] == list(range(32))
    with pytest.raises(EMFILE):
        table.install(process, file.get())
    table.close(5)
    table.close(3)
    assert [table.install(process, file.get()) for _ in range(2)] == [3, 5]
    with pytest.raises(EBADF):
        table.close(32)
    with pytest.raises(EBADF):
        table.get(-1)


def test_close_on_exec_belongs_to_the_number(world: World) -> None:
    table, process = FdTable(), world.process
    file = world.open(b"/dev/null")
    marked = table.install(process, file, cloexec=True)
    plain = table.install(process, file.get())
    child = table.copy()
    assert (table.is_cloexec(marked), table.is_cloexec(plain)) == (True, False)
    assert child.is_cloexec(marked)
    child.close_on_exec()
    assert [fd for fd, _ in child] == [plain]
    assert [fd for fd, _ in table] == [marked, plain]
    table.put_at(marked, file.get())
    assert not table.is_cloexec(marked)


def test_last_close_ends_the_pipe(world: World) -> None:
    reader, writer = pipe(world)
    table = FdTable()
    number = table.install(world.process, writer)
    child = table.copy()
    table.close(number)
    assert sleeps(read_file(world.task, reader, 9)).what == "pipe_read"
    child.release()
    assert finish(read_file(world.task, reader, 9)) == b""
    assert reader.poll() == POLL.HUP


# -- pipes --------------------------------------------------------------------------


def test_pipe_fills_by_pages(world: World) -> None:
    reader, writer = pipe(world, O.NONBLOCK)
    assert finish(write_file(world.task, writer, bytes(100))) == 100
    # 368 bytes go behind the 100, the rest into 15 pages: fs/pipe.c:pipe_write().
    assert finish(write_file(world.task, writer, bytes(70000))) == 61808
    assert writer.poll() == 0
    with pytest.raises(EAGAIN):
        writer.write(world.task, b"x" * 4000)
    assert len(reader.read(world.task, 468)) == 468
    assert writer.poll() == POLL.OUT | POLL.WRNORM
    assert writer.write(world.task, b"x" * 4096) == 4096


def test_blocking_write_takes_everything(world: World) -> None:
    reader, writer = pipe(world)
    call = write_file(world.task, writer, bytes(100000))
    call.send(None)
    assert len(reader.read(world.task, 1 << 20)) == 65536
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 100000
    assert reader.pipe.size == 34464


def test_pipe_size(world: World) -> None:
    reader, _writer = pipe(world)
    assert reader.pipe.resize(world.task, 5 * 4096) == 8 * 4096
    _writer.write(world.task, bytes(8192))
    with pytest.raises(EBUSY):
        reader.pipe.resize(world.task, 4096)
    with pytest.raises(ESPIPE):
        reader.seek(0, SEEK.SET)


def test_packets(world: World) -> None:
    reader, writer = pipe(world, O.DIRECT)
    writer.write(world.task, b"one")
    writer.write(world.task, b"three")
    assert reader.read(world.task, 99) == b"one"
    assert reader.read(world.task, 2) == b"th"  # the rest of a packet is lost
    assert not reader.pipe.buffers


# -- devices ------------------------------------------------------------------------


def test_devices(world: World) -> None:
    task = world.task
    assert world.open(b"/dev/null").read(task, 9) == b""
    assert world.open(b"/dev/zero").read(task, 3) == bytes(3)
    with pytest.raises(ENOSPC):
        world.open(b"/dev/full", O.WRONLY).write(task, b"x")
    first = world.open(b"/dev/urandom").read(task, 16)
    assert first != world.open(b"/dev/random").read(task, 16)
    task.process.controlling_tty = None
    with pytest.raises(ENXIO):
        world.open(b"/dev/tty")


# -- locks --------------------------------------------------------------------------


def request(world: World, owner: Any, kind: int, start: int, length: int) -> locks.Record:
    end = (1 << 63) - 1 if length == 0 else start + length - 1
    return locks.Record(owner, kind, start, end, 1)


def test_record_locks_split_and_merge(world: World) -> None:
    table = locks.LockTable()
    mine, other = object(), object()
    table.set(request(world, mine, FLOCK.WRLCK, 0, 100))
    table.set(request(world, mine, FLOCK.UNLCK, 40, 20))
    assert [(one.start, one.end) for one in table.records] == [(0, 39), (60, 99)]
    assert table.conflict(request(world, other, FLOCK.RDLCK, 40, 20)) is None
    assert table.conflict(request(world, other, FLOCK.RDLCK, 0, 0)) is table.records[0]
    table.set(request(world, mine, FLOCK.WRLCK, 40, 20))
    assert [(one.start, one.end) for one in table.records] == [(0, 99)]
    table.release_owner(mine)
    assert not table.records


def test_flock_is_the_open_file_s(world: World) -> None:
    world.write(b"/tmp/f", b"")
    one, two = world.open(b"/tmp/f"), world.open(b"/tmp/f")
    finish(locks.flock(one, LOCK.EX, wait=False))
    with pytest.raises(EAGAIN):
        finish(locks.flock(two, LOCK.SH, wait=False))
    one.put()
    finish(locks.flock(two, LOCK.SH, wait=False))


# -- events -------------------------------------------------------------------------


def watch(epoll: EpollFile, fd: int, file: Any, events: int) -> None:
    epoll.control(EPOLLCTL.ADD, fd, file, events, fd)


def test_level_edge_and_one_shot(world: World) -> None:
    vfs = world.task.fs.vfs
    epoll = EpollFile(vfs)
    counters = [EventFile(vfs, 0, semaphore=False, flags=0) for _ in range(3)]
    for fd, option in enumerate((0, EPOLL.ET, EPOLL.ONESHOT)):
        watch(epoll, fd, counters[fd], EPOLL.IN | option)
    assert epoll.collect(9) == []
    for counter in counters:
        counter.write(world.task, (1).to_bytes(8, "little"))
    assert epoll.poll()
    assert epoll.collect(9) == [(1, 0), (1, 1), (1, 2)]
    assert epoll.collect(9) == [(1, 0)]
    for counter in counters:
        counter.write(world.task, (1).to_bytes(8, "little"))
    assert sorted(epoll.collect(9)) == [(1, 0), (1, 1)]
    epoll.control(EPOLLCTL.MOD, 2, counters[2], EPOLL.IN | EPOLL.ONESHOT, 2)
    assert (1, 2) in epoll.collect(9)


def test_closed_file_leaves_epoll(world: World) -> None:
    vfs = world.task.fs.vfs
    epoll, counter = EpollFile(vfs), EventFile(vfs, 1, semaphore=False, flags=0)
    watch(epoll, 4, counter, EPOLL.IN)
    counter.put()
    assert epoll.items == {}
    assert epoll.collect(9) == []


def test_epoll_does_not_watch_itself(world: World) -> None:
    vfs = world.task.fs.vfs
    outer, inner = EpollFile(vfs), EpollFile(vfs)
    with pytest.raises(EINVAL):
        watch(outer, 1, outer, EPOLL.IN)
    watch(outer, 1, inner, EPOLL.IN)
    with pytest.raises(ELOOP):
        watch(inner, 1, outer, EPOLL.IN)
    counter = EventFile(vfs, 1, semaphore=False, flags=0)
    watch(inner, 2, counter, EPOLL.IN)
    assert outer.collect(9) == [(1, 1)]


def test_semaphore(world: World) -> None:
    counter = EventFile(world.task.fs.vfs, 2, semaphore=True, flags=0)
    one = (1).to_bytes(8, "little")
    assert [counter.read(world.task, 8), counter.read(world.task, 8)] == [one, one]
    with pytest.raises(EAGAIN):
        counter.read(world.task, 8)
    with pytest.raises(EINVAL):
        counter.write(world.task, b"\xff" * 8)


# -- /proc --------------------------------------------------------------------------


def test_proc_of_the_machine(world: World) -> None:
    world.task.uts = SimpleNamespace(nodename=b"kevlar", domainname=b"(none)")
    assert world.read(b"/proc/sys/kernel/hostname") == b"kevlar\n"
    assert world.read(b"/proc/sys/kernel/osrelease") == b"6.1.0\n"
    assert world.read(b"/proc/filesystems").startswith(b"nodev\tsysfs\n")
    assert len(world.read(b"/proc/sys/kernel/random/uuid")) == 37
    assert b"self" in world.names(b"/proc")
    with pytest.raises(ENOENT):
        world.open(b"/proc/new", O.CREAT | O.RDWR)


def test_proc_mounts(world: World) -> None:
    world.kernel.tasks[7] = world.task
    text = world.read(b"/proc/self/mounts").splitlines()
    assert text[0] == b"tmpfs / tmpfs rw,relatime,mode=755 0 0"
    assert b"proc /proc proc rw,relatime 0 0" in text
    assert world.read(b"/proc/self/mountinfo").count(b"\n") == len(text)
