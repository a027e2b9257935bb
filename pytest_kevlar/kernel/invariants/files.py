"""Descriptor tables, open files and their holders, and what open files keep: ends, counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pytest_kevlar.kernel.fs.epoll import EpollFile
from pytest_kevlar.kernel.fs.pipe import PAGE, Pipe, PipeFile
from pytest_kevlar.kernel.fs.pipebuffer import PageBuffer
from pytest_kevlar.kernel.fs.regular import RegularFile
from pytest_kevlar.kernel.net.unix.socket import UnixSocket

if TYPE_CHECKING:
    from pytest_kevlar.kernel.fs.dentry import Dentry
    from pytest_kevlar.kernel.fs.file import File
    from pytest_kevlar.kernel.fs.tmpfs import RegularInode
    from pytest_kevlar.kernel.invariants.census import Census


def tables(census: Census) -> Iterator[str]:
    """Below the lowest free descriptor none is free; only open ones close on exec."""
    for table in census.tables:
        files = table._files
        if any(file is None for file in files[: table._lowest]):
            yield f"a descriptor below {table._lowest} is free"
        marked = table._cloexec
        for fd, file in enumerate(files):
            if file is None and marked >> fd & 1:
                yield f"descriptor {fd}, which is not open, closes on exec"
        if marked >> len(files):
            yield "a descriptor beyond the table closes on exec"


def references(census: Census) -> Iterator[str]:
    """Each open file has as many holders as there are descriptors, mappings and messages."""
    for file, count in census.files.items():
        most = count + census.mentions.get(file, 0)
        if not count <= file.refs <= most:
            found = str(count) if most == count else f"{count} to {most}"
            yield f"{describe(file)} has {file.refs} references, {found} hold it"


def describe(file: File) -> str:
    """A file for people: its kind, its name and its descriptors."""
    name = file.path.dentry.name.decode("utf-8", "backslashreplace")
    return f"{type(file).__name__} {name!r}"


def pipes(census: Census) -> Iterator[str]:
    """Pipes count their open ends; each buffer is a part of a page that is not empty."""
    found: dict[Pipe, list[PipeFile]] = {}
    for file in census.files:
        if isinstance(file, PipeFile):
            found.setdefault(file.pipe, []).append(file)
    pinned: dict[int, int] = {}
    for pipe, ends in found.items():
        readers = sum(1 for end in ends if end.readable)
        writers = sum(1 for end in ends if end.writable)
        if (pipe.readers, pipe.writers) != (readers, writers):
            yield (
                f"a pipe counts {pipe.readers} readers and {pipe.writers} writers, "
                f"open are {readers} and {writers}"
            )
        yield from _buffers(pipe)
        for buffer in pipe.buffers:
            if isinstance(buffer, PageBuffer):
                pinned[buffer._frame] = pinned.get(buffer._frame, 0) + 1
    if pinned != census.kernel.engine._pins:
        held = census.kernel.engine._pins
        yield f"pipes hold the pages {pinned}, counted are {held}"


def _buffers(pipe: Pipe) -> Iterator[str]:
    if not pipe.readers and not pipe.writers and pipe.buffers:
        yield "a closed pipe holds bytes"
    for buffer in pipe.buffers:
        end = buffer.start + buffer.left
        if buffer.left <= 0 and not buffer.packet:
            yield "a pipe holds an empty buffer"
        if buffer.start < 0 or end > PAGE:
            yield f"a buffer of a pipe has bytes {buffer.start} to {end} of one page"


def sockets(census: Census) -> Iterator[str]:
    """AF_UNIX senders are charged for what is unread, and files in messages are counted."""
    net = census.kernel.net  # the counts are of all namespaces
    charged = dict.fromkeys(net.unix_anywhere, 0)
    flying: dict[UnixSocket, int] = {}
    rights: dict[int, int] = {}
    for sock in net.unix_anywhere:
        for packet in sock.packets:
            if packet.sender in charged:
                charged[packet.sender] += packet.cost
            enclosed = packet.enclosed
            for file in enclosed.files if enclosed is not None else ():
                assert enclosed is not None
                rights[enclosed.user] = rights.get(enclosed.user, 0) + 1
                if isinstance(file, UnixSocket):
                    flying[file] = flying.get(file, 0) + 1
    for sock, cost in charged.items():
        if sock.charged != cost:
            yield f"{describe(sock)} is charged {sock.charged}, unread are {cost}"
        if sock.dead:
            yield f"{describe(sock)} is closed, and known"
        if sock not in sock.net.unix:
            yield f"{describe(sock)} is not known to its network"
    if flying != net.inflight:
        yield "sockets in messages are not those that are counted"
    if rights != {user: count for user, count in net.rights.items() if count}:
        yield f"files in messages are {rights} by user, counted are {net.rights}"


def epolls(census: Census) -> Iterator[str]:
    """Registrations are known to both sides, and sit on the file's wait queues."""
    for file in census.files:
        for item in file.epolls or ():
            if item.file is not file or item.epoll.items.get((item.fd, file)) is not item:
                yield f"{describe(file)} is watched by an epoll instance that does not know it"
        if not isinstance(file, EpollFile):
            continue
        for (fd, watched), item in file.items.items():
            if item.fd != fd or item.file is not watched or watched.refs <= 0:
                yield f"an epoll instance watches descriptor {fd} of a file that is closed"
            elif item not in (watched.epolls or {}):
                yield f"{describe(watched)} does not know that an epoll instance watches it"
            elif any(item not in queue._waiters for queue in item.queues):
                yield f"an epoll instance is not told of {describe(watched)}"
        if any(item not in file.items.values() for item in file._ready):
            yield "an epoll instance takes a file for ready that it does not watch"


def open_counts(census: Census) -> Iterator[str]:
    """Names and inodes count who has them open, and who writes to or executes them."""
    holders: dict[Dentry, int] = {}
    opened: dict[RegularInode, int] = {}
    writers: dict[RegularInode, int] = {}
    for file in census.files:
        dentry = file.path.dentry
        holders[dentry] = holders.get(dentry, 0) + 1
        if isinstance(file, RegularFile):
            opened[file.inode] = opened.get(file.inode, 0) + 1
            writers[file.inode] = writers.get(file.inode, 0) + file.writable
    for process in census.kernel.processes.values():
        if process.exe is not None and isinstance(process.exe, RegularFile):
            writers[process.exe.inode] -= 1
    for dentry in [*holders, *(name for names in census.trees.values() for name in names)]:
        if dentry.holders != holders.get(dentry, 0):
            yield f"{dentry} is open {holders.get(dentry, 0)} times, counted are {dentry.holders}"
    for inode, count in opened.items():
        if inode.opened != count:
            yield f"inode {inode.ino} is open {count} times, counted are {inode.opened}"
        most = writers[inode] + census.mentions.get(inode, 0)  # truncate(2) waits for a lease
        if not writers[inode] <= inode.writers <= most:
            yield f"inode {inode.ino} has {writers[inode]} writers, counted are {inode.writers}"
